//go:build linux

package main

import (
	"context"

	"lockwire/app/host"
	"lockwire/engine"
)

// path is one way from the source to the sink.
type path struct {
	name   string
	detail string // what was measured, for the reader
	// start starts the path's relays. An error means that the path cannot be measured here; the others still are.
	start func(ctx context.Context, b *bench) (*relays, error)
	peer  bool // another program's path
}

// relays are the running relays of a path.
type relays struct {
	address string   // where the source connects to
	near    *process // nil on the direct path
	far     *process
	after   func() // cleans up once both have ended; nil is nothing to do
}

// bench is what all paths share.
type bench struct {
	options
	sink        string // address
	certificate string // file with certificate and key in PEM, for the peers
}

// paths are measured in this order within each round.
var paths = []path{
	{"direct", "no relay", startDirect, false},
	{"plain", "Lockwire, plain channel, spliced", startOurs(engine.Plain), false},
	{"sealed", "Lockwire, sealed channel, AES-256-GCM", startOurs(engine.Sealed), false},
	{"agents", "two real agents and a broker, sealed", startAgents, false},
	{"nginx", "nginx stream, TLS 1.3", startNginx, true},
	{"haproxy", "HAProxy, TLS 1.3", startHAProxy, true},
	{"stunnel", "stunnel, TLS 1.3", startStunnel, true},
	{"socat", "socat OPENSSL, TLS 1.3", startSocat, true},
	{"ssh", "OpenSSH -L, aes256-gcm", startSSH, true},
}

func startDirect(_ context.Context, b *bench) (*relays, error) {
	return &relays{address: b.sink}, nil
}

func startOurs(mode engine.Mode) func(context.Context, *bench) (*relays, error) {
	return func(ctx context.Context, b *bench) (*relays, error) {
		near, far, err := newSession(mode)
		if err != nil {
			return nil, err
		}
		far.To = b.sink
		r := &relays{}
		if r.far, near.To, err = startRole(ctx, "far relay", far); err != nil {
			return nil, err
		}
		if r.near, r.address, err = startRole(ctx, "near relay", near); err != nil {
			r.stop()
			return nil, err
		}
		return r, nil
	}
}

// startAgents carries the flows through real agents, whose session a real broker brought about: what the whole costs beside
// its data channel, such as counts and reports.
func startAgents(ctx context.Context, b *bench) (_ *relays, err error) {
	listen, err := host.FreeAddress()
	if err != nil {
		return nil, err
	}
	i, err := newInstallation(ctx, b.options, plan{name: "agents", components: 2, backend: b.sink, routes: []plannedRoute{{source: 0, target: 1, listen: listen}}})
	if err != nil {
		return nil, err
	}
	r := &relays{address: listen, after: i.broker.stop}
	defer func() {
		if err != nil {
			r.stop()
		}
	}()
	if r.near, err = i.startAgent(ctx, 0); err != nil {
		return nil, err
	}
	if r.far, err = i.startAgent(ctx, 1, b.sink); err != nil {
		return nil, err
	}
	return r, i.awaitRoutes(ctx)
}

func (r *relays) stop() {
	for _, p := range []*process{r.near, r.far} {
		if p != nil {
			p.stop()
		}
	}
	if r.after != nil {
		r.after()
	}
}
