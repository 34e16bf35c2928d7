package routes

import (
	"testing"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestARouteIsAddedWithItsServiceAndEndsWithTheLineForTheTool(t *testing.T) {
	s, _, state := uitest.Linked(t)
	w := newRouteWizard(s.Console, state, nil, nil, nil)
	screen.Press(t, s.Window, "PostgreSQL")
	if !w.save.Disabled() {
		t.Error("a route without source and target can be saved")
	}
	w.sources.SetSelected([]string{"fileserver"})
	w.target.SetSelected("vault")
	w.listen.SetText("127.0.0.1")
	screen.MustContain(t, w.listenField.Problem(), "127.0.0.1:8000")
	w.listen.SetText("127.0.0.1:5432")
	w.backend.SetText("127.0.0.1:5432")
	screen.Press(t, s.Window, "Add route")
	// the target's report allows no backend
	screen.MustContain(t, uitest.Top(s), "Save this route all the same?", "allow-backend add 127.0.0.1:5432")
	if services, _ := s.Local.Services(t.Context()); len(services) != 1 {
		t.Errorf("a service stays behind while its route waits: %v", services)
	}
	screen.Press(t, s.Window, "Save it")
	screen.MustContain(t, uitest.Top(s), "pg_basebackup -h 127.0.0.1 -p 5432")
	routes, err := s.Local.Routes(t.Context())
	if err != nil || len(routes) != 2 {
		t.Fatalf("%d routes, %v", len(routes), err)
	}
	made := routes[1]
	if made.Name == "nightly" {
		made = routes[0]
	}
	if made.Name != "PostgreSQL to vault" || made.Flow != engine.Pull || made.Backend != "127.0.0.1:5432" || made.TargetName != "vault" || !made.Enabled {
		t.Errorf("made %+v", made)
	}
}

func TestAnOpenLegIsWarnedAboutWhileTyping(t *testing.T) {
	s, _, state := uitest.Linked(t)
	w := newRouteWizard(s.Console, state, nil, nil, nil)
	screen.Press(t, s.Window, "restic REST server")
	w.listen.SetText("0.0.0.0:8000")
	if !w.warning.Visible() {
		t.Error("no warning about a listener that other machines reach")
	}
	w.listen.SetText("127.0.0.1:8001")
	if w.warning.Visible() {
		t.Error("the warning stays")
	}
}

func TestARouteThatIsLedElsewhereLeavesNoServiceBehind(t *testing.T) {
	s, _, _ := uitest.Linked(t)
	services, err := s.Local.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	services[0].Name = "nightly"
	if _, err := s.Local.PutService(t.Context(), services[0]); err != nil {
		t.Fatal(err)
	}
	state := uitest.FullState(t, s)
	w := newRouteWizard(s.Console, state, services, &state.Routes[0], nil)
	w.backend.SetText("127.0.0.1:9999")
	screen.Press(t, s.Window, "Save")
	screen.Press(t, s.Window, "Save it")
	after, err := s.Local.Services(t.Context())
	if err != nil || len(after) != 1 || after[0].Name != "nightly" || after[0].Backend != "127.0.0.1:9999" {
		t.Errorf("%+v, %v", after, err)
	}
}
