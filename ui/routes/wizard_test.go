package routes

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

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
	screen.MustContain(t, uitest.Top(s), "fileserver", "vault", "server, 10.0.0.2") // the sources are offered at once
	keys(s, "file", fyne.KeyReturn, fyne.KeyEscape)
	if len(w.sources.Chosen) != 1 || w.target.Text != "vault" {
		t.Fatalf("from %q to %q", w.sources.Chosen, w.target.Text) // the only other one
	}
	w.listen.SetText("127.0.0.1")
	screen.MustContain(t, w.listenField.Problem(), "127.0.0.1:8000")
	w.listen.SetText("127.0.0.1:5432")
	w.backend.SetText("127.0.0.1:5432")
	screen.MustContain(t, uitest.Top(s), "vault does not offer 127.0.0.1:5432 yet. Run there:", "sudo lockwire-agent allow-backend add 127.0.0.1:5432")
	screen.Press(t, s.Window, "Add route") // what was shown is not asked about
	screen.MustContain(t, uitest.Top(s), "Route added: PostgreSQL to vault", "vault does not offer 127.0.0.1:5432 yet", "pg_basebackup -h 127.0.0.1 -p 5432", "What protects it now", "fileserver to vault: ")
	routes, err := s.Local.Routes(t.Context())
	if err != nil || len(routes) != 2 {
		t.Fatalf("%d routes, %v", len(routes), err)
	}
	made := routes[1]
	if made.Name == "nightly" {
		made = routes[0]
	}
	if made.Name != "PostgreSQL to vault" || made.Direction != engine.Pull || made.Backend != "127.0.0.1:5432" || made.TargetName != "vault" || !made.Enabled {
		t.Errorf("made %+v", made)
	}
}

// keys types words and keys at what has the keyboard.
func keys(s *uitest.Stage, typed ...any) {
	for _, k := range typed {
		switch k := k.(type) {
		case string:
			screen.TypeText(s.Window.Canvas(), k)
		case fyne.KeyName:
			screen.TypeKey(s.Window.Canvas(), k)
		}
	}
}

func TestAnOpenLegIsWarnedAboutWhileTyping(t *testing.T) {
	s, _, state := uitest.Linked(t)
	w := newRouteWizard(s.Console, state, nil, nil, nil)
	screen.Press(t, s.Window, "restic REST server")
	keys(s, fyne.KeyEscape)
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
	state := uitest.FullState(t, s)
	own := engine.OwnService{Target: state.Routes[0].Target, Backend: state.Routes[0].Backend}
	if _, err := s.Local.Apply(t.Context(), engine.Change{PutRoute: &engine.RouteEdit{Route: state.Routes[0].Route, Own: &own}}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	services, err := s.Local.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	state = uitest.FullState(t, s)
	w := newRouteWizard(s.Console, state, services, &state.Routes[0], nil)
	w.backend.SetText("127.0.0.1:9999")
	screen.Press(t, s.Window, "Save")
	after, err := s.Local.Services(t.Context())
	if err != nil || len(after) != 2 || after[0].Name != "nightly" || after[0].Backend != "127.0.0.1:9999" || after[1].Name != "restic" {
		t.Errorf("%+v, %v", after, err)
	}
}

// editedUnder opens the wizard on a route with a service of its own, and has somebody else lead it to another backend meanwhile.
func editedUnder(t *testing.T) (*uitest.Stage, *routeWizard) {
	t.Helper()
	s, _, state := uitest.Linked(t)
	put := func(route engine.Route, own engine.OwnService) engine.Route {
		effect, err := engine.ApplyShown(t.Context(), s.Local, engine.Change{PutRoute: &engine.RouteEdit{Route: route, Own: &own}}, false, func(engine.Effect) {})
		if err != nil {
			t.Fatal(err)
		}
		return *effect.Route
	}
	own := engine.OwnService{Target: state.Routes[0].Target, Backend: state.Routes[0].Backend}
	put(state.Routes[0].Route, own)
	state = uitest.FullState(t, s)
	services, err := s.Local.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := newRouteWizard(s.Console, state, services, &state.Routes[0], nil)
	own.Backend, own.Revision = "127.0.0.1:9009", w.ownService().Revision
	theirs := put(state.Routes[0].Route, own)
	if theirs.Revision == w.before.Revision {
		t.Fatal("the route was not edited")
	}
	w.linger.SetText("30")
	screen.Press(t, s.Window, "Save")
	screen.MustContain(t, uitest.Top(s), "Changed meanwhile", "linger", "30 s", "backend", "127.0.0.1:8000", "127.0.0.1:9009")
	return s, w
}

// TestTheBackendIsShownAsItWasReadWithItsRevision: what is saved with a newer revision must not be an older backend.
func TestTheBackendIsShownAsItWasReadWithItsRevision(t *testing.T) {
	s, _, state := uitest.Linked(t)
	own := engine.OwnService{Target: state.Routes[0].Target, Backend: state.Routes[0].Backend}
	made := engine.Change{PutRoute: &engine.RouteEdit{Route: state.Routes[0].Route, Own: &own}}
	if _, err := engine.ApplyShown(t.Context(), s.Local, made, false, func(engine.Effect) {}); err != nil {
		t.Fatal(err)
	}
	old := uitest.FullState(t, s)
	services, err := s.Local.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range services {
		if services[i].MadeFor == old.Routes[0].ID { // edited after the page's state was read, before the wizard opened
			services[i].Backend = "127.0.0.1:9009"
			services[i].Revision++
		}
	}
	if w := newRouteWizard(s.Console, old, services, &old.Routes[0], nil); w.backend.Text != "127.0.0.1:9009" {
		t.Errorf("it shows %s", w.backend.Text)
	}
}

func TestARouteThatSomebodyElseEditedIsReloaded(t *testing.T) {
	s, _ := editedUnder(t)
	screen.Press(t, s.Window, "Take theirs")
	screen.MustContain(t, uitest.Top(s), "Edit route nightly", "127.0.0.1:9009")
	screen.Press(t, s.Window, "Save")
	route := uitest.FullState(t, s).Routes[0]
	if route.Backend != "127.0.0.1:9009" || route.LingerSeconds != 0 || uitest.Top(s) != "" {
		t.Errorf("%+v, and it shows %q", route, uitest.Top(s))
	}
}

func TestARouteThatSomebodyElseEditedIsWrittenOverOnceThatWasSeen(t *testing.T) {
	s, w := editedUnder(t)
	screen.Press(t, s.Window, "Save mine over it")
	route := uitest.FullState(t, s).Routes[0]
	if route.Backend != "127.0.0.1:8000" || route.LingerSeconds != 30 || !w.dialog.Done {
		t.Errorf("%+v, and it shows %q", route, uitest.Top(s))
	}
}

// The last step says what the rules decide for the route, not what a channel could do, and offers a rule where there is none.
func TestTheLastStepSaysWhatProtectsTheRouteAndEncryptsIt(t *testing.T) {
	s, _, state := uitest.Linked(t)
	rules, err := s.Local.RuleSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range rules.Rules { // whatever the stage's rules are
		rule.Enabled = false
		if _, err := engine.ApplyShown(t.Context(), s.Local, engine.Change{EditRule: &rule}, false, func(engine.Effect) {}); err != nil {
			t.Fatal(err)
		}
	}
	w := newRouteWizard(s.Console, state, nil, &state.Routes[0], nil)
	w.listen.SetText("127.0.0.1:7777")
	screen.Press(t, s.Window, "Save")
	shown := uitest.Top(s)
	screen.MustContain(t, shown, "fileserver to vault: PLAIN, no rule encrypts it", "Encrypt this link…")
	if strings.Contains(shown, "channel encrypts") {
		t.Error("it claims that the channel encrypts")
	}
	screen.Press(t, s.Window, "Encrypt this link…")
	screen.MustContain(t, uitest.Top(s), "component:fileserver", "component:vault", "gains encryption")
	screen.Press(t, s.Window, "Add the rule")
	screen.MustContain(t, uitest.Top(s), "fileserver to vault: sealed, rule "+state.Routes[0].Name)
	if strings.Contains(uitest.Top(s), "Encrypt this link") {
		t.Error("it still offers to encrypt the link")
	}
}

func TestTheColumnProtectionSaysTheWorst(t *testing.T) {
	source := func(state engine.ProtectionState, why string) engine.Listener {
		return engine.Listener{Protection: engine.Protection{State: state, Why: why}}
	}
	sealed, plain, refused := source(engine.ProtectionSealed, "rule A"), source(engine.ProtectionPlain, "no rule encrypts it"), source(engine.ProtectionRefused, "vault was revoked")
	for _, c := range []struct {
		listeners []engine.Listener
		words     string
		worst     engine.ProtectionState
	}{
		{nil, "", ""},
		{[]engine.Listener{{}}, "", ""},
		{[]engine.Listener{sealed}, "sealed: rule A", engine.ProtectionSealed},
		{[]engine.Listener{sealed, source(engine.ProtectionSealed, "rule B")}, "sealed", engine.ProtectionSealed},
		{[]engine.Listener{plain, plain}, "plain: no rule encrypts it", engine.ProtectionPlain},
		{[]engine.Listener{sealed, sealed, plain}, "1 plain, 2 sealed", engine.ProtectionPlain},
		{[]engine.Listener{plain, refused}, "1 refused, 1 plain", engine.ProtectionRefused},
	} {
		if words, worst := protectionOf(&engine.RouteStatus{Listeners: c.listeners}); words != c.words || worst != c.worst {
			t.Errorf("%q, %q, not %q, %q", words, worst, c.words, c.worst)
		}
	}
}

func TestARouteLeadsToAServiceOfAProvider(t *testing.T) {
	s, _, _ := uitest.Linked(t)
	provider := uitest.Providers()[0]
	if err := s.Local.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutProvider(provider.Provider) }); err != nil {
		t.Fatal(err)
	}
	state := uitest.FullState(t, s)
	state.Providers = []engine.ProviderStatus{provider}
	w := newRouteWizard(s.Console, state, nil, nil, nil)
	screen.Press(t, s.Window, "restic REST server")
	keys(s, "file", fyne.KeyReturn, fyne.KeyEscape)
	s.Window.Canvas().Focus(w.to)
	keys(s, fyne.KeyDown, "cloud", fyne.KeyReturn)
	w.listen.SetText("0.0.0.0:8001")
	if !w.warning.Visible() {
		t.Error("no warning about a listener that other machines reach")
	}
	w.listen.SetText("127.0.0.1:8001")
	screen.Press(t, s.Window, "Add route")
	screen.MustContain(t, uitest.Top(s), "127.0.0.1:8001", "What protects it now")
	services, err := s.Local.Services(t.Context())
	if err != nil || len(services) != 2 {
		t.Fatalf("%d services, %v", len(services), err)
	}
	made := services[0]
	if made.Provider == "" {
		made = services[1]
	}
	if made.Provider != provider.ID || made.Remote != provider.Services[0].ID || made.MadeFor == "" || made.Backend != "" || made.Target != "" {
		t.Errorf("made %+v", made)
	}
	// It stays what it is when the route is edited, and is not offered a second time.
	state = uitest.FullState(t, s)
	state.Providers = []engine.ProviderStatus{provider}
	for i := range state.Routes {
		if r := &state.Routes[i]; r.Service == made.ID {
			w = newRouteWizard(s.Console, state, services, r, nil)
		}
	}
	if !strings.Contains(w.to.Text, "of the provider cloud") || len(w.remotes) != 0 {
		t.Errorf("it leads to %q; offered are %v", w.to.Text, w.remotes)
	}
}
