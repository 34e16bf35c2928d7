package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/uitest/screen"
)

// key presses a key as a window gets it.
func key(window fyne.Window, name fyne.KeyName) {
	canvas := window.Canvas()
	WindowKey(canvas, name, false, func() { screen.TypeKey(canvas, name) })
}

// tab presses Tab, with Shift where it goes back.
func tab(window fyne.Window, back bool) {
	canvas := window.Canvas()
	WindowKey(canvas, fyne.KeyTab, back, func() { screen.MoveFocus(canvas, back) })
}

func TestTabSkipsTextsAndScrollsToWhereItGoes(t *testing.T) {
	window := screen.New(t, Theme{Appearance: Light})
	rows := container.NewVBox()
	var fields []*widget.Entry
	for range 40 {
		text, field := Wrapped("a text of which a part can be selected"), widget.NewEntry()
		text.Selectable = true
		fields = append(fields, field)
		rows.Add(text)
		rows.Add(field)
	}
	scroll := container.NewVScroll(rows)
	window.SetContent(Border(nil, nil, nil, nil, container.NewHSplit(scroll, widget.NewLabel(""))))
	place := fyne.CurrentApp().Driver().AbsolutePositionForObject
	check := func(want *widget.Entry) {
		t.Helper()
		if window.Canvas().Focused() != want {
			t.Fatalf("%T has the keyboard", window.Canvas().Focused())
		}
		if top, bottom := place(want).Y, place(want).Y+want.Size().Height; top < place(scroll).Y || bottom > place(scroll).Y+scroll.Size().Height {
			t.Errorf("from %v to %v it is out of sight", top, bottom)
		}
	}
	for _, field := range fields {
		tab(window, false)
		check(field)
	}
	if scroll.Offset.Y == 0 {
		t.Fatal("all of it is in sight anyway")
	}
	tab(window, true)
	check(fields[38])
	tab(window, false)
	tab(window, false)
	check(fields[0]) // around
}

func TestTabScrollsInADialogToo(t *testing.T) {
	window := screen.New(t, Theme{Appearance: Light})
	dialog := ShowForm(window, "Many", fyne.NewSize(400, 300), nil)
	rows := container.NewVBox()
	var fields []*FormEntry
	for range 30 {
		fields = append(fields, dialog.Entry("", "", nil))
		rows.Add(fields[len(fields)-1])
	}
	dialog.Set(rows)
	place := fyne.CurrentApp().Driver().AbsolutePositionForObject
	for i, field := range fields {
		tab(window, false)
		if window.Canvas().Focused() != fyne.Focusable(field) {
			t.Fatalf("field %d does not have the keyboard", i)
		}
		if top := place(dialog.Body).Y; place(field).Y < top || place(field).Y+field.Size().Height > top+dialog.Body.Size().Height {
			t.Fatalf("field %d is out of sight", i)
		}
	}
}

func TestTabFindsNoEndInADialogOfTextsAlone(t *testing.T) {
	window := screen.New(t, Theme{Appearance: Light})
	window.SetContent(widget.NewLabel(""))
	text := Wrapped("text")
	text.Selectable = true
	window.SetContent(text)
	tab(window, false)
	if focused := window.Canvas().Focused(); focused != nil {
		t.Errorf("%T has the keyboard", focused)
	}
}

// menuCanvas is a canvas with a menu, as that of a window has.
type menuCanvas struct {
	fyne.Canvas
	toggled int
}

func (c *menuCanvas) ToggleMenu() { c.toggled++ }

func TestF10OpensTheMenuWhateverHasTheKeyboardAndShiftF10DoesNot(t *testing.T) {
	window := screen.New(t, Theme{Appearance: Light})
	field := widget.NewEntry()
	window.SetContent(field)
	canvas := &menuCanvas{Canvas: window.Canvas()}
	delivered := 0
	press := func(shift bool) { WindowKey(canvas, fyne.KeyF10, shift, func() { delivered++ }) }
	press(false)
	canvas.Focus(field)
	press(false)
	if canvas.toggled != 2 || delivered != 0 {
		t.Errorf("toggled %d times, delivered %d", canvas.toggled, delivered)
	}
	press(true)
	Confirm(window, "Cut 3 sessions?", nil, "Cut", nil)
	press(false) // a dialog covers the menu
	if canvas.toggled != 2 || delivered != 2 {
		t.Errorf("toggled %d times, delivered %d", canvas.toggled, delivered)
	}
}
