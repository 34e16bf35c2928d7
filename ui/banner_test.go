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
