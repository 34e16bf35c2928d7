package enginetest

import (
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

// A tool sends without end, and the way through one stream holds it back.
func TestALongConnectionIsCarriedBySeveralStreams(t *testing.T) {
	p := &pair{Installation: New(t), backend: NewEcho(t)}
	listen := FreeAddress(t)
	p.source = p.Join(Machine{Name: "source", Addresses: []string{"10.77.0.1"}})
	p.target = p.Join(Machine{Name: "target", Addresses: []string{"10.77.0.2"}, AllowBackends: []string{p.backend.Address()},
		Listen: listen, Advertise: slowPath(t, listen, 4<<20)})
	p.route = p.Route(p.source, p.target, p.backend.Address(), func(r *engine.Route) { r.Streams = 4 })
	p.Encrypt("Nightly", "10.77.0.1", "10.77.0.2")
	conn := p.dial(t)
	conn.SetDeadline(time.Time{}) // what was sent until several streams are seen takes its time
	sent, sum := uint64(0), sha256.New()
	var enough atomic.Bool
	wrote := make(chan error, 1)
	go func() {
		random := rand.NewChaCha8([32]byte{1}) // fast: the path is to hold the tool back, not the test
		block := make([]byte, 64<<10)
		for !enough.Load() {
			random.Read(block)
			sum.Write(block)
			sent += uint64(len(block))
			if _, err := conn.Write(block); err != nil {
				wrote <- err
				return
			}
		}
		wrote <- conn.CloseWrite()
	}()
	back := sha256.New()
	read := make(chan error, 1)
	go func() {
		_, err := io.Copy(back, conn)
		read <- err
	}()
	p.Wait("several streams", func() bool {
		sessions := p.Broker.Sessions()
		return len(sessions) == 1 && len(sessions[0].Streams) == 4 && strings.Contains(sessions[0].StreamsInWords(), "connection 1 over 4 streams: ")
	})
	enough.Store(true)
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	if string(back.Sum(nil)) != string(sum.Sum(nil)) {
		t.Error("other bytes came back than were sent")
	}
	receipt := p.WaitReceipts(1)[0]
	if receipt.Traffic.ToTarget != sent || receipt.Traffic.ToSource != sent || receipt.AllFlows != 1 {
		t.Errorf("counted %+v in %d flows; %d bytes were sent", receipt.Traffic, receipt.AllFlows, sent)
	}
	checkKeyLife(t, receipt.Key)
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
func slowPath(t *testing.T, to string, bytesPerSecond int) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", FreeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
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
			running.Go(func() { pass(near, far) })
			running.Go(func() { pass(far, near) })
		}
	})
	return listener.Addr().String()
}
