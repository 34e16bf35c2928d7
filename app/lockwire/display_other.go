//go:build !linux && !windows

package main

// checkDisplay has nothing to look at: a desktop session is there, or the program could not have been started.
func checkDisplay(softwareAsked bool) (release func(), software bool, err error) {
	return func() {}, softwareAsked, nil
}

// noWindow says that no window can be opened.
func noWindow(reason error) error { return reason }
