package broker

import (
	"time"

	"lockwire/engine/session"
)

// steps are the moments on the way of a session from its request to its first connection. The log has them at level debug: they say
// what a tool waited for.
type steps struct {
	asked, decided, keys, minted time.Time
	recorded                     time.Time // the session's first write was committed
	targetReady                  time.Time // the target has answered its offer
}

// noteStep notes where the life of a session has come to, and logs all steps once the source has answered its offer. b.mu is held.
func (b *Broker) noteStep(s *live, state session.State) {
	now := time.Now()
	switch state {
	case session.Acknowledged:
		s.steps.targetReady = now
	case session.Ready:
		t := &s.steps
		offered := t.targetReady // to the source
		if t.recorded.After(offered) {
			offered = t.recorded
		}
		b.log.Debug("session offered", "session", s.shown.ID, "route", s.shown.RouteName, "decide", took(t.asked, t.decided), "keys", took(t.decided, t.keys), "mint", took(t.keys, t.minted),
			"target", took(t.minted, t.targetReady), "record", took(t.minted, t.recorded), "source", took(offered, now), "all", took(t.asked, now))
	}
}

// took is how long a step took; 0 where it was not made here: a provider's broker makes the key of a session there.
func took(from, to time.Time) time.Duration {
	if from.IsZero() || to.IsZero() {
		return 0
	}
	return to.Sub(from)
}
