//go:build linux

package hosts

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lockwire/app/bench/longpath"
)

// lengthen has all packets between source and target take a way of their own, which delays them.
func (n *network) lengthen(t *testing.T, conditions longpath.Conditions) {
	t.Helper()
	const device = "longpath"
	var devices [2]*os.File
	for i, ends := range [2][2]*host{{n.source, n.target}, {n.target, n.source}} {
		own, peer := ends[0], ends[1]
		inNamespace(t, own, func() (err error) {
			devices[i], err = longpath.OpenTunnel(device)
			return err
		})
		ip(t, "-n", own.namespace, "link", "set", device, "mtu", fmt.Sprint(longpath.MTU), "txqueuelen", "20000", "up")
		ip(t, "-n", own.namespace, "route", "add", peer.address.String(), "dev", device, "src", own.address.String())
	}
	var present atomic.Pointer[longpath.Conditions]
	present.Store(&conditions)
	var running sync.WaitGroup
	running.Go(func() { longpath.Relay(devices, &present) })
	t.Cleanup(func() {
		for _, d := range devices {
			_ = d.Close()
		}
		running.Wait()
	})
}

// awaitStreams waits until the session of a route shows so many streams, and how fast each of them is.
func (i *installation) awaitStreams(route string, streams int) {
	i.t.Helper()
	eventually(i.t, receiptWithin, "the connection has several streams that move", func() error {
		s := i.oneSession(route)
		if len(s.Streams) != streams {
			return fmt.Errorf("it has %d", len(s.Streams))
		}
		for _, stream := range s.Streams {
			if stream.RateToTarget == 0 {
				return fmt.Errorf("one stands still: %+v", s.Streams)
			}
		}
		return nil
	})
}

// Over a path that is long and loses packets, a connection of real agents gets several streams, and its bytes arrive as they were sent.
func TestALongPathIsFilledBySeveralStreams(t *testing.T) {
	t.Parallel()
	n, i, server := newLongPath(t)
	f := server.open(t, n, 8001)
	for _, conn := range []*net.TCPConn{f.tool, f.backend} {
		conn.SetDeadline(time.Time{}) // until the streams are there
	}
	var enough atomic.Bool
	sent := sha256.New()
	wrote := make(chan error, 1)
	go func() {
		random, block := rand.NewChaCha8([32]byte{7}), make([]byte, 64<<10)
		for !enough.Load() {
			random.Read(block)
			sent.Write(block)
			if _, err := f.tool.Write(block); err != nil {
				wrote <- err
				return
			}
		}
		wrote <- f.tool.CloseWrite()
	}()
	received := sha256.New()
	read := make(chan error, 1)
	go func() {
		_, err := io.Copy(received, f.backend)
		read <- err
	}()
	i.awaitStreams("vault", 4)
	enough.Store(true)
	if err := errors.Join(<-wrote, <-read); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(sent.Sum(nil), received.Sum(nil)) {
		t.Error("other bytes arrived than were sent")
	}
	// What the connection says in the end goes the other way.
	if _, err := f.backend.Write([]byte("stored")); err != nil {
		t.Fatal(err)
	}
	f.backend.CloseWrite()
	if answer, err := io.ReadAll(f.tool); err != nil || string(answer) != "stored" {
		t.Errorf("the tool got %q, %v", answer, err)
	}
}

// An agent with several streams is killed: no stream of the other end, and neither tool nor backend, takes that for an end in order.
func TestKilledAgentWithSeveralStreamsIsAnErrorAtBothEnds(t *testing.T) {
	t.Parallel()
	for _, side := range []string{"source", "target"} {
		t.Run(side, func(t *testing.T) {
			t.Parallel()
			n, i, server := newLongPath(t)
			idle, toBackend := server.open(t, n, 8001), server.open(t, n, 8001)
			var running sync.WaitGroup
			running.Go(func() {
				toBackend.tool.SetWriteDeadline(time.Time{})
				block := make([]byte, 256<<10)
				for {
					if _, err := toBackend.tool.Write(block); err != nil {
						if !isReset(err) {
							t.Errorf("the tool sees no reset but: %v", err)
						}
						return
					}
				}
			})
			running.Go(func() {
				toBackend.backend.SetReadDeadline(time.Time{})
				if _, err := io.Copy(io.Discard, toBackend.backend); !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("the backend sees no reset but: %v", err)
				}
			})
			i.awaitStreams("vault", 4)
			map[string]*agent{"source": i.source, "target": i.target}[side].kill()
			expectReset(t, "the idle tool", idle.tool)
			expectReset(t, "the idle backend", idle.backend)
			running.Wait()
		})
	}
}

// newLongPath is an installation with a long path between source and target, and a route with four streams over it.
func newLongPath(t *testing.T) (*network, *installation, *backend) {
	t.Helper()
	n := newNetwork(t, v4, "203.0.113.7")
	i := newInstallation(t, n)
	n.lengthen(t, longpath.Conditions{RoundTrip: 30 * time.Millisecond, Loss: 0.01, Seed: 1})
	server := newBackend(t, n, 9001)
	i.addRoute("vault", 8001, 9001, "--streams", "4")
	return n, i, server
}
