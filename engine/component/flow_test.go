package component

import (
	"bytes"
	"crypto/rand"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/component/route"
	"lockwire/engine/wire"
)

func TestFlowCarriesBytesBothWaysAndEndsInOrder(t *testing.T) {
	for _, mode := range []engine.Mode{engine.Sealed, engine.Plain} {
		t.Run(mode.String(), func(t *testing.T) {
			p := newPair(t, mode)
			conn := p.dial(t)
			roundTrip(t, conn, "one")
			data := make([]byte, 3<<20+17)
			rand.Read(data)
			var sending sync.WaitGroup
			sending.Go(func() {
				_, _ = conn.Write(data)
				_ = conn.CloseWrite()
			})
			got, err := io.ReadAll(conn)
			sending.Wait()
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("got %d bytes of %d, equal %v: %v", len(got), len(data), bytes.Equal(got, data), err)
			}
			stats := await(t, p.b, func(s *wire.Stats) bool {
				return len(s.GetSessions()) == 1 && s.GetSessions()[0].GetAllFlows() == 1 && s.GetSessions()[0].GetFlows() == 0
			}).GetSessions()[0]
			if want := uint64(len(data) + 3); stats.GetToTarget() != want || stats.GetToSource() != want {
				t.Errorf("counted %d and %d bytes, want %d", stats.GetToTarget(), stats.GetToSource(), want)
			}
			if stats.GetGroup() == "" {
				t.Error("the key exchange group is not reported")
			}
		})
	}
}

func TestFlowsShareOneSession(t *testing.T) {
	p := newPair(t, engine.Sealed)
	var flows sync.WaitGroup
	for range 20 {
		conn := p.dial(t)
		flows.Go(func() {
			roundTrip(t, conn, "hello")
			finish(t, conn)
		})
	}
	flows.Wait()
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	if len(p.b.sessions) != 1 {
		t.Fatalf("%d sessions for 20 connections", len(p.b.sessions))
	}
}

// patientClock is the system's, but that who gives up after seconds does so after minutes.
type patientClock struct{ machine.SystemClock }

func (c patientClock) NewTimer(d time.Duration) machine.Timer {
	if d >= farewellTime {
		d *= 100
	}
	return c.SystemClock.NewTimer(d)
}

// newPatientPair is a pair whose source waits for the broker's answer however long a burst takes.
func newPatientPair(t *testing.T) *pair {
	t.Helper()
	p, folder := newPairWithoutSource(t, engine.Sealed)
	p.runSource(t, folder, func(c *Config) { c.Clock = patientClock{} })
	return p
}

// burst opens more connections than may wait for their session at once, while the broker takes its time until it is let go on.
func burst(t *testing.T, p *pair) (connections []*net.TCPConn, goOn func()) {
	t.Helper()
	p.b.mu.Lock()
	goOn = sync.OnceFunc(p.b.mu.Unlock)
	t.Cleanup(goOn)
	for range route.MaximumWaiting + 50 {
		connections = append(connections, p.dial(t))
	}
	p.source.log.await(t, "connections wait in the system's queue")
	return connections, goOn
}

func TestABurstOfConnectionsWaitsForItsSession(t *testing.T) {
	p := newPatientPair(t)
	connections, goOn := burst(t, p)
	goOn()
	for _, conn := range connections {
		roundTrip(t, conn, "hello")
	}
}

func TestABurstOfConnectionsIsResetWhereItsSessionIsRefused(t *testing.T) {
	p := newPatientPair(t)
	connections, goOn := burst(t, p)
	p.route.refusal = "no session today"
	goOn()
	for _, conn := range connections {
		mustBeReset(t, conn)
	}
}

func TestABurstOfConnectionsIsResetWhereTheAgentStops(t *testing.T) {
	p := newPatientPair(t)
	connections, goOn := burst(t, p)
	var stopping sync.WaitGroup
	stopping.Go(p.source.stop)
	for _, conn := range connections {
		mustBeReset(t, conn)
	}
	goOn()
	stopping.Wait()
}
