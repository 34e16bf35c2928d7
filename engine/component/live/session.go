package live

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/component/machine"
	"lockwire/engine/pump"
	"lockwire/engine/secret"
	"lockwire/engine/session"
	"lockwire/engine/throttle"
	"lockwire/engine/wire"
)

// Session is a session at this end, from the offer that was taken to the broker's word that it knows of the end.
//
// What happens when is decided by session.End; this type feeds it with events and carries out the commands. Its goroutine
// (tend) waits for the deadlines.
type Session struct {
	// ID, Offer and Log never change.
	ID    engine.ID
	Offer *Offer
	Log   *slog.Logger
	// Limiter bounds what this end sends, and Counters count the bytes of all flows: to remote is what this end sends.
	Limiter  *throttle.Limiter
	Counters pump.Counters
	// receives bounds what this end takes from a source that may not keep to its own limit, a tenant's; nil elsewhere, and where a Witness does.
	receives *throttle.Limiter

	// Channel is what its channels are opened with. It never changes; the secret in it is wiped by the command DestroyKey.
	Channel channel.Session

	config  *Config
	forget  func(*Session)      // takes it out of the table
	intake  *Intake             // of its tenant; nil where it is no tenant's
	began   time.Time           // when its offer was taken
	numbers channel.FlowNumbers // accepted ones, at the target

	// flows ends when the flows are to be reset.
	flows      context.Context
	resetFlows context.CancelCauseFunc
	moved      chan struct{} // holds a token when the deadline may have changed

	mu           sync.Mutex
	end          session.End
	armed        time.Time                        // the deadline that tend waits for; zero where it waits for none
	striped      map[uint64]func() []StreamCounts // of flows that have several streams, by number
	nextFlow     uint64
	allFlows     uint64
	cpu          time.Duration
	counted      uint64 // bytes that cpu was apportioned for
	group        string
	path         Path           // of the last flow
	proven       netip.AddrPort // where joins go, at the source
	reasonLogged bool
	// turnedAway counts connections that came while the session, or its peer at this machine, had as many as it may.
	turnedAway uint64
	// halfClosed and unanswered count flows that this end reset: of which one side had ended and the other one was quiet for too long,
	// and whose peer acknowledged nothing.
	halfClosed, unanswered uint64
	unopened               error // why the last flow did not open, as long as none has
	// witness has another broker told of the session, too; nil where it is the business of one only.
	witness *Witness
	// broken is when a flow broke last, and stopped why a service provider has probably ended a flow; empty where it ended none.
	broken  time.Time
	stopped string
	// ordered is the reason that the session's own broker gave last for an order to end it.
	ordered string
}

// newSession makes the session of an offer whose sealed key was opened. It takes key over. forget is called when it is over.
func newSession(config *Config, o *Offer, certificate tls.Certificate, key *secret.Key, forget func(*Session)) *Session {
	now := config.Clock.Now()
	s := &Session{
		ID: o.Session, Offer: o, config: config, forget: forget, began: now,
		Log: config.Log.With("session", string(o.Session), "route", o.RouteName, "side", o.Side.String(),
			"peer", o.Peer, "mode", o.Mode.String()),
		Limiter: throttle.NewLimiter(o.Lease),
		moved:   make(chan struct{}, 1),
		end:     session.NewEnd(o.Side, o.Times, now),
	}
	s.Channel = channel.Session{
		Terms: o.terms(config.Installation), Secret: channel.NewSecret(key), Certificate: certificate, Flows: &s.numbers, Loopback: o.SameMachine,
	}
	if o.Tunnel && o.Side == session.Target {
		s.receives = throttle.NewLimiter(o.Receives)
	}
	if !o.Tunnel {
		s.Channel.Keep = func(evict func()) (leave func(), ok bool) { return config.Budget.Keep(o.peerKey(), evict) }
	}
	s.flows, s.resetFlows = context.WithCancelCause(config.Work.Life())
	return s
}

// AtSource tells whether this end is the source.
func (s *Session) AtSource() bool { return s.Offer.Side == session.Source }

// tend carries out deadlines until the session is forgotten or the attachment is over.
func (s *Session) tend() {
	for {
		s.mu.Lock()
		due, any := s.end.Deadline()
		if s.armed = due; !any {
			s.armed = time.Time{}
		}
		forgotten := s.end.State() == session.Forgotten
		s.mu.Unlock()
		if forgotten {
			return
		}
		var expired <-chan time.Time
		stop := func() bool { return true }
		if any {
			timer := s.config.Clock.NewTimer(due.Sub(s.config.Clock.Now()))
			expired, stop = timer.C(), timer.Stop
		}
		select {
		case <-expired:
			_ = s.step(session.EndEvent{Kind: session.EndTick})
		case <-s.moved:
		case <-s.config.Work.Life().Done():
			stop()
			_ = s.step(session.EndEvent{Kind: session.CutOrdered, Reason: ErrStopped.Error()})
			return
		}
		stop()
	}
}

// Cut ends the session at once.
func (s *Session) Cut(reason string) { s.order(session.CutOrdered, reason) }

// Drain lets the session take no new flow and end with its last one.
func (s *Session) Drain(reason string) { s.order(session.DrainOrdered, reason) }

// order gives the session an event of the broker's. One that does not fit its state is late and needs nothing.
func (s *Session) order(kind session.EndEventKind, reason string) {
	_ = s.step(session.EndEvent{Kind: kind, Reason: reason})
}

// step takes one event and carries out what follows from it.
func (s *Session) step(event session.EndEvent) error {
	commands, report, err := s.advance(event)
	for _, command := range commands {
		s.carryOut(command, report)
	}
	return err
}

// wakeTend lets tend look again where it would come too late. A deadline that has moved away is none of its business until it has
// reached the old one: flows that come and go do not wake it. Called with the lock.
func (s *Session) wakeTend() {
	due, any := s.end.Deadline()
	if s.end.State() != session.Forgotten && (!any || !s.armed.IsZero() && !due.Before(s.armed)) {
		return
	}
	select {
	case s.moved <- struct{}{}:
	default:
	}
}

// advance moves the state. Keys are destroyed and flows reset under the lock, so that no later command of another event can
// come before: an erasure that began earlier would miss them.
func (s *Session) advance(event session.EndEvent) ([]session.EndCommand, session.Report, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, commands, err := s.end.Step(s.config.Clock.Now(), event)
	if err != nil {
		return nil, session.Report{}, err
	}
	s.end = next
	s.wakeTend()
	report := next.Report()
	for _, command := range commands {
		switch command {
		case session.DestroyKey:
			s.Channel.Secret.Destroy()
		case session.ResetFlows:
			s.resetFlows(errors.New(report.Reason))
		}
	}
	if report.Reason != "" && !s.reasonLogged {
		s.reasonLogged = true
		s.Log.Info("session takes no new connection", "reason", report.Reason, "flows", next.Flows())
	}
	return commands, report, nil
}

func (s *Session) carryOut(command session.EndCommand, report session.Report) {
	switch command {
	case session.DestroyKey:
		if report.Ended.IsZero() { // flows run on, or are being reset: K alone is erased first
			s.config.Work.Start(func() { s.erase(session.KeyErased) })
		}
	case session.EraseAll:
		s.config.Work.Start(func() { s.erase(session.AllErased) })
	case session.ReportKey:
		s.config.Tell(keyDestroyedMessage(s.ID, report))
		s.witnessed().keyDestroyed(report)
	case session.ReportEnd:
		report = s.reportWithFailure(report)
		s.Log.Info("session ended", "reason", report.Reason, "flows", s.Stats().AllFlows, "key", string(report.Erasure))
		s.witnessed().ended(s.reportWithStop(report))
		if s.config.Tunnel != nil {
			report = s.reportForProvider(report)
		}
		s.config.Tell(endedMessage(s.ID, report, s.told()))
	case session.Forget:
		s.resetFlows(nil)
		s.forget(s)
	}
}

// reportWithFailure says of a session of which no flow ever opened why.
func (s *Session) reportWithFailure(report session.Report) session.Report {
	if failure := s.neverOpened(); failure != nil {
		report.Reason = machine.Sentence(failure.Error())
	}
	return report
}

// reportWithStop says of a session some flow of which the provider has probably ended why, for the own broker.
func (s *Session) reportWithStop(report session.Report) session.Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noteStopped()
	if s.stopped != "" {
		report.Reason += "; " + s.stopped
	}
	return report
}

func keyDestroyedMessage(id engine.ID, report session.Report) *wire.Up {
	return &wire.Up{Message: &wire.Up_KeyDestroyed{KeyDestroyed: &wire.KeyDestroyed{
		Session: wire.IDBytes(id), When: wire.Milliseconds(report.Destroyed), Proven: report.Erasure == engine.ErasureProven,
	}}}
}

func endedMessage(id engine.ID, report session.Report, stats *wire.SessionStats) *wire.Up {
	return &wire.Up{Message: &wire.Up_SessionEnded{SessionEnded: &wire.SessionEnded{
		Session: wire.IDBytes(id), Reason: report.Reason, Stats: stats,
		Ended: wire.Milliseconds(report.Ended), Destroyed: wire.Milliseconds(report.Destroyed), Proven: report.Erasure == engine.ErasureProven,
	}}}
}

// erase waits until no copy of what was dropped can be left and tells the state machine. It ends with the process at the
// latest: the farewell of a component that is stopped waits for it.
func (s *Session) erase(kind session.EndEventKind) {
	erasure := engine.ErasureReleased
	if secret.Provable() {
		erasure = engine.ErasureProven
	}
	if err := s.config.Erase(s.config.Work.Life()); err != nil {
		return
	}
	_ = s.step(session.EndEvent{Kind: kind, At: s.config.Clock.Now(), Erasure: erasure})
}

// Admits tells whether a flow may join; the error says why not.
func (s *Session) Admits() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end.Admits(s.config.Clock.Now())
}

// forHello names the session for a new stream; nil where it has ended here and only a report follows.
func (s *Session) forHello() *wire.LiveSession {
	s.mu.Lock()
	state := s.end.State()
	s.mu.Unlock()
	if state >= session.Erasing {
		return nil
	}
	return &wire.LiveSession{Session: wire.IDBytes(s.ID), Side: wireSide(s.Offer.Side), Stats: s.told()}
}

func wireSide(side session.Side) wire.Side {
	if side == session.Source {
		return wire.Side_SIDE_SOURCE
	}
	return wire.Side_SIDE_TARGET
}

// bytes are what the session carried to each end.
func (s *Session) bytes() (toTarget, toSource uint64) {
	sent, received := s.Counters.ToRemote.Load(), s.Counters.ToLocal.Load()
	if s.AtSource() {
		return sent, received
	}
	return received, sent
}

// Stats is what the session has carried so far.
func (s *Session) Stats() *wire.SessionStats {
	toTarget, toSource := s.bytes()
	lease, waiting := s.Limiter.Lease(), s.Limiter.Waiting()
	streams := s.streamStats()
	var receives *wire.Lease
	var receivesWaiting bool
	if s.receives != nil {
		taken := s.receives.Lease()
		receives, receivesWaiting = wire.NewLease(taken.Number, taken.Limit), s.receives.Waiting()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &wire.SessionStats{
		Session: wire.IDBytes(s.ID), Flows: uint32(s.end.Flows()), AllFlows: s.allFlows, ToTarget: toTarget, ToSource: toSource,
		CpuNanoseconds: int64(s.cpu), Group: s.group, Endpoint: s.path.endpoint(), LocalAddress: s.path.own(), TurnedAway: s.turnedAway, HalfClosed: s.halfClosed, Unanswered: s.unanswered,
		Lease: wire.NewLease(lease.Number, lease.Limit), Waiting: waiting, Receives: receives, ReceivesWaiting: receivesWaiting,
		Sent: waitsOf(&s.Counters.ToRemoteWaits), Received: waitsOf(&s.Counters.ToLocalWaits), Streams: streams,
	}
}

// told is what the session's own broker learns of what it has carried.
func (s *Session) told() *wire.SessionStats {
	if s.config.Tunnel != nil {
		return forProvider(s.Stats())
	}
	return s.Stats()
}

func (s *Session) witnessed() *Witness {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.witness
}

func waitsOf(w *pump.Waits) *wire.Waits {
	times := w.Times()
	return &wire.Waits{Read: int64(times.Read), Limit: int64(times.Limit), Write: int64(times.Write)}
}

// State is the word for where the session is in its life.
func (s *Session) State() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end.State().String()
}
