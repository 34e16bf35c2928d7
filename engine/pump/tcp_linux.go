package pump

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"lockwire/engine/network"

	"golang.org/x/sys/unix"
)

const (
	// watermark is how many bytes a streaming connection lets gather before it wakes the pump.
	watermark = 256 << 10
	// parkedMark is the mark while the pump is busy with other things than waiting: so many bytes are hardly ever there at
	// once, so that little of what arrives wakes anybody. The kernel takes at most half of a receive buffer that is bounded
	// (network.ReceiveBuffer), and of tcp_rmem[2] where it is not.
	parkedMark = 8 << 20
	// silence is how long it may hold fewer back.
	silence = time.Millisecond
)

// socket is the receiving side of a connection on Linux.
//
//	        a turn of >= watermark bytes
//	calm ---------------------------------> streaming
//	     <---------------------------------
//	      fewer than that within a millisecond
//
// Calm, SO_RCVLOWAT is 1 and every byte wakes the pump at once. Streaming, it is the watermark while the pump waits, so that
// the kernel does not wake it for every segment, and parkedMark while it does not. Reads never depend on it: they take what
// is there.
type socket struct {
	raw       syscall.RawConn
	streaming bool
	waits     network.Waiting
	buffer    network.ReceiveBuffer

	// The closures are made once and pass their results through these fields, so that a turn allocates nothing.
	readNow, gathered, readable, broken func(fd uintptr) bool
	countNow                            func(fd uintptr)
	p                                   []byte
	look                                [1]unix.PollFd
	ending                              bool  // the peer had ended its direction when the pump looked last
	n                                   int   // bytes read, or waiting to be read
	err                                 error // what the last system call said
}

func (s *socket) bound(conn *net.TCPConn, room *network.Room, grown func(unsent int)) {
	s.buffer.Bound(conn, room, grown)
}

func (s *socket) attach(conn *net.TCPConn) (err error) {
	if s.raw, err = conn.SyscallConn(); err != nil {
		return err
	}
	s.readNow = func(fd uintptr) bool { s.doRead(int(fd)); return true }
	s.countNow = func(fd uintptr) { s.doCount(int(fd)) }
	s.gathered = func(fd uintptr) bool { s.doCount(int(fd)); return s.begins(s.err != nil || s.n >= watermark) }
	s.broken = func(fd uintptr) bool { return s.doLookBroken(int(fd)) }
	s.readable = func(fd uintptr) bool { return s.begins(s.doLook(int(fd))) }
	return nil
}

// begins tells that the pump waits where what it waits for is not there, and gives whether it is.
func (s *socket) begins(there bool) bool {
	if !there {
		s.buffer.Waits()
		s.waits.Begin()
	}
	return there
}

// doRead reads once, and again where the end of the stream is known to follow, so that it comes with the last bytes. Nothing to read
// is neither bytes nor an error.
func (s *socket) doRead(fd int) {
	s.n, s.err = 0, nil
	for {
		n, err := unix.Read(fd, s.p[s.n:])
		switch {
		case n > 0:
			if s.n += n; s.ending && s.n < len(s.p) {
				continue
			}
		case err == nil:
			s.err = io.EOF
		case err == unix.EINTR:
			continue
		case err != unix.EAGAIN:
			s.err = os.NewSyscallError("read", err)
		}
		return
	}
}

// doCount asks how many bytes wait; the end of the stream counts as none.
func (s *socket) doCount(fd int) {
	n, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
	s.n, s.err = n, os.NewSyscallError("ioctl", err)
}

// doLook says whether there is anything to read, the end or an error included. It does not take the error: the read does.
func (s *socket) doLook(fd int) bool {
	s.look[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN | unix.POLLRDHUP}
	for {
		n, err := unix.Poll(s.look[:], 0)
		if err == unix.EINTR {
			continue
		}
		s.ending = s.look[0].Revents&unix.POLLRDHUP != 0
		s.err = os.NewSyscallError("poll", err)
		return n != 0 || err != nil
	}
}

// doLookBroken says whether the connection has failed, and takes the error. A peer that has only ended its direction has not.
func (s *socket) doLookBroken(fd int) bool {
	s.look[0] = unix.PollFd{Fd: int32(fd)}
	for {
		_, err := unix.Poll(s.look[:], 0)
		if err == unix.EINTR {
			continue
		}
		if err == nil && s.look[0].Revents&unix.POLLERR == 0 {
			return false
		}
		if err == nil {
			var code int
			if code, err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR); err == nil && code != 0 {
				err = syscall.Errno(code)
			}
		}
		s.err = os.NewSyscallError("poll", err)
		if err == nil { // whoever sends took the error
			s.err = network.ConnectionReset
		}
		return true
	}
}

// watch returns the connection's failure, or nil once its deadline for reading has passed.
func (s *socket) watch() error {
	switch err := s.raw.Read(s.broken); {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	case err != nil:
		return err
	}
	return s.err
}

func (s *socket) read(_ *net.TCPConn, p []byte) (int, error) {
	s.p = p
	err := s.raw.Read(s.readNow)
	s.p = nil
	if err != nil {
		return 0, err
	}
	s.moved(s.n)
	return s.n, s.err
}

// moved makes the connection stream after a turn of n bytes that was large enough.
func (s *socket) moved(n int) {
	if s.buffer.Took(n) {
		s.streaming = false
	}
	if n >= watermark && !s.streaming {
		s.streaming = s.park() == nil // where the system refuses, it stays calm
	}
}

// wait returns when there is something to read: however little, unless the connection streams, and then after a millisecond
// at the latest.
func (s *socket) wait(conn *net.TCPConn) error {
	defer s.waits.End()
	if s.streaming {
		if full, err := s.gather(conn); full || err != nil {
			return err
		}
		if err := s.calm(); err != nil {
			return err
		}
	}
	if err := s.raw.Read(s.readable); err != nil {
		return err
	}
	return s.err
}

// count returns how many bytes can be read now.
func (s *socket) count() (int, error) {
	err := s.raw.Control(s.countNow)
	if err == nil {
		err = s.err
	}
	return s.n, err
}

// gather waits for the watermark, but not longer than a millisecond. It reports whether it was reached.
func (s *socket) gather(conn *net.TCPConn) (bool, error) {
	if n, err := s.count(); err != nil || n >= watermark {
		return err == nil, err
	}
	if err := s.lowWater(watermark); err != nil {
		return false, err
	}
	if err := conn.SetReadDeadline(time.Now().Add(silence)); err != nil {
		return false, err
	}
	err := s.raw.Read(s.gathered)
	if cleared := conn.SetReadDeadline(time.Time{}); cleared != nil {
		return false, cleared
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return false, nil
	}
	if err == nil {
		err = s.err
	}
	if err == nil {
		err = s.park()
	}
	return err == nil, err
}

// calm lowers the watermark again. Without that, bytes below it would wait for ever: an error breaks the connection.
func (s *socket) calm() error {
	s.streaming = false
	return s.lowWater(1)
}

func (s *socket) park() error { return s.lowWater(s.buffer.Mark(parkedMark)) }

func (s *socket) lowWater(bytes int) error {
	var failed error
	if err := s.raw.Control(func(fd uintptr) {
		failed = os.NewSyscallError("setsockopt", unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, bytes))
	}); err != nil {
		return err
	}
	return failed
}
