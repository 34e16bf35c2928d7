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
		return w.readConn(conn, p)
	}
	w.p, w.mark = p, mark
	err := w.raw.Read(w.reading)
	w.p = nil
	w.waits.End()
	if err != nil { // closed, or past its deadline
		return 0, err
	}
	if w.buffer.Took(w.n) {
		w.present = 0
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
			return w.begins()
		case err == unix.EAGAIN:
			before := w.present
			w.n, w.err = 0, w.set(fd, w.mark)
			if w.err == nil && w.present == before {
				return w.begins() // the system takes no such mark
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

// gather waits until mark bytes are there, which must be no more than what must still come, without reading any of them. It
// returns earlier where the system holds no more, and at the end or an error, which the next read finds.
func (w *lowWater) gather(mark int) error {
	if w.raw == nil {
		return nil
	}
	w.mark, w.err = mark, nil
	err := w.raw.Read(w.gathered)
	w.waits.End()
	if err == nil {
		err = w.err
	}
	return err
}

// gatheredNow tells whether the mark is reached. Below it the kernel is told to wake nobody before.
func (w *lowWater) gatheredNow(fd int) bool {
	n, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
	if err != nil {
		w.err = os.NewSyscallError("ioctl", err)
		return true
	}
	if n >= w.mark {
		return true
	}
	if w.present != w.mark {
		if w.err = w.set(fd, w.mark); w.err != nil {
			return true
		}
	}
	// The kernel knows what it takes for the mark, and what came before the mark was set wakes nobody.
	look := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(look[:], 0)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			w.err = os.NewSyscallError("poll", err)
			return true
		case n > 0:
			return true
		}
		return w.begins()
	}
}

func setReceiveLowWater(fd, n int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, n); err != nil {
		return fmt.Errorf("set SO_RCVLOWAT: %w", err)
	}
	return nil
}
