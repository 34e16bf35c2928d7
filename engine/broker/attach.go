package broker

import (
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

const (
	// helloWithin is how long a control stream may take to say who attaches.
	helloWithin = 10 * time.Second
	// A component's messages are limited to messageRate a second after a burst; more of them wait. A session takes about six.
	messageRate  = rate.Limit(4000)
	messageBurst = 8000
)

// maximumProviders is of how many providers an installation can be a tenant.
const maximumProviders = 256

// attachments is the Attachment service.
type attachments struct {
	wire.UnimplementedAttachmentServer
	broker *Broker
}

// downStream is the broker's end of a control stream.
type downStream = grpc.BidiStreamingServer[wire.Up, wire.Down]

// Attach is the control stream of one component, from its hello until either side ends it.
func (s attachments) Attach(stream downStream) error {
	b := s.broker
	caller, ok := front.PeerFrom(stream.Context())
	if !ok {
		return status.Error(codes.Unauthenticated, "the caller is not known")
	}
	attached := make(chan *attachment, 1)
	received := make(chan error, 1)
	// Recv only returns when this method does, so that the reader cannot be waited for here; Serve waits for it.
	b.running.Go(func() { received <- b.receive(stream, caller, attached) })

	hello := time.NewTimer(helloWithin)
	defer hello.Stop()
	// A component that did not renew in time is not kept on by a stream that was opened before.
	expiry := time.NewTimer(time.Until(caller.CertificateExpires))
	defer expiry.Stop()
	var present *attachment
	for {
		var ended <-chan struct{}
		if present != nil {
			ended = present.ended
		}
		select {
		case present = <-attached:
			hello.Stop()
		case err := <-received:
			return err
		case <-ended:
			return present.why
		case <-hello.C:
			return status.Errorf(codes.DeadlineExceeded, "no hello came within %s", helloWithin)
		case <-expiry.C:
			return status.Error(codes.Unauthenticated, "the certificate has expired: renew it and attach again")
		case <-b.stopping:
			return status.Error(codes.Unavailable, "the broker stops")
		case <-stream.Context().Done():
			return status.FromContextError(stream.Context().Err()).Err()
		}
	}
}

// receive reads the hello and then all other messages of a component.
func (b *Broker) receive(stream downStream, caller front.Peer, attached chan<- *attachment) (err error) {
	ctx := stream.Context()
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	hello := first.GetHello()
	if hello == nil {
		return status.Error(codes.InvalidArgument, "the first message of a control stream is a hello")
	}
	a, err := b.attach(stream, caller, hello)
	if err != nil {
		return err
	}
	// Here and not in Attach, which may return while the hello is still being taken.
	defer func() {
		a.drop(err)
		b.detach(a)
	}()
	attached <- a
	limiter := rate.NewLimiter(messageRate, messageBurst)
	for {
		up, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil // the component has taken its leave
		}
		if err != nil {
			return err
		}
		if err := limiter.Wait(ctx); err != nil {
			return status.FromContextError(err).Err()
		}
		if err := b.take(ctx, a, up); err != nil {
			b.log.Warn("a component sent what is not as the protocol says", "component", caller.Name, "error", err)
			return status.Error(codes.InvalidArgument, err.Error())
		}
	}
}

// deliver sends what waits in the outbox.
func deliver(stream downStream, a *attachment) {
	for {
		messages, last := a.out.take()
		for _, message := range messages {
			if err := stream.Send(message); err != nil {
				a.drop(status.Error(codes.Canceled, "the control stream has ended"))
				return
			}
		}
		if last {
			a.drop(a.leavingWhy)
			return
		}
		if len(messages) == 0 {
			return
		}
	}
}

// greeting is a hello that was checked.
type greeting struct {
	instance [16]byte
	report   engine.Report
	oneTime  []session.OneTimePublic
	// generation numbers the one-time keys of this control stream.
	generation uint64
	sessions   map[engine.ID]carried
	providers  map[engine.ID]bool
}

// carried is a session that a component goes on with.
type carried struct {
	side   session.Side
	leases inForce
	stats  *wire.SessionStats
}

func parseHello(hello *wire.Hello) (g greeting, err error) {
	if len(hello.GetInstance()) != len(g.instance) {
		return g, fmt.Errorf("%w: an instance of %d bytes", wire.ErrMalformed, len(hello.GetInstance()))
	}
	g.instance = [16]byte(hello.GetInstance())
	if g.report, err = hello.GetReport().Engine(); err != nil {
		return g, err
	}
	if g.oneTime, err = parseOneTimeKeys(hello.GetOneTimeKeys()); err != nil {
		return g, err
	}
	g.generation = hello.GetOneTimeKeys().GetGeneration()
	if len(hello.GetSessions()) > wire.MaximumLiveSessions {
		return g, fmt.Errorf("%w: %d live sessions", wire.ErrMalformed, len(hello.GetSessions()))
	}
	g.sessions = make(map[engine.ID]carried, len(hello.GetSessions()))
	for _, s := range hello.GetSessions() {
		id, err := wire.ParseID(s.GetSession())
		if err != nil {
			return g, err
		}
		side, err := parseSide(s.GetSide())
		if err != nil {
			return g, err
		}
		leases, err := inForceIn(s.GetStats())
		if err != nil {
			return g, err
		}
		g.sessions[id] = carried{side, leases, s.GetStats()}
	}
	if len(hello.GetProviders()) > maximumProviders {
		return g, fmt.Errorf("%w: %d providers", wire.ErrMalformed, len(hello.GetProviders()))
	}
	g.providers = map[engine.ID]bool{}
	for _, provider := range hello.GetProviders() {
		id, err := wire.ParseID(provider)
		if err != nil {
			return g, err
		}
		g.providers[id] = true
	}
	return g, nil
}

func parseSide(side wire.Side) (session.Side, error) {
	switch side {
	case wire.Side_SIDE_SOURCE:
		return session.Source, nil
	case wire.Side_SIDE_TARGET:
		return session.Target, nil
	}
	return 0, fmt.Errorf("%w: side %d", wire.ErrMalformed, side)
}

// attach handles a component's hello: the component becomes online, gets its settings and routes, and continues the sessions that the broker knows.
func (b *Broker) attach(stream downStream, caller front.Peer, hello *wire.Hello) (*attachment, error) {
	g, err := parseHello(hello)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	if err := b.refuseSecondInstance(caller, g.instance); err != nil {
		return nil, err
	}
	if caller.Renewed {
		if err := b.front.Promote(stream.Context(), caller); err != nil {
			return nil, err
		}
	}

	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.members[caller.ID]
	switch {
	case m == nil || !m.Revoked.IsZero():
		return nil, status.Errorf(codes.PermissionDenied, "component %s was revoked", caller.Name)
	case m.Key != caller.Key:
		return nil, status.Error(codes.Unauthenticated, "the certificate was replaced by a renewed one")
	case m.attachment != nil && m.attachment.instance != g.instance:
		return nil, b.secondInstance(m, caller)
	}
	if old := m.attachment; old != nil {
		b.detached(old)
		old.drop(status.Error(codes.Aborted, "the component attached again over another connection"))
	}
	a := newAttachment(m, g.instance, caller)
	a.out = newOutbox(func() { b.running.Go(func() { deliver(stream, a) }) })
	a.oneTime, a.generation, a.providers = g.oneTime, g.generation, g.providers
	m.attachment, m.problem = a, ""
	if m.Role == engine.ProviderGateway && m.Tenant == "" {
		b.front.Gateway(a.from)
	}
	clear(m.listeners)
	b.metrics.Attached.Add(1)
	b.reported(m, g.report, a.from)

	b.greet(m, g)
	b.adopt(m, g.sessions)
	b.tellQuotas(m)
	for provider := range a.providers {
		if state := b.providers[provider]; state != nil {
			b.tellGateways(m, state)
		}
	}
	if len(b.providers) > 0 || len(a.providers) > 0 {
		b.wantJoining()
	}
	b.changed()
	b.log.Info("component attached", "component", m.Name, "id", m.ID, "from", a.from, "version", m.Report.Version, "sessions", len(g.sessions))
	return a, nil
}

// greet sends a component that has attached what it begins with. A tenant's gets nothing of this installation's network. b.mu is held.
func (b *Broker) greet(m *member, g greeting) {
	welcome := &wire.Welcome{Name: m.Name, Role: string(m.Role), Adopted: b.adoptable(m, g.sessions)}
	if m.Tenant == "" {
		welcome.SeenFrom = addressText(m.attachment.from)
	}
	b.send(m, &wire.Down{Message: &wire.Down_Welcome{Welcome: welcome}})
	b.send(m, &wire.Down{Message: &wire.Down_Roots{Roots: &wire.Roots{Roots: b.config.Authority.Roots().DER()}}})
	if m.Tenant != "" {
		return
	}
	b.send(m, &wire.Down{Message: &wire.Down_BrokerAddresses{BrokerAddresses: &wire.BrokerAddresses{Addresses: b.config.Addresses}}})
	b.pushDrain(m)
	b.pushLine(m)
	m.routes = nil
	b.pushRoutes(m, true)
}

// refuseSecondInstance checks before a renewed key is recorded; attach checks again.
func (b *Broker) refuseSecondInstance(caller front.Peer, instance [16]byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m := b.members[caller.ID]; m != nil && m.attachment != nil && m.attachment.instance != instance {
		return b.secondInstance(m, caller)
	}
	return nil
}

// secondInstance refuses a component whose identity is in use already, and shows it.
func (b *Broker) secondInstance(m *member, caller front.Peer) error {
	m.problem = fmt.Sprintf("a second machine, %s, tried to attach as this component at %s and was refused; if its disk is a copy of this one's, join it under a name of its own",
		caller.Address.Addr(), time.Now().UTC().Format(time.RFC3339))
	b.changed()
	if m.Tenant != "" { // where its own gateway's address is would be told else
		return status.Errorf(codes.AlreadyExists, "this component is attached to the provider already: if this disk is a copy of another machine's, join with a new token; if the agent was just started again, it will be let in within %s", wire.Silence)
	}
	return status.Errorf(codes.AlreadyExists, "component %s is attached already, from %s: if this disk is a copy of that machine's, join with a new token; if the agent was just started again, it will be let in within %s",
		m.Name, m.attachment.from, wire.Silence)
}

// detach notes that a control stream has ended.
func (b *Broker) detach(a *attachment) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a.member.attachment != a {
		return // it attached again over another connection
	}
	b.detached(a)
	b.log.Info("component detached", "component", a.member.Name, "id", a.member.ID)
}

// detached takes an attachment away from its component. b.mu is held.
func (b *Broker) detached(a *attachment) {
	m := a.member
	m.attachment, m.load, m.clockAhead = nil, engine.Load{}, 0
	m.LastSeen = time.Now()
	m.Report.Drain = nil // an agent that is started again has forgotten it
	b.record.Component(m.ID, engine.Sighting{Report: m.Report, SeenFrom: m.SeenFrom, LastSeen: m.LastSeen})
	for _, result := range a.probes {
		close(result)
	}
	for _, t := range a.transfers {
		close(t.result)
	}
	for _, key := range a.providerKeys {
		close(key)
	}
	clear(a.providerKeys)
	clear(a.probes)
	clear(a.transfers)
	for _, s := range m.sessions {
		b.outOfReach(s, s.sideOf(m))
		b.step(s, session.Event{Kind: session.EndDetached, End: s.sideOf(m)})
	}
	b.changed()
}
