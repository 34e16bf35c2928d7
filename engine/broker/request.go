package broker

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/policy"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

const (
	// maximumRequests is how many requests of one component are answered at a time.
	maximumRequests = 64
	// keysWithin is how long a request waits for one-time keys where a component has used up those that it sent. Making one
	// takes about a millisecond.
	keysWithin = 5 * time.Second
)

// request is what a source asks for.
type request struct {
	from           *attachment
	number         uint64
	route          engine.ID
	notSameMachine bool
	transfer       uint64 // the test that it is for; 0 is a tool's connection
	asked          time.Time
}

// takeSessionRequest takes a source's request and answers it in a goroutine of its own.
func (b *Broker) takeSessionRequest(ctx context.Context, a *attachment, message *wire.SessionRequest) error {
	route, err := wire.ParseID(message.GetRoute())
	if err != nil {
		return err
	}
	r := request{a, message.GetRequest(), route, message.GetNotSameMachine(), message.GetTransfer(), time.Now()}
	b.mu.Lock()
	defer b.mu.Unlock()
	if a.requests >= maximumRequests {
		b.refuseRequest(a, r.number, "this component asks for too many sessions at once")
		return nil
	}
	a.requests++
	b.running.Go(func() {
		b.answer(ctx, r)
		b.mu.Lock()
		a.requests--
		b.mu.Unlock()
	})
	return nil
}

// prepared is a session that could be offered: all but its key.
type prepared struct {
	shown          engine.Session
	source, target *attachment
	direction      engine.Direction
	sameMachine    bool
	cipher         engine.Cipher
	candidates     candidates
	worked         netip.AddrPort // where the source reached the target last; invalid where that is not known
	linger         time.Duration
	streams        int // at once, of each connection
	service        engine.ID
	compare        bool        // a test's, in the other mode than the rules say
	cap            *engine.Cap // the tenant's; nil where there is none
	// provider is where the session is asked for, nil where it is made here; remote is its service, and joinedAs the source's id there.
	provider         *providerState
	remote, joinedAs engine.ID
	// What it was decided from, and how often all sessions had been decided anew by then.
	configuration *configuration
	considered    uint64
}

// noSuchTest refuses a session for a test that nobody asked for, or that is over.
const noSuchTest = "no such test was asked for"

// errRefused wraps the reason why a session is not offered.
type errRefused struct{ reason string }

func (e *errRefused) Error() string { return e.reason }

func refuse(format string, arguments ...any) error {
	return &errRefused{fmt.Sprintf(format, arguments...)}
}

// answer goes from a request to an offer, or to a refusal with its receipt.
func (b *Broker) answer(ctx context.Context, r request) {
	b.awaitReady(ctx, r)
	p, err := b.prepare(r)
	switch {
	case err == nil && p.provider != nil:
		err = b.offerElsewhere(ctx, r, p)
	case err == nil:
		err = b.offer(ctx, r, p)
	}
	if err == nil {
		return
	}
	var refused *errRefused
	reason := err.Error()
	if !errors.As(err, &refused) {
		b.log.Error("a session could not be offered", "route", p.shown.RouteName, "error", err)
		reason = "the broker could not make the session; its log says why"
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if open := new(errForTenant); errors.As(err, &open) {
		b.sendRefusal(r.from, r.number, reason)
	} else {
		b.refuseRequest(r.from, r.number, reason)
	}
	if p.shown.Route == "" {
		return // no route of this installation: nothing that a receipt could be about
	}
	receipt := receiptOf(&p.shown)
	receipt.State, receipt.Reason, receipt.Ended = engine.SessionRefused, reason, time.Now()
	receipt.Key.SourceErasure, receipt.Key.TargetErasure = engine.ErasureNotNeeded, engine.ErasureNotNeeded
	b.refused(receipt, false, nil)
}

// prepare finds what a session needs and decides for it. What it gives with an error is as far as it came.
func (b *Broker) prepare(r request) (*prepared, error) {
	p, source, target, names, err := b.gather(r)
	if p.shown.TargetName == "" { // there are no two ends to decide for
		return p, err
	}
	if p.shown.Tenant != "" {
		return b.prepareGranted(p, &source, &target, names, err)
	}
	path := netip.Addr{}
	if p.provider == nil {
		p.candidates = candidatesFor(&source, &target, p.worked, p.sameMachine, &p.configuration.preferred)
	}
	if len(p.candidates.endpoints) > 0 {
		path = p.candidates.endpoints[0].Addr()
	}
	p.shown.Decision = p.configuration.compiled.DecideSession(source.Party(), target.Party(), p.direction, p.sameMachine, path, p.shown.Began, names, b.liveUnder)
	if p.compare {
		compared, ok := policy.Compared(p.shown.Decision)
		if !ok {
			return p, refuse("a test does not compare sealed with plain here: %s decides", p.shown.Decision.Because())
		}
		p.shown.Decision = compared
	}
	if p.sameMachine && p.shown.Decision.By != engine.BySameMachine {
		// A provider gateway decides before that step: it is no matter of one machine then.
		p.sameMachine = false
		p.candidates = candidatesFor(&source, &target, p.worked, false, &p.configuration.preferred)
	}
	if err != nil { // the receipt of a refusal says what it was to be
		return p, err
	}
	if problem := b.record.Problem(); problem != "" {
		return p, &errRefused{problem + noRecord}
	}
	if p.provider != nil {
		return p, nil // where the target is dialled is the provider's to say
	}
	p.shown.FallBack = p.candidates.fallBack
	if len(p.candidates.endpoints) == 0 && p.candidates.fallBack != "" {
		return p, refuse("%s, and the settings require one: give both ends an address there, or let other addresses be used (lockwired networks mode prefer)",
			p.candidates.fallBack)
	}
	if len(p.candidates.endpoints) == 0 && p.candidates.own > 0 {
		return p, refuse("%s has no address at which %s can dial it: %s has the same addresses itself; start the agent of %s with --advertise ADDR:PORT",
			target.Name, source.Name, source.Name, target.Name)
	}
	if len(p.candidates.endpoints) == 0 {
		return p, refuse("%s has no address at which it can be dialled; start its agent with --advertise ADDR:PORT", target.Name)
	}
	p.cipher = cipherFor(&source.Report, &target.Report)
	if p.shown.Decision.Mode == engine.Sealed {
		p.shown.Cipher = p.cipher
	}
	return p, nil
}

// gather reads, in one step, all that a decision needs.
func (b *Broker) gather(r request) (p *prepared, source, target engine.Component, names engine.Names, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, names = &prepared{configuration: b.present, considered: b.considered, source: r.from}, b.namesNow()
	m := r.from.member
	if m.Tenant != "" {
		return b.gatherGranted(r, p, names)
	}
	source = m.Component
	route := b.present.routes[r.route]
	if route == nil {
		return p, source, target, names, refuse("there is no such route any more")
	}
	service := b.present.services[route.Service]
	p.direction = route.Direction
	p.linger, p.streams = b.present.linger(route), route.StreamsUnder(&b.present.settings)
	p.shown = engine.Session{
		ID: engine.NewID(), Route: route.ID, RouteName: route.Name, Source: m.ID, SourceName: m.Name, Began: b.config.Now().UTC(), Test: r.transfer != 0,
	}
	if service == nil {
		return p, source, target, names, refuse("the route %s leads to no service", route.Name)
	}
	p.service = service.ID
	p.shown.ServiceName, p.shown.Backend, p.shown.Target = service.Name, service.Backend, service.Target
	other := b.beyond(service)
	if other != nil {
		target, p.shown.TargetName = other.Component, other.Name
	}
	if err := b.mayAsk(r, route); err != nil {
		return p, source, target, names, err
	}
	if service.Provider != "" {
		target, err = b.gatherElsewhere(p, r, service)
		return p, source, target, names, err
	}
	switch {
	case other == nil || !other.Revoked.IsZero() || other.Tenant != "":
		return p, source, target, names, refuse("the target of the route %s was revoked", route.Name)
	case other.Draining() != nil:
		return p, source, target, names, &errRefused{other.RefusesWords()}
	case !other.online():
		return p, source, target, names, refuse("%s is not attached to the broker: is that machine on, and does its agent run?", other.Name)
	case other == m:
		return p, source, target, names, refuse("%s is source and target of the route %s", m.Name, route.Name)
	case engine.OtherChannelVersion(&m.Component, &other.Component) != "":
		return p, source, target, names, &errRefused{engine.OtherChannelVersion(&m.Component, &other.Component)}
	case len(other.sessions) >= wire.MaximumLiveSessions:
		return p, source, target, names, refuse("a component carries %d sessions already", wire.MaximumLiveSessions)
	}
	if r.transfer != 0 {
		test := r.from.transfers[r.transfer]
		if test == nil {
			return p, source, target, names, refuse(noSuchTest)
		}
		p.compare = test.compare
	}
	p.target = other.attachment
	p.worked = m.worked[other.ID]
	if r.notSameMachine {
		r.from.otherMachines[p.target] = true
		b.wantReconsideration() // of what protects the route
	}
	p.sameMachine = !r.from.otherMachines[p.target] && engine.SameMachine(&m.Component, &other.Component)
	return p, source, target, names, nil
}

// mayAsk tells whether a component may have a session of a route, whatever the other end. b.mu is held.
func (b *Broker) mayAsk(r request, route *engine.Route) error {
	m := r.from.member
	switch {
	case !slices.Contains(b.present.sources[route.ID], m.ID):
		return refuse("%s is not a source of the route %s", m.Name, route.Name)
	case !route.Enabled:
		return refuse("the route %s is off", route.Name)
	case m.attachment != r.from || !m.online():
		return refuse("%s is not attached any more", m.Name)
	case m.Draining() != nil:
		return &errRefused{m.RefusesWords()}
	case len(m.sessions) >= wire.MaximumLiveSessions:
		return refuse("a component carries %d sessions already", wire.MaximumLiveSessions)
	}
	return nil
}

// offer mints the session's key and begins its life, whose first command is the offer to the target.
func (b *Broker) offer(ctx context.Context, r request, p *prepared) error {
	way := steps{asked: r.asked, decided: time.Now()}
	sourceKey, targetKey, err := b.takeKeys(ctx, p)
	if err != nil {
		return err
	}
	way.keys = time.Now()
	keys := [3]lentKey{session.Source: {p.source, sourceKey}, session.Target: {p.target, targetKey}}
	minted, err := b.mint(ctx, p, session.Recipient{Component: p.shown.Source, OneTime: sourceKey}, session.Recipient{Component: p.shown.Target, OneTime: targetKey})
	way.minted = time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		return b.notMinted(keys, err)
	}
	if t := b.tenants[p.shown.Tenant]; t != nil && t.refused != "" { // while keys were awaited
		keys[session.Source].giveBack()
		keys[session.Target].giveBack()
		return &errRefused{t.refused}
	}
	source, target := p.source.member, p.target.member
	for _, end := range []struct {
		m  *member
		at *attachment
	}{{source, p.source}, {target, p.target}} {
		reason := end.m.RefusesWords()
		if end.m.attachment != end.at || !end.m.online() {
			reason = end.m.Name + " is not attached any more"
		}
		if reason != "" {
			keys[session.Source].giveBack()
			keys[session.Target].giveBack()
			return &errRefused{reason}
		}
	}
	s := &live{shown: p.shown, direction: p.direction, sameMachine: p.sameMachine, request: r.number, requester: r.from, current: &p.shown.Decision, steps: way, sourceKey: p.source.key}
	s.ends[session.Source], s.ends[session.Target] = source, target
	if p.candidates.preferred > 0 {
		s.preferred = &p.configuration.preferred
	}
	times := timesOf(&p.shown.Decision, p.linger, b.config.Now())
	s.offers[session.Source], s.offers[session.Target] = offersOf(r, p, minted, times)
	s.keys = keys
	life, commands := session.Begin(minted, times, time.Now())
	s.life = life
	b.begin(s, p, commands)
	return nil
}

// begin takes a session in whose life has begun, and carries out its first commands. b.mu is held.
func (b *Broker) begin(s *live, p *prepared, commands []session.Command) {
	b.remember(s)
	b.recount(s)
	b.enter(s)
	b.metrics.SessionsBegun.Add(1)
	if p.shown.Decision.Mode == engine.Plain {
		b.metrics.SessionsPlain.Add(1)
	}
	b.carryOut(s, commands)
	b.recordFirst(s)
	if b.considered != p.considered {
		b.wantReconsideration() // whatever that was for, rules, addresses or the clock: this one waited for keys and was not among them
	}
}

// notMinted gives back the one-time keys of a session whose key was not made, for nothing was sealed to them that left the broker. A
// component whose key is malformed loses its control stream and not the other one its key. b.mu is held.
func (b *Broker) notMinted(keys [3]lentKey, err error) error {
	var malformed *session.OneTimeKeyError
	if !errors.As(err, &malformed) {
		keys[session.Source].giveBack()
		keys[session.Target].giveBack()
		return err
	}
	keys[malformed.Of.Other()].giveBack()
	of := keys[malformed.Of].of
	of.drop(status.Errorf(codes.InvalidArgument, "%s: a one-time key that cannot be sealed to", wire.ErrMalformed))
	return refuse("%s sent a one-time key that is none: does its agent's version fit the broker's?", of.member.Name)
}

// timesOf are the times of a session that is offered at a moment. One that is plain by a trusted link takes no flow after the
// link's end: both ends see to that themselves, also where the broker is away by then.
func timesOf(decision *engine.SessionDecision, linger time.Duration, offered time.Time) session.Times {
	times := session.Times{Linger: linger, AgeCap: engine.AgeCap}
	if ends := decision.ExemptUntil(); !ends.IsZero() {
		times.AgeCap = min(times.AgeCap, max(ends.Sub(offered), time.Millisecond))
	}
	return times
}

// takeKeys takes a one-time key of each end, and waits for new ones where they are used up.
func (b *Broker) takeKeys(ctx context.Context, p *prepared) (source, target session.OneTimePublic, err error) {
	ctx, cancel := context.WithTimeout(ctx, keysWithin)
	defer cancel()
	for {
		b.mu.Lock()
		var missing *attachment
		switch {
		case len(p.source.oneTime) == 0:
			missing = p.source
		case len(p.target.oneTime) == 0:
			missing = p.target
		default:
			source, target = p.source.takeKey(), p.target.takeKey()
			b.mu.Unlock()
			return source, target, nil
		}
		refilled, name := missing.refilled, missing.member.Name
		b.mu.Unlock()
		select {
		case <-refilled:
		case <-missing.ended:
			return source, target, refuse("%s is not attached any more", name)
		case <-ctx.Done():
			return source, target, refuse("%s sent no one-time key in time", name)
		}
	}
}

// mint makes the key, not more of them at a time than the machine has use for.
func (b *Broker) mint(ctx context.Context, p *prepared, source, target session.Recipient) (session.Minted, error) {
	select {
	case b.minting <- struct{}{}:
	case <-ctx.Done():
		return session.Minted{}, ctx.Err()
	}
	defer func() {
		<-b.minting
		select {
		case b.minted <- struct{}{}:
		default:
		}
	}()
	return session.Mint(session.Binding{Installation: b.installation, Session: p.shown.ID, Mode: p.shown.Decision.Mode}, source, target, time.Now)
}

// offersOf are the offers to source and target, still without their first leases.
func offersOf(r request, p *prepared, minted session.Minted, times session.Times) (source, target *wire.Offer) {
	common := func(side wire.Side, sealed session.SealedKey, peer string) *wire.Offer {
		return &wire.Offer{
			Session: wire.IDBytes(p.shown.ID), Side: side, Route: wire.IDBytes(p.shown.Route), RouteName: p.shown.RouteName, Service: wire.IDBytes(p.service),
			Mode: wire.FromMode(p.shown.Decision.Mode), Cipher: wire.FromCipher(p.cipher), SourceKey: p.source.key[:], TargetKey: p.target.key[:],
			OneTimeKey: sealed.OneTimeKey[:], SealedKey: sealed.Bytes, SameMachine: p.sameMachine,
			LingerMilliseconds: times.Linger.Milliseconds(), AgeCapMilliseconds: times.AgeCap.Milliseconds(), Test: p.shown.Test, PeerName: peer,
			Streams: uint32(streamsOf(p)), Tunnel: p.shown.Tenant != "",
		}
	}
	peer := p.shown.TargetName
	if p.shown.Tenant != "" {
		peer = p.shown.ServiceName // a tenant knows the service, and not by which machine it is served
	}
	source = common(wire.Side_SIDE_SOURCE, minted.Source, peer)
	source.Request = r.number
	for _, endpoint := range p.candidates.endpoints {
		source.Endpoints = append(source.Endpoints, endpoint.String())
	}
	source.EndpointsLeftOut, source.PreferredEndpoints = uint32(p.candidates.leftOut), uint32(p.candidates.preferred)
	target = common(wire.Side_SIDE_TARGET, minted.Target, p.shown.SourceName)
	if !p.shown.Test {
		target.Backend = p.shown.Backend
	}
	return source, target
}

// streamsOf is how many streams a connection of the session may have at once: a plain one has a single one, and so has a test.
func streamsOf(p *prepared) int {
	if p.shown.Decision.Mode != engine.Sealed || p.shown.Test {
		return engine.OneStream
	}
	return p.streams
}
