package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// WindowKey does F1, F5, Esc, Enter or Tab, pressed alone or with Shift, whatever has the keyboard in a window. Fyne hands keys without
// Ctrl to nobody but what has the focus, so that help, refresh and leaving a dialog would end at the first field or button. Deliver
// hands the key over as Fyne does.
func WindowKey(canvas fyne.Canvas, key fyne.KeyName, shift bool, deliver func()) {
	focused := canvas.Focused()
	switch {
	case key == fyne.KeyTab:
		deliver()
		skipTexts(canvas, shift)
	case shift || focused == nil:
		deliver() // the window gets it
	case key == fyne.KeyF1 || key == fyne.KeyF5:
		toWindow(canvas, key)
	case key == fyne.KeyEscape:
		// What takes it itself, such as a menu or a field of a dialog, closes or opens something by it. A table that goes back to one
		// row does not, and is in no dialog.
		top := canvas.Overlays().Top()
		deliver()
		if canvas.Overlays().Top() == top {
			toWindow(canvas, key)
		}
	default:
		if button, ok := focused.(*widget.Button); ok {
			button.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace}) // Enter presses what is marked, not what is usual
			return
		}
		deliver()
	}
}

// toWindow gives a key to the window, or to the dialog in it.
func toWindow(canvas fyne.Canvas, key fyne.KeyName) {
	if window := canvas.OnTypedKey(); window != nil {
		window(&fyne.KeyEvent{Name: key})
	}
}

// skipTexts goes on past texts of which the mouse can select a part: Fyne has Tab stop at each, which neither shows nor does anything.
// What has the keyboard then is scrolled into sight.
func skipTexts(canvas fyne.Canvas, back bool) {
	first := canvas.Focused()
	for isText(canvas.Focused()) {
		if back {
			canvas.FocusPrevious()
		} else {
			canvas.FocusNext()
		}
		if canvas.Focused() == first {
			canvas.Unfocus() // there is nothing else
			return
		}
	}
	if o, ok := canvas.Focused().(fyne.CanvasObject); ok {
		reveal(canvas, o)
	}
}

// isText tells whether what has the keyboard is a text to be selected, and no field or table: those take keys.
func isText(focused fyne.Focusable) bool {
	_, selectable := focused.(interface{ SelectedText() string })
	_, field := focused.(fyne.Tabbable)
	_, table := focused.(interface{ SelectionSize() int })
	return selectable && !field && !table
}
