package ui

import (
	"testing"

	"lockwire/engine"
)

func TestARouteIsAddedWithItsServiceAndEndsWithTheLineForTheTool(t *testing.T) {
	s, _, state := linked(t)
	w := newRouteWizard(s.Console, state, nil, nil, nil)
	press(t, s.Window, "PostgreSQL")
	if !w.save.Disabled() {
		t.Error("a route without source and target can be saved")
	}
	w.sources.SetSelected([]string{"fileserver"})
	w.target.SetSelected("vault")
	w.listen.SetText("127.0.0.1")
	mustContain(t, w.listenField.problem(), "127.0.0.1:8000")
	w.listen.SetText("127.0.0.1:5432")
	w.backend.SetText("127.0.0.1:5432")
	press(t, s.Window, "Add route")
	// the target's report allows no backend
	mustContain(t, top(s), "Save this route all the same?", "allow-backend add 127.0.0.1:5432")
	if services, _ := s.local.Services(t.Context()); len(services) != 1 {
		t.Errorf("a service stays behind while its route waits: %v", services)
	}
	press(t, s.Window, "Save it")
	mustContain(t, top(s), "pg_basebackup -h 127.0.0.1 -p 5432")
	routes, err := s.local.Routes(t.Context())
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
	s, _, state := linked(t)
	w := newRouteWizard(s.Console, state, nil, nil, nil)
	press(t, s.Window, "restic REST server")
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
	s, _, _ := linked(t)
	services, err := s.local.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	services[0].Name = "nightly"
	if _, err := s.local.PutService(t.Context(), services[0]); err != nil {
		t.Fatal(err)
	}
	state := fullState(t, s)
	w := newRouteWizard(s.Console, state, services, &state.Routes[0], nil)
	w.backend.SetText("127.0.0.1:9999")
	press(t, s.Window, "Save")
	press(t, s.Window, "Save it")
	after, err := s.local.Services(t.Context())
	if err != nil || len(after) != 1 || after[0].Name != "nightly" || after[0].Backend != "127.0.0.1:9999" {
		t.Errorf("%+v, %v", after, err)
	}
}
