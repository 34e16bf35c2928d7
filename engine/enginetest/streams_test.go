package enginetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lockwire/engine"
)

// newStriped joins two components whose path holds each connection back, with a route of four streams.
func newStriped(t *testing.T) (p *pair, path *slowPath) {
	t.Helper()
	p = &pair{Installation: New(t), backend: NewEcho(t)}
	listen := FreeAddress(t)
	path = newSlowPath(t, listen, 4<<20)
	const long = 1 // any is: the path is slow, and on this machine
	p.source = p.Join(Machine{Name: "source", Addresses: []string{"10.77.0.1"}, LongPath: long})
	p.target = p.Join(Machine{Name: "target", Addresses: []string{"10.77.0.2"}, AllowBackends: []string{p.backend.Address()},
		Listen: listen, Advertise: path.address, LongPath: long})
	p.route = p.Route(p.source, p.target, p.backend.Address(), func(r *engine.Route) { r.Streams = 4 })
	p.Encrypt("Nightly", "10.77.0.1", "10.77.0.2")
	return p, path
}

// awaitStreams waits until the only session shows all four, and that each moves.
func (p *pair) awaitStreams() {
	p.t.Helper()
	p.Wait("several streams that move", func() bool {
		sessions := p.Broker.Sessions()
		if len(sessions) != 1 || len(sessions[0].Streams) != 4 || !strings.Contains(sessions[0].StreamsInWords(), " over 4 streams: ") {
			return false
		}
		for _, s := range sessions[0].Streams {
			if s.ToTarget == 0 || s.RateToTarget == 0 {
				return false
			}
		}
		return true
	})
}

// pouring is a tool that sends random bytes until it has sent enough, and reads what comes back.
type pouring struct {
	enough    atomic.Bool
	sent      uint64
	sum, back []byte
	wrote     chan error
	read      chan error
}

// pourAndHash pours until enough was sent, and calls then.
func pourAndHash(conn *net.TCPConn, then func() error) *pouring {
	conn.SetDeadline(time.Time{}) // what was sent until several streams are seen takes its time
	p := &pouring{wrote: make(chan error, 1), read: make(chan error, 1)}
	go func() {
		random, sum := rand.NewChaCha8([32]byte{1}), sha256.New() // fast: the path is to hold the tool back, not the test
		block := make([]byte, 64<<10)
		for !p.enough.Load() {
			random.Read(block)
			sum.Write(block)
			p.sent += uint64(len(block))
			if _, err := conn.Write(block); err != nil {
				p.wrote <- err
				return
			}
		}
		p.sum = sum.Sum(nil)
		p.wrote <- then()
	}()
	go func() {
		back := sha256.New()
		_, err := io.Copy(back, conn)
		p.back = back.Sum(nil)
		p.read <- err
	}()
	return p
}

// A tool sends without end, and the way through one stream holds it back.
func TestALongConnectionIsCarriedBySeveralStreams(t *testing.T) {
	t.Parallel()
	p, _ := newStriped(t)
	conn := p.dial(t)
	tool := pourAndHash(conn, conn.CloseWrite)
	p.awaitStreams()
	tool.enough.Store(true)
	if err := <-tool.wrote; err != nil {
		t.Fatal(err)
	}
	if err := <-tool.read; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(tool.back, tool.sum) {
		t.Error("other bytes came back than were sent")
	}
	receipt := p.WaitReceipts(1)[0]
	if receipt.Traffic.ToTarget != tool.sent || receipt.Traffic.ToSource != tool.sent || receipt.AllFlows != 1 {
		t.Errorf("counted %+v in %d flows; %d bytes were sent", receipt.Traffic, receipt.AllFlows, tool.sent)
	}
	checkKeyLife(t, receipt.Key)
}

// However a session ends before its tool has ended it: all streams go, and neither side takes that for an end in order.
func TestACutTakesAllStreams(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(p *pair) error{
		"cut":                      func(p *pair) error { return p.Admin.Cut(context.Background(), p.Broker.Sessions()[0].ID) },
		"the source's agent stops": func(p *pair) error { p.source.Stop(); return nil },
		"the target's agent stops": func(p *pair) error { p.target.Stop(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, path := newStriped(t)
			tool := pourAndHash(p.dial(t), func() error { return nil })
			p.awaitStreams()
			tool.enough.Store(true) // what it is told it learns by reading: a system tells of a reset once
			if err := <-tool.wrote; err != nil {
				t.Fatal(err)
			}
			if path.open() < 4 {
				t.Fatalf("%d connections between the agents", path.open())
			}
			if err := end(p); err != nil {
				t.Fatal(err)
			}
			if err := <-tool.read; err == nil {
				t.Error("the tool saw an end in order")
			}
			p.Wait("the backend sees an error", func() bool { return p.backend.Broken() == 1 })
			p.Wait("no stream is left", func() bool { return path.open() == 0 })
		})
	}
}

// Only what is sealed has several streams: the bytes of a plain connection say nothing of where they belong.
func TestAPlainConnectionHasOneStream(t *testing.T) {
	p := newPair(t, func(r *engine.Route) { r.Streams = 4 })
	conn := p.dial(t)
	ping(t, conn, "plain")
	if s := p.only(t); s.Decision.Mode != engine.Plain || len(s.Streams) > 0 {
		t.Errorf("%v with %d streams", s.Decision.Mode, len(s.Streams))
	}
}

// slowPath stands before an address and lets so many bytes a second through each connection, each way, as a path does with a long
// round trip.
type slowPath struct {
	address string
	count   atomic.Int32
}

// open is how many connections it carries.
func (s *slowPath) open() int { return int(s.count.Load()) }

func newSlowPath(t *testing.T, to string, bytesPerSecond int) *slowPath {
	t.Helper()
	listener, err := net.Listen("tcp", FreeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	s := &slowPath{address: listener.Addr().String()}
	var running sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(func() {
		stop()
		_ = listener.Close()
		running.Wait()
	})
	pass := func(from, to net.Conn) {
		defer to.Close()
		block := make([]byte, 16<<10)
		for {
			n, err := from.Read(block)
			if _, failed := to.Write(block[:n]); err != nil || failed != nil {
				return
			}
			time.Sleep(time.Duration(n) * time.Second / time.Duration(bytesPerSecond))
		}
	}
	running.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			context.AfterFunc(ctx, func() { _ = near.Close(); _ = far.Close() })
			s.count.Add(1)
			running.Go(func() {
				defer s.count.Add(-1)
				var both sync.WaitGroup
				both.Go(func() { pass(near, far) })
				both.Go(func() { pass(far, near) })
				both.Wait()
			})
		}
	})
	return s
}
