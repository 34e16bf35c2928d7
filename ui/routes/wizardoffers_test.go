package routes

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// offering puts components with allow-lists beside the stage's two.
func offering(t *testing.T, s *uitest.Stage, lists map[string][]string) *model.State {
	t.Helper()
	for name, list := range lists {
		c := uitest.NewComponent(t, name, "10.9.0.1")
		c.Report.AllowedBackends = list
		if err := s.Local.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(c) }); err != nil {
			t.Fatal(err)
		}
	}
	return uitest.FullState(t, s)
}

// picks are the fields of the topmost dialog that offer what they may hold.
func picks(s *uitest.Stage) (all []*kit.PickEntry) {
	screen.Walk(s.Window.Canvas().Overlays().Top(), func(o fyne.CanvasObject) {
		if entry, ok := o.(*kit.PickEntry); ok {
			all = append(all, entry)
		}
	})
	return all
}

// TestARouteAndItsTestTakeSevenClicks counts them with the mouse alone, where the target has to be chosen among many.
func TestARouteAndItsTestTakeSevenClicks(t *testing.T) {
	s, a, _ := uitest.Linked(t)
	state := offering(t, s, map[string][]string{"cellar": {"127.0.0.1:8000"}, "attic": {"127.0.0.1:8000"}})
	var tested []engine.RouteTest
	a.OnTestRoute = func(_ context.Context, asked engine.RouteTest) ([]engine.RouteTestResult, error) {
		tested = append(tested, asked)
		return nil, errors.New("no broker runs")
	}
	p := New(s.Console).(*view)
	s.Window.SetContent(p.Content())
	p.Update(state)
	clicks := 0
	for _, click := range []func(){
		func() { screen.Press(t, s.Window, "Add route…") },
		func() { screen.Press(t, s.Window, "restic REST server") },
		func() { screen.TapText(t, s.Window, "fileserver") }, // the list is open
		func() { screen.Click(picks(s)[2]) },                 // the target, below the sources and what it leads to
		func() { screen.TapText(t, s.Window, "cellar") },
		func() { screen.Press(t, s.Window, "Add route") },
		func() { screen.Press(t, s.Window, "Test the route") },
	} {
		click()
		clicks++
	}
	if clicks != 7 || len(tested) != 1 {
		t.Fatalf("%d tests after %d clicks", len(tested), clicks)
	}
	made := model.RouteIn(uitest.FullState(t, s), tested[0].Route)
	if made == nil || made.Name != "restic REST server to cellar" || made.Backend != "127.0.0.1:8000" || made.Listen != "127.0.0.1:8001" || made.TargetName != "cellar" || len(made.Listeners) != 1 || made.Listeners[0].ComponentName != "fileserver" {
		t.Errorf("made %+v", made)
	}
}

func TestTheTargetAndItsBackendAreFilledInWhereOnlyOneCanBeMeant(t *testing.T) {
	for name, c := range map[string]struct {
		lists                   map[string][]string
		tool, target            string // target is chosen; empty leaves it
		wantTarget, wantBackend string
		wantListen              string
	}{
		"the only one that offers the usual backend": {map[string][]string{"cellar": {"127.0.0.1:8000"}, "attic": {"127.0.0.1:9000"}}, "restic REST server", "", "cellar", "127.0.0.1:8000", "127.0.0.1:8000"},
		"two offer it":                         {map[string][]string{"cellar": {"127.0.0.1:8000"}, "attic": {"127.0.0.0/8:8000"}}, "restic REST server", "", "", "127.0.0.1:8000", "127.0.0.1:8000"},
		"one at the usual port elsewhere":      {map[string][]string{"cellar": {"10.9.0.7:8000", "127.0.0.1:9"}}, "restic REST server", "cellar", "cellar", "10.9.0.7:8000", "127.0.0.1:8000"},
		"none at the usual port":               {map[string][]string{"cellar": {"127.0.0.1:9"}}, "restic REST server", "cellar", "cellar", "127.0.0.1:8000", "127.0.0.1:8000"},
		"the only one of a tool without ports": {map[string][]string{"cellar": {"127.0.0.1:4242"}}, "Other", "cellar", "cellar", "127.0.0.1:4242", "127.0.0.1:4242"},
		"which listens at no low port":         {map[string][]string{"cellar": {"127.0.0.1:873"}}, "Other", "cellar", "cellar", "127.0.0.1:873", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, _ := uitest.Linked(t)
			w := newRouteWizard(s.Console, offering(t, s, c.lists), nil, nil, nil)
			screen.Press(t, s.Window, c.tool)
			keys(s, fyne.KeyEscape)
			if c.target != "" {
				w.target.SetText(c.target)
			}
			if w.target.Text != c.wantTarget || w.backend.Text != c.wantBackend || w.listen.Text != c.wantListen {
				t.Errorf("target %q, backend %q, listens on %q", w.target.Text, w.backend.Text, w.listen.Text)
			}
		})
	}
}

func TestWhatWasTypedIsNotFilledInAnew(t *testing.T) {
	s, _, _ := uitest.Linked(t)
	state := offering(t, s, map[string][]string{"cellar": {"127.0.0.1:8000", "10.9.0.7:8000"}})
	w := newRouteWizard(s.Console, state, nil, nil, nil)
	screen.Press(t, s.Window, "restic REST server")
	keys(s, fyne.KeyEscape)
	w.backend.SetText("127.0.0.1:8888")
	w.target.SetText("vault")
	w.target.SetText("cellar")
	if w.backend.Text != "127.0.0.1:8888" {
		t.Errorf("the backend is %s", w.backend.Text)
	}
	s.Window.Canvas().Focus(w.backend)
	keys(s, fyne.KeyDown)
	screen.MustContain(t, uitest.Top(s), "127.0.0.1:8000", "10.9.0.7:8000", "offered by cellar")
}

func TestTheCommandGoesOnceTheTargetOffersTheBackend(t *testing.T) {
	s, _, state := uitest.Linked(t)
	newRouteWizard(s.Console, state, nil, nil, nil)
	screen.Press(t, s.Window, "restic REST server")
	keys(s, "file", fyne.KeyReturn, fyne.KeyEscape)
	screen.MustContain(t, uitest.Top(s), "vault does not offer 127.0.0.1:8000 yet. Run there:")
	screen.Press(t, s.Window, "Copy")
	if copied := fyne.CurrentApp().Clipboard().Content(); copied != "sudo lockwire-agent allow-backend add 127.0.0.1:8000" {
		t.Errorf("%q is copied", copied)
	}
	newer := uitest.FullState(t, s)
	for i := range newer.Components {
		newer.Components[i].Report.AllowedBackends = []string{"127.0.0.1:8000"}
	}
	s.Saw(newer)
	if strings.Contains(uitest.Top(s), "does not offer") {
		t.Error("it still asks for it")
	}
	s.Saw(state)
	screen.MustContain(t, uitest.Top(s), "does not offer")
}

func TestATagIsASourceByItself(t *testing.T) {
	s, _, state := uitest.Linked(t)
	if _, err := s.Local.Apply(t.Context(), engine.Change{Tags: &engine.TagChange{Component: uitest.ComponentByName(state, "fileserver").ID, Tags: []string{"branch"}}}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	w := newRouteWizard(s.Console, uitest.FullState(t, s), nil, nil, nil)
	screen.Press(t, s.Window, "restic REST server")
	keys(s, "vault", fyne.KeyReturn, "tag:", fyne.KeyReturn, fyne.KeyEscape)
	w.target.SetText("vault")
	w.check()
	if !slices.Equal(w.sources.Chosen, []string{"tag:branch"}) || w.route.SourceTag != "branch" || len(w.route.Sources) != 0 || w.save.Disabled() {
		t.Errorf("%q, %+v", w.sources.Chosen, w.route)
	}
	w.target.SetText("nobody")
	screen.MustContain(t, w.targetField.Problem(), `no component is called "nobody"`)
}

func TestLingerAndStreamsShowWhatHolds(t *testing.T) {
	s, _, state := uitest.Linked(t)
	w := newRouteWizard(s.Console, state, nil, &state.Routes[0], nil)
	if w.linger.Text != "" || w.linger.PlaceHolder != "15" || w.streams.PlaceHolder != "1" {
		t.Errorf("linger %q, %q; streams %q", w.linger.Text, w.linger.PlaceHolder, w.streams.PlaceHolder)
	}
	w.linger.SetText("x")
	screen.MustContain(t, w.lingerField.Problem(), "whole seconds")
	w.linger.SetText("40")
	screen.Press(t, s.Window, "Save")
	if route := uitest.FullState(t, s).Routes[0]; route.LingerSeconds != 40 {
		t.Errorf("%d s", route.LingerSeconds)
	}
	if words := lingerWords(0, &engine.Settings{}); words != "15 s, as in Settings" {
		t.Error(words)
	}
	if words := streamsWords(0, &engine.Settings{MultipleUploadStreams: 5}); words != "at most 5 at once, as in Settings" {
		t.Error(words)
	}
}
