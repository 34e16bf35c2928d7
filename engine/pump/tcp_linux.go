package pump

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// watermark is how many bytes a streaming connection lets gather before it wakes the pump.
const watermark = 256 << 10

// socket is the receiving side of a connection on Linux.
//
//	        a read of >= watermark bytes
//	calm ---------------------------------> streaming
//	     <---------------------------------
//	      fewer than that within a millisecond
//
// Calm, SO_RCVLOWAT is 1 and every byte wakes the pump at once. Streaming, it is the watermark, and Read waits for that
// many for at most a millisecond, so that no last byte of a stream ever waits longer.
type socket struct {
	raw       syscall.RawConn
	streaming bool

	// The closures are made once and their arguments pass through these fields, so that a turn allocates nothing.
	tryRead, fillRead, peek func(fd uintptr) bool
	p                       []byte
	n                       int
	err                     error
	enough                  int
}

func (s *socket) attach(conn *net.TCPConn) (err error) {
	if s.raw, err = conn.SyscallConn(); err != nil {
		return err
	}
	s.tryRead = func(fd uintptr) bool { s.readOnce(int(fd)); return true }
	s.fillRead = func(fd uintptr) bool { return s.readOnce(int(fd)) }
	s.peek = func(fd uintptr) bool { return s.look(int(fd)) }
	return nil
}

// readOnce reads without blocking and says whether that was enough: the watermark, the end or an error.
func (s *socket) readOnce(fd int) bool {
	for s.n < len(s.p) {
		n, err := unix.Read(fd, s.p[s.n:])
		switch {
		case n > 0:
			s.n += n
			return s.n >= s.enough
		case err == nil:
			s.err = io.EOF
			return true
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return false
		default:
			s.err = os.NewSyscallError("read", err)
			return true
		}
	}
	return true
}

// look says whether there is anything to read, the end included. An error that it meets is the connection's only word
// about it and is kept for the caller.
func (s *socket) look(fd int) bool {
	var one [1]byte
	for {
		_, _, err := unix.Recvfrom(fd, one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		switch err {
		case nil:
			return true
		case unix.EINTR:
		case unix.EAGAIN:
			return false
		default:
			s.err = os.NewSyscallError("recvfrom", err)
			return true
		}
	}
}

func (s *socket) read(conn *net.TCPConn, p []byte) (int, error) {
	s.p, s.n, s.err = p, 0, nil
	s.enough = min(watermark, len(p))
	defer func() { s.p = nil }()
	if err := s.raw.Read(s.tryRead); err != nil {
		return 0, err
	}
	if s.streaming && s.err == nil && s.n < s.enough {
		full, err := s.within(conn, s.fillRead)
		if err != nil {
			return s.n, err
		}
		if !full {
			if err := s.calm(); err != nil {
				return s.n, err
			}
			if err := s.raw.Read(s.tryRead); err != nil { // what gathered below the watermark
				return s.n, err
			}
		}
	}
	if !s.streaming && s.n >= watermark {
		s.stream()
	}
	if s.n > 0 && s.err == io.EOF {
		return s.n, nil // the next read meets it again
	}
	return s.n, s.err
}

// within waits for ready, but not longer than a millisecond. It reports whether ready came true.
func (s *socket) within(conn *net.TCPConn, ready func(fd uintptr) bool) (bool, error) {
	if err := conn.SetReadDeadline(time.Now().Add(silence)); err != nil {
		return false, err
	}
	err := s.raw.Read(ready)
	if cleared := conn.SetReadDeadline(time.Time{}); cleared != nil {
		return false, cleared
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return false, nil
	}
	return err == nil, err
}

// stream raises the watermark. Where the system refuses, the connection stays calm.
func (s *socket) stream() { s.streaming = s.lowWater(watermark) == nil }

// calm lowers the watermark again. Without that, bytes below it would wait for ever: an error breaks the connection.
func (s *socket) calm() error {
	if !s.streaming {
		return nil
	}
	s.streaming = false
	return s.lowWater(1)
}

func (s *socket) lowWater(bytes int) error {
	var failed error
	if err := s.raw.Control(func(fd uintptr) {
		failed = os.NewSyscallError("setsockopt", unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, bytes))
	}); err != nil {
		return err
	}
	return failed
}

// wait returns when there is anything to read, however little.
func (s *socket) wait() error {
	if err := s.calm(); err != nil {
		return err
	}
	s.err = nil
	if err := s.raw.Read(s.peek); err != nil {
		return err
	}
	return s.err
}

func setLingerZero(fd uintptr) error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}))
}
