//go:build linux || windows

package main

import (
	"errors"
	"fmt"

	"github.com/go-gl/glfw/v3.4/glfw"
)

// errNoOpenGL tells that windows can be opened, but none of the kind that Fyne opens.
var errNoOpenGL = errors.New("there is no OpenGL 2.1")

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
		err = errors.New("the graphics driver gives none")
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errNoOpenGL, err)
	}
	window.Destroy()
	return nil
}
