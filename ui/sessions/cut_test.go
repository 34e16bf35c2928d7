package sessions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// cuttingAdministration cuts as the test says, session by session.
type cuttingAdministration struct {
	engine.Administration
	cut  []engine.ID
	fail func(engine.ID) error
}

func (c *cuttingAdministration) Cut(_ context.Context, id engine.ID) error {
	c.cut = append(c.cut, id)
	return c.fail(id)
}

// liveSessions shows the page with so many sessions, named by their number.
func liveSessions(t *testing.T, n int) (*view, *cuttingAdministration, []engine.Session) {
	t.Helper()
	s := uitest.NewStage(t)
	cutting := &cuttingAdministration{Administration: s.Local, fail: func(engine.ID) error { return nil }}
	s.Admin = cutting
	page := New(s.Console).(*view)
	state := s.State(t)
	for i := range n {
		session := uitest.LiveSession(engine.Sealed)
		if i%3 == 1 {
			session.Decision.Mode = engine.Plain
		}
		session.SourceName = fmt.Sprintf("source-%d", i)
		state.Sessions = append(state.Sessions, session)
	}
	s.Window.SetContent(page.Content())
	page.Update(state)
	return page, cutting, state.Sessions
}

func TestSeveralSessionsAreCutAfterOneQuestion(t *testing.T) {
	page, cutting, sessions := liveSessions(t, 12)
	page.live.TypedShortcut(&fyne.ShortcutSelectAll{})
	page.live.OnKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	asked := screen.Text(page.console.Window.Canvas().Overlays().Top())
	for _, want := range []string{"Cut 12 sessions?", "24 connections are reset", "source-0 to vault over nightly", "and 4 more"} {
		if !strings.Contains(asked, want) {
			t.Errorf("%q is not in the question\n%s", want, asked)
		}
	}
	if len(cutting.cut) != 0 {
		t.Fatal("sessions were cut without asking")
	}
	screen.Press(t, page.console.Window, "Cut 12 sessions")
	if len(cutting.cut) != len(sessions) {
		t.Errorf("%d were cut", len(cutting.cut))
	}
	if top, notes := page.console.Window.Canvas().Overlays().Top(), page.console.Notes.Texts(); top != nil || !slices.Equal(notes, []string{"12 sessions cut"}) {
		t.Errorf("what went well is told in a dialog, or as %q", notes)
	}
}

func TestSessionsThatWereNotCutAreListedOneByOne(t *testing.T) {
	page, cutting, sessions := liveSessions(t, 4)
	cutting.fail = func(id engine.ID) error {
		switch id {
		case sessions[1].ID:
			return errors.New("the broker is busy")
		case sessions[2].ID:
			return engine.ErrNotFound
		}
		return nil
	}
	page.live.TypedShortcut(&fyne.ShortcutSelectAll{})
	page.askCut()
	screen.Press(t, page.console.Window, "Cut 4 sessions")
	if len(cutting.cut) != 4 {
		t.Errorf("%d were tried", len(cutting.cut))
	}
	told := screen.Text(page.console.Window.Canvas().Overlays().Top())
	if !strings.Contains(told, "1 of 4 sessions were not cut") || !strings.Contains(told, "source-1 to vault over nightly: the broker is busy") || strings.Contains(told, "source-2") {
		t.Errorf("told:\n%s", told)
	}
}

// Whoever confirms the cut of a session that has ended meanwhile is told so.
func TestACutOfASessionThatHasEndedSaysSo(t *testing.T) {
	for n, want := range map[int]string{1: "The session had ended already: see the history", 3: "2 sessions cut; 1 had ended before"} {
		page, cutting, sessions := liveSessions(t, n)
		cutting.fail = func(id engine.ID) error {
			if id == sessions[0].ID {
				return fmt.Errorf("live session %s: %w", id, engine.ErrNotFound)
			}
			return nil
		}
		page.live.TypedShortcut(&fyne.ShortcutSelectAll{})
		page.askCut()
		screen.Press(t, page.console.Window, map[int]string{1: "Cut session", 3: "Cut 3 sessions"}[n])
		if notes := page.console.Notes.Texts(); !slices.Equal(notes, []string{want}) {
			t.Errorf("told %q", notes)
		}
	}
}

func TestWhoMayOnlyViewIsNotAskedToCut(t *testing.T) {
	page, cutting, _ := liveSessions(t, 2)
	page.console.MayChange = func() bool { return false }
	page.live.TypedShortcut(&fyne.ShortcutSelectAll{})
	page.live.OnKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	page.askCut()
	if page.console.Window.Canvas().Overlays().Top() != nil || len(cutting.cut) != 0 {
		t.Error("it is asked")
	}
}

func TestALongCutShowsHowFarItIsAndCanBeStopped(t *testing.T) {
	page, cutting, sessions := liveSessions(t, longCut+10)
	cutting.fail = func(id engine.ID) error {
		if id == sessions[2].ID {
			page.cutting.showProgress()
			if words := screen.Text(page.console.Window.Canvas().Overlays().Top()); !strings.Contains(words, "2 of 30 sessions") {
				t.Errorf("it says:\n%s", words)
			}
		}
		return nil
	}
	page.live.TypedShortcut(&fyne.ShortcutSelectAll{})
	page.askCut()
	screen.Press(t, page.console.Window, "Cut 30 sessions")
	if top := page.console.Window.Canvas().Overlays().Top(); top != nil || page.cutting != nil {
		t.Error("it does not end")
	}

	ctx, cancel := context.WithCancel(t.Context())
	run := &sessionCut{sessions: page.live.Selection()}
	cutting.cut = nil
	cutting.fail = func(id engine.ID) error {
		if id == sessions[4].ID {
			cancel()
		}
		return nil
	}
	err := run.run(ctx, cutting)
	run.report(page.console, err)
	told := screen.Text(page.console.Window.Canvas().Overlays().Top())
	if len(cutting.cut) != 5 || !strings.Contains(told, "26 of 30 sessions were not cut") || !strings.Contains(told, "Stopped after 4 sessions were cut.") {
		t.Errorf("%d were tried, told:\n%s", len(cutting.cut), told)
	}
}

func TestSeveralSelectedSessionsShowTheirSums(t *testing.T) {
	page, _, sessions := liveSessions(t, 3)
	page.live.TypedShortcut(&fyne.ShortcutSelectAll{})
	words := screen.Text(page.details.content)
	for _, want := range []string{"3 sessions selected", "2 sealed, 1 plain", "6 open", "6.00 GB, now 3.0 Gbit/s", "3.00 s at the source"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is not in\n%s", want, words)
		}
	}
	if page.count.Text != "3 sessions, 3 selected" {
		t.Errorf("the caption says %q", page.count.Text)
	}
	page.filter.SetText("source-2")
	if page.count.Text != "1 of 3 sessions" || page.details.thing != sessions[2].ID {
		t.Errorf("filtered, the caption says %q and the details are of %q", page.count.Text, page.details.thing)
	}
	if words := screen.Text(page.details.content); strings.Contains(words, "3 sessions selected") || !strings.Contains(words, "Step by step") {
		t.Errorf("the details of the one that is left:\n%s", words)
	}
}
