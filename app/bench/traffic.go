//go:build linux

package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/sync/errgroup"
)

// block is how much source and sink move in one system call.
const block = 256 << 10

// A flow says first how many bytes it will send and how many it wants back, and gets ready as its answer: the flow is open on the
// whole path. It says ready, too, when it begins.
const (
	requestSize = 16
	ready       = 'r'
)

// runSink reads flows, and sends back meanwhile what each wants. A flow is answered with the number of its bytes once they have all
// arrived: so a transfer ends when its last byte is there, and no relay need know half-close.
func runSink(ctx context.Context, _ []byte, listening func(net.Addr)) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	listening(listener.Addr())
	return acceptEach(ctx, listener, func(_ context.Context, conn *net.TCPConn) error {
		var request [requestSize]byte
		if _, err := io.ReadFull(conn, request[:]); err != nil {
			return nil // somebody asked whether we listen
		}
		begins := [1]byte{ready}
		if _, err := conn.Write(begins[:]); err != nil {
			return err
		}
		if _, err := io.ReadFull(conn, begins[:]); err != nil {
			return fmt.Errorf("sink: a flow did not begin: %w", err)
		}
		var both errgroup.Group
		both.Go(func() error { return drain(conn, binary.BigEndian.Uint64(request[:])) })
		both.Go(func() error { return pour(conn, int64(binary.BigEndian.Uint64(request[8:])), 0) })
		if err := both.Wait(); err != nil {
			return fmt.Errorf("sink: %w", err)
		}
		_, err := conn.Write(request[:8])
		return err
	})
}

// drain reads so many bytes.
func drain(conn net.Conn, size uint64) error {
	if size == 0 {
		return nil
	}
	buffer := make([]byte, block)
	for left := size; left > 0; {
		n, err := conn.Read(buffer[:min(left, block)])
		if left -= uint64(n); err != nil {
			return fmt.Errorf("%d of %d bytes are missing: %w", left, size, err)
		}
	}
	return nil
}

// pour writes so many bytes at a pace in bytes per second; 0 is as fast as it goes.
func pour(conn net.Conn, size int64, pace uint64) error {
	if size == 0 {
		return nil
	}
	payload := make([]byte, block)
	began := time.Now()
	for left := size; left > 0; {
		n, err := conn.Write(payload[:min(left, block)])
		if left -= int64(n); err != nil {
			return err
		}
		if pace > 0 {
			time.Sleep(time.Until(began.Add(time.Duration(float64(size-left) / float64(pace) * float64(time.Second)))))
		}
	}
	return nil
}

// transfer carries size bytes between here and the sink behind address, and returns how long that took, connecting not counted.
// Each flow keeps to the pace, in bytes per second, unless that is 0.
func transfer(ctx context.Context, address string, l load, size int64, pace uint64) (time.Duration, error) {
	flows, err := openFlows(ctx, address, l, size)
	if err != nil {
		return 0, err
	}
	defer flows.close()
	return flows.run(pace)
}

// flowSet are the open flows of one transfer. They are in the benchmark's own process, which is the source of every path alike.
type flowSet struct {
	conns       []net.Conn
	there, back int64       // bytes of each flow
	unwatch     func() bool // ends the wait for the context, which closes them
}

// openFlows opens the flows of a transfer of size bytes and returns once each has reached the sink. close must follow.
func openFlows(ctx context.Context, address string, l load, size int64) (_ *flowSet, err error) {
	s := &flowSet{there: size / int64(l.Flows), unwatch: func() bool { return true }}
	if l.Both {
		s.back = s.there / 2
		s.there -= s.back
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	for range l.Flows {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, err
		}
		s.conns = append(s.conns, conn)
	}
	s.unwatch = context.AfterFunc(ctx, s.closeConns)
	var opening errgroup.Group
	for _, conn := range s.conns {
		opening.Go(func() error {
			var request [requestSize]byte
			binary.BigEndian.PutUint64(request[:], uint64(s.there))
			binary.BigEndian.PutUint64(request[8:], uint64(s.back))
			if _, err := conn.Write(request[:]); err != nil {
				return err
			}
			if _, err := io.ReadFull(conn, request[:1]); err != nil {
				return fmt.Errorf("a flow did not open: %w", err)
			}
			return nil
		})
	}
	return s, opening.Wait()
}

func (s *flowSet) close() {
	s.unwatch()
	s.closeConns()
}

func (s *flowSet) closeConns() {
	for _, conn := range s.conns {
		_ = conn.Close()
	}
}

// run carries the bytes and returns how long that took.
func (s *flowSet) run(pace uint64) (time.Duration, error) {
	begin := time.Now()
	var group errgroup.Group
	for _, conn := range s.conns {
		group.Go(func() error { return exchange(conn, s.there, s.back, pace) })
	}
	err := group.Wait()
	return time.Since(begin), err
}

// exchange sends some bytes to the sink and reads those that it sends back.
func exchange(conn net.Conn, there, back int64, pace uint64) error {
	if _, err := conn.Write([]byte{ready}); err != nil {
		return err
	}
	var both errgroup.Group
	both.Go(func() error { return drain(conn, uint64(back)) })
	both.Go(func() error { return pour(conn, there, pace) })
	if err := both.Wait(); err != nil {
		return err
	}
	var answer [8]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return fmt.Errorf("the sink's answer: %w", err)
	}
	if counted := binary.BigEndian.Uint64(answer[:]); counted != uint64(there) {
		return fmt.Errorf("the sink counted %d of %d bytes", counted, there)
	}
	return nil
}
