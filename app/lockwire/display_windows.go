package main

import (
	"errors"
	"fmt"
)

// checkDisplay looks how a window can be opened: over remote desktop, in virtual machines and on servers there may be no
// OpenGL 2.1, and Fyne would end with words that nobody sees. Then, and where it was asked for, the window is drawn by software. Nothing
// has to be released.
func checkDisplay(softwareAsked bool) (release func(), software bool, err error) {
	release = func() {}
	if softwareAsked {
		return release, true, nil
	}
	switch err := tryWindow(); {
	case errors.Is(err, errNoOpenGL):
		return release, true, nil
	case err != nil:
		return nil, false, noWindow(err)
	}
	return release, false, nil
}

// noWindow says what to do where no window can be opened.
func noWindow(reason error) error {
	return fmt.Errorf("no window can be opened here: %w.\n"+
		"Everything can be done on the command line: lockwired --help. To draw the pages as pictures: lockwire --snapshot DIR", reason)
}
