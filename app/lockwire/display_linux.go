package main

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// errNoDisplay says what to do where there is no display.
var errNoDisplay = errors.New("there is no display that a window could be opened on.\n" +
	"Everything can be done on the command line: lockwired --help. To see it work: lockwired demo.\n" +
	"To draw the pages as pictures: lockwire --snapshot DIR")

// checkDisplay looks whether a display answers, before Fyne would panic or run on without a window.
func checkDisplay() error {
	if name := os.Getenv("WAYLAND_DISPLAY"); name != "" {
		if !filepath.IsAbs(name) {
			name = filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), name)
		}
		if answers("unix", name) {
			return nil
		}
	}
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
