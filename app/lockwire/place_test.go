package main

import (
	"fmt"
	"image"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestAWindowComesBackOnlyWhereItCanBeTakenHoldOf(t *testing.T) {
	one := image.Rect(0, 0, 1920, 1080)
	second := image.Rect(1920, 200, 3840, 1280)
	for _, test := range []struct {
		name    string
		window  image.Rectangle
		screens []image.Rectangle
		want    bool
	}{
		{"in the middle", image.Rect(100, 100, 1000, 800), []image.Rectangle{one}, true},
		{"half out at the right", image.Rect(1500, 100, 2700, 800), []image.Rectangle{one}, true},
		{"all but an edge out", image.Rect(1900, 100, 2700, 800), []image.Rectangle{one}, false},
		{"its title above the screen", image.Rect(100, -30, 1000, 700), []image.Rectangle{one}, false},
		{"below the screen", image.Rect(100, 1070, 1000, 1800), []image.Rectangle{one}, false},
		{"on the second screen", image.Rect(2000, 300, 3000, 1000), []image.Rectangle{one, second}, true},
		{"on a screen that was unplugged", image.Rect(2000, 300, 3000, 1000), []image.Rectangle{one}, false},
		{"left of the first screen", image.Rect(-1300, 100, -100, 800), []image.Rectangle{one}, false},
		{"on a screen at the left", image.Rect(-1300, 100, -100, 800), []image.Rectangle{one, image.Rect(-1920, 0, 0, 1080)}, true},
		{"no screen", image.Rect(100, 100, 1000, 800), nil, false},
	} {
		if got := reachable(test.window, test.screens); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestTheWindowComesBackWhereItWas(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts the program")
	}
	need(t, "Xvfb", "openbox", "xdotool")
	program := build(t, "migrated_fynedo,no_emoji")
	s := open(t, program)
	place := func() string {
		out, err := s.command("xdotool", "getwindowgeometry", "--shell", s.window()).Output()
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(out), "\n") // the first line is the window's number
		return rest
	}
	var before string
	for i, test := range []struct {
		name string
		end  func()
	}{
		{"closed by its button", func() { s.do("key", "alt+F4") }},
		{"ended by a signal", func() { s.program.Process.Signal(syscall.SIGTERM) }},
	} {
		s.do("windowfocus", "--sync", s.window())
		started := place()
		s.do("windowsize", "--sync", s.window(), fmt.Sprint(900+30*i), "600", "windowmove", "--sync", s.window(), fmt.Sprint(150+40*i), "120")
		s.wait("the window at another place", func() bool {
			now := place()
			settled := now == before && now != started // twice the same
			before = now
			return settled
		})
		test.end()
		if err := s.program.Wait(); err != nil {
			t.Fatalf("%s: %v\n%s", test.name, err, s.said)
		}
		s.program = s.command(program)
		s.program.Stderr = s.said
		s.start(s.program)
		s.wait("the window where it was, "+test.name, func() bool { return place() == before })
	}
	s.close(os.Interrupt)
}
