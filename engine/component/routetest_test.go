package component

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/wire"
)

func TestTransferMovesBytesAndComparesThemAtBothEnds(t *testing.T) {
	for _, mode := range []engine.Mode{engine.Sealed, engine.Plain} {
		t.Run(mode.String(), func(t *testing.T) {
			p := newPair(t, mode)
			const size = 5<<20 + 123
			p.b.member(p.source.id).send(&wire.Down{Message: &wire.Down_Transfer{Transfer: &wire.Transfer{Transfer: 7, Route: wire.IDBytes(p.route.id), Bytes: size}}})
			result := await[*wire.TransferResult](t, p.b, nil)
			if result.GetTransfer() != 7 || result.GetProblem() != "" || result.GetBytes() != size || result.GetElapsedNanoseconds() <= 0 || result.GetEndpoint() == "" {
				t.Fatalf("the result is %v", result)
			}
			if result.GetSourceCpuNanoseconds() <= 0 || result.GetTargetCpuNanoseconds() <= 0 {
				t.Errorf("the processor time is not measured: %v", result)
			}
			for side, ended := range endings(t, p.b) {
				if ended.GetStats().GetToTarget() != size {
					t.Errorf("%v counted %d bytes", side, ended.GetStats().GetToTarget())
				}
			}
			if got := p.backend.connections(); got != 0 {
				t.Errorf("the test dialled the backend %d times", got)
			}
		})
	}
}

func TestTransferOverAnUnknownRouteIsAProblem(t *testing.T) {
	p := newPair(t, engine.Sealed)
	p.b.member(p.source.id).send(&wire.Down{Message: &wire.Down_Transfer{Transfer: &wire.Transfer{Transfer: 8, Route: wire.IDBytes(engine.NewID()), Bytes: 1}}})
	if result := await[*wire.TransferResult](t, p.b, nil); !strings.Contains(result.GetProblem(), "not a source of the route") {
		t.Errorf("the result is %v", result)
	}
}

// A session that was taken for one machine's is asked for again when somebody else answers on loopback.
func TestSameMachineMustBeProvenOnLoopback(t *testing.T) {
	stranger := newBackend(t, func(conn *net.TCPConn) {})
	p := newPair(t, engine.Plain, func(r *testRoute) { r.same = true })
	p.b.mu.Lock()
	real := p.b.members[p.target.id].hello.GetReport().GetEndpoints()
	p.route.change = func(o *wire.Offer) {
		o.Endpoints = real
		if o.GetSameMachine() {
			o.Endpoints = []string{stranger.Addr().String()}
		}
	}
	p.b.mu.Unlock()
	roundTrip(t, p.dial(t), "hello")
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	if len(p.b.sessions) != 2 || p.route.same {
		t.Errorf("%d sessions, same machine %v", len(p.b.sessions), p.route.same)
	}
}

// fallenSilent is the machine's network, in which another address leads to the target as soon as its own one does not answer any more.
type fallenSilent struct {
	machine.SystemNetwork
	own, other string
	silent     atomic.Bool
	givenUp    chan error // why a connect with the silent one ended
}

func (n *fallenSilent) Dial(ctx context.Context, address string) (net.Conn, error) {
	switch {
	case address == n.other && !n.silent.Load():
		return nil, syscall.ENETUNREACH
	case address == n.other:
		return n.SystemNetwork.Dial(ctx, n.own)
	case address == n.own && n.silent.Load():
		<-ctx.Done()
		n.givenUp <- ctx.Err()
		return nil, ctx.Err()
	}
	return n.SystemNetwork.Dial(ctx, address)
}

func TestAConnectionThatJoinsDoesNotWaitUntilASilentWayTimesOut(t *testing.T) {
	p, folder := newPairWithoutSource(t, engine.Sealed)
	network := &fallenSilent{own: p.target.listener.Addr().String(), other: "192.0.2.1:6171", givenUp: make(chan error, 1)}
	p.route.endpoints = []string{network.own, network.other}
	p.runSource(t, folder, func(c *Config) { c.Network = network })
	roundTrip(t, p.dial(t), "hello")
	network.silent.Store(true)
	roundTrip(t, p.dial(t), "the other way")
	if err := <-network.givenUp; !errors.Is(err, context.Canceled) {
		t.Errorf("the connect with the silent one ended by itself: %v", err)
	}
}

// dialLog is the machine's network, and keeps which addresses are dialled.
type dialLog struct {
	machine.SystemNetwork
	mu      sync.Mutex
	dialled []string
}

func (n *dialLog) Dial(ctx context.Context, address string) (net.Conn, error) {
	n.mu.Lock()
	n.dialled = append(n.dialled, address)
	n.mu.Unlock()
	return n.SystemNetwork.Dial(ctx, address)
}

// take gives which of some addresses were dialled since it was asked last.
func (n *dialLog) take(of []string) (dialled []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, address := range n.dialled {
		if slices.Contains(of, address) {
			dialled = append(dialled, address)
		}
	}
	n.dialled = nil
	return dialled
}

// The first endpoint leads to a stranger who answers and proves nothing; the second one is the target.
func TestOnlyAnEndpointThatProvesTheTargetWins(t *testing.T) {
	stranger := newBackend(t, func(conn *net.TCPConn) { _, _ = conn.Read(make([]byte, 1<<16)) })
	p, folder := newPairWithoutSource(t, engine.Sealed)
	network := &dialLog{}
	p.runSource(t, folder, func(c *Config) { c.Network = network })
	p.b.mu.Lock()
	real := p.b.members[p.target.id].hello.GetReport().GetEndpoints()
	p.route.endpoints = append([]string{stranger.Addr().String()}, real...)
	p.b.mu.Unlock()
	roundTrip(t, p.dial(t), "hello")
	if first := network.take(p.route.endpoints)[0]; first != stranger.Addr().String() {
		t.Errorf("first it dials %s", first)
	}
	roundTrip(t, p.dial(t), "once more")
	if first := network.take(p.route.endpoints)[0]; first != real[0] {
		t.Errorf("then it dials %s first, and not what worked", first)
	}
	stats := await(t, p.b, func(s *wire.Stats) bool {
		return len(s.GetSessions()) == 1 && s.GetSessions()[0].GetAllFlows() == 2 && s.GetSessions()[0].GetEndpoint() != ""
	}).GetSessions()[0]
	if stats.GetEndpoint() != real[0] {
		t.Errorf("the endpoint is %s, not %v", stats.GetEndpoint(), real)
	}
}
