package uitest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/engine/administration"
	"lockwire/engine/enginetest/memorystore"
	"lockwire/engine/identity"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/uitest/screen"
)

// Moment is when the tests of pages take place.
var Moment = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)

// Stage is a console on a real administration of a store in memory, in a window without a display. What the console does in
// the background is done at once.
type Stage struct {
	*page.Console
	Local  *administration.Local
	Went   []string // pages and things that were gone to
	Broken error    // what every call in the background fails with; nil lets it work
	May    bool
	Clock  Clock // that the notes go by
}

// NewStage makes a stage with an empty store.
func NewStage(t testing.TB) *Stage {
	t.Helper()
	window := screen.New(t, kit.Theme{Appearance: kit.Light})
	records := memorystore.New()
	s := &Stage{May: true}
	s.Local = administration.New(administration.Config{
		Store: records, Installation: engine.NewID(), Version: "test", Now: func() time.Time { return Moment },
		Authority: func() (*identity.Authority, error) { return nil, errors.New("there is none in this test") },
	}, "test")
	s.Console = &page.Console{
		Admin: s.Local, Window: window, Preferences: fyne.CurrentApp().Preferences(), MayChange: func() bool { return s.May }, Refresh: func() {},
		Background: func(work func(context.Context) error, done func(error)) {
			if s.Broken != nil {
				done(s.Broken)
				return
			}
			done(work(t.Context()))
		},
		Go: func(page, thing string) { s.Went = append(s.Went, page+" "+thing) },
	}
	s.Notes = kit.NewPassingNotes(window, s.Clock.After)
	return s
}

// State is what the console would know now.
func (s *Stage) State(t testing.TB) *model.State {
	t.Helper()
	rules, err := s.Local.RuleSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	components, err := s.Local.Components(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tenants, err := s.Local.Tenants(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	providers, err := s.Local.Providers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	role := engine.MayView
	if s.May {
		role = engine.MayChange
	}
	return &model.State{
		Snapshot: engine.Snapshot{When: Moment, Components: components, Tenants: tenants, Providers: providers}, Rules: rules,
		Installation: engine.Installation{Role: role, Version: "test"},
	}
}

// Show puts a page into the window.
func (s *Stage) Show(t *testing.T, page page.Page) {
	t.Helper()
	s.Window.SetContent(page.Content())
	page.Update(s.State(t))
}

// Link makes two components with a route between them, so that a rule has something to decide.
func (s *Stage) Link(t testing.TB) {
	t.Helper()
	source, target := NewComponent(t, "fileserver", "10.0.0.1"), NewComponent(t, "vault", "10.0.0.2")
	service := engine.Service{ID: engine.NewID(), Name: "restic", Target: target.ID, Backend: "127.0.0.1:8000"}
	route := engine.Route{ID: engine.NewID(), Name: "nightly", Sources: []engine.ID{source.ID}, Listen: "127.0.0.1:8000", Service: service.ID, Direction: engine.Push, Enabled: true}
	err := s.Local.Store.Write(t.Context(), func(tx engine.Transaction) error {
		return errors.Join(tx.PutComponent(source), tx.PutComponent(target), tx.PutService(service), tx.PutRoute(route))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// NewComponent is a joined component with one address.
func NewComponent(t testing.TB, name, address string) engine.Component {
	t.Helper()
	parsed, err := engine.ParseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	return engine.Component{ID: engine.NewID(), Name: name, Role: engine.Server, Joined: Moment, CertificateExpires: Moment.Add(96 * time.Hour),
		Report: engine.Report{Version: "test", Interfaces: []engine.Address{{Address: parsed, Origin: engine.FromInterface}}}}
}

// Rule finds a stored rule by its name.
func (s *Stage) Rule(t *testing.T, name string) (engine.Rule, bool) {
	t.Helper()
	for _, rule := range s.State(t).Rules.Rules {
		if rule.Name == name {
			return rule, true
		}
	}
	return engine.Rule{}, false
}

// Put stores a rule as somebody else would.
func (s *Stage) Put(t *testing.T, name, source, target string, edit func(*engine.Rule)) engine.Rule {
	t.Helper()
	selectors := func(text string) (list []engine.Selector) {
		for entry := range strings.SplitSeq(text, ",") {
			selector, err := engine.ParseSelector(strings.TrimSpace(entry))
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, selector)
		}
		return list
	}
	rule := engine.Rule{Name: name, Enabled: true, Encrypt: true, Source: selectors(source), Target: selectors(target)}
	if edit != nil {
		edit(&rule)
	}
	if _, err := engine.ApplyShown(t.Context(), s.Local, engine.Change{AddRule: &rule}, false, func(engine.Effect) {}); err != nil {
		t.Fatal(err)
	}
	stored, _ := s.Rule(t, name)
	return stored
}

// Join adds components at addresses to a stage.
func (s *Stage) Join(t *testing.T, addresses map[string]string) {
	t.Helper()
	err := s.Local.Store.Write(t.Context(), func(tx engine.Transaction) error {
		var failed error
		for name, address := range addresses {
			failed = errors.Join(failed, tx.PutComponent(NewComponent(t, name, address)))
		}
		return failed
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Record stores receipts, and one entry of the audit.
func (s *Stage) Record(t *testing.T, receipts ...engine.Receipt) {
	t.Helper()
	if err := s.Local.Store.Write(t.Context(), func(tx engine.Transaction) error {
		for _, r := range receipts {
			if err := tx.InsertReceipt(r); err != nil {
				return err
			}
		}
		return tx.AppendAudit(engine.AuditEntry{When: Moment.Add(-time.Hour), Who: "somebody", What: "rule.edit", Thing: "Nightly"})
	}); err != nil {
		t.Fatal(err)
	}
}

// Enabled writes a digit for each rule named by a letter: 1 for on, 0 for off, - for a rule that does not exist.
func (s *Stage) Enabled(t *testing.T, names string) string {
	t.Helper()
	text := ""
	for _, name := range names {
		switch rule, found := s.Rule(t, string(name)); {
		case !found:
			text += "-"
		case rule.Enabled:
			text += "1"
		default:
			text += "0"
		}
	}
	return text
}

// Key presses a key as the window gets it.
func (s *Stage) Key(name fyne.KeyName) {
	canvas := s.Window.Canvas()
	kit.WindowKey(canvas, name, false, func() { screen.TypeKey(canvas, name) })
}

// PressNote presses a button of the oldest note that has it.
func (s *Stage) PressNote(t *testing.T, text string) {
	t.Helper()
	var pressed bool
	screen.Walk(s.Notes.Content, func(o fyne.CanvasObject) {
		if button, ok := o.(fyne.Tappable); ok && !pressed && screen.Text(o) == text {
			pressed = true
			button.Tapped(nil)
		}
	})
	if !pressed {
		t.Fatalf("no note among %q has a button %q", s.Notes.Texts(), text)
	}
}

// Tab presses Tab, with Shift where it goes back.
func (s *Stage) Tab(back bool) {
	canvas := s.Window.Canvas()
	kit.WindowKey(canvas, fyne.KeyTab, back, func() { screen.MoveFocus(canvas, back) })
}

// Linked is a stage with a source, a target and a route between them, and its state.
func Linked(t testing.TB) (*Stage, *Answers, *model.State) {
	t.Helper()
	s := NewStage(t)
	s.Link(t)
	a := &Answers{Administration: s.Local}
	s.Admin = a
	return s, a, FullState(t, s)
}

// FullState is the state of a stage with its routes and an installation.
func FullState(t testing.TB, s *Stage) *model.State {
	t.Helper()
	state := s.State(t)
	routes, err := s.Local.Routes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	state.Routes = routes
	state.Installation.ID, state.Installation.Addresses = engine.NewID(), []string{"broker.example.org:6170"}
	return state
}

// Top is the text of the topmost dialog; empty for none.
func Top(s *Stage) string {
	overlay := s.Window.Canvas().Overlays().Top()
	if overlay == nil {
		return ""
	}
	return screen.Text(overlay)
}

// ComponentByName finds a component of a state; nil if there is none.
func ComponentByName(state *model.State, name string) *engine.ComponentStatus {
	for i := range state.Components {
		if state.Components[i].Name == name {
			return &state.Components[i]
		}
	}
	return nil
}

// BeginsWithItsFirstRow shows a page whose table must begin with its first row selected, and must leave the choice to its user
// from then on. None selects nothing.
func (s *Stage) BeginsWithItsFirstRow(t *testing.T, page page.Page, state *model.State, selected func() bool, none func()) {
	t.Helper()
	s.Window.SetContent(page.Content())
	page.Update(state)
	if !selected() {
		t.Errorf("%s begins with nothing selected", page.Name())
	}
	none()
	page.Update(state)
	if selected() {
		t.Errorf("%s selects what its user had left", page.Name())
	}
}
