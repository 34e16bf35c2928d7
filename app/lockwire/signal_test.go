package main

import (
	"syscall"
	"testing"
)

// Fyne ends its loop at a signal by itself: what the console still has to do on the window then found no window, and the program crashed.
func TestASignalEndsTheConsoleInOrderWhateverItIsDoing(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts the program")
	}
	need(t, "Xvfb", "openbox", "xdotool")
	needPorts(t)
	program := build(t, released)
	data := newInstallation(t)
	for _, c := range []struct {
		name, window string
		signal       syscall.Signal
	}{
		{"starting, terminated", "^Lockwire", syscall.SIGTERM},
		{"starting, interrupted", "^Lockwire", syscall.SIGINT},
		{"running its broker, terminated", "^Lockwire.*broker", syscall.SIGTERM},
		{"running its broker, interrupted", "^Lockwire.*broker", syscall.SIGINT},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, program, "--data", data)
			s.wait("a window named "+c.window, func() bool {
				return s.command("xdotool", "search", "--onlyvisible", "--name", c.window).Run() == nil
			})
			s.close(c.signal)
		})
	}
}
