package softcanvas

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

func TestKeysAreTheShortcutsThatFyneKnows(t *testing.T) {
	const ctrl, shift, alt = fyne.KeyModifierControl, fyne.KeyModifierShift, fyne.KeyModifierAlt
	for _, test := range []struct {
		key  Key
		want string
	}{
		{Key{Name: fyne.KeyC, Held: ctrl}, "Copy"},
		{Key{Name: fyne.KeyInsert, Held: ctrl}, "Copy"},
		{Key{Name: fyne.KeyV, Held: ctrl}, "Paste"},
		{Key{Name: fyne.KeyInsert, Held: shift}, "Paste"},
		{Key{Name: fyne.KeyX, Held: ctrl}, "Cut"},
		{Key{Name: fyne.KeyDelete, Held: shift}, "Cut"},
		{Key{Name: fyne.KeyA, Held: ctrl}, "SelectAll"},
		{Key{Name: fyne.KeyZ, Held: ctrl}, "Undo"},
		{Key{Name: fyne.KeyY, Held: ctrl}, "Redo"},
		{Key{Name: fyne.KeyUnknown, Latin: fyne.KeyV, Held: ctrl}, "Paste"}, // on a Russian keyboard
		{Key{Name: fyne.KeyK, Held: ctrl}, (&desktop.CustomShortcut{KeyName: fyne.KeyK, Modifier: ctrl}).ShortcutName()},
		{Key{Name: fyne.KeyZ, Held: ctrl | shift}, (&desktop.CustomShortcut{KeyName: fyne.KeyZ, Modifier: ctrl | shift}).ShortcutName()},
		{Key{Name: fyne.KeyF4, Held: alt}, (&desktop.CustomShortcut{KeyName: fyne.KeyF4, Modifier: alt}).ShortcutName()},
		{Key{Name: fyne.KeyA}, ""},
		{Key{Name: fyne.KeyA, Held: shift}, ""},
		{Key{Name: desktop.KeyControlLeft, Held: ctrl}, ""},
		{Key{Name: desktop.KeyShiftLeft, Held: alt}, ""},
	} {
		got := ""
		if shortcut := shortcutOf(test.key, nil); shortcut != nil {
			got = shortcut.ShortcutName()
		}
		if got != test.want {
			t.Errorf("%+v is %q, not %q", test.key, got, test.want)
		}
	}
}

func TestKeysReachWhatHasTheFocus(t *testing.T) {
	first, second := widget.NewEntry(), widget.NewEntry()
	c := newCanvas(t, container.NewVBox(first, second))
	clipboard := test.NewClipboard()
	k := NewKeyboard(c, clipboard, func() *fyne.MainMenu { return nil })
	var loose []fyne.KeyName
	c.SetOnTypedKey(func(e *fyne.KeyEvent) { loose = append(loose, e.Name) })
	k.Down(Key{Name: fyne.KeyF5}, false)
	if len(loose) != 1 || loose[0] != fyne.KeyF5 {
		t.Errorf("without a focus the window gets %q", loose)
	}
	k.Down(Key{Name: fyne.KeyTab}, false)
	if c.Focused() != first {
		t.Fatalf("Tab gives the focus to %v", c.Focused())
	}
	for _, r := range "añ" {
		k.Rune(r)
	}
	k.Down(Key{Name: fyne.KeyBackspace}, false)
	k.Down(Key{Name: fyne.KeyBackspace}, true)
	k.Rune('b')
	k.Down(Key{Name: fyne.KeyA, Held: fyne.KeyModifierControl}, false)
	k.Down(Key{Name: fyne.KeyX, Held: fyne.KeyModifierControl}, false)
	if first.Text != "" || clipboard.Content() != "b" {
		t.Errorf("the field has %q, and the clipboard %q", first.Text, clipboard.Content())
	}
	k.Down(Key{Name: fyne.KeyTab}, false)
	k.Down(Key{Name: fyne.KeyV, Held: fyne.KeyModifierControl}, false)
	if second.Text != "b" {
		t.Errorf("after Tab and Ctrl+V the second field has %q", second.Text)
	}
	k.Down(Key{Name: fyne.KeyTab, Held: fyne.KeyModifierShift}, false)
	if c.Focused() != first {
		t.Errorf("Shift+Tab gives the focus to %v", c.Focused())
	}
}

// menuStage is a canvas with a menu.
func menuStage(t *testing.T) (c *Canvas, k *Keyboard, ran *[]string) {
	ran = &[]string{}
	item := func(name string, shortcut fyne.Shortcut) *fyne.MenuItem {
		made := fyne.NewMenuItem(name, func() { *ran = append(*ran, name) })
		made.Shortcut = shortcut
		return made
	}
	menu := fyne.NewMainMenu(
		fyne.NewMenu("Go", item("Find", &desktop.CustomShortcut{KeyName: fyne.KeyK, Modifier: fyne.KeyModifierControl}), item("Refresh", nil)),
		fyne.NewMenu("Help", item("Keys", nil)),
	)
	c = newCanvas(t, widget.NewEntry())
	c.SetMainMenu(menu)
	c.Frame(moment)
	return c, NewKeyboard(c, nil, func() *fyne.MainMenu { return menu }), ran
}

func TestAShortcutOfTheMenuWorksWhileAFieldHasTheFocus(t *testing.T) {
	c, k, ran := menuStage(t)
	c.FocusNext()
	k.Down(Key{Name: fyne.KeyK, Held: fyne.KeyModifierControl}, false)
	hear(t, "Ctrl+K", *ran, "Find")
}

func TestTheMenuIsWorkedByKeysAlone(t *testing.T) {
	c, k, ran := menuStage(t)
	press := func(names ...fyne.KeyName) {
		for _, name := range names {
			k.Down(Key{Name: name}, false)
			k.Up(Key{Name: name})
		}
	}
	press(desktop.KeyAltLeft)
	if c.Overlays().Top() == nil {
		t.Fatal("Alt opens no menu")
	}
	press(fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
	hear(t, "the second item", *ran, "Refresh")
	if c.Overlays().Top() != nil {
		t.Error("the menu is open still")
	}
	press(desktop.KeyAltLeft, fyne.KeyRight, fyne.KeyDown, fyne.KeyReturn)
	hear(t, "the first item of the next menu", *ran, "Refresh", "Keys")
	press(desktop.KeyAltLeft, fyne.KeyLeft, fyne.KeyEscape)
	if c.Overlays().Top() != nil {
		t.Error("Esc does not close the menu")
	}
	k.Down(Key{Name: desktop.KeyAltLeft}, false)
	k.Down(Key{Name: fyne.KeyF4, Held: fyne.KeyModifierAlt}, false)
	k.Up(Key{Name: desktop.KeyAltLeft, Held: fyne.KeyModifierAlt})
	if c.Overlays().Top() != nil {
		t.Error("Alt with another key opens the menu")
	}
	k.Down(Key{Name: desktop.KeyAltLeft}, false)
	k.Lost() // Alt+Tab
	k.Up(Key{Name: desktop.KeyAltLeft})
	if c.Overlays().Top() != nil {
		t.Error("Alt opens the menu of a window that was left")
	}
}

func TestTheMenuIsWorkedByTheMouse(t *testing.T) {
	c, _, ran := menuStage(t)
	p := NewPointer(c, func(_ time.Duration, f func()) { f() })
	click := func(at fyne.Position) {
		p.Move(at)
		p.Press(desktop.MouseButtonPrimary, true, 0)
		p.Press(desktop.MouseButtonPrimary, false, 0)
		c.Frame(moment)
	}
	middle := func(o fyne.CanvasObject) fyne.Position {
		return c.PositionOf(o).AddXY(o.Size().Width/2, o.Size().Height/2)
	}
	if content := c.Content(); content.Position().Y < c.menu.Size().Height || content.Size().Height+c.menu.Size().Height > 300 {
		t.Errorf("the content is at %v and %v high", content.Position(), content.Size())
	}
	click(middle(c.menu.names[0]))
	if c.menu.popUp == nil || c.menu.open != 0 {
		t.Fatal("a click opens no menu")
	}
	p.Move(middle(c.menu.names[1]))
	if c.menu.popUp == nil || c.menu.open != 1 {
		t.Fatal("the next menu does not open where the mouse comes to it")
	}
	c.Frame(moment)
	click(middle(c.menu.popUp.Items[0]))
	hear(t, "a click on an item", *ran, "Keys")
	click(middle(c.menu.names[0]))
	click(fyne.NewPos(300, 280))
	if c.menu.popUp != nil || c.Overlays().Top() != nil {
		t.Error("a click beside does not close the menu")
	}
	if c.Capture().Bounds().Dx() != 400 {
		t.Error("no picture")
	}
}
