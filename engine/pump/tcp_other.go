//go:build !linux

package pump

import (
	"net"
	"runtime"
	"syscall"

	"lockwire/engine/network"
)

// socket is the receiving side of a connection where only package net helps.
type socket struct {
	raw   syscall.RawConn
	waits network.Waiting
}

func (s *socket) attach(conn *net.TCPConn) (err error) {
	s.raw, err = conn.SyscallConn()
	return err
}

// bound leaves the system its own bounds.
func (s *socket) bound(*net.TCPConn, *network.Room, func(int)) {}

func (s *socket) read(conn *net.TCPConn, p []byte) (int, error) {
	s.waits.Begin() // package net does not tell whether it waits
	defer s.waits.End()
	return conn.Read(p)
}

// wait lets package net wait for readability. On Windows that is a receive of zero bytes, which completes at once when
// bytes are there already; elsewhere the edge may be past, so nothing is awaited and Read blocks with its buffer.
func (s *socket) wait(*net.TCPConn) error {
	if runtime.GOOS != "windows" {
		return nil
	}
	s.waits.Begin()
	defer s.waits.End()
	asked := false
	return s.raw.Read(func(uintptr) bool {
		defer func() { asked = true }()
		return asked
	})
}

func (s *socket) watch() error { return nil }
