package broker

import (
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/throttle"
	"lockwire/engine/wire"
)

// guard is the target of a tenant's sessions, which keeps to what it is told. The tenant's component says that it obeys, and sends as it likes.
type guard struct {
	*provider
	own, receives map[string]throttle.Lease // by session
	claimed       map[string]uint64         // by session: the number that the source says to have in force
	deaf          string                    // of this session allotments arrive and are not put in force
	insists       *wire.Lease               // what the source says to have in force, whatever it is told
}

// limited is a provider with a tenant under a limit of 8 MB/s.
func (i *installation) limited() *guard {
	g := &guard{provider: i.provider(), own: map[string]throttle.Lease{}, receives: map[string]throttle.Lease{}, claimed: map[string]uint64{}}
	i.changeTenant(g.customer.tenant, func(t *engine.Tenant) { t.Limit = &engine.Limit{Value: 8, Unit: engine.MegabytesPerSecond} })
	return g
}

// begin begins a session, and gives its id.
func (g *guard) begin() string {
	source, target := g.offers()
	g.source.answer(source)
	id := string(target.GetSession())
	g.own[id], g.receives[id] = must(leaseOf(target.GetLease())), must(leaseOf(target.GetReceives()))
	return id
}

func (g *guard) pass(d time.Duration) {
	for range d / time.Second {
		time.Sleep(time.Second)
		for _, message := range heard(g.source, (*wire.Down).GetAllotments) {
			for _, a := range message.GetAllotments() {
				id := string(a.GetSession())
				g.claimed[id] = max(g.claimed[id], a.GetLease().GetNumber())
			}
		}
		for _, message := range heard(g.target, (*wire.Down).GetAllotments) {
			for _, a := range message.GetAllotments() {
				if id := string(a.GetSession()); id != g.deaf {
					newer(g.own, id, must(leaseOf(a.GetLease())))
					newer(g.receives, id, must(leaseOf(a.GetReceives())))
				}
			}
		}
		for id := range g.own {
			claimed := wire.NewLease(g.claimed[id], 1)
			if g.insists != nil {
				claimed = g.insists
			}
			g.source.stats(&wire.SessionStats{Session: []byte(id), Flows: 1, AllFlows: 1, Lease: claimed})
			g.target.stats(g.stats(id))
		}
	}
}

func newer(leases map[string]throttle.Lease, id string, lease throttle.Lease) {
	if lease.Number > leases[id].Number {
		leases[id] = lease
	}
}

func (g *guard) stats(id string) *wire.SessionStats {
	return &wire.SessionStats{Session: []byte(id), Flows: 1, AllFlows: 1, Lease: wire.NewLease(g.own[id].Number, g.own[id].Limit), Receives: wire.NewLease(g.receives[id].Number, g.receives[id].Limit), ReceivesWaiting: true}
}

func TestATenantsLimitIsInForceOnceTheTargetKeepsToIt(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		g := i.limited()
		first := g.begin()
		if lease := g.receives[first]; lease.Number == 0 || lease.Limit > 8*megabyte {
			t.Fatalf("the target is offered %v", lease)
		}
		g.pass(6 * time.Second)
		if lease := g.receives[first]; lease.Limit < 6*megabyte || lease.Limit > 8*megabyte {
			t.Fatalf("the only session may send %v", lease)
		}

		g.deaf = first // but the source says that it obeys
		second := g.begin()
		g.pass(5 * time.Second)
		if both := g.receives[first].Limit + g.receives[second].Limit; both > 8*megabyte {
			t.Errorf("while the target takes %d of one session it is told to take %d in all", g.receives[first].Limit, both)
		}
		g.deaf = ""
		g.pass(5 * time.Second)
		for _, id := range []string{first, second} {
			if lease := g.receives[id]; lease.Limit < 3*megabyte || lease.Limit > 5*megabyte {
				t.Errorf("each of two may send %v", lease)
			}
		}
	})
}

func TestWhatATenantsComponentSaysOfItsLeaseCountsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		g := i.limited()
		first := g.begin()
		g.pass(6 * time.Second)
		i.stop()
		i.start()
		source, target := g.source.holder.prepare(), g.target.holder.prepare()
		g.insists = wire.NewLease(1<<61, wire.NoLimit)
		source.hello(report(), &wire.LiveSession{Session: []byte(first), Side: wire.Side_SIDE_SOURCE, Stats: &wire.SessionStats{Session: []byte(first), Flows: 1, AllFlows: 1, Lease: g.insists}})
		target.hello(report("10.0.0.3"), &wire.LiveSession{Session: []byte(first), Side: wire.Side_SIDE_TARGET, Stats: g.stats(first)})
		g.source, g.target = source, target
		g.pass(12 * time.Second)
		second := g.begin()
		g.pass(5 * time.Second)
		for _, id := range []string{first, second} {
			if lease := g.receives[id]; lease.Limit < 3*megabyte || lease.Limit > 5*megabyte {
				t.Errorf("each of two may send %v", lease)
			}
		}
	})
}
