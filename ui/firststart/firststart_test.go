package firststart

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestTheFirstStartOffersItsThreeChoices(t *testing.T) {
	s := uitest.NewStage(t)
	chosen := ""
	choices := Choices{
		Try: func() { chosen = "try" }, Service: func() { chosen = "service" }, Broker: func() { chosen = "broker" }, Attach: func(token string) { chosen = "attach " + token },
		NoService: "there is no systemd", Lasting: "To keep it:", Command: "sudo lockwired service install",
	}
	s.Window.SetContent(New(choices))
	for button, want := range map[string]string{"Try it": "try", "Install the service": "service", "Only while this window is open": "broker"} {
		screen.Press(t, s.Window, button)
		if chosen != want {
			t.Errorf("%s: chosen %q", button, chosen)
		}
	}
	screen.Walk(s.Window.Content(), func(o fyne.CanvasObject) {
		if entry, ok := o.(*widget.Entry); ok && entry.Password {
			test.Type(entry, "token")
		}
	})
	screen.Press(t, s.Window, "Attach")
	if chosen != "attach token" {
		t.Errorf("chosen: %q", chosen)
	}
}

func TestWithoutAServiceTheFirstStartSaysWhyAndWhatToDo(t *testing.T) {
	s := uitest.NewStage(t)
	chosen := ""
	s.Window.SetContent(New(Choices{Broker: func() { chosen = "broker" }, NoService: "there is no systemd", Lasting: "To keep it:", Command: "sudo lockwired service install"}))
	said := screen.Text(s.Window.Content())
	for _, want := range []string{"there is no systemd. To keep it:", "sudo lockwired service install", "as long as this window is open"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing in\n%s", want, said)
		}
	}
	if strings.Contains(said, "Install the service") {
		t.Error("it offers what cannot be done")
	}
	screen.Press(t, s.Window, "Copy")
	if copied := fyne.CurrentApp().Clipboard().Content(); copied != "sudo lockwired service install" {
		t.Errorf("copied %q", copied)
	}
	screen.Press(t, s.Window, "Run the broker in this window")
	if chosen != "broker" {
		t.Errorf("chosen: %q", chosen)
	}
}
