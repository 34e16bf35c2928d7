package network

import (
	"os"

	"golang.org/x/sys/unix"
)

// Write writes all of p, as net.Conn does.
func (w *Writer) Write(p []byte) (int, error) {
	if w.raw == nil {
		return w.writeToConn(p)
	}
	w.p, w.n, w.err = p, 0, nil
	err := w.raw.Write(w.writing)
	w.p = nil
	w.waits.End()
	if err == nil { // else it is closed, or past its deadline
		err = w.err
	}
	return w.n, err
}

// writeSome writes without waiting. It gives false where that has to be waited for.
func (w *Writer) writeSome(fd int) bool {
	for w.n < len(w.p) {
		n, err := unix.Write(fd, w.p[w.n:])
		switch {
		case n > 0:
			w.n += n
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			w.waits.Begin()
			return false
		default:
			w.err = os.NewSyscallError("write", err)
			return true
		}
	}
	return true
}
