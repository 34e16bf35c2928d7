package channel

import (
	"net"
	"syscall"
)

// setLinger sets SO_LINGER where the connection has it. With 0 seconds closing resets the connection; so does the kernel of
// a process that was killed. With -1 it is the default again, a clean close.
func setLinger(conn net.Conn, seconds int) {
	if c, ok := conn.(interface{ SetLinger(int) error }); ok {
		_ = c.SetLinger(seconds) // fails only on a closed connection
	}
}

// rawConn gives access to the connection's socket, or nil where it has none.
func rawConn(conn net.Conn) syscall.RawConn {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// maxLowWater is the most bytes for which a receiver sleeps; more saved nothing.
const maxLowWater = 256 << 10

// lowWater is a socket's SO_RCVLOWAT: the kernel wakes the reader only when that many bytes are there.
type lowWater struct {
	raw     syscall.RawConn // nil where there is no socket
	present int             // 0 means the default, 1
	apply   func(fd uintptr)
	failed  error
}

// set changes the mark to n bytes, at most maxLowWater, where that is a change.
func (w *lowWater) set(n int) error {
	n = min(n, maxLowWater)
	if w.raw == nil || n == max(w.present, 1) {
		return nil
	}
	w.present = n
	if w.apply == nil {
		w.apply = func(fd uintptr) { w.failed = setReceiveLowWater(fd, w.present) }
	}
	if err := w.raw.Control(w.apply); err != nil {
		return readError(err)
	}
	return w.failed
}
