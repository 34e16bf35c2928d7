package main

import (
	"errors"
	"fmt"

	"github.com/go-gl/glfw/v3.4/glfw"
)

// checkDisplay makes a hidden window of the kind that Fyne will ask for: over remote desktop, in virtual machines and on
// servers there may be no OpenGL 2.1, and Fyne would end with words that nobody sees. It runs on the main goroutine, as Fyne does.
func checkDisplay() error {
	if err := glfw.Init(); err != nil {
		return noWindow(err)
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
		return noWindow(err)
	}
	window.Destroy()
	return nil
}

// noWindow says what to do where no window can be opened.
func noWindow(reason error) error {
	return fmt.Errorf("no window can be opened here: %w.\n"+
		"The console needs a graphics driver with OpenGL 2.1. Remote desktop and virtual machines may have none; Mesa's opengl32.dll beside lockwire.exe draws without one.\n"+
		"Everything can be done on the command line: lockwired --help. To draw the pages as pictures: lockwire --snapshot DIR", reason)
}
