package ui

import (
	"context"
	"errors"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

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
	app := test.NewTempApp(t)
	app.Settings().SetTheme(Theme{Appearance: Light})
	window := test.NewTempWindow(t, nil)
	// Fyne forgets how to draw what was not drawn for a minute, by a clock that it looks at only when something is captured: in a
	// long run of tests it would forget what was made a moment ago.
	window.Canvas().Capture()
	window.Resize(fyne.NewSize(1280, 800))
	records := memorystore.New()
	s := &stage{may: true}
	s.local = administration.New(administration.Config{
		Store: records, Installation: engine.NewID(), Version: "test", Now: func() time.Time { return testMoment },
		Authority: func() (*identity.Authority, error) { return nil, errors.New("there is none in this test") },
	}, "test")
	s.Console = &Console{
		Admin: s.local, Window: window, Preferences: app.Preferences(), MayChange: func() bool { return s.may }, Refresh: func() {},
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
