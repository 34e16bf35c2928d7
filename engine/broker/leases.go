package broker

import (
	"fmt"
	"slices"
	"time"

	"lockwire/engine"
	"lockwire/engine/session"
	"lockwire/engine/throttle"
	"lockwire/engine/wire"
)

// settleWithin is how long a broker that was started again changes no lease while components attach that carry sessions: they
// try every 5 s. What they obey is not known before.
const settleWithin = 10 * time.Second

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

// awaited tells whether some end may obey a lease from before the broker was started that is not known. b.mu is held.
func (b *Broker) awaited() bool {
	for _, limited := range b.settling {
		if limited {
			return true
		}
	}
	return false
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
