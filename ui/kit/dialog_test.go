package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/uitest/screen"
)

func TestEscLeavesADialogWhateverHasTheKeyboardInIt(t *testing.T) {
	window := screen.New(t, Theme{Appearance: Light})
	window.SetContent(widget.NewLabel(""))
	button, check := widget.NewButton("press", nil), widget.NewCheck("check", nil)
	for name, focus := range map[string]fyne.Focusable{"nothing": nil, "a button": button, "a check": check} {
		outer := ShowModal(window, "Outer", widget.NewLabel(""), fyne.NewSize(300, 200), nil, Choice{Text: "Close"})
		inner := ShowModal(window, "Inner", container.NewVBox(button, check), fyne.NewSize(200, 100), nil, Choice{Text: "Close"})
		window.Canvas().Focus(focus)
		key(window, fyne.KeyEscape)
		if !inner.hidden || outer.hidden {
			t.Errorf("with %s focused: the inner dialog is closed %v, the outer one %v", name, inner.hidden, outer.hidden)
		}
		key(window, fyne.KeyEscape)
		if !outer.hidden {
			t.Errorf("with %s focused: the outer dialog stays", name)
		}
	}
	outer := ShowModal(window, "Outer", widget.NewLabel(""), fyne.NewSize(300, 200), nil, Choice{Text: "Close"})
	form := ShowForm(window, "Form", fyne.NewSize(300, 200), nil)
	field := form.Entry("", "", nil)
	form.Set(field)
	window.Canvas().Focus(field)
	key(window, fyne.KeyEscape)
	if !form.Done || outer.hidden {
		t.Errorf("a field that takes Esc itself: the form is closed %v, the dialog below it %v", form.Done, outer.hidden)
	}
}

func TestEnterPressesTheButtonThatIsMarked(t *testing.T) {
	window := screen.New(t, Theme{Appearance: Light})
	cancelled, done := 0, 0
	confirmed := widget.NewButton("Do it", func() { done++ })
	ShowModal(window, "Ask", confirmed, fyne.NewSize(300, 200), nil, Choice{Text: "Cancel", Enter: true, Run: func() { cancelled++ }})
	window.Canvas().Focus(confirmed)
	key(window, fyne.KeyReturn)
	if done != 1 || cancelled != 0 {
		t.Errorf("done %d times, cancelled %d times", done, cancelled)
	}
	window.Canvas().Focus(nil)
	key(window, fyne.KeyReturn)
	if cancelled != 1 {
		t.Errorf("Enter without a marked button: cancelled %d times", cancelled)
	}
}

// A dialog that is closed once more, as one is that was closed while its work ended, must not take the keys from the next one.
func TestADialogIsClosedOnce(t *testing.T) {
	window := screen.New(t, Theme{Appearance: Light})
	first := ShowModal(window, "First", widget.NewLabel(""), fyne.NewSize(300, 200), nil, Choice{Text: "Close"})
	first.Hide()
	second := ShowModal(window, "Second", widget.NewLabel(""), fyne.NewSize(300, 200), nil, Choice{Text: "Close"})
	first.Hide()
	key(window, fyne.KeyEscape)
	if !second.hidden {
		t.Error("Esc does not close the second dialog")
	}
}
