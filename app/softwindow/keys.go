package softwindow

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"github.com/go-gl/glfw/v3.4/glfw"
)

// keyNames are the keys that mean the same on every keyboard.
var keyNames = map[glfw.Key]fyne.KeyName{
	glfw.KeyEscape: fyne.KeyEscape, glfw.KeyEnter: fyne.KeyReturn, glfw.KeyKPEnter: fyne.KeyEnter, glfw.KeyTab: fyne.KeyTab,
	glfw.KeyBackspace: fyne.KeyBackspace, glfw.KeyInsert: fyne.KeyInsert, glfw.KeyDelete: fyne.KeyDelete, glfw.KeySpace: fyne.KeySpace,
	glfw.KeyRight: fyne.KeyRight, glfw.KeyLeft: fyne.KeyLeft, glfw.KeyDown: fyne.KeyDown, glfw.KeyUp: fyne.KeyUp,
	glfw.KeyPageUp: fyne.KeyPageUp, glfw.KeyPageDown: fyne.KeyPageDown, glfw.KeyHome: fyne.KeyHome, glfw.KeyEnd: fyne.KeyEnd,
	glfw.KeyLeftShift: desktop.KeyShiftLeft, glfw.KeyRightShift: desktop.KeyShiftRight,
	glfw.KeyLeftControl: desktop.KeyControlLeft, glfw.KeyRightControl: desktop.KeyControlRight,
	glfw.KeyLeftAlt: desktop.KeyAltLeft, glfw.KeyRightAlt: desktop.KeyAltRight,
	glfw.KeyLeftSuper: desktop.KeySuperLeft, glfw.KeyRightSuper: desktop.KeySuperRight,
	glfw.KeyMenu: desktop.KeyMenu, glfw.KeyPrintScreen: desktop.KeyPrintScreen, glfw.KeyCapsLock: desktop.KeyCapsLock,
	glfw.KeyF1: fyne.KeyF1, glfw.KeyF2: fyne.KeyF2, glfw.KeyF3: fyne.KeyF3, glfw.KeyF4: fyne.KeyF4, glfw.KeyF5: fyne.KeyF5, glfw.KeyF6: fyne.KeyF6,
	glfw.KeyF7: fyne.KeyF7, glfw.KeyF8: fyne.KeyF8, glfw.KeyF9: fyne.KeyF9, glfw.KeyF10: fyne.KeyF10, glfw.KeyF11: fyne.KeyF11, glfw.KeyF12: fyne.KeyF12,
}

// digits are Fyne's names of the digits.
var digits = [10]fyne.KeyName{fyne.Key0, fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5, fyne.Key6, fyne.Key7, fyne.Key8, fyne.Key9}

// keyName is Fyne's name of a key. Written is what it writes in the layout of the keyboard; digits count by where they are, which
// the French layout needs.
func keyName(key glfw.Key, written string) fyne.KeyName {
	switch {
	case key >= glfw.Key0 && key <= glfw.Key9:
		return digits[key-glfw.Key0]
	case key >= glfw.KeyKP0 && key <= glfw.KeyKP9:
		return digits[key-glfw.KeyKP0]
	case keyNames[key] != "":
		return keyNames[key]
	case len(written) == 1 && written[0] >= 'a' && written[0] <= 'z':
		return fyne.KeyName(strings.ToUpper(written))
	case len(written) == 1 && strings.Contains("[\\]',-./*`;+=", written):
		return fyne.KeyName(written) // Fyne's names of these are what they write
	}
	return fyne.KeyUnknown
}

// latin is the letter that stands on a key of a Latin keyboard.
func latin(key glfw.Key) fyne.KeyName {
	if key >= glfw.KeyA && key <= glfw.KeyZ {
		return fyne.KeyName(rune(key))
	}
	return fyne.KeyUnknown
}

// modifiers are Fyne's of GLFW's.
func modifiers(held glfw.ModifierKey) (all fyne.KeyModifier) {
	for _, m := range []struct {
		glfws glfw.ModifierKey
		fynes fyne.KeyModifier
	}{
		{glfw.ModShift, fyne.KeyModifierShift}, {glfw.ModControl, fyne.KeyModifierControl}, {glfw.ModAlt, fyne.KeyModifierAlt}, {glfw.ModSuper, fyne.KeyModifierSuper},
	} {
		if held&m.glfws != 0 {
			all |= m.fynes
		}
	}
	return all
}

// modifierKeys are the keys that are modifiers.
var modifierKeys = map[glfw.Key]glfw.ModifierKey{
	glfw.KeyLeftShift: glfw.ModShift, glfw.KeyRightShift: glfw.ModShift, glfw.KeyLeftControl: glfw.ModControl, glfw.KeyRightControl: glfw.ModControl,
	glfw.KeyLeftAlt: glfw.ModAlt, glfw.KeyRightAlt: glfw.ModAlt, glfw.KeyLeftSuper: glfw.ModSuper, glfw.KeyRightSuper: glfw.ModSuper,
}

// heldAfter are the modifiers that are down once a key went down or was let go: X11 tells of those before.
func heldAfter(held glfw.ModifierKey, key glfw.Key, action glfw.Action) fyne.KeyModifier {
	if action == glfw.Release {
		held &^= modifierKeys[key]
	} else {
		held |= modifierKeys[key]
	}
	return modifiers(held)
}

// mouseButton is Fyne's name of a button of the mouse; 0 for one that it does not know.
func mouseButton(button glfw.MouseButton) desktop.MouseButton {
	switch button {
	case glfw.MouseButtonLeft:
		return desktop.MouseButtonPrimary
	case glfw.MouseButtonRight:
		return desktop.MouseButtonSecondary
	case glfw.MouseButtonMiddle:
		return desktop.MouseButtonTertiary
	}
	return 0
}
