package route

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/component/machine"
	"lockwire/engine/network"
	"lockwire/engine/pump"
)

// Dials knows the connections that the component makes to backends. Where one of them comes back to a listener of its
// own, it tells through which sessions it came, so that a route that leads back to itself is noticed.
type Dials struct {
	mu sync.Mutex
	// open has the connections that are made, by the address from which they were.
	open map[netip.AddrPort][]engine.ID
	// underway has a channel for each dial to an address that is not decided yet; it is closed then.
	underway map[netip.AddrPort][]chan struct{}
}

// NewDials knows none yet.
func NewDials() *Dials {
	return &Dials{open: make(map[netip.AddrPort][]engine.ID), underway: make(map[netip.AddrPort][]chan struct{})}
}

// dialledBackend is a connection to a backend. forget must be called when it is over.
type dialledBackend struct {
	end    *pump.TCP
	forget func()
}

// dial connects to a backend for a connection that came through the sessions of via.
func (d *Dials) dial(ctx context.Context, over machine.Network, endpoint netip.AddrPort, via []engine.ID) (*dialledBackend, error) {
	decided := make(chan struct{})
	d.mu.Lock()
	d.underway[endpoint] = append(d.underway[endpoint], decided)
	d.mu.Unlock()
	conn, err := over.Dial(ctx, endpoint.String())
	d.mu.Lock()
	defer d.mu.Unlock()
	var local netip.AddrPort
	if err == nil {
		local = network.AddressOf(conn.LocalAddr())
		d.open[local] = via
	}
	d.underway[endpoint] = slices.DeleteFunc(d.underway[endpoint], func(other chan struct{}) bool { return other == decided })
	if len(d.underway[endpoint]) == 0 {
		delete(d.underway, endpoint)
	}
	close(decided)
	if err != nil {
		return nil, err
	}
	end, err := tcpEnd(conn)
	if err != nil {
		delete(d.open, local)
		return nil, err
	}
	return &dialledBackend{end: end, forget: func() { d.forget(local) }}, nil
}

func (d *Dials) forget(local netip.AddrPort) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.open, local)
}

// via gives the sessions through which an accepted connection came; none for one that the component did not make itself. The
// listener may hear of a connection before the dial does: a dial to the same address that is under way is waited for.
func (d *Dials) via(ctx context.Context, accepted net.Conn) []engine.ID {
	from, at := network.AddressOf(accepted.RemoteAddr()), network.AddressOf(accepted.LocalAddr())
	d.mu.Lock()
	underway := slices.Clone(d.underway[at])
	d.mu.Unlock()
	for _, decided := range underway {
		select {
		case <-decided:
		case <-ctx.Done():
			return nil
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open[from]
}

// errLoop: a connection came back to a session through which it had come.
var errLoop = errors.New("the route leads back to itself: a connection through this session came back to its listener; change the service's backend or the route's listen address")

// checkVia refuses a connection that came through the session before, or through too many.
func checkVia(via []engine.ID, session engine.ID) error {
	switch {
	case slices.Contains(via, session):
		return errLoop
	case len(via) >= channel.MaximumVia:
		return fmt.Errorf("the connection came through %d sessions already, as many as are possible: does one of their routes lead back to itself?", len(via))
	}
	return nil
}
