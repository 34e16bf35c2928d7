package component

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
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

// liveSession is a session at this end, from the offer that was taken to the broker's word that it knows of the end.
//
// What happens when is decided by session.End; this type feeds it with events and carries out the effects. Its goroutine
// (tend) waits for the deadlines.
type liveSession struct {
	a           *attachment
	id          engine.ID
	side        session.Side
	offer       *offer
	terms       channel.Terms
	certificate tls.Certificate
	key         *secret.Key // K; destroyed by the effect of that name
	log         *slog.Logger

	numbers  channel.FlowNumbers // accepted ones, at the target
	limiter  *throttle.Limiter   // what this end sends
	counters pump.Counters       // to remote is what this end sends
	opening  chan struct{}       // places for handshakes, at the source

	// flows ends when the flows are to be reset.
	flows      context.Context
	resetFlows context.CancelCauseFunc
	moved      chan struct{} // holds a token when the deadline may have changed

	mu           sync.Mutex
	end          session.End
	nextFlow     uint64
	allFlows     uint64
	cpu          time.Duration
	counted      uint64 // bytes that cpu was apportioned for
	group        string
	endpoint     string // at the source: where the last flow reached the target
	reasonLogged bool
	// turnedAway counts connections that came while the session had as many as it may.
	turnedAway uint64
	unopened   error // why the last flow did not open, as long as none has
}

const (
	sourceSide = session.Source
	targetSide = session.Target

	// openingAtOnce is how many flows of one session a source opens at once: as many as the target takes handshakes.
	openingAtOnce = 8
)

// newLiveSession makes the session of an offer whose sealed key was opened. It takes key over.
func newLiveSession(a *attachment, o *offer, certificate tls.Certificate, key *secret.Key) *liveSession {
	s := &liveSession{
		a: a, id: o.session, side: o.side, offer: o, terms: o.terms(), certificate: certificate, key: key,
		log: a.log.With("session", string(o.session), "route", o.routeName, "side", o.side.String(),
			"peer", o.peer, "mode", o.mode.String()),
		limiter: throttle.NewLimiter(o.lease),
		opening: make(chan struct{}, openingAtOnce),
		moved:   make(chan struct{}, 1),
		end:     session.NewEnd(o.side, o.limits, a.clock.Now()),
	}
	s.flows, s.resetFlows = context.WithCancelCause(a.life)
	return s
}

// channelSession is what a handshake needs of the session.
func (s *liveSession) channelSession() *channel.Session {
	return &channel.Session{Terms: s.terms, Key: s.key, Certificate: s.certificate, Flows: &s.numbers}
}

// tend carries out deadlines until the session is forgotten or the attachment is over.
func (s *liveSession) tend() {
	for {
		s.mu.Lock()
		due, any := s.end.Deadline()
		forgotten := s.end.State() == session.Forgotten
		s.mu.Unlock()
		if forgotten {
			return
		}
		var expired <-chan time.Time
		stop := func() bool { return true }
		if any {
			timer := s.a.clock.NewTimer(due.Sub(s.a.clock.Now()))
			expired, stop = timer.C(), timer.Stop
		}
		select {
		case <-expired:
			_ = s.step(session.EndEvent{Kind: session.EndTick})
		case <-s.moved:
		case <-s.a.life.Done():
			stop()
			_ = s.step(session.EndEvent{Kind: session.CutOrdered, Reason: errStopped.Error()})
			return
		}
		stop()
	}
}

// order gives the session an event of the broker's. One that does not fit its state is late and needs nothing.
func (s *liveSession) order(kind session.EndEventKind, reason string) {
	_ = s.step(session.EndEvent{Kind: kind, Reason: reason})
}

// step takes one event and carries out what follows from it.
func (s *liveSession) step(event session.EndEvent) error {
	effects, report, err := s.advance(event)
	for _, effect := range effects {
		s.carryOut(effect, report)
	}
	select {
	case s.moved <- struct{}{}:
	default:
	}
	return err
}

// advance moves the state. Keys are destroyed and flows reset under the lock, so that no later effect of another event can
// come before: an erasure that began earlier would miss them.
func (s *liveSession) advance(event session.EndEvent) ([]session.EndEffectKind, session.Report, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, effects, err := s.end.Step(s.a.clock.Now(), event)
	if err != nil {
		return nil, session.Report{}, err
	}
	s.end = next
	report := next.Report()
	for _, effect := range effects {
		switch effect {
		case session.DestroyKey:
			s.key.Destroy()
		case session.ResetFlows:
			s.resetFlows(errors.New(report.Reason))
		}
	}
	if report.Reason != "" && !s.reasonLogged {
		s.reasonLogged = true
		s.log.Info("session takes no new connection", "reason", report.Reason, "flows", next.Flows())
	}
	return effects, report, nil
}

func (s *liveSession) carryOut(effect session.EndEffectKind, report session.Report) {
	switch effect {
	case session.DestroyKey:
		if report.Ended.IsZero() { // flows run on, or are being reset: K alone is erased first
			s.a.start(func() { s.erase(session.KeyErased) })
		}
	case session.EraseAll:
		s.a.start(func() { s.erase(session.AllErased) })
	case session.ReportKey:
		s.a.tell(&wire.Up{Message: &wire.Up_KeyDestroyed{KeyDestroyed: &wire.KeyDestroyed{
			Session: wire.IDBytes(s.id), When: wire.Milliseconds(report.Destroyed), Proven: report.Erasure == engine.ErasureProven,
		}}})
	case session.ReportEnd:
		if failure := s.neverOpened(); failure != nil {
			report.Reason = machine.Sentence(failure.Error())
		}
		s.log.Info("session ended", "reason", report.Reason, "flows", s.stats().AllFlows, "key", string(report.Erasure))
		s.a.tell(&wire.Up{Message: &wire.Up_SessionEnded{SessionEnded: &wire.SessionEnded{
			Session: wire.IDBytes(s.id), Side: wireSide(s.side), Reason: report.Reason, Stats: s.stats(),
			Ended: wire.Milliseconds(report.Ended), Destroyed: wire.Milliseconds(report.Destroyed), Proven: report.Erasure == engine.ErasureProven,
		}}})
	case session.Forget:
		s.resetFlows(nil)
		s.a.sessions.remove(s.id)
	}
}

// erase waits until no copy of what was dropped can be left and tells the state machine. It ends with the process at the
// latest: the farewell of a component that is stopped waits for it.
func (s *liveSession) erase(kind session.EndEventKind) {
	erasure := engine.ErasureReleased
	if secret.Provable() {
		erasure = engine.ErasureProven
	}
	if err := s.a.c.config.erase(s.a.life); err != nil {
		return
	}
	_ = s.step(session.EndEvent{Kind: kind, At: s.a.clock.Now(), Erasure: erasure})
}

// tell sends a message where there is a stream. What must not be lost is repeated after the next attachment (Reattached).
func (a *attachment) tell(message *wire.Up) {
	if stream, _ := a.current(); stream != nil {
		stream.send(message)
	}
}

func (s *liveSession) admits() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end.Admits(s.a.clock.Now())
}

// errManyFlows: a session has as many flows as it may.
var errManyFlows = fmt.Errorf("the session carries %d connections, which is all that it takes at a time; let the tool open fewer", engine.MaximumFlows)

// begin lets a flow join and gives its number. flowCloses must follow.
func (s *liveSession) begin() (number uint64, err error) {
	s.mu.Lock()
	full := s.end.Flows() >= engine.MaximumFlows
	if full {
		s.turnedAway++
	}
	s.mu.Unlock()
	if full {
		return 0, errManyFlows
	}
	if err := s.step(session.EndEvent{Kind: session.FlowBegins}); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextFlow++
	return s.nextFlow, nil
}

// flowCloses must be called when a flow is closed and its channel's keys are dropped.
func (s *liveSession) flowCloses() { _ = s.step(session.EndEvent{Kind: session.FlowCloses}) }

// failed notes why a flow did not open.
func (s *liveSession) failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unopened = err
}

// neverOpened gives what kept every flow of the session out; nil where one opened, or none came.
func (s *liveSession) neverOpened() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.allFlows > 0 {
		return nil
	}
	return s.unopened
}

// opened notes that a flow's channel is open.
func (s *liveSession) opened(group, endpoint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allFlows++
	s.group, s.endpoint = group, endpoint
}

// forHello names the session for a new stream; nil where it has ended here and only a report follows.
func (s *liveSession) forHello() *wire.LiveSession {
	s.mu.Lock()
	state, hasKey := s.end.State(), s.end.HasKey()
	s.mu.Unlock()
	if state >= session.Erasing {
		return nil
	}
	return &wire.LiveSession{Session: wire.IDBytes(s.id), Side: wireSide(s.side), HasKey: hasKey, Stats: s.stats()}
}

func wireSide(side session.Side) wire.Side {
	if side == session.Source {
		return wire.Side_SIDE_SOURCE
	}
	return wire.Side_SIDE_TARGET
}

// bytes are what the session carried to each end.
func (s *liveSession) bytes() (toTarget, toSource uint64) {
	sent, received := s.counters.ToRemote.Load(), s.counters.ToLocal.Load()
	if s.side == session.Source {
		return sent, received
	}
	return received, sent
}

func (s *liveSession) stats() *wire.SessionStats {
	toTarget, toSource := s.bytes()
	lease, waited := s.limiter.Lease(), s.limiter.Waited()
	s.mu.Lock()
	defer s.mu.Unlock()
	return &wire.SessionStats{
		Session: wire.IDBytes(s.id), Flows: uint32(s.end.Flows()), AllFlows: s.allFlows, ToTarget: toTarget, ToSource: toSource,
		CpuNanoseconds: int64(s.cpu), Group: s.group, Endpoint: s.endpoint, TurnedAway: s.turnedAway,
		Lease: wire.NewLease(lease.Number, lease.Limit), WaitedNanoseconds: int64(waited),
	}
}

func (s *liveSession) engineSide() engine.SideOfSession {
	if s.side == session.Source {
		return engine.SourceEnd
	}
	return engine.TargetEnd
}
