//go:build !windows

package host

import (
	"os"
	"path/filepath"
)

func dataFolder(program string, environment func(string) string) string {
	if state := environment("STATE_DIRECTORY"); state != "" && filepath.Base(state) == folderName(program) {
		return state
	}
	if os.Geteuid() == 0 {
		return systemFolder(program, environment)
	}
	state := environment("XDG_STATE_HOME")
	if !filepath.IsAbs(state) { // the specification has relative ones ignored
		state = filepath.Join(environment("HOME"), ".local", "state")
	}
	return filepath.Join(state, folderName(program))
}

func systemFolder(program string, _ func(string) string) string {
	return filepath.Join("/var/lib", folderName(program))
}

// folderName gives the folder's name: the broker's data are those of Lockwire as such.
func folderName(program string) string {
	if program == Broker {
		return "lockwire"
	}
	return program
}

// protect has nothing to add to the mode.
func protect(string) error { return nil }
