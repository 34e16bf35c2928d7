package main

import (
	"context"
	"errors"
	"io/fs"
	"net"

	"golang.org/x/sys/windows"

	"lockwire/app/pipe"
)

// frontIsEnding is how a connection to a console ends that closes its pipe just then.
const frontIsEnding = windows.ERROR_PIPE_NOT_CONNECTED

// listenFront makes the pipe that stands for the socket.
func listenFront(path string) (net.Listener, error) { return pipe.Listen(path) }

// frontIsTaken tells whether listenFront failed because there is a pipe; there is none of a console that died.
func frontIsTaken(_ string, err error) bool { return errors.Is(err, fs.ErrExist) }

var allowSetForegroundWindow = windows.NewLazySystemDLL("user32.dll").NewProc("AllowSetForegroundWindow")

// anyProcess may come to the front.
const anyProcess = ^uintptr(0)

// dialFront opens the pipe. This process was just started by its user and may come to the front, the one that it asks may
// not: it passes that on.
func dialFront(ctx context.Context, path string) (net.Conn, error) {
	allowSetForegroundWindow.Call(anyProcess)
	return pipe.Dial(ctx, path)
}
