//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

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
	// handshakes counts those between the relays; nil where the path has none, or does not count them. resumes says whether all but
	// a few of them are to resume an earlier one, or none.
	handshakes func(context.Context) (handshakes, error)
	resumes    bool
	// verify tells whether the path was what its detail says, after all that was measured; nil is nothing to tell.
	verify func(context.Context) error
}

// running is a path with its relays.
type running struct {
	path
	*relays
}

// bench is what all paths of a measurement share.
type bench struct {
	options
	measurement string
	sink        string // address
	certificate string // file with certificate and key in PEM, for the peers
}

// paths are those of the throughput, measured in this order within each round.
var paths = []path{
	{"direct", "no relay", startDirect, false},
	{"plain", "Lockwire, plain channel, spliced", startOurs(engine.Plain), false},
	{"sealed", "Lockwire, sealed channel, AES-256-GCM", startOurs(engine.Sealed), false},
	{"agents", "two real agents and a broker, sealed", startAgents, false},
	{"nginx", "nginx stream, TLS 1.3", startNginx, true},
	{"haproxy", "HAProxy, TLS 1.3", startHAProxy(oneSided), true},
	{"stunnel", "stunnel, TLS 1.3", startStunnel(false), true},
	{"socat", "socat OPENSSL, TLS 1.3", startSocat, true},
	{"ssh", "OpenSSH -L, aes256-gcm", startSSH, true},
}

// connectionPaths are those of many short connections, in the same way. Where there is TLS, both ends prove who they are, as Lockwire's do.
var connectionPaths = []path{
	{"direct", "no relay", startDirect, false},
	{noTLSPath, "two HAProxy without TLS", startHAProxy(noTLS), true},
	{mutualPath, "two HAProxy, mutual TLS 1.3, a whole handshake for each connection", startHAProxy(mutual), true},
	{"haproxy resumed", "two HAProxy, mutual TLS 1.3, resumed", startHAProxy(resumed), true},
	{"stunnel", "stunnel, mutual TLS 1.3, as it comes", startStunnel(true), true},
	{"agents", "two real agents and a broker, one live sealed session", startAgents, false},
}

// startPaths starts those of the paths that the command line chose and that can be measured here. stop ends them.
func (b *bench) startPaths(ctx context.Context, paths []path, out io.Writer) (ready []running, stop func(), err error) {
	if b.certificate, err = writeCertificate(b.folder); err != nil {
		return nil, nil, err
	}
	stop = func() {
		for _, p := range slices.Backward(ready) {
			p.stop()
		}
	}
	for _, p := range paths {
		if len(b.only) > 0 && !slices.Contains(b.only, p.name) {
			continue
		}
		r, err := p.start(ctx, b)
		if ctx.Err() != nil {
			stop()
			return nil, nil, context.Cause(ctx)
		}
		if err != nil {
			fmt.Fprintf(out, "%s is skipped: %v\n", p.name, err)
			continue
		}
		ready = append(ready, running{p, r})
	}
	return ready, stop, nil
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
		if r.far, near.To, err = startRole(ctx, farRole, far); err != nil {
			return nil, err
		}
		if r.near, r.address, err = startRole(ctx, nearRole, near); err != nil {
			r.stop()
			return nil, err
		}
		return r, nil
	}
}

// startAgents carries the flows through real agents, whose session a real broker brought about: what the whole costs beside
// its data channel, such as counts and reports. Their session lives on between the transfers.
func startAgents(ctx context.Context, b *bench) (_ *relays, err error) {
	listen, err := host.FreeAddress()
	if err != nil {
		return nil, err
	}
	i, err := newInstallation(ctx, b.options, plan{name: b.measurement + " agents", components: 2, backend: b.sink, linger: int(lingerOfAgents / time.Second), routes: []plannedRoute{{source: 0, target: 1, listen: listen}}})
	if err != nil {
		return nil, err
	}
	r := &relays{address: listen, after: i.broker.stop, verify: i.verifyOneSession}
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

// lingerOfAgents keeps the session of real agents alive while the other paths are measured.
const lingerOfAgents = 10 * time.Minute

// cpu is what the near and the far relay have used.
func (r *relays) cpu() (used [2]time.Duration, err error) {
	for i, p := range []*process{r.near, r.far} {
		if p == nil {
			continue
		}
		if used[i], err = cpuOf(p.cmd.Process.Pid); err != nil {
			return used, err
		}
	}
	return used, nil
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
