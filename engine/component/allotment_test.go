package component

import (
	"testing"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// What an end was told is in force at once, confirmed at once, repeated in stats and hello, and never given up for an older one.
func TestLeasesComeIntoForceInOrderAndAreConfirmed(t *testing.T) {
	p := newPair(t, engine.Sealed, func(r *testRoute) { r.lease = wire.NewLease(5, 1<<20) })
	conn := p.dial(t)
	roundTrip(t, conn, "hello")
	// tell orders both ends, and waits until each has confirmed.
	tell := func(number, limit, want uint64) {
		t.Helper()
		p.order(t, func(id []byte) *wire.Down {
			return allotments(&wire.Allotment{Session: id, Lease: wire.NewLease(number, limit)}, &wire.Allotment{Session: wire.IDBytes(engine.NewID()), Lease: wire.NewLease(99, 1)})
		})
		for confirmed := map[engine.ID]bool{}; len(confirmed) < 2; {
			one := await(t, p.b, func(l *leasesInForce) bool { return len(l.GetLeases()) == 1 })
			if inForce := one.GetLeases()[0].GetNumber(); inForce != want || confirmed[one.from] {
				t.Fatalf("told %d, an end says that %d is in force; it has answered already: %v", number, inForce, confirmed[one.from])
			}
			confirmed[one.from] = true
		}
	}
	tell(7, 2<<20, 7)
	tell(6, wire.NoLimit, 7) // late
	tell(7, wire.NoLimit, 7) // doubled
	s := p.source.attachments[0].sessions.All()[0]
	lease := s.Stats().GetLease()
	if number, limit, _ := lease.Terms(); number != 7 || limit != 2<<20 {
		t.Errorf("the stats say %v", lease)
	}
	if number, limit, _ := p.source.attachments[0].sessions.Hello()[0].GetStats().GetLease().Terms(); number != 7 || limit != 2<<20 {
		t.Errorf("the hello says %v", p.source.attachments[0].sessions.Hello()[0])
	}
	tell(8, 0, 8)
	if _, limit, _ := s.Stats().GetLease().Terms(); limit != 0 {
		t.Error("a limit of 0 lifts it")
	}
	tell(9, wire.NoLimit, 9)
	roundTrip(t, conn, "none holds")
}

func TestAllotmentThatNoBrokerSendsEndsTheStream(t *testing.T) {
	p := newPair(t, engine.Sealed)
	roundTrip(t, p.dial(t), "hello")
	p.order(t, func(id []byte) *wire.Down {
		return allotments(&wire.Allotment{Session: id, Lease: wire.NewLease(1<<63, 0)})
	})
	await(t, p.b, func(h *wire.Hello) bool { return len(h.GetSessions()) == 1 }) // it attaches anew
	s := p.source.attachments[0].sessions.All()[0]
	if _, limit, _ := s.Stats().GetLease().Terms(); limit != wire.NoLimit {
		t.Error("the lease was obeyed")
	}
}
