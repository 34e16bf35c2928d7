package live

import (
	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// order gives an order of the broker to one session. One that is not here any more needs none.
func (t *Sessions) order(id []byte, kind session.EndEventKind, reason string) error {
	parsed, err := wire.ParseID(id)
	if err != nil {
		return err
	}
	if s := t.Get(parsed); s != nil {
		s.mu.Lock()
		s.ordered = reason
		s.mu.Unlock()
		s.order(kind, reason)
	} else if w := t.witnessOf(parsed); w != nil {
		w.order(t, kind, reason)
	}
	return nil
}

// Cut ends a session, at once or with its last flow.
func (t *Sessions) Cut(order *wire.Cut) error {
	kind := session.CutOrdered
	if order.GetDrain() {
		kind = session.DrainOrdered
	}
	return t.order(order.GetSession(), kind, machine.Sentence(order.GetReason()))
}

// Acknowledge forgets a session of whose end the broker knows.
func (t *Sessions) Acknowledge(message *wire.EndedAcknowledged) error {
	return t.order(message.GetSession(), session.ReportAcknowledged, "")
}

// sessionsInFull is how many sessions a hello names with all that they have carried. Where there are more it says of each only what the
// broker needs to go on with it, so that wire.MaximumLiveSessions fit into one message; the next second's stats say the rest.
const sessionsInFull = 500

// Hello names the sessions that live here for a new stream.
func (t *Sessions) Hello() (named []*wire.LiveSession) {
	for _, s := range t.All() {
		if message := s.forHello(); message != nil {
			named = append(named, message)
		}
	}
	for _, w := range t.allWitnesses() {
		if message := w.forHello(); message != nil {
			named = append(named, message)
		}
	}
	if len(named) > sessionsInFull {
		for _, one := range named {
			one.Stats = &wire.SessionStats{Flows: one.Stats.GetFlows(), Lease: one.Stats.GetLease(), Receives: one.Stats.GetReceives()}
		}
	}
	return named
}

// Reattach takes the broker's answer to a hello: of the sessions that the hello named, those that the broker does not adopt are
// cut. Ends that the broker may have missed are reported again.
func (t *Sessions) Reattach(named []*wire.LiveSession, adopted [][]byte) {
	goesOn := make(map[engine.ID]bool, len(adopted))
	for _, id := range adopted {
		if parsed, err := wire.ParseID(id); err == nil {
			goesOn[parsed] = true
		}
	}
	for _, one := range named {
		if id, err := wire.ParseID(one.GetSession()); err == nil && !goesOn[id] {
			_ = t.order(one.GetSession(), session.CutOrdered, "the broker does not go on with the session") // the id was just parsed
		}
	}
	for _, s := range t.All() {
		s.order(session.Reattached, "")
	}
	for _, w := range t.allWitnesses() {
		w.Remind()
	}
}
