package main

import "fmt"

// checkDisplay looks whether a window can be opened: over remote desktop, in virtual machines and on servers there may be no
// OpenGL 2.1, and Fyne would end with words that nobody sees. Nothing has to be released.
func checkDisplay() (release func(), err error) {
	if err := tryWindow(); err != nil {
		return nil, noWindow(err)
	}
	return func() {}, nil
}

// noWindow says what to do where no window can be opened.
func noWindow(reason error) error {
	return fmt.Errorf("no window can be opened here: %w.\n"+
		"The console needs a graphics driver with OpenGL 2.1. Remote desktop and virtual machines may have none; Mesa's opengl32.dll beside lockwire.exe draws without one.\n"+
		"Everything can be done on the command line: lockwired --help. To draw the pages as pictures: lockwire --snapshot DIR", reason)
}
