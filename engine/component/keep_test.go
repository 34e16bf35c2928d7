package component

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"lockwire/engine"
	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
	"lockwire/engine/wire"
)

// dialledNetwork is the machine's network, and remembers what flows dialled.
type dialledNetwork struct {
	machine.SystemNetwork
	mu    sync.Mutex
	conns []net.Conn
}

func (n *dialledNetwork) Dial(ctx context.Context, address string) (net.Conn, error) {
	conn, err := n.SystemNetwork.Dial(ctx, address)
	if err == nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.conns = append(n.conns, conn)
	}
	return conn, err
}

func (n *dialledNetwork) dialled() []net.Conn {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]net.Conn(nil), n.conns...)
}

// newKeepingPair is a pair whose source remembers what it dialled.
func newKeepingPair(t *testing.T, mode engine.Mode, changes ...func(*testRoute)) (*pair, *dialledNetwork) {
	t.Helper()
	p, folder := newPairWithoutSource(t, mode, changes...)
	dialled := new(dialledNetwork)
	p.runSource(t, folder, func(c *Config) { c.Network = dialled })
	return p, dialled
}

// carry has a tool's connection carried to its end, and waits until both agents are done with it.
func (p *pair) carry(t *testing.T) {
	t.Helper()
	const ended = "connection ended"
	before := strings.Count(p.source.log.String(), ended)
	conn := p.dial(t)
	roundTrip(t, conn, "hello")
	finish(t, conn)
	for _, end := range []*runningAgent{p.source, p.target} {
		eventually(t, "the end of a connection", func() bool { return strings.Count(end.log.String(), ended) > before })
	}
}

// keep has a connection carried, and kept: it is not for ever.
func (p *pair) keep(t *testing.T, network *dialledNetwork) (dialled int) {
	t.Helper()
	eventually(t, "a connection is kept", func() bool {
		p.carry(t)
		return open(network.dialled()) == 1
	})
	return len(network.dialled())
}

// open counts those of the connections that are not closed at this end.
func open(conns []net.Conn) (count int) {
	for _, conn := range conns {
		if conn.(*net.TCPConn).SetNoDelay(true) == nil {
			count++
		}
	}
	return count
}

func TestConnectionBetweenTheAgentsIsUsedAgain(t *testing.T) {
	for _, mode := range []engine.Mode{engine.Sealed, engine.Plain} {
		t.Run(mode.String(), func(t *testing.T) {
			p, network := newKeepingPair(t, mode)
			for range 5 {
				p.carry(t)
			}
			// On a machine that stands still for a while one may have waited for too long.
			if got := len(network.dialled()); (got < 5) != (mode == engine.Sealed) {
				t.Errorf("%d connections were made for 5 of a tool", got)
			}
			if got := p.backend.connections(); got != 5 {
				t.Errorf("the backend saw %d", got)
			}
			all := p.source.attachments[0].sessions.All()
			if len(all) != 1 {
				t.Fatalf("%d sessions", len(all))
			}
			eventually(t, "the session carries none any more", func() bool { return all[0].Stats().GetFlows() == 0 })
			stats := all[0].Stats()
			if stats.GetAllFlows() != 5 || stats.GetToTarget() != 25 || stats.GetEndpoint() == "" || stats.GetLocalAddress() != "127.0.0.1" {
				t.Errorf("the session says %v", stats)
			}
		})
	}
}

// Whatever ends a session's key ends its kept connections at once, at both ends.
func TestKeptConnectionEndsWithItsSession(t *testing.T) {
	for _, drain := range []bool{false, true} {
		t.Run(fmt.Sprintf("drain %v", drain), func(t *testing.T) {
			p, network := newKeepingPair(t, engine.Sealed)
			dialled := p.keep(t, network)
			p.order(t, func(id []byte) *wire.Down {
				return &wire.Down{Message: &wire.Down_Cut{Cut: &wire.Cut{Session: id, Reason: "it is over", Drain: drain}}}
			})
			endings(t, p.b)
			if got := open(network.dialled()); got != 0 {
				t.Errorf("%d connections are open", got)
			}
			p.carry(t) // in a new session
			if got := len(network.dialled()); got != dialled+1 {
				t.Errorf("%d connections were made, %d before", got, dialled)
			}
		})
	}
}

// A target that needs room closes what is kept; the next connection of a tool is carried all the same.
func TestKeptConnectionGivesWayAtTheTarget(t *testing.T) {
	p, network := newKeepingPair(t, engine.Sealed)
	dialled := p.keep(t, network)
	eventually(t, "the target counts a kept connection, and none that is carried", func() bool {
		got := p.target.Status().Budget
		return got.Kept == 1 && got.Connections == 0
	})
	var shares []*live.Share
	for peer := byte(1); p.target.budget.Kept() > 0; peer++ {
		for {
			share, err := p.target.budget.Begin(engine.KeyID{peer})
			if err != nil {
				break
			}
			shares = append(shares, share)
		}
	}
	for _, share := range shares {
		share.End()
	}
	p.carry(t)
	if got := len(network.dialled()); got != dialled+1 {
		t.Errorf("%d connections were made, %d before", got, dialled)
	}
}
