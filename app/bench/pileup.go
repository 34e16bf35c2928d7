//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"lockwire/engine"
)

// pileUp is how many bytes a tool had taken from it that a backend which does not read had not got.
type pileUp struct {
	Read           int64 // by the backend, before it stopped
	Direct, Sealed int64
	Striped        int64 // over a connection that may have several streams
}

// aimPileUp is what may lie between tool and backend beyond what lies there without Lockwire.
const aimPileUp = 8_000_000

// ownBuffer is what the system holds for the tool and for the backend themselves. As it tunes these by itself, they differ by tens of
// megabytes from one connection to the next, which would hide what lies between.
const ownBuffer = 256 << 10

// stuckAfter is for how long nothing must be taken from a tool until it counts as held back.
const stuckAfter = time.Second

// measurePileUp lets a tool write to a backend that stops reading, at once and after some data: directly and through real agents.
func measurePileUp(ctx context.Context, o options, out io.Writer) (any, error) {
	measured := []pileUp{{Read: 0}, {Read: o.size / 4}}
	p := plan{name: "pile-up", components: 2}
	var backends []string
	for _, m := range measured {
		backend, stop, err := startStopping(ctx, m.Read)
		if err != nil {
			return nil, err
		}
		defer stop()
		backends = append(backends, backend)
	}
	listeners, err := freeAddresses(2 * len(measured)) // with one stream, then with several
	if err != nil {
		return nil, err
	}
	striped := listeners[len(measured):]
	for n, backend := range backends {
		p.routes = append(p.routes, plannedRoute{source: 0, target: 1, listen: listeners[n], backend: backend, streams: engine.OneStream},
			plannedRoute{source: 0, target: 1, listen: striped[n], backend: backend, streams: manyStreams})
	}
	i, err := newInstallation(ctx, o, p)
	if err != nil {
		return nil, err
	}
	defer i.broker.stop()
	_, stopAgents, err := i.startPair(ctx, backends...)
	if err != nil {
		return nil, err
	}
	defer stopAgents()
	fmt.Fprintf(out, "\npile-up between a tool and a backend that does not read (aim: at most %.0f MB more than direct)\n", aimPileUp/1e6)
	for n := range measured {
		m := &measured[n]
		for address, piled := range map[string]*int64{backends[n]: &m.Direct, listeners[n]: &m.Sealed, striped[n]: &m.Striped} {
			written, err := writeUntilStuck(ctx, address)
			if err != nil {
				return nil, err
			}
			*piled = written - m.Read
		}
		fmt.Fprintf(out, "  that has read %4.0f MB: direct %.1f MB, sealed %.1f MB, with several streams %.1f MB%s\n", float64(m.Read)/1e6, float64(m.Direct)/1e6,
			float64(m.Sealed)/1e6, float64(m.Striped)/1e6, verdict(max(m.Sealed, m.Striped)-m.Direct <= aimPileUp))
	}
	return measured, nil
}

// startStopping is a backend that reads so many bytes of each connection and then no more.
func startStopping(ctx context.Context, read int64) (address string, stop func(), err error) {
	return startBackend(ctx, func(ctx context.Context, conn *net.TCPConn) error {
		if err := conn.SetReadBuffer(ownBuffer); err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, conn, read); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	})
}

// writeUntilStuck connects and writes until nothing is taken any more, and gives how many bytes were.
func writeUntilStuck(ctx context.Context, address string) (total int64, err error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := conn.(*net.TCPConn).SetWriteBuffer(ownBuffer); err != nil {
		return 0, err
	}
	chunk := make([]byte, 256<<10)
	for {
		if err := conn.SetWriteDeadline(time.Now().Add(stuckAfter)); err != nil {
			return total, err
		}
		n, err := conn.Write(chunk)
		total += int64(n)
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}
