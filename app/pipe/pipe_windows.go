package pipe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/windows"

	"lockwire/engine"
)

// nameOf gives the pipe that stands for a socket at a path: pipes have a name space of their own, without folders. Windows
// does not tell capital letters from small ones in paths.
func nameOf(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(strings.ToLower(path)))
	return `\\.\pipe\lockwire-` + hex.EncodeToString(sum[:16]), nil
}

// busyPause lies between the tries to open a pipe whose maker is just making the next one.
const busyPause = 5 * time.Millisecond

// Dial opens the pipe that stands for a socket at a path, and lets its maker learn who opens it. Its error is fs.ErrNotExist
// where there is none, and fs.ErrPermission where it is another user's: any user could have made a pipe of that name.
func Dial(ctx context.Context, path string) (net.Conn, error) {
	name, err := nameOf(path)
	if err != nil {
		return nil, err
	}
	handle, err := open(ctx, name)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: address(name), Err: err}
	}
	if err := checkMaker(handle); err != nil {
		return nil, errors.Join(&net.OpError{Op: "dial", Net: network, Addr: address(name), Err: err}, windows.CloseHandle(handle))
	}
	return newConn(handle, name), nil
}

// open opens a pipe, once its maker has one to spare.
func open(ctx context.Context, name string) (windows.Handle, error) {
	text, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, err
	}
	for {
		handle, err := windows.CreateFile(text, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING,
			windows.FILE_FLAG_OVERLAPPED|windows.SECURITY_SQOS_PRESENT|windows.SECURITY_IDENTIFICATION, 0)
		if !errors.Is(err, windows.ERROR_PIPE_BUSY) {
			return handle, err
		}
		if err := engine.Pause(ctx, busyPause); err != nil {
			return 0, err
		}
	}
}
