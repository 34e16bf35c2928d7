package broker

import (
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// drain writes an administrator's order for a component as administration does; nil undoes it.
func (i *installation) drain(h *holder, order *engine.Drain) {
	i.t.Helper()
	i.write(func(tx engine.Transaction) error {
		for _, c := range must(tx.Components(i.t.Context())) {
			if c.ID == h.id {
				c.Drain = order
				return tx.PutComponent(c)
			}
		}
		return engine.ErrNotFound
	})
}

func byAnn(within time.Duration) *engine.Drain {
	order := &engine.Drain{Since: time.Now(), By: "administrator ann"}
	if within > 0 {
		order.Until = order.Since.Add(within)
	}
	return order
}

// Whichever end drains: what runs goes on, nothing joins it, and a request is refused with a receipt that says why.
func TestADrainedComponentFinishesWhatRunsAndIsOfferedNothing(t *testing.T) {
	for _, drained := range []string{"source", "target"} {
		t.Run(drained, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				p := i.pair()
				a := map[string]*agent{"source": p.source, "target": p.target}[drained]
				if order := one(a, (*wire.Down).GetDrainOrder); order.GetDrain() != nil {
					t.Fatalf("it is told to drain at once: %v", order)
				}
				id := p.live()
				i.drain(a.holder, byAnn(0))
				if order := one(a, (*wire.Down).GetDrainOrder).GetDrain(); order.GetBy() != "administrator ann" || order.GetSince() == 0 || order.GetUntil() != 0 {
					t.Errorf("it was ordered %v", order)
				}
				for _, end := range []*agent{p.source, p.target} {
					if cut := one(end, (*wire.Down).GetCut); !cut.GetDrain() || !strings.Contains(cut.GetReason(), drained+" drains, as administrator ann ordered") {
						t.Errorf("%s was sent %v", end.name, cut)
					}
				}
				if s := i.only(); s.State != engine.SessionDraining || s.Flows != 1 {
					t.Errorf("the session is %s with %d flows", s.State, s.Flows)
				}
				p.source.request(p.route.ID)
				const remedy = "lockwired components drain --undo "
				if refusal := one(p.source, (*wire.Down).GetSessionRefused).GetReason(); !strings.Contains(refusal, drained+" drains") || !strings.Contains(refusal, remedy+drained) {
					t.Errorf("refused with %q", refusal)
				}
				none(p.target, (*wire.Down).GetOffer)
				if r := i.receipt(); r.State != engine.SessionRefused || !strings.Contains(r.Reason, remedy+drained) {
					t.Errorf("the receipt is %s: %s", r.State, r.Reason)
				}
				if l := i.broker.Routes()[0].Listeners[0]; !strings.Contains(l.Problem, drained+" drains") && l.State == engine.ListenerUp {
					t.Errorf("the route says %+v", l)
				}
				p.source.end(id, nil)
				p.target.end(id, nil)

				i.drain(a.holder, nil)
				if order := one(a, (*wire.Down).GetDrainOrder); order.GetDrain() != nil {
					t.Errorf("undone, it was ordered %v", order)
				}
				p.live()
				if s := i.only(); s.State != engine.SessionLive {
					t.Errorf("after the drain was undone the session is %s", s.State)
				}
			})
		})
	}
}

func TestWhatStillRunsIsCutWhenTheTimeToDrainIsOver(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		p.live()
		i.drain(p.target.holder, byAnn(time.Minute))
		one(p.source, (*wire.Down).GetCut)
		time.Sleep(50 * time.Second)
		none(p.source, (*wire.Down).GetCut)
		time.Sleep(12 * time.Second)
		for _, end := range []*agent{p.source, p.target} {
			cuts := heard(end, (*wire.Down).GetCut)
			if last := cuts[len(cuts)-1]; last.GetDrain() || !strings.Contains(last.GetReason(), "the time for what still ran is over") {
				t.Errorf("%s was sent %v", end.name, last)
			}
		}
		if c := i.status(p.target.holder); c.Drain == nil || c.Sessions != 0 {
			t.Errorf("it drains: %v, and has %d sessions", c.Drain, c.Sessions)
		}
	})
}

// The order stands in the record: it holds over restarts of the broker and of the agent, until it is undone.
func TestADrainHoldsOverRestarts(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		i.drain(p.target.holder, byAnn(0))
		i.stop()
		i.start()
		source, target := p.source.holder.attach("10.0.0.2"), p.target.holder.attach("10.0.0.3")
		if one(source, (*wire.Down).GetDrainOrder).GetDrain() != nil || one(target, (*wire.Down).GetDrainOrder).GetDrain() == nil {
			t.Error("the order is lost, or another's")
		}
		source.request(p.route.ID)
		if refusal := one(source, (*wire.Down).GetSessionRefused).GetReason(); !strings.Contains(refusal, "target drains") {
			t.Errorf("refused with %q", refusal)
		}
		target.stream.CloseSend()
		i.wait()
		source.request(p.route.ID)
		if refusal := one(source, (*wire.Down).GetSessionRefused).GetReason(); !strings.Contains(refusal, "target drains") {
			t.Errorf("while it is away: refused with %q", refusal)
		}
		target = p.target.holder.attach("10.0.0.3") // another instance: its agent was started again
		if one(target, (*wire.Down).GetDrainOrder).GetDrain() == nil {
			t.Error("the order is lost with the agent")
		}
	})
}

// A component can be told to drain on its own machine. That holds while it is attached, and its broker does not undo it.
func TestAComponentThatDrainsOfItsOwnAccordIsOfferedNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		p.live()
		drains := report("10.0.0.3")
		drains.Drain = &engine.Drain{Since: time.Now(), By: "lockwire-agent drain, on that machine"}
		p.target.send(&wire.Up{Message: &wire.Up_Report{Report: wire.FromReport(drains)}})
		time.Sleep(time.Second)
		if cut := one(p.source, (*wire.Down).GetCut); !cut.GetDrain() {
			t.Errorf("its session: %v", cut)
		}
		p.source.request(p.route.ID)
		if refusal := one(p.source, (*wire.Down).GetSessionRefused).GetReason(); !strings.Contains(refusal, "lockwire-agent drain --undo") {
			t.Errorf("refused with %q", refusal)
		}
		p.target.stream.CloseSend()
		i.wait()
		if c := i.status(p.target.holder); c.Draining() != nil {
			t.Error("it drains while it is away")
		}
	})
}

// An order that comes while a request waits for one-time keys is in time, and the keys are given back.
func TestADrainReachesARequestThatWaits(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		for range helloKeys {
			p.source.request(p.route.ID)
			p.target.refuse(one(p.target, (*wire.Down).GetOffer), "no")
		}
		heard(p.source, (*wire.Down).GetSessionRefused)
		p.source.request(p.route.ID)
		none(p.target, (*wire.Down).GetOffer)
		i.drain(p.source.holder, byAnn(0))
		p.source.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: p.source.keys(1)}})
		p.target.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: p.target.keys(1)}})
		if refusal := one(p.source, (*wire.Down).GetSessionRefused).GetReason(); !strings.Contains(refusal, "source drains") {
			t.Errorf("refused with %q", refusal)
		}
		none(p.target, (*wire.Down).GetOffer)
		i.drain(p.source.holder, nil)
		p.source.request(p.route.ID)
		one(p.target, (*wire.Down).GetOffer)
	})
}
