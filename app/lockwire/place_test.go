package main

import (
	"fmt"
	"image"
	"os"
	"strings"
	"syscall"
	"testing"

	"fyne.io/fyne/v2"
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

func TestAWindowIsNeverLargerThanTheScreen(t *testing.T) {
	for _, test := range []struct {
		name   string
		size   fyne.Size
		screen image.Point
		scale  float32
		want   fyne.Size
	}{
		{"it fits", fyne.NewSize(1280, 800), image.Pt(1920, 1080), 1, fyne.NewSize(1280, 800)},
		{"a small screen", fyne.NewSize(1280, 800), image.Pt(1024, 700), 1, fyne.NewSize(1024, 660)},
		{"a scale of two", fyne.NewSize(1280, 800), image.Pt(1280, 800), 2, fyne.NewSize(640, 380)},
		{"only too high", fyne.NewSize(800, 800), image.Pt(1024, 700), 1, fyne.NewSize(800, 660)},
		{"the screen is not known", fyne.NewSize(1280, 800), image.Point{}, 1, fyne.NewSize(1280, 800)},
	} {
		if got := fitting(test.size, test.screen, test.scale); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

// TestTheRealWindowFitsItsScreen walks through all pages: each has a least size, and none may make the window grow.
func TestTheRealWindowFitsItsScreen(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts the program")
	}
	need(t, "Xvfb", "openbox", "xdotool")
	program := build(t, released)
	for _, test := range []struct {
		name, scale   string
		width, height int
	}{
		{"1024 x 700", "1", 1024, 700},
		{"a scale of 2", "2", 1280, 800},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("FYNE_SCALE", test.scale)
			s := bareDisplay(t, "-screen", "0", fmt.Sprintf("%dx%dx24", test.width, test.height))
			s.start(s.command("openbox"))
			s.run(program, "--try")
			s.wait("the try-out", func() bool {
				return s.command("xdotool", "search", "--onlyvisible", "--name", "^Lockwire.*try-out").Run() == nil
			})
			for page := 1; page <= 9; page++ {
				s.do("key", "--clearmodifiers", fmt.Sprintf("ctrl+%d", page), "sleep", "0.3")
				out, err := s.command("xdotool", "getwindowgeometry", "--shell", s.window()).Output()
				if err != nil {
					t.Fatal(err)
				}
				var window, x, y, width, height int
				if _, err := fmt.Sscanf(string(out), "WINDOW=%d\nX=%d\nY=%d\nWIDTH=%d\nHEIGHT=%d", &window, &x, &y, &width, &height); err != nil {
					t.Fatalf("%v in %s", err, out)
				}
				if width > test.width || height > test.height {
					t.Errorf("on page %d the window is %d x %d", page, width, height)
				}
			}
			s.close(syscall.SIGTERM)
		})
	}
}

func TestTheWindowComesBackWhereItWas(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts the program")
	}
	need(t, "Xvfb", "openbox", "xdotool")
	program := build(t, released)
	s := open(t, program, "--try")
	// While the program starts it gives its window its size: only then it can be moved.
	started := func() {
		s.wait("the try-out", func() bool {
			return s.command("xdotool", "search", "--onlyvisible", "--name", "^Lockwire.*try-out").Run() == nil
		})
	}
	place := func() (x, y, width, height int) {
		out, err := s.command("xdotool", "getwindowgeometry", "--shell", s.window()).Output()
		if err != nil {
			t.Fatal(err)
		}
		var window int
		if _, err := fmt.Sscanf(string(out), "WINDOW=%d\nX=%d\nY=%d\nWIDTH=%d\nHEIGHT=%d", &window, &x, &y, &width, &height); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		return x, y, width, height
	}
	// A frame of some pixels lies between where a window was asked to and where its content is.
	near := func(got, wanted int) bool { return got >= wanted && got < wanted+50 }
	for i, test := range []struct {
		name string
		end  func()
	}{
		{"closed by its button", func() { s.do("key", "alt+F4") }},
		{"ended by a signal", func() { s.program.Process.Signal(syscall.SIGTERM) }},
	} {
		left, top, wide, high := 60+60*i, 120-30*i, 1040+30*i, 620
		started()
		var before [4]int
		s.wait("the window at another place", func() bool {
			window := s.window()
			s.do("windowfocus", "--sync", window, "windowsize", window, fmt.Sprint(wide), fmt.Sprint(high), "windowmove", window, fmt.Sprint(left), fmt.Sprint(top), "sleep", "0.5")
			x, y, width, height := place()
			settled := [4]int{x, y, width, height} == before // twice the same
			before = [4]int{x, y, width, height}
			focus, err := s.command("xdotool", "getwindowfocus").Output() // the place is kept when the window leaves the foreground
			settled = settled && err == nil && strings.TrimSpace(string(focus)) == window
			return settled && near(x, left) && near(y, top) && width == wide && height == high
		})
		test.end()
		if err := s.program.Wait(); err != nil {
			t.Fatalf("%s: %v\n%s", test.name, err, s.said)
		}
		s.program = s.command(program, "--try")
		s.program.Stderr = s.said
		s.start(s.program)
		started()
		var now [4]int
		s.wait(fmt.Sprintf("the window where it was, %v, %s", before, test.name), func() bool {
			x, y, width, height := place()
			if at := [4]int{x, y, width, height}; at != now {
				now = at
				t.Logf("it is at %v", now)
			}
			return now == before
		})
	}
	s.close(os.Interrupt)
}
