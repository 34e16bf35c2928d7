package simulator

import (
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// simulatorOf is the simulator of a stage with two components, a route between them, and a machine with a public address.
func simulatorOf(t *testing.T) (*uitest.Stage, *view) {
	t.Helper()
	s := uitest.NewStage(t)
	s.Link(t)
	s.Join(t, map[string]string{"web": "203.0.113.7"})
	return s, New(s.Console).(*view)
}

func TestTheSimulatorBeginsWithThePairThatTalkedLast(t *testing.T) {
	for _, test := range []struct {
		name     string
		sessions func(id func(string) engine.ID) []engine.Session
		routed   bool
		want     string
		same     bool
	}{
		{"nobody talked", func(func(string) engine.ID) []engine.Session { return nil }, false, " ", false},
		{"a route", func(func(string) engine.ID) []engine.Session { return nil }, true, "fileserver vault", false},
		{"the youngest session", func(id func(string) engine.ID) []engine.Session {
			return []engine.Session{
				{ID: "2", Source: id("web"), Target: id("vault"), Began: uitest.Moment.Add(-time.Minute)},
				{ID: "1", Source: id("fileserver"), Target: id("web"), Began: uitest.Moment},
			}
		}, true, "fileserver web", false},
		{"one machine", func(id func(string) engine.ID) []engine.Session {
			session := engine.Session{ID: "1", Source: id("vault"), Target: id("web"), Began: uitest.Moment}
			session.Decision.By = engine.BySameMachine
			return []engine.Session{session}
		}, false, "vault web", true},
		{"a session of one that is gone", func(id func(string) engine.ID) []engine.Session {
			return []engine.Session{{ID: "1", Source: "gone", Target: id("web"), Began: uitest.Moment}}
		}, true, "fileserver vault", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, page := simulatorOf(t)
			state := s.State(t)
			id := func(name string) engine.ID {
				for _, component := range state.Components {
					if component.Name == name {
						return component.ID
					}
				}
				t.Fatalf("no component %s", name)
				return ""
			}
			state.Sessions = test.sessions(id)
			if test.routed {
				state.Routes = []engine.RouteStatus{{Route: engine.Route{Sources: []engine.ID{"gone", id("fileserver")}}, Target: id("vault")}}
			}
			s.Window.SetContent(page.Content())
			page.Update(state)
			if got := page.source.Text + " " + page.target.Text; got != test.want || page.sameHost.Checked != test.same {
				t.Errorf("it begins with %q, one machine %v", got, page.sameHost.Checked)
			}
			if asked := page.asked > 0; asked != (test.want != " ") {
				t.Errorf("asked: %v", asked)
			}
			page.source.SetText("vault")
			page.target.SetText("")
			page.Update(state)
			if page.source.Text != "vault" || page.target.Text != "" {
				t.Error("what was typed is replaced")
			}
		})
	}
}

func TestTheSimulatorOpensAPair(t *testing.T) {
	s, opened := simulatorOf(t)
	s.Show(t, opened)
	opened.tabs.SelectIndex(allPairsTab)
	opened.Open(page.PairThing("fileserver", "web"))
	if shown := screen.Text(s.Window.Content()); opened.tabs.SelectedIndex() != 0 || !strings.Contains(shown, "Sealed, because of automatic (public address)") {
		t.Errorf("it shows\n%s", shown)
	}
	opened.sameHost.SetChecked(true)
	opened.decide()
	if shown := screen.Text(s.Window.Content()); !strings.Contains(shown, "Plain, because of same machine") {
		t.Errorf("for one machine it shows\n%s", shown)
	}
}
