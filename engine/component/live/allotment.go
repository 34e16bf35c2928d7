package live

import (
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
		lease, err := leaseOf(allotment.GetLease())
		if err != nil {
			return err
		}
		if s := t.Get(id); s != nil {
			s.Limiter.Obey(lease)
			confirmed.Leases = append(confirmed.Leases, &wire.LeaseInForce{Session: allotment.GetSession(), Number: s.Limiter.Lease().Number})
		}
	}
	if len(confirmed.Leases) > 0 {
		stream.Send(&wire.Up{Message: &wire.Up_LeasesInForce{LeasesInForce: confirmed}})
	}
	return nil
}
