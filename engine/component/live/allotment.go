package live

import (
	"lockwire/engine"
	"lockwire/engine/throttle"
	"lockwire/engine/wire"
)

// Allot puts leases in force and confirms them at once: what they free waits for that. A session that is not here yet, or any
// more, is left out; the broker sends again what its stats don't show to be in force.
func (t *Sessions) Allot(stream Stream, message *wire.Allotments) error {
	confirmed := &wire.LeasesInForce{}
	for _, allotment := range message.GetAllotments() {
		id, err := wire.ParseID(allotment.GetSession())
		if err != nil {
			return err
		}
		lease, err := LeaseOf(allotment.GetLease())
		if err != nil {
			return err
		}
		receives, err := LeaseOf(allotment.GetReceives())
		if err != nil {
			return err
		}
		sends, takes := t.limiters(id)
		if sends == nil {
			continue
		}
		sends.Obey(lease) // where there is none its number is 0, which no limiter obeys
		inForce := &wire.LeaseInForce{Session: allotment.GetSession(), Number: sends.Lease().Number}
		if takes != nil {
			takes.Obey(receives)
			inForce.Receives = takes.Lease().Number
		}
		confirmed.Leases = append(confirmed.Leases, inForce)
	}
	if len(confirmed.Leases) > 0 {
		stream.Send(&wire.Up{Message: &wire.Up_LeasesInForce{LeasesInForce: confirmed}})
	}
	return nil
}

// limiters hold back, for this broker, what this end of a session sends, and what it receives; nil for what is not held back, and both
// where there is no such session.
func (t *Sessions) limiters(id engine.ID) (sends, receives *throttle.Limiter) {
	if s := t.Get(id); s != nil {
		return s.Limiter, s.receives
	}
	if w := t.witnessOf(id); w != nil {
		return w.limiter, w.receives
	}
	return nil, nil
}
