package component

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/control"
	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// provider is the component's place at a service provider, another installation, which it reaches through the tunnel to the provider's
// gateways only. There it is the source of sessions and nothing else: the provider's broker gives it no route, no address and no order.
type provider struct {
	place
	owner *attachment
	way   way
	end   context.CancelFunc // ends run

	// welcomed is closed when the provider's broker has welcomed the component for the first time.
	welcomed  chan struct{}
	isWelcome sync.Once

	mu      sync.Mutex
	ignored map[string]bool // kinds of messages that were logged
}

// way leads through the tunnel to a service provider.
type way interface {
	// Broker connects to the provider's broker by a gateway, HOST:PORT.
	Broker(ctx context.Context, gateway string) (net.Conn, error)
	// Session connects to the target of a session. It returns live.ErrTunnel where the gateway does not let it through.
	Session(ctx context.Context, session engine.ID) (net.Conn, error)
	// Close gives up what is kept ready.
	Close()
}

func newProvider(owner *attachment, directory *identity.Directory) (*provider, error) {
	kept := directory.Attachment()
	if kept.Kind != identity.Component {
		return nil, fmt.Errorf("%s is the attachment of an %s, not of a component", directory.Path(), kept.Kind)
	}
	c := owner.c
	p := &provider{owner: owner, ignored: map[string]bool{}, welcomed: make(chan struct{})}
	log := owner.log.With("provider", string(kept.Installation))
	p.way = c.config.way(directory)
	p.begin(c, placeConfig{
		directory: directory, log: log, network: tunnelled{p.way}, report: forProvider(owner.broker.Report()), discreet: true, drains: p.drains,
		control: func(config *control.Config) { config.Rooms, config.Tunnelled = (*providerRooms)(p), true },
		live: func(config *live.Config) {
			config.Backends = func() machine.BackendList { return machine.BackendList{} }
			config.Tunnel = p.way.Session
			config.Names = func(session engine.ID) (route, peer string) { return owner.providers.names(session) }
		},
	})
	return p, nil
}

// forProvider is all that a provider learns of the machine: what ciphers are for, and the program's version.
func forProvider(report engine.Report) engine.Report {
	return engine.Report{Version: report.Version, ChannelVersion: report.ChannelVersion, Processor: engine.Processor{AES: report.Processor.AES}, FIPS: report.FIPS}
}

// run keeps attached until ctx ends, then says farewell.
func (p *provider) run(ctx, life context.Context) {
	p.place.run(ctx, life, func() {})
	p.way.Close()
}

// drains is what the owner says, without who ordered it: that is not the provider's business.
func (p *provider) drains() error {
	if p.owner.drains() != nil {
		return errors.New("this machine drains and takes no new connection")
	}
	return nil
}

// tunnelled is the network of a place at a provider: there is nothing but the tunnel.
type tunnelled struct{ way way }

var errTunnelOnly = errors.New("a service provider is reached through its tunnel only")

// Listen implements machine.Network, as do the following.
func (tunnelled) Listen(context.Context, string) (net.Listener, error) { return nil, errTunnelOnly }

func (tunnelled) Dial(context.Context, string) (net.Conn, error) { return nil, errTunnelOnly }

func (t tunnelled) DialBroker(ctx context.Context, gateway string) (net.Conn, error) {
	return t.way.Broker(ctx, gateway)
}

func (tunnelled) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return nil, errTunnelOnly
}

// providerRooms is a provider as its control stream reaches it. It implements control.Rooms.
type providerRooms provider

// Hello implements control.Rooms, as do the following.
func (r *providerRooms) Hello(hello *wire.Hello) (err error) {
	hello.Sessions = r.sessions.Hello()
	hello.OneTimeKeys, err = r.keys.Renew()
	return err
}

func (r *providerRooms) Welcomed(hello *wire.Hello, welcome *wire.Welcome) {
	r.notice.Take(&wire.RestoresOnly{}, time.Time{}) // the broker says anew what holds
	r.sessions.Reattach(hello.GetSessions(), welcome.GetAdopted())
	r.isWelcome.Do(func() { close(r.welcomed) })
}

// firstWithin is how long a session waits until the component has attached to a provider that it has joined just now.
const firstWithin = 10 * time.Second

// awaitFirst waits until the component was attached once, for a while. Who asks for a session says why it is not.
func (p *provider) awaitFirst(ctx context.Context) {
	late := p.c.config.Clock.NewTimer(firstWithin)
	defer late.Stop()
	select {
	case <-p.welcomed:
	case <-late.C():
	case <-ctx.Done():
	}
}

// Take carries out what a provider's broker may say. All else it may not, or a newer one says what this agent does not know.
func (r *providerRooms) Take(s *control.Stream, down *wire.Down) error {
	switch message := down.GetMessage().(type) {
	case *wire.Down_Offer:
		return r.offers.Take(s, message.Offer)
	case *wire.Down_OfferCancelled:
		return r.offers.Cancel(message.OfferCancelled)
	case *wire.Down_SessionRefused:
		r.requests.Refuse(message.SessionRefused)
	case *wire.Down_Cut:
		return r.sessions.Cut(message.Cut)
	case *wire.Down_RestoresOnly:
		r.notice.Take(message.RestoresOnly, r.c.config.Clock.Now())
	case *wire.Down_Allotments:
		return r.sessions.Allot(s, message.Allotments)
	case *wire.Down_EndedAcknowledged:
		return r.sessions.Acknowledge(message.EndedAcknowledged)
	default:
		(*provider)(r).ignore(fmt.Sprintf("%T", message))
	}
	return nil
}

func (r *providerRooms) Detached() {
	r.requests.FailAll()
	r.keys.DropAll()
}

func (r *providerRooms) Changed() { r.c.tellNews() }

// ignore logs, once for each kind, a message that a provider's broker has no business to send.
func (p *provider) ignore(kind string) {
	p.mu.Lock()
	known := p.ignored[kind]
	p.ignored[kind] = true
	p.mu.Unlock()
	if !known {
		p.log.Warn("the service provider's broker sent what a tenant takes from nobody but its own broker; it is ignored", "message", strings.TrimPrefix(kind, "*wire.Down_"))
	}
}
