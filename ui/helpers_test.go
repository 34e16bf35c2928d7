package ui

import (
	"context"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
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

// newScreen is a window of an application with a theme, without a display.
func newScreen(t testing.TB, look fyne.Theme) fyne.Window {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(look)
	window := test.NewTempWindow(t, nil)
	// Fyne forgets how to draw what was not drawn for a minute, by a clock that it looks at only when something is captured: in a
	// long run of tests it would forget what was made a moment ago.
	window.Canvas().Capture()
	window.Resize(fyne.NewSize(1280, 800))
	return window
}

// atOnce does at once what the console does in the background.
func atOnce(t testing.TB) func(work func(context.Context) error, done func(error)) {
	return func(work func(context.Context) error, done func(error)) { done(work(t.Context())) }
}

// typeKey hands a key to what has the focus, or to the canvas where nothing has.
func typeKey(canvas fyne.Canvas, name fyne.KeyName) {
	event := &fyne.KeyEvent{Name: name}
	if focused := canvas.Focused(); focused != nil {
		focused.TypedKey(event)
	} else if canvas.OnTypedKey() != nil {
		canvas.OnTypedKey()(event)
	}
}

// moveFocus moves the focus as Tab does, with Shift where it goes back.
func moveFocus(canvas fyne.Canvas, back bool) {
	if back {
		canvas.FocusPrevious()
	} else {
		canvas.FocusNext()
	}
}

// looks draws something as a page shows it, and wants the picture that was looked at.
func looks(t *testing.T, master string, size fyne.Size, o fyne.CanvasObject) {
	t.Helper()
	window := test.NewTempWindow(t, container.NewPadded(o))
	window.Resize(size)
	test.AssertRendersToImage(t, master, window.Canvas())
}

func mustContain(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in\n%s", w, text)
		}
	}
}
