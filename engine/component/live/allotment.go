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
		fromSource, err := LeaseOf(allotment.GetFromSource())
		if err != nil {
			return err
		}
		limiter := t.limiter(id)
		if limiter == nil {
			continue
		}
		limiter.Obey(lease) // where there is none its number is 0, which no limiter obeys
		inForce := &wire.LeaseInForce{Session: allotment.GetSession(), Number: limiter.Lease().Number}
		if s := t.Get(id); s != nil && s.fromSource != nil {
			s.fromSource.Obey(fromSource)
			inForce.FromSource = s.fromSource.Lease().Number
		}
		confirmed.Leases = append(confirmed.Leases, inForce)
	}
	if len(confirmed.Leases) > 0 {
		stream.Send(&wire.Up{Message: &wire.Up_LeasesInForce{LeasesInForce: confirmed}})
	}
	return nil
}

// limiter is what holds the sending end of a session back for this broker; nil where there is no such session.
func (t *Sessions) limiter(id engine.ID) *throttle.Limiter {
	if s := t.Get(id); s != nil {
		return s.Limiter
	}
	if w := t.witnessOf(id); w != nil {
		return w.limiter
	}
	return nil
}
