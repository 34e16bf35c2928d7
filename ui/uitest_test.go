package ui

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
)

// testMoment is when the tests of pages take place.
var testMoment = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)

// stage is a console on a real administration of a store in memory, in a window without a display. What the console does in
// the background is done at once.
type stage struct {
	*Console
	local  *administration.Local
	went   []string // pages and things that were gone to
	broken error    // what every call in the background fails with; nil lets it work
	may    bool
}

func newStage(t testing.TB) *stage {
	t.Helper()
	window := newScreen(t, Theme{Appearance: Light})
	records := memorystore.New()
	s := &stage{may: true}
	s.local = administration.New(administration.Config{
		Store: records, Installation: engine.NewID(), Version: "test", Now: func() time.Time { return testMoment },
		Authority: func() (*identity.Authority, error) { return nil, errors.New("there is none in this test") },
	}, "test")
	s.Console = &Console{
		Admin: s.local, Window: window, Preferences: fyne.CurrentApp().Preferences(), MayChange: func() bool { return s.may }, Refresh: func() {},
		Background: func(work func(context.Context) error, done func(error)) {
			if s.broken != nil {
				done(s.broken)
				return
			}
			done(work(t.Context()))
		},
		Go: func(page, thing string) { s.went = append(s.went, page+" "+thing) },
	}
	return s
}

// state is what the console would know now.
func (s *stage) state(t testing.TB) *State {
	t.Helper()
	rules, err := s.local.RuleSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	components, err := s.local.Components(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	role := engine.MayView
	if s.may {
		role = engine.MayChange
	}
	return &State{
		Snapshot: engine.Snapshot{When: testMoment, Components: components}, Rules: rules,
		Installation: engine.Installation{Role: role, Version: "test"},
	}
}

// show puts a page into the window.
func (s *stage) show(t *testing.T, page Page) {
	t.Helper()
	s.Window.SetContent(page.Content())
	page.Update(s.state(t))
}

// link makes two components with a route between them, so that a rule has something to decide.
func (s *stage) link(t testing.TB) {
	t.Helper()
	source, target := testComponent(t, "fileserver", "10.0.0.1"), testComponent(t, "vault", "10.0.0.2")
	service := engine.Service{ID: engine.NewID(), Name: "restic", Target: target.ID, Backend: "127.0.0.1:8000"}
	route := engine.Route{ID: engine.NewID(), Name: "nightly", Sources: []engine.ID{source.ID}, Listen: "127.0.0.1:8000", Service: service.ID, Flow: engine.Push, Enabled: true}
	err := s.local.Store.Write(t.Context(), func(tx engine.Transaction) error {
		return errors.Join(tx.PutComponent(source), tx.PutComponent(target), tx.PutService(service), tx.PutRoute(route))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func testComponent(t testing.TB, name, address string) engine.Component {
	t.Helper()
	parsed, err := engine.ParseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	return engine.Component{ID: engine.NewID(), Name: name, Role: engine.Server, Joined: testMoment, CertificateExpires: testMoment.Add(96 * time.Hour),
		Report: engine.Report{Version: "test", Interfaces: []engine.Address{{Address: parsed, Origin: engine.FromInterface}}}}
}

// rule finds a stored rule by its name.
func (s *stage) rule(t *testing.T, name string) (engine.Rule, bool) {
	t.Helper()
	for _, rule := range s.state(t).Rules.Rules {
		if rule.Name == name {
			return rule, true
		}
	}
	return engine.Rule{}, false
}

// put stores a rule as somebody else would.
func (s *stage) put(t *testing.T, name, source, target string, edit func(*engine.Rule)) engine.Rule {
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
	if _, err := s.local.Apply(t.Context(), engine.Change{AddRule: &rule}, engine.Confirmation{LoseEncryption: true}); err != nil {
		t.Fatal(err)
	}
	stored, _ := s.rule(t, name)
	return stored
}

// join adds components at addresses to a stage.
func (s *stage) join(t *testing.T, addresses map[string]string) {
	t.Helper()
	err := s.local.Store.Write(t.Context(), func(tx engine.Transaction) error {
		var failed error
		for name, address := range addresses {
			failed = errors.Join(failed, tx.PutComponent(testComponent(t, name, address)))
		}
		return failed
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (s *stage) record(t *testing.T, receipts ...engine.Receipt) {
	t.Helper()
	if err := s.local.Store.Write(t.Context(), func(tx engine.Transaction) error {
		for _, r := range receipts {
			if err := tx.InsertReceipt(r); err != nil {
				return err
			}
		}
		return tx.AppendAudit(engine.AuditEntry{When: testMoment.Add(-time.Hour), Who: "somebody", What: "rule.edit", Thing: "Nightly"})
	}); err != nil {
		t.Fatal(err)
	}
}

func (s *stage) enabled(t *testing.T, names string) string {
	t.Helper()
	text := ""
	for _, name := range names {
		switch rule, found := s.rule(t, string(name)); {
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

// key presses a key as the window gets it.
func (s *stage) key(name fyne.KeyName) {
	canvas := s.Window.Canvas()
	WindowKey(canvas, name, false, func() { typeKey(canvas, name) })
}

// tab presses Tab, with Shift where it goes back.
func (s *stage) tab(back bool) {
	canvas := s.Window.Canvas()
	WindowKey(canvas, fyne.KeyTab, back, func() { moveFocus(canvas, back) })
}

// linked is a stage with a source, a target and a route between them, and its state.
func linked(t testing.TB) (*stage, *answers, *State) {
	t.Helper()
	s := newStage(t)
	s.link(t)
	a := &answers{Administration: s.local}
	s.Admin = a
	return s, a, fullState(t, s)
}

func fullState(t testing.TB, s *stage) *State {
	t.Helper()
	state := s.state(t)
	routes, err := s.local.Routes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	state.Routes = routes
	state.Installation.ID, state.Installation.Addresses = engine.NewID(), []string{"broker.example.org:6170"}
	return state
}

func top(s *stage) string {
	overlay := s.Window.Canvas().Overlays().Top()
	if overlay == nil {
		return ""
	}
	return textOf(overlay)
}

func componentByName(state *State, name string) *engine.ComponentStatus {
	for i := range state.Components {
		if state.Components[i].Name == name {
			return &state.Components[i]
		}
	}
	return nil
}

// beginsWithItsFirstRow shows a page whose table must begin with its first row selected, and must leave the choice to its user
// from then on. None selects nothing.
func (s *stage) beginsWithItsFirstRow(t *testing.T, page Page, state *State, selected func() bool, none func()) {
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
