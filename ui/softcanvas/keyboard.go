package softcanvas

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// Key is a key of a window that goes down or is let go.
type Key struct {
	Name  fyne.KeyName     // fyne.KeyUnknown where the keyboard's layout has no name for it
	Latin fyne.KeyName     // the letter that stands there on a Latin keyboard, for shortcuts on others
	Held  fyne.KeyModifier // the modifiers that were down before
	Code  int
}

// Keyboard hands the keys of a window on to what has the focus.
type Keyboard struct {
	canvas    *Canvas
	clipboard fyne.Clipboard
	main      func() *fyne.MainMenu
	alt       fyne.KeyName // the Alt key that opens the menu when it is let go and nothing came between
}

// NewKeyboard makes the keyboard of a canvas. Main gives the window's menu, whose shortcuts come first.
func NewKeyboard(c *Canvas, clipboard fyne.Clipboard, main func() *fyne.MainMenu) *Keyboard {
	return &Keyboard{canvas: c, clipboard: clipboard, main: main}
}

// Rune types a character.
func (k *Keyboard) Rune(r rune) {
	if focused := k.canvas.Focused(); focused != nil {
		focused.TypedRune(r)
	} else if typed := k.canvas.OnTypedRune(); typed != nil {
		typed(r)
	}
}

// Lost tells that the window has lost the keyboard.
func (k *Keyboard) Lost() { k.alt = desktop.KeyNone }

// Up tells that a key was let go.
func (k *Keyboard) Up(key Key) {
	alt := k.alt
	k.alt = desktop.KeyNone
	if alt != desktop.KeyNone && key.Name == alt {
		k.canvas.ToggleMenu()
	}
	event := key.event()
	if focused := k.canvas.Focused(); focused != nil {
		if keyable, ok := focused.(desktop.Keyable); ok {
			keyable.KeyUp(event)
		}
	} else if k.canvas.keyUp != nil {
		k.canvas.keyUp(event)
	}
}

// Down tells that a key goes down; repeated tells that it is down still.
func (k *Keyboard) Down(key Key, repeated bool) {
	k.alt = desktop.KeyNone
	if !repeated {
		if isAlt(key.Name) && key.Held&^fyne.KeyModifierAlt == 0 {
			k.alt = key.Name
		}
		k.tellDown(key.event())
	}
	if k.canvas.menu != nil && k.canvas.menu.take(key.Name) {
		return
	}
	const others = fyne.KeyModifierControl | fyne.KeyModifierAlt | fyne.KeyModifierSuper
	switch {
	case key.Name == fyne.KeyTab && key.Held&others == 0 && !k.takesTab():
		if key.Held == fyne.KeyModifierShift {
			k.canvas.FocusPrevious()
		} else {
			k.canvas.FocusNext()
		}
		return
	case k.shortcut(key):
		return
	}
	if focused := k.canvas.Focused(); focused != nil {
		focused.TypedKey(key.event())
	} else if typed := k.canvas.OnTypedKey(); typed != nil {
		typed(key.event())
	}
}

func (key Key) event() *fyne.KeyEvent {
	return &fyne.KeyEvent{Name: key.Name, Physical: fyne.HardwareKey{ScanCode: key.Code}}
}

func isAlt(name fyne.KeyName) bool { return name == desktop.KeyAltLeft || name == desktop.KeyAltRight }

func (k *Keyboard) tellDown(event *fyne.KeyEvent) {
	if focused := k.canvas.Focused(); focused != nil {
		if keyable, ok := focused.(desktop.Keyable); ok {
			keyable.KeyDown(event)
		}
	} else if k.canvas.keyDown != nil {
		k.canvas.keyDown(event)
	}
}

func (k *Keyboard) takesTab() bool {
	tabbable, ok := k.canvas.Focused().(fyne.Tabbable)
	return ok && tabbable.AcceptsTab()
}

// shortcut runs the shortcut that a key is, and tells whether it is one.
func (k *Keyboard) shortcut(key Key) bool {
	shortcut := shortcutOf(key, k.clipboard)
	if shortcut == nil {
		return false
	}
	if k.menuShortcut(shortcut) {
		return true
	}
	focused, ok := k.canvas.Focused().(fyne.Shortcutable)
	if !ok {
		k.canvas.typedShortcut(shortcut)
		return true
	}
	if text, ok := focused.(interface {
		fyne.Disableable
		SelectedText() string
	}); ok && text.Disabled() && shortcut.ShortcutName() != "Copy" {
		return false
	}
	focused.TypedShortcut(shortcut)
	return true
}

// menuShortcut runs the item of the window's menu that has a shortcut.
func (k *Keyboard) menuShortcut(shortcut fyne.Shortcut) bool {
	menu := k.main()
	if menu == nil {
		return false
	}
	for _, m := range menu.Items {
		if runItem(m, shortcut) {
			return true
		}
	}
	return false
}

func runItem(menu *fyne.Menu, shortcut fyne.Shortcut) bool {
	for _, item := range menu.Items {
		if item.Shortcut != nil && item.Shortcut.ShortcutName() == shortcut.ShortcutName() && item.Action != nil {
			item.Action()
			return true
		}
		if item.ChildMenu != nil && runItem(item.ChildMenu, shortcut) {
			return true
		}
	}
	return false
}

// shortcutOf gives the shortcut that a key with its modifiers is; nil where it is none.
func shortcutOf(key Key, clipboard fyne.Clipboard) fyne.Shortcut {
	name := key.Name
	if name == fyne.KeyUnknown && key.Held&(fyne.KeyModifierControl|fyne.KeyModifierSuper) != 0 {
		name = key.Latin
	}
	switch key.Held {
	case fyne.KeyModifierControl:
		switch name {
		case fyne.KeyZ:
			return &fyne.ShortcutUndo{}
		case fyne.KeyY:
			return &fyne.ShortcutRedo{}
		case fyne.KeyV:
			return &fyne.ShortcutPaste{Clipboard: clipboard}
		case fyne.KeyC:
			return &fyne.ShortcutCopy{Clipboard: clipboard}
		case fyne.KeyInsert:
			return &fyne.ShortcutCopy{Clipboard: clipboard, Secondary: true}
		case fyne.KeyX:
			return &fyne.ShortcutCut{Clipboard: clipboard}
		case fyne.KeyA:
			return &fyne.ShortcutSelectAll{}
		}
	case fyne.KeyModifierShift:
		switch name {
		case fyne.KeyInsert:
			return &fyne.ShortcutPaste{Clipboard: clipboard, Secondary: true}
		case fyne.KeyDelete:
			return &fyne.ShortcutCut{Clipboard: clipboard, Secondary: true}
		}
		return nil
	case 0:
		return nil
	}
	if isModifier(name) {
		return nil
	}
	return &desktop.CustomShortcut{KeyName: name, Modifier: key.Held}
}

func isModifier(name fyne.KeyName) bool {
	switch name {
	case desktop.KeyShiftLeft, desktop.KeyShiftRight, desktop.KeyControlLeft, desktop.KeyControlRight, desktop.KeySuperLeft, desktop.KeySuperRight:
		return true
	}
	return isAlt(name)
}
