package broker

import (
	"time"

	"lockwire/engine"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// pushDrain tells an attached component whether an administrator's order has it drain. b.mu is held.
func (b *Broker) pushDrain(m *member) {
	if m.Tenant != "" {
		return
	}
	b.send(m, &wire.Down{Message: &wire.Down_DrainOrder{DrainOrder: &wire.DrainOrder{Drain: wire.FromDrain(m.Drain)}}})
}

// sameDrain compares two orders; nil is none.
func sameDrain(x, y *engine.Drain) bool {
	if x == nil || y == nil {
		return x == y
	}
	return x.Since.Equal(y.Since) && x.Until.Equal(y.Until) && x.By == y.By
}

// draining gives the end of a session that drains; nil where neither does.
func (s *live) draining() *engine.Component {
	for _, end := range []session.Side{session.Source, session.Target} {
		if m := s.ends[end]; m.Draining() != nil {
			return &m.Component
		}
	}
	return nil
}

// retireForDrain lets no new flow join a session of a component that drains. One that is still being set up is refused, and its
// tool's administrator reads what ends that. b.mu is held.
func (b *Broker) retireForDrain(s *live, c *engine.Component) {
	reason := c.RefusesWords()
	if s.life.State() >= session.Ready {
		reason = c.DrainReason()
	}
	b.retire(s, reason)
}

// cutDrained cuts what draining components still carry when the time for it is over. b.mu is held.
func (b *Broker) cutDrained(now time.Time) {
	for _, m := range b.members {
		if m.Drain == nil || m.Drain.Until.IsZero() || now.Before(m.Drain.Until) {
			continue
		}
		for _, s := range m.sessions {
			if s.open() {
				b.step(s, session.Event{Kind: session.CutWanted, Reason: m.DrainReason() + ", and the time for what still ran is over"})
			}
		}
	}
}

// drainsOn says which end of a route drains; empty where none does. b.mu is held.
func (b *Broker) drainsOn(route *engine.Route, source *member) string {
	if source.Draining() != nil {
		return source.DrainReason()
	}
	if service := b.present.services[route.Service]; service != nil {
		if target := b.beyond(service); target != nil {
			return target.DrainReason()
		}
	}
	return ""
}
