package main

import (
	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.4/glfw"
)

// windowSeen tells whether somebody can see the window, as far as the system's window library knows: one that is minimised or that
// the desktop has taken off the screen is not. Where it cannot be told the window is seen.
func windowSeen(window fyne.Window) bool {
	shown, ok := window.(interface{ RunWithContext(func()) })
	if !ok {
		return true
	}
	seen := true
	shown.RunWithContext(func() {
		if native := glfw.GetCurrentContext(); native != nil {
			seen = native.GetAttrib(glfw.Iconified) == glfw.False && native.GetAttrib(glfw.Visible) == glfw.True
		}
	})
	return seen
}
