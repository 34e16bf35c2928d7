package network

import (
	"os"

	"golang.org/x/sys/unix"
)

// Write writes all of p, as net.Conn does.
func (w *Writer) Write(p []byte) (int, error) { return w.write(p, 0) }

// WriteBeforeEnd writes all of p, of which the system may hold the last packet back: the caller ends the direction or closes the
// connection at once, which goes with it.
func (w *Writer) WriteBeforeEnd(p []byte) (int, error) { return w.write(p, unix.MSG_MORE) }

func (w *Writer) write(p []byte, flags int) (int, error) {
	if w.raw == nil {
		return w.writeToConn(p)
	}
	w.p, w.flags, w.n, w.err = p, flags, 0, nil
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
		n, err := w.send(fd, w.p[w.n:])
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

func (w *Writer) send(fd int, p []byte) (int, error) {
	if w.flags == 0 {
		return unix.Write(fd, p)
	}
	return unix.SendmsgN(fd, p, nil, nil, w.flags)
}
