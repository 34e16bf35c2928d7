package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestClosingOffersTheTrayOnlyWhereThereIsOne(t *testing.T) {
	s := uitest.NewStage(t)
	chosen, closed := "", 0
	stop, keep := func() { chosen = "stop" }, func() { chosen = "keep" }
	AskClose(s.Window, 1, nil, stop, func() { closed++ })
	if said := screen.Text(s.Window.Canvas().Overlays().Top()); strings.Contains(said, "tray") {
		t.Errorf("it offers a tray:\n%s", said)
	}
	screen.Press(t, s.Window, "Stop the broker and close")
	if chosen != "stop" {
		t.Errorf("chosen: %q", chosen)
	}
	AskClose(s.Window, 1, keep, stop, func() { closed++ })
	screen.Press(t, s.Window, "Keep running in the tray")
	if chosen != "keep" {
		t.Errorf("chosen: %q", chosen)
	}
	chosen = ""
	AskClose(s.Window, 1, keep, stop, func() { closed++ })
	s.Window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if chosen != "" || s.Window.Canvas().Overlays().Top() != nil {
		t.Errorf("Enter did %q", chosen)
	}
	AskClose(s.Window, 1, keep, stop, func() { closed++ })
	s.Window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if chosen != "" || closed != 4 {
		t.Errorf("Esc did %q, and %d of 4 questions were closed", chosen, closed)
	}
}

func TestClosingSaysOverHowManyRoutesBackupsWillBeRefused(t *testing.T) {
	for routes, want := range map[int]string{
		-1: "Backups over its routes will be refused", 0: "No route is turned on", 1: "Backups over 1 route will be refused", 3: "Backups over 3 routes will be refused",
	} {
		if text := closeText(routes); !strings.Contains(text, want) {
			t.Errorf("%d routes: %q", routes, text)
		}
	}
}
