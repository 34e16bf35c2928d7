package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"lockwire/ui/page"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestABannerStandsAboveEveryPageBesideAProblem(t *testing.T) {
	s := uitest.NewStage(t)
	s.Banner = &page.Banner{Text: "The broker runs in this window.", Command: "sudo lockwired service install", Warns: true}
	pages := Pages(s.Console)
	shell := NewShell(s.Console, pages...)
	s.Window.SetContent(shell.Content())
	state := s.State(t)
	for _, page := range pages {
		shell.Show(page.Name())
		shell.Update(state)
		if said := screen.Text(s.Window.Content()); !strings.Contains(said, s.Banner.Text) || !strings.Contains(said, s.Banner.Command) {
			t.Errorf("%s: the banner is missing", page.Name())
		}
	}
	screen.Press(t, s.Window, "Copy")
	if copied := fyne.CurrentApp().Clipboard().Content(); copied != s.Banner.Command {
		t.Errorf("copied %q", copied)
	}
	state.Problem = "it stopped"
	shell.Update(state)
	if said := screen.Text(s.Window.Content()); !strings.Contains(said, s.Banner.Text) || !strings.Contains(said, "Not connected: it stopped") {
		t.Error("banner or problem is missing")
	}
	if shell.veil.Visible() {
		t.Error("what was never known is dimmed")
	}
	state.OldSince = time.Now()
	shell.Update(state)
	if said := screen.Text(s.Window.Content()); !strings.Contains(said, "as of "+state.OldSince.Local().Format("15:04:05")) || !shell.veil.Visible() {
		t.Errorf("old figures are not dimmed, or do not say of when they are: %s", said)
	}
	state.Problem = ""
	shell.Update(state)
	if shell.veil.Visible() {
		t.Error("what is fresh is dimmed")
	}
	if said := screen.Text(s.Window.Content()); !strings.Contains(said, s.Banner.Text) || strings.Contains(said, "Not connected") {
		t.Error("the banner went with the problem, or the problem stayed")
	}
}

// A banner that was folded once is a line from then on, in the next window, too, until somebody wants more of it.
func TestABannerFoldsAndStaysFolded(t *testing.T) {
	s := uitest.NewStage(t)
	s.Banner = &page.Banner{Short: "It ends with this window.", Text: "The broker runs in this window.", Command: "sudo lockwired service install", Warns: true}
	open := func() {
		s.Window.SetContent(NewShell(s.Console, Pages(s.Console)...).Content())
	}
	shows := func(folded bool) {
		t.Helper()
		if said := screen.Text(s.Window.Content()); strings.Contains(said, s.Banner.Short) != folded || strings.Contains(said, s.Banner.Command) == folded {
			t.Errorf("folded %v, it says %q", folded, said)
		}
	}
	open()
	shows(false)
	screen.Press(t, s.Window, "Fold")
	shows(true)
	open()
	shows(true)
	screen.Press(t, s.Window, "More")
	shows(false)
	s.Key(fyne.KeySpace) // the keyboard is at what folds it again
	shows(true)
}

// The first steps begin where they are pressed: each opens the dialog of its page.
func TestAFirstStepOpensTheDialogOfItsPage(t *testing.T) {
	for _, test := range []struct{ press, shown, dialog string }{
		{"Add component…", "components", "Add a component"}, {"Add rule…", "rules", "Add traffic rule"}, {"Add route…", "routes", "route"},
	} {
		s := uitest.NewStage(t)
		if test.shown == "routes" {
			s.Join(t, map[string]string{"fileserver": "10.0.0.1", "vault": "10.0.0.2"})
		}
		shell := NewShell(s.Console, Pages(s.Console)...)
		s.Window.SetContent(shell.Content())
		shell.Update(s.State(t))
		screen.Press(t, s.Window, test.press)
		top := s.Window.Canvas().Overlays().Top()
		if shell.Shown().Name() != test.shown || top == nil {
			t.Errorf("%s: page %s, dialog %v", test.press, shell.Shown().Name(), top)
			continue
		}
		screen.MustContain(t, screen.Text(top), test.dialog)
	}
}
