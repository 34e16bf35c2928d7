package softwindow

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"github.com/go-gl/glfw/v3.4/glfw"
)

func TestKeysHaveFynesNames(t *testing.T) {
	for _, test := range []struct {
		key     glfw.Key
		written string
		want    fyne.KeyName
	}{
		{glfw.KeyEnter, "", fyne.KeyReturn},
		{glfw.KeyKPEnter, "", fyne.KeyEnter},
		{glfw.KeyF12, "", fyne.KeyF12},
		{glfw.KeyRightAlt, "", desktop.KeyAltRight},
		{glfw.KeyA, "a", fyne.KeyA},
		{glfw.KeyQ, "a", fyne.KeyA},       // on a French keyboard
		{glfw.Key1, "&", fyne.Key1},       // there, too
		{glfw.KeyKP7, "7", fyne.Key7},     // with Num Lock
		{glfw.KeyZ, "я", fyne.KeyUnknown}, // on a Russian one
		{glfw.KeyMinus, "-", fyne.KeyMinus},
		{glfw.KeyBackslash, "\\", fyne.KeyBackslash},
		{glfw.KeyGraveAccent, "`", fyne.KeyBackTick},
		{glfw.KeyKPMultiply, "*", fyne.KeyAsterisk},
		{glfw.KeyUnknown, "", fyne.KeyUnknown},
		{glfw.KeyWorld1, "é", fyne.KeyUnknown},
	} {
		if got := keyName(test.key, test.written); got != test.want {
			t.Errorf("%v that writes %q is %q, not %q", test.key, test.written, got, test.want)
		}
	}
	if latin(glfw.KeyV) != fyne.KeyV || latin(glfw.KeyF1) != fyne.KeyUnknown {
		t.Error("the letters of a Latin keyboard are others")
	}
}

func TestModifiersAreThoseAfterTheKey(t *testing.T) {
	for _, test := range []struct {
		held   glfw.ModifierKey
		key    glfw.Key
		action glfw.Action
		want   fyne.KeyModifier
	}{
		{0, glfw.KeyLeftShift, glfw.Press, fyne.KeyModifierShift},
		{glfw.ModShift, glfw.KeyLeftShift, glfw.Release, 0},
		{glfw.ModShift | glfw.ModControl, glfw.KeyRightControl, glfw.Release, fyne.KeyModifierShift},
		{glfw.ModAlt | glfw.ModSuper | glfw.ModCapsLock, glfw.KeyA, glfw.Press, fyne.KeyModifierAlt | fyne.KeyModifierSuper},
	} {
		if got := heldAfter(test.held, test.key, test.action); got != test.want {
			t.Errorf("%v with %v %v: %v, not %v", test.held, test.key, test.action, got, test.want)
		}
	}
}

func TestButtonsOfTheMouseHaveFynesNames(t *testing.T) {
	for button, want := range map[glfw.MouseButton]desktop.MouseButton{
		glfw.MouseButtonLeft: desktop.MouseButtonPrimary, glfw.MouseButtonRight: desktop.MouseButtonSecondary,
		glfw.MouseButtonMiddle: desktop.MouseButtonTertiary, glfw.MouseButton4: 0,
	} {
		if got := mouseButton(button); got != want {
			t.Errorf("%v is %v, not %v", button, got, want)
		}
	}
}
