package live

import (
	"lockwire/engine"
	"lockwire/engine/pump"
	"lockwire/engine/session"
	"lockwire/engine/throttle"
	"lockwire/engine/wire"
)

// Witness tells the broker of one attachment of a session that another attachment carries, one to a service provider. The component's
// own broker is told of it as of its own sessions, ends it where it likes, and holds it to limits of its own, both ways: what the other
// end sends is the other broker's to limit, so that this one's limit on that holds where it arrives. Each of the two brokers acknowledges
// the end for itself.
type Witness struct {
	session *Session
	host    *Host // of the attachment whose broker is told
	// limiter is of what the session sends, receives of what it receives.
	limiter, receives *throttle.Limiter
}

// Witness has the attachment's broker told of a session that another attachment carries, and holds the session to the leases, too. It is
// nil where the attachment has as many sessions as it takes, or one with that id. Remind must follow.
func (t *Sessions) Witness(host *Host, s *Session, lease, receives throttle.Lease) *Witness {
	w := &Witness{session: s, host: host, limiter: throttle.NewLimiter(lease), receives: throttle.NewLimiter(receives)}
	t.mu.Lock()
	if t.count() >= wire.MaximumLiveSessions || t.byID[s.ID] != nil || t.witnesses[s.ID] != nil {
		t.mu.Unlock()
		return nil
	}
	t.witnesses[s.ID] = w
	t.mu.Unlock()
	s.mu.Lock()
	s.witness = w
	s.mu.Unlock()
	return w
}

// witnessOf finds the witness of a session; nil where there is none.
func (t *Sessions) witnessOf(id engine.ID) *Witness {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.witnesses[id]
}

// order gives the session an order of the witness's broker, or takes its word that it knows of the end.
func (w *Witness) order(t *Sessions, kind session.EndEventKind, reason string) {
	if kind != session.ReportAcknowledged {
		w.session.order(kind, reason)
		return
	}
	s := w.session
	s.mu.Lock()
	known := s.end.State() >= session.Reporting
	if known {
		s.witness = nil
	}
	s.mu.Unlock()
	if known {
		t.forgetWitness(s.ID)
	}
}

// Remind repeats what the witness's broker may have missed, also from before there was a witness.
func (w *Witness) Remind() {
	s := w.session
	s.mu.Lock()
	state, report := s.end.State(), s.end.Report()
	s.mu.Unlock()
	switch {
	case state >= session.Reporting:
		w.ended(s.reportWithStop(s.reportWithFailure(report)))
	case (state == session.Finishing || state == session.Cutting) && report.Erasure != "":
		w.keyDestroyed(report)
	}
}

func (w *Witness) keyDestroyed(report session.Report) {
	if w != nil {
		w.host.Tell(keyDestroyedMessage(w.session.ID, report))
	}
}

func (w *Witness) ended(report session.Report) {
	if w != nil {
		w.host.Tell(endedMessage(w.session.ID, report, w.stats()))
	}
}

// stats are the session's, under the leases of the witness's broker.
func (w *Witness) stats() *wire.SessionStats {
	stats := w.session.Stats()
	lease, receives := w.limiter.Lease(), w.receives.Lease()
	stats.Lease, stats.Waiting = wire.NewLease(lease.Number, lease.Limit), w.limiter.Waiting()
	stats.Receives, stats.ReceivesWaiting = wire.NewLease(receives.Number, receives.Limit), w.receives.Waiting()
	return stats
}

// forHello is what Session.forHello is for the session's own attachment.
func (w *Witness) forHello() *wire.LiveSession {
	message := w.session.forHello()
	if message != nil {
		message.Stats = w.stats()
	}
	return message
}

// Turns holds a flow of the session back to what each broker lets this end send.
func (s *Session) Turns() pump.Limiter {
	s.mu.Lock()
	w := s.witness
	s.mu.Unlock()
	if w == nil {
		return s.Limiter.Flow()
	}
	return bothTurns{s.Limiter.Flow(), w.limiter.Flow()}
}
