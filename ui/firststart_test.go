package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

func TestTheFirstStartOffersItsThreeChoices(t *testing.T) {
	s := newStage(t)
	chosen := ""
	choices := FirstStartChoices{
		Try: func() { chosen = "try" }, Service: func() { chosen = "service" }, Broker: func() { chosen = "broker" }, Attach: func(token string) { chosen = "attach " + token },
		NoService: "there is no systemd", Lasting: "To keep it:", Command: "sudo lockwired service install",
	}
	s.Window.SetContent(FirstStart(choices))
	for button, want := range map[string]string{"Try it": "try", "Install the service": "service", "Only while this window is open": "broker"} {
		press(t, s.Window, button)
		if chosen != want {
			t.Errorf("%s: chosen %q", button, chosen)
		}
	}
	walk(s.Window.Content(), func(o fyne.CanvasObject) {
		if entry, ok := o.(*widget.Entry); ok && entry.Password {
			test.Type(entry, "token")
		}
	})
	press(t, s.Window, "Attach")
	if chosen != "attach token" {
		t.Errorf("chosen: %q", chosen)
	}
}

func TestWithoutAServiceTheFirstStartSaysWhyAndWhatToDo(t *testing.T) {
	s := newStage(t)
	chosen := ""
	s.Window.SetContent(FirstStart(FirstStartChoices{Broker: func() { chosen = "broker" }, NoService: "there is no systemd", Lasting: "To keep it:", Command: "sudo lockwired service install"}))
	said := textOf(s.Window.Content())
	for _, want := range []string{"there is no systemd. To keep it:", "sudo lockwired service install", "as long as this window is open"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing in\n%s", want, said)
		}
	}
	if strings.Contains(said, "Install the service") {
		t.Error("it offers what cannot be done")
	}
	press(t, s.Window, "Copy")
	if copied := fyne.CurrentApp().Clipboard().Content(); copied != "sudo lockwired service install" {
		t.Errorf("copied %q", copied)
	}
	press(t, s.Window, "Run the broker in this window")
	if chosen != "broker" {
		t.Errorf("chosen: %q", chosen)
	}
}

func TestClosingOffersTheTrayOnlyWhereThereIsOne(t *testing.T) {
	s := newStage(t)
	chosen, closed := "", 0
	stop, keep := func() { chosen = "stop" }, func() { chosen = "keep" }
	AskClose(s.Window, 1, nil, stop, func() { closed++ })
	if said := textOf(s.Window.Canvas().Overlays().Top()); strings.Contains(said, "tray") {
		t.Errorf("it offers a tray:\n%s", said)
	}
	press(t, s.Window, "Stop the broker and close")
	if chosen != "stop" {
		t.Errorf("chosen: %q", chosen)
	}
	AskClose(s.Window, 1, keep, stop, func() { closed++ })
	press(t, s.Window, "Keep running in the tray")
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
