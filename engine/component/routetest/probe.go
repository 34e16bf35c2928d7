package routetest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
	"lockwire/engine/wire"
)

const (
	maximumProbes = 16
	probeTimeout  = 5 * time.Second
	// maximumBound is how many listening sockets an answer names.
	maximumBound = 64
)

// Probes looks for what listens on this machine.
type Probes struct {
	host   *live.Host
	system machine.System
	slots  chan struct{} // one entry for each probe that runs
}

// NewProbes looks at system and dials by the host's network.
func NewProbes(host *live.Host, system machine.System) *Probes {
	return &Probes{host: host, system: system, slots: make(chan struct{}, maximumProbes)}
}

// Take answers an order: it says whether anything answers at an endpoint: by a connection where the broker asks for one, otherwise by the machine's
// own table of sockets.
func (p *Probes) Take(s live.Stream, order *wire.Probe) {
	answer := func(result *wire.ProbeResult, err error) {
		result.Probe = order.GetProbe()
		if err != nil {
			result.Problem = machine.Sentence(err.Error())
		}
		s.Send(&wire.Up{Message: &wire.Up_ProbeResult{ProbeResult: result}})
	}
	select {
	case p.slots <- struct{}{}:
	default:
		answer(&wire.ProbeResult{}, errors.New("this machine probes too many endpoints already"))
		return
	}
	p.host.Work.Start(func() {
		defer func() { <-p.slots }()
		if order.GetConnect() {
			answer(p.connectTo(order.GetEndpoint()))
		} else {
			answer(p.lookUp(order.GetEndpoint()))
		}
	})
}

// connectTo connects to an endpoint and sends nothing.
func (p *Probes) connectTo(endpoint string) (*wire.ProbeResult, error) {
	ctx, cancel := context.WithTimeout(p.host.Work.Life(), probeTimeout)
	defer cancel()
	conn, err := p.host.Network.Dial(ctx, endpoint)
	if err == nil {
		err = conn.Close()
	}
	return &wire.ProbeResult{Tried: true, Answered: err == nil}, err
}

// lookUp reads off the machine's table of sockets whether a program listens at an endpoint of this machine, and on what else
// the machine listens on its port.
func (p *Probes) lookUp(endpoint string) (*wire.ProbeResult, error) {
	result := &wire.ProbeResult{}
	hosts, port, err := p.ownAddresses(endpoint)
	if err != nil {
		return result, err
	}
	bound, err := p.system.Listening(port)
	switch {
	case err != nil:
		return result, fmt.Errorf("who listens on this machine is not known: %w", err)
	case len(bound) > maximumBound:
		return result, fmt.Errorf("more than %d sockets listen on port %d", maximumBound, port)
	}
	result.Tried = true
	result.Answered = slices.ContainsFunc(hosts, func(host netip.Addr) bool {
		return slices.ContainsFunc(bound, func(socket netip.AddrPort) bool { return takes(socket.Addr(), host) })
	})
	for _, socket := range bound {
		result.Bound = append(result.Bound, socket.String())
	}
	if !result.Answered {
		return result, fmt.Errorf("no program on this machine listens on %s; where a container or the firewall forwards it, a connection tells", endpoint)
	}
	return result, nil
}

// ownAddresses are those that an endpoint's host is, where all of them are this machine's.
func (p *Probes) ownAddresses(endpoint string) (hosts []netip.Addr, port uint16, err error) {
	name, digits, err := net.SplitHostPort(endpoint)
	if err != nil {
		return nil, 0, err
	}
	number, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return nil, 0, fmt.Errorf("%q is no port", digits)
	}
	if strings.EqualFold(name, "localhost") {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, uint16(number), nil
	}
	host, err := netip.ParseAddr(name)
	if err != nil {
		return nil, 0, fmt.Errorf("%s is a name, and was not looked up", name)
	}
	if host = engine.PlainAddress(host); host.IsLoopback() || host.IsUnspecified() {
		return []netip.Addr{host}, uint16(number), nil
	}
	interfaces, err := p.system.Interfaces()
	if err != nil {
		return nil, 0, err
	}
	if !slices.ContainsFunc(interfaces, func(own engine.Address) bool { return own.Address == host }) {
		return nil, 0, fmt.Errorf("%s is not on this machine", endpoint)
	}
	return []netip.Addr{host}, uint16(number), nil
}

// takes tells whether a socket that listens on an address takes connections to a host. One on [::] is taken to have IPv4, too:
// the table of sockets does not say.
func takes(bound, host netip.Addr) bool {
	switch {
	case bound == host:
		return true
	case bound.IsUnspecified():
		return bound.Is6() || host.Is4()
	}
	return false
}
