package channel

import (
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// read reads what is there, or waits until mark bytes are, which must be no more than what must still come.
func (w *lowWater) read(conn net.Conn, p []byte, mark int) (int, error) {
	if w.raw == nil {
		return conn.Read(p)
	}
	w.p, w.mark = p, mark
	err := w.raw.Read(w.reading)
	w.p = nil
	if err != nil { // closed, or past its deadline
		return 0, err
	}
	return w.n, w.err
}

// readOnce reads without waiting. It gives false where that has to be waited for.
func (w *lowWater) readOnce(fd int) bool {
	for {
		n, err := unix.Read(fd, w.p)
		switch {
		case n > 0:
			w.n, w.err = n, nil
		case err == nil:
			w.n, w.err = 0, io.EOF
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN && w.mark == max(w.present, 1):
			return false
		case err == unix.EAGAIN:
			before := w.present
			w.n, w.err = 0, w.set(fd, w.mark)
			if w.err == nil && w.present == before {
				return false // the system takes no such mark
			}
			if w.err == nil {
				continue // what came before the mark was set wakes nobody
			}
		default:
			w.n, w.err = 0, os.NewSyscallError("read", err)
		}
		return true
	}
}

func setReceiveLowWater(fd, n int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, n); err != nil {
		return fmt.Errorf("set SO_RCVLOWAT: %w", err)
	}
	return nil
}
