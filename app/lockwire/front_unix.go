//go:build unix

package main

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// frontIsEnding is how a connection to a console ends that closes its socket just then.
const frontIsEnding = syscall.ECONNRESET

// listenFront makes the socket, for this user only.
func listenFront(path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

// frontIsTaken tells whether listenFront failed because there is a socket, of a console that runs or one that died.
func frontIsTaken(path string, _ error) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func dialFront(ctx context.Context, path string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "unix", path)
}
