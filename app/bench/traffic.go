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

// runSink reads flows. Each says first how many bytes it will send, and is answered with that number once they have all
// arrived: so a transfer ends when its last byte is there, and no relay need know half-close.
func runSink(ctx context.Context, _ []byte, listening func(net.Addr)) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	listening(listener.Addr())
	return acceptEach(ctx, listener, func(_ context.Context, conn *net.TCPConn) error {
		var count [8]byte
		if _, err := io.ReadFull(conn, count[:]); err != nil {
			return nil // somebody asked whether we listen
		}
		buffer := make([]byte, block)
		for left := binary.BigEndian.Uint64(count[:]); left > 0; {
			n, err := conn.Read(buffer[:min(left, block)])
			if left -= uint64(n); err != nil {
				return fmt.Errorf("sink: %d bytes missing: %w", left, err)
			}
		}
		_, err := conn.Write(count[:])
		return err
	})
}

// transfer sends size bytes to the sink behind address over some flows at once, and returns how long that took, connecting
// not counted. Each flow keeps to the pace, in bytes per second, unless that is 0. It runs in the benchmark's own process, which is the source of every path alike.
func transfer(ctx context.Context, address string, flows int, size int64, pace uint64) (time.Duration, error) {
	conns := make([]net.Conn, flows)
	for i := range conns {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			return 0, err
		}
		defer conn.Close()
		defer context.AfterFunc(ctx, func() { conn.Close() })()
		conns[i] = conn
	}
	payload := make([]byte, block)
	begin := time.Now()
	var group errgroup.Group
	for _, conn := range conns {
		group.Go(func() error { return sendFlow(conn, payload, size/int64(flows), pace) })
	}
	err := group.Wait()
	return time.Since(begin), err
}

// sendFlow sends size bytes to the sink, at a pace in bytes per second; 0 is as fast as it goes.
func sendFlow(conn net.Conn, payload []byte, size int64, pace uint64) error {
	var count, answer [8]byte
	binary.BigEndian.PutUint64(count[:], uint64(size))
	if _, err := conn.Write(count[:]); err != nil {
		return err
	}
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
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return fmt.Errorf("the sink's answer: %w", err)
	}
	if answer != count {
		return fmt.Errorf("the sink counted %d of %d bytes", binary.BigEndian.Uint64(answer[:]), size)
	}
	return nil
}
