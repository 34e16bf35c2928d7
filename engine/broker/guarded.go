package broker

import (
	"time"

	"lockwire/engine/session"
	"lockwire/engine/throttle"
	"lockwire/engine/wire"
)

// guarded tells whether what the source of a session may send is kept to at the target. It is where the source is a tenant's component: that one
// is told its lease as any other, but whatever it sends and says, the target takes no more. So the leases of sources are in force at the targets, and
// no tenant takes what is another's.
func (s *live) guarded() bool { return s.shown.Tenant != "" }

// keeps are the senders whose leases an end keeps to. Of a session at a service provider that is the source, for both: what the end there
// sends is the provider's to limit, and is limited here where it arrives.
func (s *live) keeps(side session.Side) []session.Side {
	switch {
	case !s.guarded() && s.shown.Provider == "":
		return []session.Side{side}
	case s.guarded() == (side == session.Target):
		return bothSides[:]
	}
	return nil
}

// hearers are the components that are told a sender's lease.
func (s *live) hearers(side session.Side) []*member {
	switch {
	case side == session.Source && s.guarded():
		return []*member{s.ends[session.Source], s.ends[session.Target]}
	case s.shown.Provider != "":
		return s.ends[session.Source : session.Source+1]
	}
	return s.ends[side : side+1]
}

// allotted adds a sender's lease, as it is told to one of its hearers. One whose offer was not sent yet is told nothing: the offer goes with the
// lease that is present then.
func (s *live) allotted(to []*wire.Allotment, m *member, side session.Side, lease throttle.Lease, now time.Time) []*wire.Allotment {
	at := s.sideOf(m)
	if s.unsent(at) {
		return to
	}
	allotment := &wire.Allotment{Session: wire.IDBytes(s.shown.ID)}
	s.told[side] = now
	if at == side {
		allotment.Lease = wire.NewLease(lease.Number, lease.Limit)
	} else {
		allotment.Receives = wire.NewLease(lease.Number, lease.Limit)
	}
	return append(to, allotment)
}

// inForce are the leases that an end keeps to: for what it sends, and for what it takes from the source.
type inForce struct{ sends, receives throttle.Lease }

// inForceIn reads the leases in force out of an end's stats.
func inForceIn(stats *wire.SessionStats) (f inForce, err error) {
	if f.sends, err = leaseOf(stats.GetLease()); err != nil {
		return f, err
	}
	f.receives, err = leaseOf(stats.GetReceives())
	return f, err
}

func leaseOf(lease *wire.Lease) (throttle.Lease, error) {
	number, limit, err := lease.Terms()
	return throttle.Lease{Number: number, Limit: limit}, err
}

// of is the lease of one of the senders that the end keeps to.
func (f inForce) of(sending, at session.Side) throttle.Lease {
	if sending == at {
		return f.sends
	}
	return f.receives
}

// waitsFor tells whether flows wait for one of the leases that the end keeps to.
func (p *progress) waitsFor(sending, at session.Side) bool {
	if sending == at {
		return p.waiting
	}
	return p.receivesWaiting
}

// obeyed notes what is in force at an end. b.mu is held.
func (b *Broker) obeyed(s *live, side session.Side, f inForce) {
	for _, sending := range s.keeps(side) {
		b.confirm(sender{s.shown.ID, sending}, f.of(sending, side).Number)
	}
}

// reached notes that an end attached again with a session, and what is in force there. b.mu is held.
func (b *Broker) reached(s *live, side session.Side, f inForce) {
	if s.life.Silent() {
		return
	}
	for _, sending := range s.keeps(side) {
		b.found(s, sending, f.of(sending, side))
	}
	if s.guarded() && side == session.Source {
		b.repeat(s, side, f.sends.Number, time.Now())
	}
	b.wantAllotment()
}

// stillObeys sends an end again what it does not keep to yet. b.mu is held.
func (b *Broker) stillObeys(s *live, side session.Side, f inForce, now time.Time) {
	b.repeat(s, side, f.sends.Number, now)
	for _, sending := range s.keeps(side) {
		if sending != side {
			b.repeat(s, sending, f.receives.Number, now)
		}
	}
}
