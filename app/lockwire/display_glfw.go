//go:build linux || windows

package main

import (
	"errors"

	"github.com/go-gl/glfw/v3.4/glfw"
)

// tryWindow makes a hidden window of the kind that Fyne will ask for. Where that fails Fyne would panic, or run on without a
// window. It runs on the main goroutine, as Fyne does.
func tryWindow() error {
	if err := glfw.Init(); err != nil {
		return err
	}
	defer glfw.Terminate()
	glfw.WindowHint(glfw.Visible, glfw.False)
	glfw.WindowHint(glfw.ContextVersionMajor, 2)
	glfw.WindowHint(glfw.ContextVersionMinor, 1)
	window, err := glfw.CreateWindow(64, 64, "Lockwire", nil, nil)
	if err == nil && window == nil { // glfw keeps some reasons to itself
		err = errors.New("the graphics driver gives no OpenGL")
	}
	if err != nil {
		return err
	}
	window.Destroy()
	return nil
}
