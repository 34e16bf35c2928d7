package pump

import (
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// spliceTurn bounds one turn, so that the counters of a fast flow move and a cap is in force soon.
const spliceTurn = 1 << 20

// splicer moves bytes between two TCP connections inside the kernel.
//
// It asks first how many bytes have arrived and has package net splice exactly those: so a turn never waits for a source,
// every byte is counted and throttled as elsewhere, and the pipe that package net splices through goes back to its pool
// after every turn instead of being held by flows that are quiet.
type splicer struct {
	source, target *TCP
	arrived        int
	err            error
	look, fill     func(fd uintptr) bool
}

// newSplicer returns nil unless both ends are TCP connections.
func newSplicer(source, target End) *splicer {
	from, ok := source.(*TCP)
	if !ok {
		return nil
	}
	to, ok := target.(*TCP)
	if !ok {
		return nil
	}
	s := &splicer{source: from, target: to}
	s.look = func(fd uintptr) bool { s.count(fd); return true }
	s.fill = func(fd uintptr) bool { s.count(fd); return s.err != nil || s.arrived >= watermark }
	return s
}

// count asks how many bytes wait; the end of the stream counts as none.
func (s *splicer) count(fd uintptr) {
	s.arrived, s.err = unix.IoctlGetInt(int(fd), unix.TIOCINQ)
	s.err = os.NewSyscallError("ioctl", s.err)
}

// available returns how many bytes can be spliced now. It raises and lowers the watermark as a read does.
func (s *splicer) available() (int, error) {
	socket := &s.source.socket
	if err := socket.raw.Read(s.look); err != nil {
		return 0, err
	}
	if socket.streaming && s.err == nil && s.arrived < watermark {
		full, err := socket.within(s.source.conn, s.fill)
		if err != nil {
			return 0, err
		}
		if !full {
			if err := socket.calm(); err != nil {
				return 0, err
			}
			if err := socket.raw.Read(s.look); err != nil {
				return 0, err
			}
		}
	}
	if !socket.streaming && s.arrived >= watermark {
		socket.stream()
	}
	return s.arrived, s.err
}

// splice is copy without the copying.
func (d *direction) splice(ctx context.Context, s *splicer) error {
	chunk := &io.LimitedReader{R: s.source.conn}
	for quiet := true; ; {
		if quiet {
			if err := s.source.WaitReadable(); err != nil {
				return d.broken(err)
			}
		}
		n, err := s.available()
		if err != nil {
			return d.broken(err)
		}
		if n == 0 {
			if !quiet {
				quiet = true
				continue
			}
			// Readable without bytes: the end or an error, unless the first byte has come just now.
			ended, err := d.last(ctx, s)
			if ended || err != nil {
				return err
			}
			continue
		}
		n = min(n, d.turn(spliceTurn))
		quiet = n < quietBelow
		if err := d.pass(ctx, n); err != nil {
			return err
		}
		chunk.N = int64(n)
		moved, err := s.target.conn.ReadFrom(chunk)
		d.count(int(moved))
		if err != nil {
			return fmt.Errorf("%w: splice: %w", ErrReset, err)
		}
	}
}

// last reads what a readable connection without bytes has to say. It reports whether the source has ended in order.
func (d *direction) last(ctx context.Context, s *splicer) (bool, error) {
	var one [1]byte
	n, err := s.source.Read(one[:])
	if n > 0 {
		if err := d.pass(ctx, n); err != nil {
			return false, err
		}
		if _, err := s.target.conn.Write(one[:n]); err != nil {
			return false, fmt.Errorf("%w: send: %w", ErrReset, err)
		}
		d.count(n)
	}
	if err == io.EOF {
		return true, nil
	}
	if err != nil {
		return false, d.broken(err)
	}
	return false, nil
}
