package components

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/model"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// runningBackup is a state in which a backup runs from fileserver to vault.
func runningBackup(s *uitest.Stage, t *testing.T) *model.State {
	t.Helper()
	state := uitest.FullState(t, s)
	source, target := uitest.ComponentByName(state, "fileserver"), uitest.ComponentByName(state, "vault")
	state.Sessions = []engine.Session{{ID: engine.NewID(), Source: source.ID, SourceName: source.Name, Target: target.ID, TargetName: target.Name, RouteName: "nightly", State: engine.SessionLive, Flows: 2}}
	for i := range state.Components {
		state.Components[i].Online, state.Components[i].Sessions = true, 1
	}
	return state
}

func TestADrainSaysWhatHappensAndWhatIsCarried(t *testing.T) {
	s, _, _ := uitest.Linked(t)
	state := runningBackup(s, t)
	target := uitest.ComponentByName(state, "vault")
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(state)
	page.Open(string(target.ID))
	drained := func() *engine.Drain { return uitest.ComponentByName(s.State(t), "vault").Drain }

	screen.Press(t, s.Window, "Drain…")
	screen.MustContain(t, uitest.Top(s), "Drain vault?", "A backup tool that connects is refused", "these routes take nothing new there: nightly", "2 connections in 1 session", "nightly: fileserver to vault", "as long as they take")
	if strings.Contains(uitest.Top(s), "is cut") {
		t.Error("it speaks of a cut where no time is set")
	}
	screen.Press(t, s.Window, "Cancel")
	if drained() != nil {
		t.Fatal("cancelled, and it drains all the same")
	}
	screen.Press(t, s.Window, "Drain…")
	screen.Walk(s.Window.Canvas().Overlays().Top(), func(o fyne.CanvasObject) {
		if choice, ok := o.(*widget.Select); ok {
			choice.SetSelected("30 minutes")
		}
	})
	screen.MustContain(t, uitest.Top(s), "What still runs then is cut")
	screen.Press(t, s.Window, "Drain")
	if d := drained(); d == nil || d.Until.Sub(d.Since) != 30*time.Minute {
		t.Fatalf("it drains: %+v", d)
	}

	state = runningBackup(s, t)
	page.Update(state)
	if row := page.Chosen(); row.state != "draining" {
		t.Errorf("the row says %q", row.state)
	}
	screen.MustContain(t, screen.Text(page.Content()), "Drains: it has taken no new connection since", "2 connections in 1 session", "Take sessions again")
	screen.Press(t, s.Window, "Take sessions again")
	if d := drained(); d != nil {
		t.Errorf("it drains still: %+v", d)
	}
	page.Update(runningBackup(s, t))
	if strings.Contains(screen.Text(page.Content()), "Drains:") {
		t.Error("the notice stays")
	}
}

// Several components are drained with one order, and only those that an administrator drained are made to take sessions again.
func TestSeveralComponentsAreDrainedAtOnce(t *testing.T) {
	s, _, _ := uitest.Linked(t)
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(runningBackup(s, t))
	screen.SelectBelow(page.Table, 1)
	screen.Press(t, s.Window, "Drain…")
	screen.MustContain(t, uitest.Top(s), "Drain 2 components?", "2 connections in 1 session")
	screen.Press(t, s.Window, "Drain")
	state := runningBackup(s, t)
	for _, name := range []string{"fileserver", "vault"} {
		if uitest.ComponentByName(state, name).Drain == nil {
			t.Errorf("%s takes connections", name)
		}
	}
	page.Update(state)
	screen.Press(t, s.Window, "Take sessions again")
	for _, name := range []string{"fileserver", "vault"} {
		if uitest.ComponentByName(s.State(t), name).Drain != nil {
			t.Errorf("%s drains still", name)
		}
	}
}

// A drain that was ordered on the machine itself is shown, and no button pretends to undo it.
func TestADrainOfTheMachinesOwnIsNotUndoneHere(t *testing.T) {
	s, _, _ := uitest.Linked(t)
	state := runningBackup(s, t)
	target := uitest.ComponentByName(state, "vault")
	for i := range state.Components {
		if c := &state.Components[i]; c.ID == target.ID {
			c.Sessions, c.Report.Drain = 0, &engine.Drain{Since: uitest.Moment, By: "lockwire-agent drain, on that machine"}
		}
	}
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(state)
	page.Open(string(target.ID))
	shown := screen.Text(page.Content())
	screen.MustContain(t, shown, "drained", "on that machine", "lockwire-agent drain --undo")
	if strings.Contains(shown, "Take sessions again") {
		t.Error("it offers what it cannot do")
	}
}

// Who may not change anything is offered no drain.
func TestAViewerIsOfferedNoDrain(t *testing.T) {
	s, _, _ := uitest.Linked(t)
	s.May = false
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(runningBackup(s, t))
	screen.SelectBelow(page.Table, 1)
	page.drain()
	if top := uitest.Top(s); top != "" || strings.Contains(screen.Text(page.Content()), "Drain…") {
		t.Errorf("it offers a drain: %s", top)
	}
}
