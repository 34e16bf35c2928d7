package main

import (
	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.4/glfw"

	"lockwire/ui/kit"
)

// glfwKeys are the window's keys as the system's window library names them.
var glfwKeys = map[glfw.Key]fyne.KeyName{
	glfw.KeyF1: fyne.KeyF1, glfw.KeyF5: fyne.KeyF5, glfw.KeyF10: fyne.KeyF10, glfw.KeyInsert: fyne.KeyInsert, glfw.KeyEscape: fyne.KeyEscape, glfw.KeyEnter: fyne.KeyReturn, glfw.KeyKPEnter: fyne.KeyEnter, glfw.KeyTab: fyne.KeyTab,
}

// watchKeys gives a window that is shown its keys. Fyne has no way to see a key before what has the focus, so they are taken from
// the library below it; were a later Fyne to hide that, they would work as they do without: while nothing has the focus.
func watchKeys(window fyne.Window) {
	native := nativeOf(window)
	if native == nil {
		return
	}
	var fynes glfw.KeyCallback
	fynes = native.SetKeyCallback(func(w *glfw.Window, key glfw.Key, scancode int, action glfw.Action, held glfw.ModifierKey) {
		deliver := func() { fynes(w, key, scancode, action, held) }
		name, known := glfwKeys[key]
		pressed := action == glfw.Press || action == glfw.Repeat && key == glfw.KeyTab
		with := held &^ (glfw.ModCapsLock | glfw.ModNumLock)
		if pressed && with == glfw.ModControl && (name == fyne.KeyReturn || name == fyne.KeyEnter) {
			kit.WindowSave(window.Canvas(), deliver)
			return
		}
		if !known || !pressed || with&^glfw.ModShift != 0 {
			deliver()
			return
		}
		kit.WindowKey(window.Canvas(), name, held&glfw.ModShift != 0, deliver)
	})
}
