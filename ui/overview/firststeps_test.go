package overview

import (
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestTheFirstStepsTickThemselvesOffAndGo(t *testing.T) {
	s := uitest.NewStage(t)
	p := New(s.Console).(*view)
	shows := func(what string, words ...string) {
		t.Helper()
		p.Update(s.State(t))
		text := screen.Text(p.steps.content)
		for _, word := range words {
			if !strings.Contains(text, word) {
				t.Errorf("%s: %q is not in %q", what, word, text)
			}
		}
	}
	s.Show(t, p)
	shows("nothing", "0 of 4 done", "Add component…", "Add rule…")
	if text := screen.Text(p.steps.content); strings.Contains(text, "Add route…") {
		t.Errorf("without components it offers a route: %s", text)
	}
	screen.Press(t, s.Window, "Add component…")
	s.Join(t, map[string]string{"fileserver": "10.0.0.9"})
	shows("one component", "0 of 4 done", "one has joined, two are needed")
	s.Join(t, map[string]string{"vault": "10.0.0.2"})
	state := s.State(t)
	state.Routes = []engine.RouteStatus{{Route: engine.Route{ID: "r", Listen: "127.0.0.1:8000", Enabled: true}, Listeners: []engine.Listener{{ComponentName: "fileserver"}}}}
	p.Update(state)
	screen.MustContain(t, screen.Text(p.steps.content), "2 of 4 done", "on fileserver, give the backup tool 127.0.0.1:8000")
	screen.Press(t, s.Window, "Show route")
	s.Put(t, "Nightly", "component:fileserver", "any", nil)
	state.Rules = s.State(t).Rules
	state.Sessions = []engine.Session{uitest.LiveSession(engine.Sealed)}
	state.Sessions[0].Test = true
	p.Update(state)
	screen.MustContain(t, screen.Text(p.steps.content), "3 of 4 done")
	state.Sessions[0].Test = false
	p.Update(state)
	if p.steps.content.Visible() {
		t.Errorf("all is done, and it shows %q", screen.Text(p.steps.content))
	}
	state.Components = nil // what was done once does not have to be done again
	p.Update(state)
	if p.steps.content.Visible() {
		t.Error("the steps came back")
	}
	if want := []string{"components " + page.AddThing, "routes r"}; len(s.Went) != 2 || s.Went[0] != want[0] || s.Went[1] != want[1] {
		t.Errorf("went to %q", s.Went)
	}
}

// Backups to a service provider go from a single machine of one's own.
func TestOneMachineIsEnoughWhereAProviderKeepsTheBackups(t *testing.T) {
	s := uitest.NewStage(t)
	p := New(s.Console).(*view)
	s.Join(t, map[string]string{"fileserver": "10.0.0.9"})
	s.Show(t, p)
	state := s.State(t)
	state.Providers = uitest.Providers()
	p.Update(state)
	shown := screen.Text(p.steps.content)
	screen.MustContain(t, shown, "1 of 4 done", "Add route…")
	if strings.Contains(shown, "two are needed") {
		t.Errorf("it wants a second machine: %s", shown)
	}
}

func TestTheFirstStepsAreNotShownWhereNobodyNeedsThem(t *testing.T) {
	tests := map[string]func(*testing.T, *uitest.Stage){
		"somebody who may only view": func(_ *testing.T, s *uitest.Stage) { s.May = false },
		"dismissed before":           func(t *testing.T, s *uitest.Stage) { s.Preferences.SetBool(passed(s.State(t)), true) },
		"the record is not known":    func(_ *testing.T, s *uitest.Stage) { s.Broken = engine.ErrSilent },
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			s := uitest.NewStage(t)
			prepare(t, s)
			p := New(s.Console).(*view)
			s.Show(t, p)
			p.Update(s.State(t))
			if p.steps.content.Visible() {
				t.Errorf("it shows %q", screen.Text(p.steps.content))
			}
		})
	}
}

func TestTheFirstStepsCanBeDismissedForGood(t *testing.T) {
	s := uitest.NewStage(t)
	state := s.State(t)
	for range 2 {
		p := New(s.Console).(*view)
		s.Window.SetContent(p.Content())
		p.Update(state)
		p.Update(state)
		if p.steps.content.Visible() {
			screen.Press(t, s.Window, "Do not show this again")
		}
		if p.steps.content.Visible() {
			t.Fatal("it is still there")
		}
	}
	if !s.Preferences.Bool(passed(&model.State{})) {
		t.Error("it is not kept")
	}
}

func TestABackupOfBeforeIsFoundInTheRecord(t *testing.T) {
	for _, test := range []struct {
		tested bool
		want   bool
	}{{false, true}, {true, false}} {
		s := uitest.NewStage(t)
		receipt := uitest.EndedSession(engine.Sealed, engine.SessionEnded, uitest.Moment, 1000)
		receipt.Test = test.tested
		s.Record(t, receipt)
		p := New(s.Console).(*view)
		s.Show(t, p)
		p.Update(s.State(t))
		if p.backed != test.want {
			t.Errorf("a test: %v; a backup was found: %v", test.tested, p.backed)
		}
	}
}
