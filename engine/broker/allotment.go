package broker

import (
	"context"
	"slices"
	"time"

	"lockwire/engine/session"
	"lockwire/engine/throttle"
	"lockwire/engine/wire"
)

const (
	// allotPause lets changes that come in a row be answered by one look at all sessions. Where dividing takes long, the pause is
	// divideRest times as long, and tellRest times as long as telling took, so that it takes no more than a part of one core;
	// longestRest bounds it. An edit waits for none of them.
	allotPause  = 50 * time.Millisecond
	divideRest  = 20
	tellRest    = 4
	longestRest = 2 * time.Second
	// toldAtOnce is how many components are told their leases before others get the broker's lock.
	toldAtOnce = 64
)

// measure notes what a sender makes of its lease, as the end reports that keeps to it, and whether flows wait there. b.mu is held.
func (b *Broker) measure(s *live, side session.Side, before, now progress, waiting bool) {
	elapsed := now.at.Sub(before.at)
	if !before.known || elapsed < time.Second/5 || len(capsOn(s.current, side)) == 0 {
		return
	}
	sent := now.toTarget - before.toTarget
	if side == session.Target {
		sent = now.toSource - before.toSource
	}
	lease, _ := b.ledger.Present(sender{s.shown.ID, side})
	old, use := s.uses[side], throttle.Use{}
	if now.flows > 0 {
		use = throttle.Used(perSecond(sent, elapsed), lease.Limit, waiting)
	}
	s.uses[side] = use
	if use.HeldBack != old.HeldBack || !use.HeldBack && max(use.BytesPerSecond, old.BytesPerSecond)-min(use.BytesPerSecond, old.BytesPerSecond) > old.BytesPerSecond/8 {
		b.wantAllotment()
	}
}

// wantAllotment asks for a look at what every session may send. It never waits.
func (b *Broker) wantAllotment() {
	select {
	case b.allotted <- struct{}{}:
	default:
	}
}

// allotWhenWanted calls allot on every change; keepTime wants it each second besides. What allot returns is how long to rest then.
func (b *Broker) allotWhenWanted(ctx context.Context, allot func(now time.Time) (rest time.Duration)) {
	rest := allotPause
	for {
		select {
		case <-b.allotted:
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(rest):
		case <-b.allottedNow:
		case <-ctx.Done():
			return
		}
		rest = allot(time.Now())
	}
}

// allotNow has an edit that changes limits answered at once: a person waits for it.
func (b *Broker) allotNow() {
	b.wantAllotment()
	select {
	case b.allottedNow <- struct{}{}:
	default:
	}
}

// allot sends every end in reach the lease that changed, and gives how long to leave the sessions alone then. It takes b.mu, and leaves
// it to others between those that it tells: where ten thousand are told, that takes long.
func (b *Broker) allot(now time.Time) (rest time.Duration) {
	began := time.Now()
	b.mu.Lock()
	told := b.divide(now)
	b.mu.Unlock()
	divided := time.Now()
	for some := range slices.Chunk(told, toldAtOnce) {
		b.mu.Lock()
		for _, n := range some {
			b.tellNotice(n, now)
		}
		b.mu.Unlock()
	}
	return min(max(allotPause, divided.Sub(began)*divideRest+time.Since(divided)*tellRest), longestRest)
}

// notice are the leases of one component that changed.
type notice struct {
	to     *member
	leases []throttle.Allotted[sender]
}

// divide gives the leases that change now. b.mu is held.
func (b *Broker) divide(now time.Time) []notice {
	if now.Sub(b.started) < settleWithin && b.awaited() {
		return nil
	}
	b.ledger.Prune()
	var notices []notice
	places := map[*member]int{}
	for _, told := range b.ledger.Allot(b.useOf) {
		s := b.sessions[told.ID.session]
		if s == nil {
			continue
		}
		for _, m := range s.hearers(told.ID.side) {
			place, known := places[m]
			if !known {
				place = len(notices)
				places[m], notices = place, append(notices, notice{to: m})
			}
			notices[place].leases = append(notices[place].leases, told)
		}
	}
	return notices
}

// tellNotice sends a component the leases of its sessions that are still there. b.mu is held.
func (b *Broker) tellNotice(n notice, now time.Time) {
	allotments := make([]*wire.Allotment, 0, len(n.leases))
	for _, told := range n.leases {
		if s := b.sessions[told.ID.session]; s != nil {
			allotments = s.allotted(allotments, n.to, told.ID.side, told.Lease, now)
		}
	}
	b.tellLeases(n.to, allotments)
}

func (b *Broker) useOf(end sender) throttle.Use {
	if s := b.sessions[end.session]; s != nil && s.open() {
		return s.uses[end.side]
	}
	return throttle.Use{}
}

// repeat sends a sender's lease again where another one is in force: an allotment may come before the offer is opened. b.mu is held.
func (b *Broker) repeat(s *live, side session.Side, inForce uint64, now time.Time) {
	present, _ := b.ledger.Present(sender{s.shown.ID, side})
	if !s.life.Silent() && present.Number != inForce && !s.unsent(side) && now.Sub(s.told[side]) >= time.Second {
		b.tellLease(s, side, present, now)
	}
}

func (b *Broker) tellLease(s *live, side session.Side, lease throttle.Lease, now time.Time) {
	for _, m := range s.hearers(side) {
		b.tellLeases(m, s.allotted(nil, m, side, lease, now))
	}
}

// tellLeases sends allotments to a component. b.mu is held.
func (b *Broker) tellLeases(m *member, allotments []*wire.Allotment) {
	for some := range slices.Chunk(allotments, wire.AllotmentsAtOnce) {
		b.send(m, &wire.Down{Message: &wire.Down_Allotments{Allotments: &wire.Allotments{Allotments: some}}})
	}
}
