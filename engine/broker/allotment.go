package broker

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lockwire/engine"
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
	// settleWithin is how long a broker that was started again changes no lease while components attach that carry sessions: they
	// try every 5 s. What they obey is not known before.
	settleWithin = 10 * time.Second
)

// sender is the sending end of a session: what the component at that side sends.
type sender struct {
	session engine.ID
	side    session.Side
}

var bothSides = [...]session.Side{session.Source, session.Target}

// capsOn gives the limits on what one end of a session sends.
func capsOn(d *engine.SessionDecision, side session.Side) []engine.Cap {
	if side == session.Source {
		return d.CapsToTarget
	}
	return d.CapsToSource
}

// bucketsOf are what senders under the limits draw on together.
func bucketsOf(caps []engine.Cap) []engine.CapID {
	buckets := make([]engine.CapID, len(caps))
	for i := range caps {
		buckets[i] = caps[i].ID()
	}
	return buckets
}

// drawing is what sessions draw on under one decision, which many of them have in common.
type drawing struct {
	decision *engine.SessionDecision
	limits   []string          // the rules' names, each once
	buckets  [3][]engine.CapID // by session.Side
	// sameAs is an earlier drawing that is known to be on the same limits.
	sameAs *drawing
}

func drawingOf(decision *engine.SessionDecision) *drawing {
	d := &drawing{decision: decision, limits: limitedBy(decision)}
	for _, side := range bothSides {
		d.buckets[side] = bucketsOf(capsOn(decision, side))
	}
	return d
}

// setCaps says how high the limits of a decision of now are. b.mu is held.
func (b *Broker) setCaps(d *drawing) {
	for _, side := range bothSides {
		caps := capsOn(d.decision, side)
		for i := range caps {
			b.ledger.SetCap(d.buckets[side][i], caps[i].Limit().BytesPerSecond())
		}
	}
}

// redraw has both ends of a session draw on the limits of a new decision, whose caps are set. b.mu is held.
func (b *Broker) redraw(s *live, d *drawing) {
	before := s.drawing
	s.current, s.drawing = d.decision, d
	if !slices.Equal(s.limits, d.limits) {
		b.countUnder(s, d.limits)
	}
	if before != nil && d.sameAs == before {
		return // with many sessions, to compare all their limits is what takes time
	}
	if before != nil && slices.Equal(before.buckets[session.Source], d.buckets[session.Source]) && slices.Equal(before.buckets[session.Target], d.buckets[session.Target]) {
		before.sameAs, d.sameAs = nil, before
		return
	}
	for _, side := range bothSides {
		b.ledger.Draw(sender{s.shown.ID, side}, d.buckets[side])
	}
}

// enter gives both ends of a session that begins their first leases; its offers go with those that are present then. b.mu is held.
func (b *Broker) enter(s *live) {
	for _, side := range bothSides {
		caps := capsOn(s.current, side)
		for i := range caps { // other decisions may have been made since: the limits stay as they are
			b.ledger.AddCap(caps[i].ID(), caps[i].Limit().BytesPerSecond())
		}
		s.uses[side] = throttle.Use{HeldBack: true} // until it is known what they use
		b.ledger.Join(sender{s.shown.ID, side}, bucketsOf(caps))
	}
	if s.limited() {
		b.wantAllotment()
	}
}

// limited tells whether any limit holds for the session.
func (s *live) limited() bool { return len(s.current.CapsToTarget)+len(s.current.CapsToSource) > 0 }

// resumeLeases enters the sessions from before the broker was started. Until their ends attach and say what they obey they
// count for an equal share. b.mu is held.
func (b *Broker) resumeLeases() {
	b.settling = map[sender]bool{}
	members := map[engine.CapID]uint64{}
	each := func(do func(s *live, end sender, caps []engine.Cap)) {
		for _, s := range b.ordered {
			for _, side := range bothSides {
				do(s, sender{s.shown.ID, side}, capsOn(s.current, side))
			}
		}
	}
	each(func(s *live, _ sender, caps []engine.Cap) {
		for i := range caps {
			members[caps[i].ID()]++
		}
	})
	each(func(s *live, end sender, caps []engine.Cap) {
		s.uses[end.side] = throttle.Use{HeldBack: true} // until it is known what it uses
		lease := throttle.Free
		for i := range caps {
			id := caps[i].ID()
			b.ledger.AddCap(id, caps[i].Limit().BytesPerSecond())
			lease.Limit = min(lease.Limit, caps[i].Limit().BytesPerSecond()/members[id])
		}
		b.ledger.Adopt(end, bucketsOf(caps), lease)
		b.ledger.Reach(end, false)
		b.settling[end] = len(caps) > 0
	})
}

// found notes that where a sender's lease is kept to was reached again, and under which one: it is what the sender obeys. Where the broker was
// not started again meanwhile it confirms one of those that were told. b.mu is held.
func (b *Broker) found(s *live, side session.Side, lease throttle.Lease) {
	end := sender{s.shown.ID, side}
	if _, unknown := b.settling[end]; unknown {
		delete(b.settling, end)
		b.ledger.Adopt(end, bucketsOf(capsOn(s.current, side)), lease)
	} else {
		b.ledger.Reach(end, true)
		b.ledger.Confirm(end, lease.Number)
		if present, confirmed := b.ledger.Present(end); !confirmed {
			b.tellLease(s, side, present, time.Now())
		}
	}
}

// outOfReach notes that nothing can be told to an end: it goes on under what it was told. b.mu is held.
func (b *Broker) outOfReach(s *live, side session.Side) {
	for _, sending := range s.keeps(side) {
		b.ledger.Reach(sender{s.shown.ID, sending}, false)
	}
}

// free gives what a session had to the others, once it can carry nothing more. b.mu is held.
func (b *Broker) free(s *live) {
	for _, side := range bothSides {
		end := sender{s.shown.ID, side}
		delete(b.settling, end)
		b.ledger.Leave(end)
	}
	if s.limited() {
		b.wantAllotment()
	}
}

// takeLeasesInForce takes the confirmation of allotments.
func (b *Broker) takeLeasesInForce(a *attachment, message *wire.LeasesInForce) error {
	if len(message.GetLeases()) > wire.MaximumLiveSessions {
		return fmt.Errorf("%w: %d leases in force", wire.ErrMalformed, len(message.GetLeases()))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, lease := range message.GetLeases() {
		id, err := wire.ParseID(lease.GetSession())
		if err != nil {
			return err
		}
		if s := a.member.sessions[id]; s != nil && a.member.attachment == a {
			b.obeyed(s, s.sideOf(a.member), inForce{sends: throttle.Lease{Number: lease.GetNumber()}, receives: throttle.Lease{Number: lease.GetReceives()}})
		}
	}
	return nil
}

// confirm notes which lease is in force at an end: what it frees goes to others. b.mu is held.
func (b *Broker) confirm(end sender, number uint64) {
	if b.ledger.Confirm(end, number) {
		b.wantAllotment()
	}
}

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

// awaited tells whether some end may obey a lease from before the broker was started that is not known. b.mu is held.
func (b *Broker) awaited() bool {
	for _, limited := range b.settling {
		if limited {
			return true
		}
	}
	return false
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
