package gateway

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
	"lockwire/engine/throttle"
	"lockwire/engine/tunnel"
	"lockwire/engine/wire"
)

const (
	// reviewAgain is when the broker is asked again what it allows, once it was away and then gave no answer.
	reviewAgain = 2 * time.Second
	// bytesPerConnection is what a connection takes at the most while it carries: both TLS records and buffers, and what the system holds.
	bytesPerConnection = 256 << 10
)

// Config is what a Gateway is made from.
type Config struct {
	// Directory has the certificate that is shown, and the addresses of the broker.
	Directory *identity.Directory
	Log       *slog.Logger
	// Lines bounds the log lines that any connection can cause.
	Lines   *machine.LogLimiter
	Clock   machine.Clock
	Network machine.Network
	Work    Work
	Broker  Broker
	// Drains says why no new connection is taken; nil where one is.
	Drains func() error
	// Memory is how many bytes all connections may take, Descriptors how many files the process may have open; 0 is no limit.
	Memory, Descriptors uint64
	// Silence and HalfClosed are when a connection whose peer is dead, or of which one direction has ended, is reset.
	Silence, HalfClosed time.Duration
}

// Work are the goroutines of the attachment.
type Work interface {
	// Life ends when all is to end.
	Life() context.Context
	// Start runs f, or gives false where nothing is started any more.
	Start(f func()) (started bool)
}

// Broker is the way to the broker of the attachment.
type Broker interface {
	// Stream is the control stream, nil while there is none.
	Stream() Stream
}

// Stream is one control stream.
type Stream interface {
	// Send queues a message. It never waits.
	Send(*wire.Up)
	// Done is closed when the stream is over.
	Done() <-chan struct{}
}

// Gateway serves tunnels while its component has the role. It is safe for concurrent use.
type Gateway struct {
	config Config
	tunnel *tunnel.Gateway
	serves atomic.Bool

	mu     sync.Mutex
	number uint64 // of the last question
	asks   map[uint64]chan<- tunnel.Verdict
}

// New makes a gateway that does not serve yet.
func New(config Config) *Gateway {
	g := &Gateway{config: config, asks: map[uint64]chan<- tunnel.Verdict{}}
	g.tunnel = tunnel.NewGateway(tunnel.Config{
		TLS:       identity.GatewayConfig(config.Directory.Certificate, config.Directory.Roots),
		Authorise: g.ask,
		Broker:    func() []string { return config.Directory.Attachment().Brokers },
		Dial:      config.Network.Dial,
		Refused:   g.refused,
		Bounds:    bounds(config.Memory, config.Descriptors),
		Silence:   config.Silence, HalfClosed: config.HalfClosed,
	})
	return g
}

// bounds are those of the protocol where the machine has enough for them. One key gets half of all connections at the most.
func bounds(memory, descriptors uint64) tunnel.Bounds {
	b := tunnel.DefaultBounds()
	if memory > 0 {
		b.Connections = min(b.Connections, max(1, int(memory/bytesPerConnection)))
	}
	if descriptors > 0 { // a connection has two, and as many again are for those that are unproven and for all else
		b.Connections = min(b.Connections, max(1, int(descriptors/4)))
	}
	b.PerKey = min(b.PerKey, max(1, b.Connections/2))
	return b
}

// Serves tells whether the component has the role.
func (g *Gateway) Serves() bool { return g.serves.Load() }

// Counts gives how many connections of tenants there are, and of how many keys.
func (g *Gateway) Counts() (connections, keys int) { return g.tunnel.Counts() }

// Carried gives how many sessions go through, and how many connections they have.
func (g *Gateway) Carried() (sessions, connections int) { return g.tunnel.Carried() }

// WhenEmpty is closed when no session has a connection any more. Those with the broker do not count: they never end by themselves.
func (g *Gateway) WhenEmpty() <-chan struct{} { return g.tunnel.WhenEmpty() }

// CutSessions ends the sessions' connections.
func (g *Gateway) CutSessions() { g.tunnel.CutSessions() }

// Take serves a connection of the data port. It does not wait for it. While the machine drains it closes it, so that the tenant tries
// another gateway.
func (g *Gateway) Take(conn net.Conn) {
	if why := g.config.Drains(); why != nil {
		_ = conn.Close()
		g.refused(conn.RemoteAddr(), why)
		return
	}
	if !g.config.Work.Start(func() { g.tunnel.Handle(g.config.Work.Life(), conn) }) {
		_ = conn.Close()
	}
}

// Line takes what the gateway carries.
func (g *Gateway) Line(message *wire.GatewayLine) {
	limit := throttle.Unlimited
	if message.Limit != nil {
		limit = message.GetLimit()
	}
	g.tunnel.SetLine(limit)
}

// Welcomed takes what the broker says of the component's role when it attaches.
func (g *Gateway) Welcomed(role engine.Role) {
	is := role == engine.ProviderGateway
	was := g.serves.Swap(is)
	switch {
	case is && !was:
		g.begin()
	case is:
		g.config.Work.Start(g.review)
	case was:
		g.tunnel.CutAll()
		g.config.Log.Warn("this machine is no provider gateway any more; all tunnels that it carried are cut")
	}
}

func (g *Gateway) begin() {
	certificate, err := g.config.Directory.Certificate()
	if err == nil {
		var peer identity.Peer
		verifier := identity.NewVerifier(g.config.Directory.Roots, g.config.Clock.Now)
		if peer, err = verifier.Verify([]*x509.Certificate{certificate.Leaf}); err == nil && !peer.Gateway {
			err = identity.ErrNotGateway
		}
	}
	if err != nil {
		g.config.Log.Error("tenants will refuse this gateway's certificate; join this machine again with a token of role provider-gateway", "reason", err.Error())
		return
	}
	g.config.Log.Info("this machine is a provider gateway: its data port takes tenants' tunnels")
}

// review asks the broker, as soon as it is back, what of all that it has allowed still holds: it knows the sessions and keys of its record before
// it lets anybody attach.
func (g *Gateway) review() {
	life := g.config.Work.Life()
	for stream := g.config.Broker.Stream(); stream != nil; {
		err := g.tunnel.Review(life)
		if err == nil {
			g.config.Log.Debug("the broker was asked again what tunnels may go on")
			return
		}
		g.config.Log.Debug("the broker does not say yet what tunnels may go on", "reason", err.Error())
		if !machine.Wait(life.Done(), g.config.Clock, reviewAgain) {
			return
		}
		select {
		case <-stream.Done():
			return // the next stream begins anew
		default:
		}
	}
}

func (g *Gateway) refused(from net.Addr, why error) {
	if more, ok := g.config.Lines.Pass("tunnel"); ok {
		g.config.Log.Warn("a tunnel was not let through, or has broken", "from", from.String(), "reason", why.Error(), "more since the last line", more)
	}
}
