package broker

import (
	"time"

	"lockwire/engine"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// adoptable picks the sessions of a hello that the component continues. It cuts all others: unknown ones, ended ones, and those whose other end is
// another component. b.mu is held.
func (b *Broker) adoptable(m *member, named map[engine.ID]carried) [][]byte {
	var adopted [][]byte
	for id, c := range named {
		s := m.sessions[id]
		if s == nil || s.sideOf(m) != c.side {
			continue
		}
		switch s.life.State() {
		case session.Acknowledged, session.Ready, session.Live, session.Draining:
			adopted = append(adopted, wire.IDBytes(id))
		}
	}
	return adopted
}

// adopt reports to every session of a component that it has attached again, and whether its hello named the session. b.mu is held.
func (b *Broker) adopt(m *member, named map[engine.ID]carried) {
	now := time.Now()
	// A step may take a session out of m.sessions.
	sessions := make([]*live, 0, len(m.sessions))
	for _, s := range m.sessions {
		sessions = append(sessions, s)
	}
	for _, s := range sessions {
		side := s.sideOf(m)
		c, isNamed := named[s.shown.ID]
		if !isNamed || c.side != side {
			b.step(s, session.Event{Kind: session.EndForgot, End: side})
			continue
		}
		b.reached(s, side, c.leases)
		b.step(s, session.Event{Kind: session.EndAttached, End: side})
		if c.stats != nil && b.sessions[s.shown.ID] == s {
			b.count(s, side, c.stats, now)
		}
	}
	// What the rules say may have changed while it was away.
	b.wantReconsideration()
}

// resume brings back the sessions that had not ended when the broker stopped. Those that an end still carries go on when it
// attaches and names them. b.mu is held.
func (b *Broker) resume(kept []engine.Session) {
	for i := range kept {
		shown := kept[i]
		source, target := b.members[shown.Source], b.beyond(&engine.Service{Target: shown.Target, Provider: shown.Provider})
		route := b.present.routes[shown.Route]
		times := timesOf(&shown.Decision, b.present.linger(route), shown.Key.Made)
		life, commands, err := session.Resume(shown, times, time.Now())
		if err != nil || source == nil || target == nil {
			b.log.Info("a session in the record is over; it gets its receipt", "session", shown.ID, "state", shown.State)
			b.record.Receipt(abandoned(shown), true, nil)
			continue
		}
		shown.Stale, shown.Now, shown.Flows = false, nil, 0
		shown.Traffic.RateToTarget, shown.Traffic.RateToSource, shown.Streams = 0, 0, nil
		s := &live{shown: shown, life: life, sameMachine: shown.Decision.By == engine.BySameMachine, direction: engine.Push, saved: time.Now(), recorded: true, resumed: true, countedToday: shown.Traffic.Bytes(), usedSaved: shown.Traffic.ToTarget}
		if route != nil {
			s.direction = route.Direction
		}
		if t := b.tenants[shown.Tenant]; t != nil {
			s.restoresOnly = t.restoresOnly != "" // it was told before, or is as soon as it attaches
		}
		s.current = &s.shown.Decision
		s.ends[session.Source], s.ends[session.Target] = source, target
		b.remember(s)
		b.recount(s)
		b.carryOut(s, commands)
	}
}

// abandoned is the receipt of a recorded session that cannot continue: it had ended and only waited for confirmations, or one of its components is
// gone.
func abandoned(shown engine.Session) engine.Receipt {
	receipt := receiptOf(&shown)
	receipt.State, receipt.Ended = engine.SessionEnded, time.Now()
	receipt.Reason = "the broker was started again before both ends had confirmed the session's end"
	if shown.State == engine.SessionRefused {
		receipt.State = engine.SessionRefused
	}
	erasures := []*engine.Erasure{&receipt.Key.SourceErasure, &receipt.Key.TargetErasure}
	if receipt.Provider != "" {
		erasures = erasures[:1] // of the other one only the provider's broker hears
	}
	for _, erasure := range erasures {
		if *erasure == "" {
			*erasure = engine.ErasureUnconfirmed
		}
	}
	return receipt
}
