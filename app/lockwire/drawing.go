package main

import (
	"os"

	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.4/glfw"
)

// softwareVariable is the environment variable that asks for a window without OpenGL, for all starts of an account or a machine.
const softwareVariable = "LOCKWIRE_SOFTWARE"

// drawnBySoftware tells whether a window without OpenGL was asked for.
func (o *options) drawnBySoftware() bool {
	asked := os.Getenv(softwareVariable)
	return o.software || asked != "" && asked != "0"
}

// drawingOf says how the window is drawn where that is not by OpenGL.
func drawingOf(software bool, o options) string {
	switch {
	case !software:
		return ""
	case o.drawnBySoftware():
		return "by software, as was asked for"
	}
	return "by software: this display has no OpenGL"
}

// nativeOf gives a window that is shown as the system's window library knows it; nil where the driver has none.
func nativeOf(window fyne.Window) (native *glfw.Window) {
	switch shown := window.(type) {
	case interface{ Native() *glfw.Window }: // drawn by software
		return shown.Native()
	case interface{ RunWithContext(func()) }: // Fyne's own
		shown.RunWithContext(func() { native = glfw.GetCurrentContext() })
	}
	return native
}
