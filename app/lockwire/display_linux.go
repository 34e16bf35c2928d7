package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jezek/xgb"
)

// errNoDisplay says what to do where there is no display.
var errNoDisplay = errors.New("there is no display that a window could be opened on.\n" +
	"Everything can be done on the command line: lockwired --help. To see it work: lockwired demo.\n" +
	"To draw the pages as pictures: lockwire --snapshot DIR")

// instead says what can be done where there is a display, and no window on it.
const instead = "Everything can be done on the command line: lockwired --help. To draw the pages as pictures: lockwire --snapshot DIR"

// checkDisplay looks whether a display answers and a window can be opened on it, before Fyne would panic or run on without a
// window. It tells whether the window has to be drawn by software: because that was asked for, or there is no OpenGL. Until release is called the display is held: an X server that nobody else uses begins anew when its last client
// leaves, and turns away whoever comes at that moment.
func checkDisplay(softwareAsked bool) (release func(), software bool, err error) {
	release = func() {}
	if !waylandAnswers() {
		if err := xAnswers(); err != nil {
			return nil, false, err
		}
		xgb.Logger.SetOutput(io.Discard) // it tells of displays without an authority file, which are none of a user's concern
		if x, err := xgb.NewConn(); err == nil {
			release = x.Close
		}
	}
	if softwareAsked {
		return release, true, nil
	}
	if err := spareFullDisk(); err != nil {
		release()
		return nil, false, err
	}
	switch err := tryWindow(); {
	case errors.Is(err, errNoOpenGL) && xAnswers() == nil: // it is drawn through X11 only
		return release, true, nil
	case err != nil:
		release()
		return nil, false, noWindow(err)
	}
	return release, false, nil
}

// noWindow says what to do where no window can be opened.
func noWindow(reason error) error {
	return fmt.Errorf("no window can be opened on this display: %w.\nThe console needs the right to use the display, and OpenGL 2.1 (Mesa draws without a graphics card: apt-get install libgl1-mesa-dri) or an X display.\n%s", reason, instead)
}

func waylandAnswers() bool {
	name := os.Getenv("WAYLAND_DISPLAY")
	if name == "" {
		return false
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), name)
	}
	return answers("unix", name)
}

// xAnswers looks whether there is an X server behind DISPLAY.
func xAnswers() error {
	display := os.Getenv("DISPLAY")
	if display == "" {
		return errNoDisplay
	}
	host, number, found := strings.Cut(display, ":")
	number, _, _ = strings.Cut(number, ".")
	if !found || number == "" {
		return errNoDisplay
	}
	if host == "" || host == "unix" {
		path := "/tmp/.X11-unix/X" + number
		if answers("unix", path) || answers("unix", "@"+path) {
			return nil
		}
		return errNoDisplay
	}
	// A display on another machine, such as that of ssh -X: TCP port 6000 and up.
	var offset int
	for _, digit := range number {
		if digit < '0' || digit > '9' {
			return errNoDisplay
		}
		offset = offset*10 + int(digit-'0')
	}
	if answers("tcp", net.JoinHostPort(host, strconv.Itoa(6000+offset))) {
		return nil
	}
	return errNoDisplay
}

func answers(network, address string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
