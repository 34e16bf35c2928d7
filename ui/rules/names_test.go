package rules

import (
	"net/netip"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// resolved keeps in the stage's record what a host stands for.
func resolved(t *testing.T, s *uitest.Stage, host string, list ...string) {
	t.Helper()
	record := engine.HostRecord{Name: host, Since: uitest.Moment, Answered: uitest.Moment, Asked: uitest.Moment}
	for _, text := range list {
		record.Now = append(record.Now, netip.MustParseAddr(text))
		record.Seen = append(record.Seen, engine.SeenAddress{Address: netip.MustParseAddr(text), Last: uitest.Moment})
	}
	if err := s.Local.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutHost(record) }); err != nil {
		t.Fatal(err)
	}
}

func TestTheEditorSaysWhatNamesStandForAndSinceWhen(t *testing.T) {
	s := uitest.NewStage(t)
	s.Link(t)
	resolved(t, s, "nas.example", "10.0.0.2", "10.0.0.77")
	e := showRuleEditor(s.Console, noon, engine.Rule{Enabled: true}, func(_, _ engine.Rule) {})
	typed(e.name, "Nightly")
	typed(e.source, "role:server")
	typed(e.target, "host:nas.example, host:new.example")
	words := screen.Text(e.effect.Content)
	for _, want := range []string{
		"host:nas.example: 10.0.0.2, 10.0.0.77, since " + uitest.Moment.Local().Format("2006-01-02"),
		"role:server: 10.0.0.1, 10.0.0.2", "host:new.example: no address; not asked yet",
	} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is not in %q", want, words)
		}
	}
}

func TestARuleWithANameThatDoesNotResolveIsMarkedInTheTable(t *testing.T) {
	s := uitest.NewStage(t)
	s.Put(t, "To the NAS", "any", "host:nas.example, 10.0.0.7", nil)
	page := New(s.Console).(*view)
	s.Show(t, page)
	state := s.State(t)
	check := func(want string, marked bool) {
		t.Helper()
		page.Update(state)
		for _, row := range page.table.Rows() {
			if row.Name != "To the NAS" {
				continue
			}
			icon := troubledIcon(func(r ruleRow) bool { return r.target != engine.SelectorsInWords(r.Target) })(row)
			if row.target != want || (icon != nil) != marked {
				t.Errorf("%q, marked %t", row.target, icon != nil)
			}
		}
	}
	check("host:nas.example, 10.0.0.7", false)
	state.Hosts = []engine.TroubledHost{{Name: "nas.example", Trouble: engine.HostUnresolved, Words: "never resolved"}}
	check("host:nas.example (never resolved), 10.0.0.7", true)
	state.Hosts = nil
	check("host:nas.example, 10.0.0.7", false)
}
