package ui

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
)

// TestDrawFirstStart draws what there is before and around the pages, into the folder that LOCKWIRE_SHOTS names, to be looked at.
func TestDrawFirstStart(t *testing.T) {
	folder := os.Getenv("LOCKWIRE_SHOTS")
	if folder == "" {
		t.Skip("LOCKWIRE_SHOTS names no folder")
	}
	command := "sudo install -o root -m 755 /home/ann/lockwire/build/lockwired /usr/local/bin/ && sudo /usr/local/bin/lockwired service install --allow-user ann --from /home/ann/.local/state/lockwire"
	nothing := func() {}
	choices := FirstStartChoices{Try: nothing, Service: nothing, Broker: nothing, Attach: func(string) {}}
	without := choices
	const lasting = "For a broker that also runs at night and after a restart, close this window and run:"
	without.Service, without.NoService, without.Lasting, without.Command = nil, "pkexec (polkit), with which a program asks for an administrator's rights, is not installed", lasting, command
	for _, appearance := range []Appearance{Light, Dark, Contrast} {
		for _, size := range []fyne.Size{fyne.NewSize(1280, 800), fyne.NewSize(800, 500)} {
			s := newStage(t)
			s.Window.SetPadded(false)
			fyne.CurrentApp().Settings().SetTheme(Theme{Appearance: appearance})
			s.Window.Resize(size)
			draw := func(name string) {
				s.draw(t, filepath.Join(folder, fmt.Sprintf("%s-%s-%.0f.png", name, appearance, size.Width)), appearance)
			}
			s.Window.SetContent(FirstStart(choices))
			draw("first")
			s.Window.SetContent(FirstStart(without))
			draw("first-noservice")
			s.Window.SetContent(Waiting("Installing the service. Your system asks for an administrator's password…"))
			draw("waiting")
			s.Window.SetContent(Failed("The broker did not become a service", errors.New("this system did not let an administrator's password be asked for: No authentication agent found."), nothing))
			draw("failed")
			s.Banner = &Banner{Warns: true, Command: command, Text: "The broker runs in this window: while it is closed, backups over its routes are refused. " + lasting}
			shell := NewShell(s.Console, Pages(s.Console)...)
			s.Window.SetContent(shell.Content())
			shell.Update(s.state(t))
			draw("embedded")
			AskClose(s.Window, 3, nothing, nothing, nothing)
			draw("close")
			s.Window.Canvas().Overlays().Top().Hide()
			s.Banner = &Banner{Text: "This is a try-out: two components in this process and a temporary folder, gone when you close the window."}
			shell = NewShell(s.Console, Pages(s.Console)...)
			s.Window.SetContent(shell.Content())
			state := s.state(t)
			state.Problem = "connection refused"
			shell.Update(state)
			draw("tryout")
		}
	}
}
