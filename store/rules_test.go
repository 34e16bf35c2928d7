package store

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lockwire/engine"
)

// exactly compares addresses as values and everything else field by field.
var exactly = cmp.Options{cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{}, netip.Prefix{})}

func TestANewInstallationHasTheRuleInternetAndTheDefaults(t *testing.T) {
	set := must[engine.RuleSet](t)(openNew(t).RuleSet(t.Context()))
	want := engine.InternetRule()
	if len(set.Rules) != 1 {
		t.Fatalf("%d rules", len(set.Rules))
	}
	if _, err := engine.ParseID(string(set.Rules[0].ID)); err != nil || set.Rules[0].Revision != 1 {
		t.Errorf("id %q, revision %d", set.Rules[0].ID, set.Rules[0].Revision)
	}
	want.ID, want.Revision = set.Rules[0].ID, 1
	if d := cmp.Diff(engine.RuleSet{
		Rules:             []engine.Rule{want},
		PreferredNetworks: engine.PreferredNetworks{Mode: engine.PreferredOff, Networks: []netip.Prefix{}},
		SettingRevisions:  map[string]int64{}, PreferredRevision: 1,
	}, set, exactly); d != "" {
		t.Error(d)
	}
	if err := set.Check(); err != nil {
		t.Error(err)
	}
}

func TestRulesComeBackAsTheyWerePut(t *testing.T) {
	until := engine.Date{Year: 2027, Month: 1, Day: 31}
	schedule := engine.AlwaysOn()
	schedule.TimeZone = "Mars/Olympus" // known to another system, not to this one
	schedule.Days[1][3], schedule.Days[2][4] = engine.Off, engine.Relaxed
	cases := map[string]func(*engine.Rule){
		"plain":             func(*engine.Rule) {},
		"disabled":          func(r *engine.Rule) { r.Enabled = false },
		"encrypts":          func(r *engine.Rule) { r.Encrypt = true },
		"exempt":            func(r *engine.Rule) { r.Exempt = &engine.Exemption{Reason: "own fibre"} },
		"exempt for a time": func(r *engine.Rule) { r.Exempt = &engine.Exemption{Reason: "own fibre", Until: &until} },
		"throttle": func(r *engine.Rule) {
			r.Throttle = &engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabitsPerSecond}}
		},
		"relaxed hours": func(r *engine.Rule) {
			r.Throttle = &engine.Throttle{
				Limit: engine.Limit{Value: 1, Unit: engine.KilobytesPerSecond}, NeverThrottleRestores: true,
				Relaxed: &engine.Limit{Value: 1_000_000_000, Unit: engine.MegabytesPerSecond},
			}
			r.Schedule = &schedule
		},
		"always on":                     func(r *engine.Rule) { always := engine.AlwaysOn(); r.Schedule = &always },
		"comment '; DROP TABLE rules--": func(r *engine.Rule) { r.Comment = "<b>\"é\n\t&" },
	}
	s := openNew(t)
	want := map[string]engine.Rule{}
	write(t, s, func(tx engine.Transaction) error {
		for name, change := range cases {
			rule := ruleNamed(name)
			change(&rule)
			want[name] = rule
			if err := tx.PutRule(rule); err != nil {
				return err
			}
		}
		return nil
	})
	check := func() {
		t.Helper()
		got := map[string]engine.Rule{}
		for _, rule := range must[engine.RuleSet](t)(s.RuleSet(t.Context())).Rules {
			if !rule.IsInternet() {
				got[rule.Name] = rule
			}
		}
		if d := cmp.Diff(want, got, exactly); d != "" {
			t.Error(d)
		}
	}
	check()
	// An edit replaces every field: what was set is gone.
	write(t, s, func(tx engine.Transaction) error {
		for name, rule := range want {
			edited := ruleNamed(name)
			edited.ID, edited.Revision, edited.Comment = rule.ID, 2, "edited"
			want[name] = edited
			if err := tx.PutRule(edited); err != nil {
				return err
			}
		}
		return nil
	})
	check()
}

func TestRulesAreSortedByNameWhateverTheirCase(t *testing.T) {
	s := openNew(t)
	write(t, s, func(tx engine.Transaction) error {
		return errors.Join(tx.PutRule(ruleNamed("zeta")), tx.PutRule(ruleNamed("Alpha")), tx.PutRule(ruleNamed("beta")))
	})
	var names []string
	for _, rule := range must[engine.RuleSet](t)(s.RuleSet(t.Context())).Rules {
		names = append(names, rule.Name)
	}
	if d := cmp.Diff([]string{"Alpha", "beta", "Internet", "zeta"}, names); d != "" {
		t.Error(d)
	}
}

func TestAChangeCanRemoveARuleAndGiveItsNameToAnother(t *testing.T) {
	s := openNew(t)
	first, second := ruleNamed("uplink"), ruleNamed("UPLINK")
	write(t, s, func(tx engine.Transaction) error { return tx.PutRule(first) })
	write(t, s, func(tx engine.Transaction) error {
		return errors.Join(tx.RemoveRule(first.ID), tx.PutRule(second))
	})
	rules := must[engine.RuleSet](t)(s.RuleSet(t.Context())).Rules
	if len(rules) != 2 || rules[1].ID != second.ID {
		t.Errorf("%v", rules)
	}
	refuse(t, s, engine.ErrNotFound, func(tx engine.Transaction) error { return tx.RemoveRule(first.ID) })
}

func TestTheRuleInternetCanBeEditedButNotRemovedOrRenamed(t *testing.T) {
	s := openNew(t)
	internet := must[engine.RuleSet](t)(s.RuleSet(t.Context())).Rules[0]
	refuse(t, s, engine.ErrPredefined, func(tx engine.Transaction) error { return tx.RemoveRule(internet.ID) })
	renamed := internet.Clone()
	renamed.Name = "internet"
	refuse(t, s, engine.ErrPredefined, func(tx engine.Transaction) error { return tx.PutRule(renamed) })
	refuse(t, s, engine.ErrNameTaken, func(tx engine.Transaction) error { return tx.PutRule(ruleNamed("INTERNET")) })
	internet.Encrypt, internet.Revision = false, 2
	write(t, s, func(tx engine.Transaction) error { return tx.PutRule(internet) })
	if d := cmp.Diff([]engine.Rule{internet}, must[engine.RuleSet](t)(s.RuleSet(t.Context())).Rules, exactly); d != "" {
		t.Error(d)
	}
}

func TestSettingsAndPreferredNetworksComeBackAsTheyWerePut(t *testing.T) {
	s := openNew(t)
	for _, settings := range []engine.Settings{
		{DisablePublicIPTrafficEncryption: 1, CutSessionsThatShouldBeSealed: 1, TimeZone: "Europe/Berlin", LingerSeconds: 60},
		{TimeZone: "Mars/Olympus"}, // the zone of an older system must not keep the rules from being read
		{},
	} {
		write(t, s, func(tx engine.Transaction) error { return tx.PutSettings(settings) })
		if got := must[engine.RuleSet](t)(s.RuleSet(t.Context())).Settings; got != settings {
			t.Errorf("%+v, want %+v", got, settings)
		}
	}
	for _, preferred := range []engine.PreferredNetworks{
		{Mode: engine.PreferredRequire, Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}},
		{Mode: engine.PreferredPrefer, Networks: []netip.Prefix{}},
	} {
		write(t, s, func(tx engine.Transaction) error { return tx.PutPreferredNetworks(preferred) })
		got := must[engine.RuleSet](t)(s.RuleSet(t.Context())).PreferredNetworks
		if d := cmp.Diff(preferred, got, exactly); d != "" {
			t.Error(d)
		}
	}
}
