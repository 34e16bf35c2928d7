//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"lockwire/app/host"
)

// Aims for the first byte of a new session on loopback.
const (
	aimFirstByteP50 = 3 * time.Millisecond
	aimFirstByteP99 = 6 * time.Millisecond
)

// firstByte is how long a tool waits from connecting until the backend's first byte is back.
type firstByte struct {
	Samples  int
	P50, P99 time.Duration // a connection that begins a new session
	// Next is the same for a connection that joins a session that is there: no broker takes part.
	NextP50, NextP99 time.Duration
	// Direct is the same without Lockwire.
	DirectP50, DirectP99 time.Duration
	// Steps are what a new session's consists of, from the logs, and NextSteps what that of a connection that joins does.
	Steps, NextSteps []step
}

// measureFirstByte lets real agents open sessions with a real broker, one after another. A route has one session at a time,
// which ends a second after its last connection: so there are many routes, and each gives one new session per pass.
func measureFirstByte(ctx context.Context, o options, out io.Writer) (any, error) {
	backend, stop, err := startEcho(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	p := plan{name: "first byte", components: 2, backend: backend, linger: 1, detailed: true}
	listeners, err := freeAddresses(o.routes)
	if err != nil {
		return nil, err
	}
	for _, listen := range listeners {
		p.routes = append(p.routes, plannedRoute{source: 0, target: 1, listen: listen})
	}
	i, err := newInstallation(ctx, o, p)
	if err != nil {
		return nil, err
	}
	defer i.broker.stop()
	agents, stopAgents, err := i.startPair(ctx, backend)
	if err != nil {
		return nil, err
	}
	defer stopAgents()

	var first, next, direct []time.Duration
	for pass := range o.passes {
		for _, listen := range listeners {
			for _, measured := range []struct {
				address string
				into    *[]time.Duration
			}{{listen, &first}, {listen, &next}, {backend, &direct}} {
				took, err := firstByteFrom(ctx, measured.address)
				if err != nil {
					return nil, err
				}
				*measured.into = append(*measured.into, took)
			}
		}
		// Every sample must have been a session of its own, with its receipt.
		want := (pass + 1) * o.routes
		if err := host.Await(ctx, awaitWithin, "the sessions", func() (bool, error) {
			ended, err := i.receipts(ctx)
			if ended > want {
				err = fmt.Errorf("there were %d sessions and not %d", ended, want)
			}
			return ended == want, err
		}); err != nil {
			return nil, err
		}
	}
	f := firstByte{Samples: len(first), P50: percentile(first, 50), P99: percentile(first, 99), NextP50: percentile(next, 50), NextP99: percentile(next, 99),
		DirectP50: percentile(direct, 50), DirectP99: percentile(direct, 99)}
	if f.Steps, err = stepsOf(i.broker, agents[0], first); err != nil {
		return nil, err
	}
	if f.NextSteps, err = joinStepsOf(agents[0], next); err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "\nfirst byte of a new session, %d samples: p50 %v (aim: below %v)%s, p99 %v (aim: below %v)%s\n", f.Samples,
		f.P50, aimFirstByteP50, verdict(f.P50 < aimFirstByteP50), f.P99, aimFirstByteP99, verdict(f.P99 < aimFirstByteP99))
	printSteps(out, "a new session waits for", f.Steps)
	fmt.Fprintf(out, "first byte of another connection in it: p50 %v, p99 %v; without Lockwire: p50 %v, p99 %v\n", f.NextP50, f.NextP99, f.DirectP50, f.DirectP99)
	printSteps(out, "another connection waits for", f.NextSteps)
	return f, nil
}

// firstByteFrom connects, sends a byte, and waits for it to come back.
func firstByteFrom(ctx context.Context, address string) (time.Duration, error) {
	began := time.Now()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(began.Add(20 * time.Second)); err != nil {
		return 0, err
	}
	var one [1]byte
	if _, err := conn.Write(one[:]); err != nil {
		return 0, err
	}
	if _, err := io.ReadFull(conn, one[:]); err != nil {
		return 0, fmt.Errorf("the backend's first byte: %w", err)
	}
	took := time.Since(began).Round(time.Microsecond)
	// In order, so that the session ends as that of a tool does.
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return 0, err
	}
	if _, err := io.Copy(io.Discard, conn); err != nil {
		return 0, fmt.Errorf("the end: %w", err)
	}
	return took, nil
}

// percentile gives the value that so many per cent do not exceed.
func percentile(values []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}

// freeAddresses picks loopback ports that are free now, each another one.
func freeAddresses(n int) ([]string, error) {
	var addresses []string
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close() // only at the end, so that no port comes twice
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses, nil
}
