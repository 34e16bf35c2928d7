package main

import (
	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.4/glfw"
)

// windowSeen tells whether somebody can see the window, as far as the system's window library knows: one that is minimised or that
// the desktop has taken off the screen is not. Where it cannot be told the window is seen.
func windowSeen(window fyne.Window) bool {
	native := nativeOf(window)
	return native == nil || native.GetAttrib(glfw.Iconified) == glfw.False && native.GetAttrib(glfw.Visible) == glfw.True
}
