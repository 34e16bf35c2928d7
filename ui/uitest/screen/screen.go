package screen

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

// Walk visits an object and everything that is shown of it.
func Walk(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	if o == nil || !o.Visible() {
		return
	}
	visit(o)
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			Walk(child, visit)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			Walk(child, visit)
		}
	}
}

// Text is all text that is shown.
func Text(o fyne.CanvasObject) string {
	var words []string
	Walk(o, func(o fyne.CanvasObject) {
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

// Press taps the button with a text, in the topmost dialog where there is one.
func Press(t *testing.T, window fyne.Window, text string) {
	t.Helper()
	var found *widget.Button
	root := window.Canvas().Overlays().Top()
	if root == nil {
		root = window.Content()
	}
	Walk(root, func(o fyne.CanvasObject) {
		if button, ok := o.(*widget.Button); ok && button.Text == text {
			found = button
		}
	})
	if found == nil {
		t.Fatalf("there is no button %q among\n%s", text, Text(root))
	}
	test.Tap(found)
}

// TapText clicks where a text stands, in the topmost dialog or list where there is one.
func TapText(t *testing.T, window fyne.Window, text string) {
	t.Helper()
	root := window.Canvas().Overlays().Top()
	if root == nil {
		root = window.Content()
	}
	var found *canvas.Text
	Walk(root, func(o fyne.CanvasObject) {
		if words, ok := o.(*canvas.Text); ok && words.Text == text && found == nil {
			found = words
		}
	})
	if found == nil {
		t.Fatalf("there is no %q among\n%s", text, Text(root))
	}
	test.TapCanvas(window.Canvas(), fyne.CurrentApp().Driver().AbsolutePositionForObject(found).AddXY(2, 2))
}

// Click presses the mouse on a widget and lets it go there.
func Click(on desktop.Mouseable) {
	click := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary}
	on.MouseDown(click)
	on.MouseUp(click)
}

// SelectBelow selects rows of a table besides those that are: each so many rows below the one before.
func SelectBelow(table fyne.Shortcutable, steps ...int) {
	for _, rows := range steps {
		for range rows {
			table.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyDown, Modifier: fyne.KeyModifierShortcutDefault})
		}
		table.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeySpace, Modifier: fyne.KeyModifierShortcutDefault})
	}
}

// New is a window of an application with a theme, without a display.
func New(t testing.TB, look fyne.Theme) fyne.Window {
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

// AtOnce does at once what the console does in the background.
func AtOnce(t testing.TB) func(work func(context.Context) error, done func(error)) {
	return func(work func(context.Context) error, done func(error)) { done(work(t.Context())) }
}

// TypeKey hands a key to what has the focus, or to the canvas where nothing has.
func TypeKey(canvas fyne.Canvas, name fyne.KeyName) {
	event := &fyne.KeyEvent{Name: name}
	if focused := canvas.Focused(); focused != nil {
		focused.TypedKey(event)
	} else if canvas.OnTypedKey() != nil {
		canvas.OnTypedKey()(event)
	}
}

// TypeText types a text into what has the focus, which may change with each letter.
func TypeText(canvas fyne.Canvas, text string) {
	for _, letter := range text {
		if focused := canvas.Focused(); focused != nil {
			focused.TypedRune(letter)
		}
	}
}

// MoveFocus moves the focus as Tab does, with Shift where it goes back.
func MoveFocus(canvas fyne.Canvas, back bool) {
	if back {
		canvas.FocusPrevious()
	} else {
		canvas.FocusNext()
	}
}

// Looks draws something as a page shows it, and wants the picture that was looked at.
func Looks(t *testing.T, master string, size fyne.Size, o fyne.CanvasObject) {
	t.Helper()
	window := test.NewTempWindow(t, container.NewPadded(o))
	window.Resize(size)
	test.AssertRendersToImage(t, master, window.Canvas())
}

// MustContain fails the test for each wanted text that is missing.
func MustContain(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in\n%s", w, text)
		}
	}
}
