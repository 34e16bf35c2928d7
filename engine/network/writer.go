package network

import (
	"net"
	"syscall"
)

// Writer writes to a connection and tells when that waits for the peer. One goroutine at a time may write.
type Writer struct {
	conn  net.Conn
	raw   syscall.RawConn // nil where there is no socket
	waits Waiting

	// The closure is made once and passes what it works with through these fields, so that a write allocates nothing.
	writing func(fd uintptr) bool
	p       []byte
	flags   int // of send
	n       int
	err     error
}

// NewWriter returns a Writer to conn.
func NewWriter(conn net.Conn) *Writer {
	w := &Writer{conn: conn, raw: RawConn(conn)}
	w.writing = func(fd uintptr) bool { return w.writeSome(int(fd)) }
	return w
}

// OnWait has waits called with true before a write waits, and with false after. Where the system does not tell whether a write
// waits, each one counts. It is called before the first write.
func (w *Writer) OnWait(waits func(begins bool)) { w.waits.Tell = waits }

// writeToConn writes through package net, which does not tell when it waits.
func (w *Writer) writeToConn(p []byte) (int, error) {
	w.waits.Begin()
	defer w.waits.End()
	return w.conn.Write(p)
}
