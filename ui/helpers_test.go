package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// walk visits an object and everything that is shown of it.
func walk(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	if o == nil || !o.Visible() {
		return
	}
	visit(o)
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			walk(child, visit)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			walk(child, visit)
		}
	}
}

// textOf is all text that is shown.
func textOf(o fyne.CanvasObject) string {
	var words []string
	walk(o, func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *canvas.Text:
			words = append(words, o.Text)
		case *widget.Label:
			words = append(words, o.Text)
		case *widget.Button:
			words = append(words, o.Text)
		}
	})
	return strings.Join(words, "\n")
}

// press taps the button with a text, in the topmost dialog where there is one.
func press(t *testing.T, window fyne.Window, text string) {
	t.Helper()
	var found *widget.Button
	root := window.Canvas().Overlays().Top()
	if root == nil {
		root = window.Content()
	}
	walk(root, func(o fyne.CanvasObject) {
		if button, ok := o.(*widget.Button); ok && button.Text == text {
			found = button
		}
	})
	if found == nil {
		t.Fatalf("there is no button %q among\n%s", text, textOf(root))
	}
	test.Tap(found)
}

// selectBelow selects rows of a table besides those that are: each so many rows below the one before.
func selectBelow(table fyne.Shortcutable, steps ...int) {
	for _, rows := range steps {
		for range rows {
			table.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyDown, Modifier: fyne.KeyModifierShortcutDefault})
		}
		table.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeySpace, Modifier: fyne.KeyModifierShortcutDefault})
	}
}
