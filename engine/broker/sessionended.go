package broker

import (
	"time"

	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// takeSessionEnded takes the report that a session is over at one end. It is acknowledged in every case, or the component would repeat
// it for ever; for one that the broker knows, after what it says is committed.
func (b *Broker) takeSessionEnded(a *attachment, message *wire.SessionEnded) error {
	id, err := wire.ParseID(message.GetSession())
	if err != nil {
		return err
	}
	event := session.Event{Kind: session.EndEnded, Reason: reasonText(message.GetReason()), Ended: wire.Time(message.GetEnded())}
	if destroyed := wire.Time(message.GetDestroyed()); !destroyed.IsZero() {
		event.At, event.Erasure = destroyed, erasure(message.GetProven())
	}
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if a.member.attachment != a {
		return nil
	}
	s := a.member.sessions[id]
	if s == nil {
		// Its receipt is written, or about to be: the report crossed the acknowledgement. Or the broker never got to record it.
		b.acknowledge(a.member, id)
		return nil
	}
	event.End = s.sideOf(a.member)
	if message.GetStats() != nil {
		b.count(s, event.End, message.GetStats(), now)
		s.reported[event.End].final = true
	}
	if !b.step(s, event) {
		b.acknowledge(a.member, id) // it says what cannot be, and would say it again
	}
	return nil
}
