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
// window. Until release is called the display is held: an X server that nobody else uses begins anew when its last client
// leaves, and turns away whoever comes at that moment.
func checkDisplay() (release func(), err error) {
	release = func() {}
	if !waylandAnswers() {
		if err := xAnswers(); err != nil {
			return nil, err
		}
		xgb.Logger.SetOutput(io.Discard) // it tells of displays without an authority file, which are none of a user's concern
		if x, err := xgb.NewConn(); err == nil {
			release = x.Close
		}
	}
	if err := spareFullDisk(); err != nil {
		release()
		return nil, err
	}
	if err := tryWindow(); err != nil {
		release()
		return nil, fmt.Errorf("no window can be opened on this display: %w.\nThe console needs OpenGL 2.1 (Mesa draws without a graphics card: apt-get install libgl1-mesa-dri), and the right to use the display.\n%s", err, instead)
	}
	return release, nil
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
