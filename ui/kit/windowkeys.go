package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// WindowKey handles F1, F5, F10, Esc, Enter, Ins and Tab, alone or with Shift, whatever widget has the focus. Fyne sends keys without Ctrl only
// to the focused widget, so help, refresh and closing a dialog would stop working inside a field. Deliver passes the key on as Fyne
// does.
func WindowKey(canvas fyne.Canvas, key fyne.KeyName, shift bool, deliver func()) {
	focused := canvas.Focused()
	switch {
	case key == fyne.KeyTab:
		deliver()
		skipTexts(canvas, shift)
	case key == fyne.KeyF10 && !shift && toggleMenu(canvas):
	case shift || focused == nil:
		deliver() // the window gets it
	case key == fyne.KeyF1 || key == fyne.KeyF5 || key == fyne.KeyInsert && !takesInsert(focused):
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

// toggleMenu opens or closes the window's menu, as Alt does. It reports whether the window has one that a dialog does not cover.
func toggleMenu(canvas fyne.Canvas) bool {
	menu, ok := canvas.(interface{ ToggleMenu() })
	if !ok || canvas.Overlays().Top() != nil {
		return false
	}
	menu.ToggleMenu()
	return true
}

// takesInsert reports whether what has the focus is a table or a field, which take Ins themselves.
func takesInsert(focused fyne.Focusable) bool {
	_, shortcuts := focused.(fyne.Shortcutable)
	return shortcuts
}

// WindowSave handles Ctrl+Enter: it presses the default button of the dialog that is open, whatever in it has the focus.
func WindowSave(canvas fyne.Canvas, deliver func()) {
	if canvas.Overlays().Top() == nil {
		deliver()
		return
	}
	if list, ok := canvas.Focused().(*optionList); ok {
		list.field.close() // what was typed counts
	}
	toWindow(canvas, fyne.KeyReturn)
}

// toWindow sends a key to the window, or to the dialog that it shows.
func toWindow(canvas fyne.Canvas, key fyne.KeyName) {
	if window := canvas.OnTypedKey(); window != nil {
		window(&fyne.KeyEvent{Name: key})
	}
}

// skipTexts moves the focus past selectable texts, at each of which Fyne's Tab stops without effect. It scrolls to the widget that
// gets the focus.
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

// isText reports whether the focused widget is selectable text, which takes no keys.
func isText(focused fyne.Focusable) bool {
	_, selectable := focused.(interface{ SelectedText() string })
	_, field := focused.(fyne.Tabbable)
	_, table := focused.(interface{ SelectionSize() int })
	return selectable && !field && !table
}
