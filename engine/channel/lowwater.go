package channel

import (
	"net"
	"syscall"

	"lockwire/engine/network"
)

const (
	// parkedMark is the mark of a streaming socket while its reader is busy: so many bytes are hardly ever there at once, so
	// that little of what arrives wakes anybody. The kernel takes at most half of a receive buffer that is bounded
	// (network.ReceiveBuffer), and of tcp_rmem[2] where it is not.
	parkedMark = 8 << 20
	// parkFrom is the size on the wire from which a record counts as streaming.
	parkFrom = 128 << 10
)

// lowWater is a socket's SO_RCVLOWAT: the kernel wakes the reader only when that many bytes are there.
//
//	             a large record was read
//	low  ----------------------------------------> parked
//	     <----------------------------------------
//	      the reader waits, for what must still come
//
// The reader never waits with a mark above what must still come, so that no byte waits for another one.
type lowWater struct {
	raw     syscall.RawConn // nil where there is no socket, or no mark
	present int             // 0 means the default, 1
	waits   network.Waiting
	buffer  network.ReceiveBuffer

	// The closures are made once and pass what they work with through these fields, so that a read allocates nothing.
	reading, gathered func(fd uintptr) bool
	setting           func(fd uintptr)
	p                 []byte
	mark              int
	n                 int
	err               error
}

func newLowWater(conn net.Conn) *lowWater {
	w := &lowWater{raw: network.RawConn(conn)}
	w.reading = func(fd uintptr) bool { return w.readOnce(int(fd)) }
	w.gathered = func(fd uintptr) bool { return w.gatheredNow(int(fd)) }
	w.setting = func(fd uintptr) { w.err = w.set(int(fd), w.mark) }
	return w
}

// park is called when a record of n bytes on the wire was read.
func (w *lowWater) park(n int) error {
	if w.raw == nil || n < parkFrom || w.present == w.buffer.Mark(parkedMark) {
		return nil
	}
	w.mark = w.buffer.Mark(parkedMark)
	if err := w.raw.Control(w.setting); err != nil {
		return readError(err)
	}
	return w.err
}

// restore gives the socket its own mark back.
func (w *lowWater) restore() error {
	if w.raw == nil || w.present <= 1 {
		return nil
	}
	w.mark = 1
	if err := w.raw.Control(w.setting); err != nil {
		return readError(err)
	}
	return w.err
}

// set changes the mark. A socket that takes no high mark is read with the one that it has; one that cannot be set back would
// leave the last bytes lying, and fails.
func (w *lowWater) set(fd, mark int) error {
	switch err := setReceiveLowWater(fd, mark); {
	case err == nil:
		w.present = mark
	case mark < w.present:
		return err
	}
	return nil
}

// begins tells that the reader waits. It gives false, for the closures.
func (w *lowWater) begins() bool {
	w.buffer.Waits()
	w.waits.Begin()
	return false
}

// readConn reads through package net, which does not tell when it waits: each read counts.
func (w *lowWater) readConn(conn net.Conn, p []byte) (int, error) {
	w.begins()
	defer w.waits.End()
	return conn.Read(p)
}
