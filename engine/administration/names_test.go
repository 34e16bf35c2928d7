package administration

import (
	"errors"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

func selector(t *testing.T, text string) engine.Selector {
	t.Helper()
	s, err := engine.ParseSelector(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func answer(now ...string) engine.HostAnswer {
	a := engine.HostAnswer{Since: moment.Add(-time.Hour), Answered: moment, Asked: moment}
	for _, text := range now {
		a.Now = append(a.Now, netip.MustParseAddr(text))
	}
	a.Lately = a.Now
	return a
}

// A rule that names a host nobody has asked for yet counts it as matching everything. Were an edit judged by that, what it makes plain as
// soon as DNS answers would never be asked about.
func TestAnEditIsJudgedByWhatDNSSaysOfANewHost(t *testing.T) {
	f := nightly(t)
	f.broker.dns = map[string]engine.HostAnswer{"vault.example": answer("10.9.9.9")}
	rule := f.rule(t, "Nightly")
	rule.Target = []engine.Selector{selector(t, "host:vault.example")}
	change := engine.Change{EditRule: &rule}
	effect, err := f.Preview(t.Context(), change)
	if err != nil || effect.LosesEncryption() != 1 || len(effect.Asks) != 1 {
		t.Fatalf("%+v, %v", effect, err)
	}
	f.broker.hosts = nil // as if it were forgotten meanwhile
	if _, err := f.Apply(t.Context(), change, engine.Confirmation{}); !errors.Is(err, engine.ErrNeedsConfirmation) {
		t.Errorf("applied without a confirmation: %v", err)
	}
	if want := []string{"vault.example", "vault.example"}; !slices.Equal(f.broker.tried, want) {
		t.Errorf("tried %v", f.broker.tried)
	}
	if _, err := f.Apply(t.Context(), change, effect.Confirm()); err != nil {
		t.Fatal(err)
	}
	// It is in the rules now: whoever keeps it asks for it by itself.
	rule = f.rule(t, "Nightly")
	rule.Comment = "by name"
	f.broker.tried = nil
	if _, err := f.Preview(t.Context(), engine.Change{EditRule: &rule}); err != nil || len(f.broker.tried) != 0 {
		t.Errorf("tried %v, %v", f.broker.tried, err)
	}
}

func TestAHostThatDoesNotResolveIsWarnedOf(t *testing.T) {
	f := newFixture(t)
	f.broker.dns = map[string]engine.HostAnswer{"vault.example": {Asked: moment, Problem: "DNS knows no such name"}}
	rule := encryptRule("Nightly")
	rule.Target = []engine.Selector{selector(t, "host:vault.example")}
	effect, err := f.Preview(t.Context(), engine.Change{AddRule: &rule})
	if err != nil || len(effect.Links) != 1 || len(effect.Warnings) != 1 || !strings.Contains(effect.Warnings[0], "host:vault.example has never resolved") {
		t.Errorf("%+v, %v", effect, err)
	}
}

func TestWhoMayOnlyViewHasNothingAskedOfDNS(t *testing.T) {
	f := newFixture(t)
	rule := encryptRule("Nightly")
	rule.Target = []engine.Selector{selector(t, "host:secret.attacker.example")}
	viewer := f.As("somebody", engine.MayView)
	if _, err := viewer.Preview(t.Context(), engine.Change{AddRule: &rule}); err != nil {
		t.Fatal(err)
	}
	if _, err := viewer.Names(t.Context(), engine.NamesQuestion{Names: rule.Target}); err != nil {
		t.Fatal(err)
	}
	if len(f.broker.tried) != 0 {
		t.Errorf("tried %v", f.broker.tried)
	}
}

func TestExplainDecidesByTheHostsThatTheBrokerKnows(t *testing.T) {
	f := newFixture(t)
	rule := encryptRule("Nightly")
	rule.Target = []engine.Selector{selector(t, "host:vault.example")}
	f.apply(t, engine.Change{AddRule: &rule})
	for address, want := range map[string]engine.Mode{"10.0.0.2": engine.Sealed, "10.9.9.9": engine.Plain} {
		f.broker.hosts = map[string]engine.HostAnswer{"vault.example": answer(address)}
		question := engine.Question{Source: engine.QuestionParty{Component: "source"}, Target: engine.QuestionParty{Component: "target"}}
		decision, err := f.Explain(t.Context(), question)
		if err != nil || decision.Mode != want {
			t.Errorf("%s: %+v, %v", address, decision, err)
		}
		week, err := f.Week(t.Context(), question)
		if err != nil || week.Mode != want {
			t.Errorf("%s: week %v, %v", address, week.Mode, err)
		}
		if meaning := decision.Names["host:vault.example"]; want == engine.Sealed && !meaning.Since.Equal(moment.Add(-time.Hour)) {
			t.Errorf("%+v", decision.Names)
		}
	}
}

func TestNamesSayWhatTheyStandFor(t *testing.T) {
	f := newFixture(t)
	lately := answer("10.9.0.1")
	lately.Lately = []netip.Addr{netip.MustParseAddr("10.9.0.1"), netip.MustParseAddr("10.9.0.7")}
	f.broker.hosts = map[string]engine.HostAnswer{"vault.example": lately}
	encrypts, silent, off := encryptRule("Nightly"), encryptRule("Limit"), encryptRule("Off")
	encrypts.Target = []engine.Selector{selector(t, "host:vault.example"), selector(t, "component:TARGET")}
	silent.Encrypt, silent.Source, silent.Target = false, []engine.Selector{selector(t, "role:server"), selector(t, "host:vault.example")}, []engine.Selector{selector(t, "host:vault.example")}
	off.Enabled, off.Target = false, []engine.Selector{selector(t, "host:other.example"), selector(t, "tag:nobody")}
	for _, rule := range []engine.Rule{encrypts, silent, off} {
		f.apply(t, engine.Change{AddRule: &rule})
	}
	names, err := f.Names(t.Context(), engine.NamesQuestion{})
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		name, addresses, lately string
		rules                   string
		encrypts                bool
		trouble                 string
	}
	words := func(all []netip.Addr) string {
		var texts []string
		for _, address := range all {
			texts = append(texts, address.String())
		}
		return strings.Join(texts, " ")
	}
	var got []line
	for i := range names {
		n := &names[i]
		trouble, _, _ := strings.Cut(n.TroubleInWords(moment), ":")
		got = append(got, line{n.Name.String(), words(n.Addresses), words(n.Lately), strings.Join(n.Rules, ","), n.Encrypts, trouble})
	}
	want := []line{
		{"component:TARGET", "10.0.0.2", "", "Nightly", true, ""},
		{"host:other.example", "", "", "Off", false, "not asked yet"},
		{"host:vault.example", "10.9.0.1", "10.9.0.7", "Limit,Nightly", true, ""},
		{"role:server", "10.0.0.1 10.0.0.2", "", "Limit", false, ""},
		{"tag:nobody", "", "", "Off", false, "no component with an address"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}

	asked, err := f.Names(t.Context(), engine.NamesQuestion{Names: []engine.Selector{selector(t, "component:target")}})
	if err != nil || len(asked) != 1 || !slices.Equal(asked[0].Rules, []string{"Nightly"}) {
		t.Errorf("%+v, %v", asked, err)
	}
	if _, err := f.Names(t.Context(), engine.NamesQuestion{Names: []engine.Selector{engine.Any}}); err == nil {
		t.Error("any is no name")
	}
}

func TestWithoutABrokerHostsStandForWhatIsKept(t *testing.T) {
	f := newFixture(t)
	address := netip.MustParseAddr("10.9.0.1")
	kept := engine.HostRecord{Name: "vault.example", Now: []netip.Addr{address}, Since: moment, Answered: moment, Asked: moment, Seen: []engine.SeenAddress{{Address: address, Last: moment}}}
	if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutHost(kept) }); err != nil {
		t.Fatal(err)
	}
	f.Local.Broker = nil
	names, err := f.Names(t.Context(), engine.NamesQuestion{Names: []engine.Selector{selector(t, "host:vault.example")}})
	if err != nil || len(names) != 1 || !slices.Equal(names[0].Addresses, kept.Now) {
		t.Errorf("%+v, %v", names, err)
	}
}
