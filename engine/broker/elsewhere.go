package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lockwire/engine"
	"lockwire/engine/broker/providers"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// gatherElsewhere is gather for a route that leads to a provider. The other end is a component of the provider's installation, of which
// nothing is known here but the provider's gateways. b.mu is held.
func (b *Broker) gatherElsewhere(p *prepared, r request, service *engine.Service) (target engine.Component, err error) {
	m := r.from.member
	state := b.providers[service.Provider]
	if state == nil {
		return target, refuse("the provider of the service %s was removed", service.Name)
	}
	p.provider, p.remote = state, service.Remote
	p.shown.Provider, p.shown.TargetName = state.ID, state.Name
	if r.transfer != 0 && r.from.transfers[r.transfer] == nil {
		return state.end.Component, refuse(noSuchTest)
	}
	if reason := b.notReady(state, m, service.Remote); reason != "" {
		return state.end.Component, &errRefused{reason}
	}
	if status := b.tenancies.Status(state.ID); r.transfer != 0 && status.QuotaUse().UsedUp() {
		return state.end.Component, refuse("the quota at the provider %s is used up, and a test sends bytes that count for it; restores go on", state.Name)
	}
	p.joinedAs = state.joined[m.ID]
	return state.end.Component, nil
}

// offerElsewhere asks the provider's broker for the session, and has the source ask there for its offer.
func (b *Broker) offerElsewhere(ctx context.Context, r request, p *prepared) error {
	way := steps{asked: r.asked, decided: time.Now()}
	if p.shown.Decision.Mode != engine.Sealed {
		return fmt.Errorf("a session with the provider %s was decided to be %s", p.shown.TargetName, p.shown.Decision.Mode)
	}
	id, err := b.tenancies.AskSession(ctx, p.provider.ID, p.joinedAs, p.remote)
	if err != nil {
		if refused, is := errors.AsType[*providers.Refused](err); is && refused.Unknown {
			b.joinAnew(ctx, p)
		}
		return &errRefused{err.Error()}
	}
	if !b.mayName(id, time.Now()) {
		return refuse("the provider %s named a session that lives here already", p.shown.TargetName)
	}
	if _, err := b.config.Store.Receipt(ctx, id); !errors.Is(err, engine.ErrNotFound) {
		if err != nil {
			return err
		}
		return refuse("the provider %s named a session that is over here already", p.shown.TargetName)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	m := p.source.member
	state := b.providers[p.provider.ID]
	switch {
	case b.sessions[id] != nil:
		return refuse("the provider %s named a session that lives here already", p.shown.TargetName)
	case state == nil:
		return refuse("the provider %s was removed", p.shown.TargetName)
	case m.attachment != p.source || !m.online():
		return refuse("%s is not attached any more", m.Name)
	case m.Draining() != nil:
		return &errRefused{m.RefusesWords()}
	}
	p.shown.ID = id
	s := &live{shown: p.shown, direction: p.direction, request: r.number, requester: r.from, current: &p.shown.Decision, steps: way, remote: p.remote}
	s.ends[session.Source], s.ends[session.Target] = m, state.end
	s.elsewhere = &wire.ProviderSession{
		Request: r.number, Provider: wire.IDBytes(state.ID), Session: wire.IDBytes(id), Route: wire.IDBytes(s.shown.Route), RouteName: s.shown.RouteName, ProviderName: state.Name,
	}
	now := time.Now()
	s.life, _ = session.BeginElsewhere(now, timesOf(&p.shown.Decision, p.linger, b.config.Now()), now)
	b.begin(s, p, nil)
	return nil
}

// namedFor is how long an id that a provider named is remembered after it was named, and after its session has ended: longer than its
// receipt may take to be written, as one that stands for others takes refusalsWithin.
const namedFor = 5 * refusalsWithin

// mayName tells whether a provider may give an id to a session that begins. One that was given before may have ended and have no receipt
// yet; a second session of that id would take the receipt's place.
func (b *Broker) mayName(id engine.ID, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for old, at := range b.named {
		if now.Sub(at) >= namedFor {
			delete(b.named, old)
		}
	}
	if _, before := b.named[id]; before || b.sessions[id] != nil {
		return false
	}
	b.noteNamed(id, now)
	return true
}

// noteNamed remembers an id that a provider named. b.mu is held.
func (b *Broker) noteNamed(id engine.ID, now time.Time) {
	if b.named == nil {
		b.named = map[engine.ID]time.Time{}
	}
	b.named[id] = now
}

// joinAnew has a component join a provider again that does not know it any more, as after a restore there; not more often than it is tried
// to join.
func (b *Broker) joinAnew(ctx context.Context, p *prepared) {
	m := p.source.member
	b.mu.Lock()
	state := b.providers[p.provider.ID]
	recent := state == nil || state.joining[m.ID] != nil && time.Since(state.joining[m.ID].at) < joinAgain
	b.mu.Unlock()
	if recent {
		return
	}
	if err := b.forgetJoined(ctx, p.provider.ID, m.ID); err != nil {
		b.log.Error("a provider does not know a component any more, which is to join anew and cannot", "component", m.ID, "provider", p.provider.ID, "error", err)
		return
	}
	b.wantJoining()
}

// unsent tells whether an end was not sent its offer yet, or was not told where to ask for it.
func (s *live) unsent(side session.Side) bool {
	return s.offers[side] != nil || s.elsewhere != nil
}

// sendElsewhere tells the source where to ask for its offer, once. b.mu is held.
func (b *Broker) sendElsewhere(s *live) {
	lease, _ := b.ledger.Present(sender{s.shown.ID, session.Source})
	receives, _ := b.ledger.Present(sender{s.shown.ID, session.Target})
	s.elsewhere.Lease, s.elsewhere.Receives = wire.NewLease(lease.Number, lease.Limit), wire.NewLease(receives.Number, receives.Limit)
	s.told[session.Source] = time.Now()
	s.told[session.Target] = s.told[session.Source]
	if b.send(s.ends[session.Source], &wire.Down{Message: &wire.Down_ProviderSession{ProviderSession: s.elsewhere}}) {
		s.elsewhere = nil
	}
}
