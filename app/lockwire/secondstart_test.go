package main

import (
	"os"
	"strings"
	"testing"
)

func TestASecondStartBringsTheFirstWindowToTheFront(t *testing.T) {
	need(t, "Xvfb", "openbox", "xdotool", "xev")
	program := build(t, released)
	s := open(t, program)
	window := s.window()
	s.start(s.command("xev", "-name", "something else"))
	active := func() string {
		out, _ := s.command("xdotool", "getactivewindow").Output()
		return strings.TrimSpace(string(out))
	}
	s.wait("another window in front", func() bool { // the window manager need not give it the front by itself
		_ = s.command("xdotool", "search", "--name", "^something else$", "windowactivate").Run()
		now := active()
		return now != "" && now != window
	})
	for range 2 {
		out, err := s.command(program).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "open already") {
			t.Fatalf("the second start: %v\n%s", err, out)
		}
		s.wait("the first window in front", func() bool { return active() == window })
		s.do("windowminimize", window)
		s.wait("the window is minimized", func() bool { return active() != window })
	}
	out, _ := s.command("xdotool", "search", "--name", "^Lockwire").Output()
	if windows := strings.Fields(string(out)); len(windows) != 1 {
		t.Errorf("%d windows: %v", len(windows), windows)
	}
	s.close(os.Interrupt)
}
