package component

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/component/machine"
	"lockwire/engine/network"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// route is one listener, and the session that its connections join.
type route struct {
	a      *attachment
	id     engine.ID
	name   atomic.Pointer[string] // for people; see rename
	listen string
	// life ends with the route: connections that still wait for a session are reset then.
	life    context.Context
	endLife context.CancelCauseFunc
	// places has one entry for each connection that is accepted and not carried yet.
	places chan struct{}

	mu       sync.Mutex
	listener net.Listener
	problem  string
	tried    time.Time
	// allowedBy is the version of the allow-listen list that was asked last.
	allowedBy int
	live      *liveSession
	pending   *pendingSession
	// notSame is set once the target did not prove on loopback that both are one machine.
	notSame bool
}

// pendingSession is a request for a session that any number of connections wait for.
type pendingSession struct {
	done    chan struct{}
	session *liveSession
	err     error
}

const (
	// maximumWaiting is how many connections of one route wait for their session at once; more wait in the system's queue.
	maximumWaiting = 256
	// openAttempts is how many sessions one connection tries: the one at hand, one in place of a session that the target
	// does not know any more, and one that is not taken for one machine.
	openAttempts = 3
	// requestTimeout is longer than the target and the source may take to answer their offers.
	requestTimeout = 25 * time.Second
)

func newRoute(a *attachment, id engine.ID, name, listen string) *route {
	r := &route{a: a, id: id, listen: listen, places: make(chan struct{}, maximumWaiting)}
	r.rename(name)
	r.life, r.endLife = context.WithCancelCause(a.life)
	r.open()
	return r
}

// rename gives the route another name. Its listener stays open: no connection of a tool is lost for that.
func (r *route) rename(name string) {
	name = machine.Shorten(name)
	r.name.Store(&name)
}

func (r *route) shownName() string { return *r.name.Load() }

// listenerState is what status and broker are shown.
type listenerState struct{ problem string }

func (r *route) state() listenerState {
	r.mu.Lock()
	defer r.mu.Unlock()
	return listenerState{r.problem}
}

// open begins to listen, where this machine allows it.
func (r *route) open() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tried = r.a.clock.Now()
	before := r.problem
	allowed, version := r.a.c.allowed.Now()
	r.allowedBy = version
	endpoint, err := allowed.Check(r.listen)
	if err == nil {
		r.listener, err = r.a.c.config.Network.Listen(r.life, endpoint.String())
	}
	switch {
	case err == nil:
		r.problem = ""
		r.a.log.Info("route listens", "route", r.shownName(), "address", r.listen)
		listener := r.listener
		r.a.start(func() { r.accept(listener) })
		return
	case network.IsTaken(err):
		r.problem = fmt.Sprintf("another program listens on %s; stop it, or give the route another address", r.listen)
	case errors.Is(err, network.AddressDenied) && endpoint.Port() < engine.FirstFreePort:
		r.problem = fmt.Sprintf("the system does not let this agent listen on %s, a port below %d; on that machine run: lockwire-agent allow-listen add %s", endpoint, engine.FirstFreePort, endpoint)
	default:
		r.problem = machine.Sentence(err.Error())
	}
	if r.problem != before {
		r.a.log.Error("route does not listen", "route", r.shownName(), "address", r.listen, "reason", r.problem)
	}
}

// retry tries to listen again where that failed a while ago or the allow-listen list has changed, and listens no longer where
// the list does not cover it any more. It tells whether that changed anything.
func (r *route) retry() bool {
	allowed, version := r.a.c.allowed.Now()
	r.mu.Lock()
	if r.problem == "" && r.listener != nil && r.allowedBy != version {
		r.allowedBy = version
		if _, err := allowed.Check(r.listen); err != nil {
			_ = r.listener.Close()
			r.listener, r.problem = nil, machine.Sentence(err.Error())
			r.a.log.Warn("route listens no longer", "route", r.shownName(), "address", r.listen, "reason", r.problem)
			r.mu.Unlock()
			return true
		}
	}
	due := r.problem != "" && r.life.Err() == nil && (r.allowedBy != version || r.a.clock.Now().Sub(r.tried) >= listenRetry)
	before := r.problem
	r.mu.Unlock()
	if !due {
		return false
	}
	r.open()
	return r.state().problem != before
}

// close ends the route.
func (r *route) close() {
	r.endLife(errRouteClosed)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listener != nil {
		_ = r.listener.Close()
	}
}

func (r *route) startAnew() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notSame = false
}

// accept takes connections until the listener is closed.
func (r *route) accept(listener net.Listener) {
	accepting := network.Acceptor{
		Listener: listener,
		Failed: func(err error) {
			if more, ok := r.a.c.logs.Pass("accept " + string(r.id)); ok {
				r.a.log.Error("cannot accept connections", "route", r.shownName(), "reason", err.Error(), "more since the last line", more)
			}
		},
		Wait: func(ctx context.Context, d time.Duration) bool { return machine.Wait(ctx.Done(), r.a.clock, d) },
	}
	for r.enter() {
		conn, err := accepting.Accept(r.life)
		if err != nil {
			r.leave()
			return
		}
		r.a.start(func() { r.serve(conn) })
	}
}

// refuse logs why a connection was reset, a few lines at a time for each route.
func (r *route) refuse(conn net.Conn, why error) {
	if r.a.life.Err() != nil {
		return
	}
	if more, ok := r.a.c.logs.Pass("route " + string(r.id)); ok {
		r.a.log.Warn("connection refused", "route", r.shownName(), "from", conn.RemoteAddr().String(), "reason", why.Error(), "more since the last line", more)
	}
}

// enter takes a place for the next connection, once there is one; leave must follow where it returns true. A burst of connections
// waits longer then, and none of them is reset for the number of the others.
func (r *route) enter() bool {
	select {
	case r.places <- struct{}{}:
		return true
	default:
	}
	if more, ok := r.a.c.logs.Pass("places " + string(r.id)); ok {
		r.a.log.Warn("connections wait in the system's queue", "route", r.shownName(), "reason", fmt.Sprintf("%d wait for their session already", maximumWaiting),
			"more since the last line", more)
	}
	select {
	case r.places <- struct{}{}:
		return true
	case <-r.life.Done():
		return false
	}
}

func (r *route) leave() { <-r.places }

// join gives the session that a connection is to use: the live one, or a new one that all who wait for it share.
func (r *route) join(ctx context.Context) (*liveSession, error) {
	r.mu.Lock()
	if r.live != nil && r.live.admits() == nil {
		defer r.mu.Unlock()
		return r.live, nil
	}
	if r.pending == nil {
		pending := &pendingSession{done: make(chan struct{})}
		r.pending = pending
		r.a.start(func() { r.request(pending) })
	}
	pending := r.pending
	r.mu.Unlock()
	select {
	case <-pending.done:
		return pending.session, pending.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// request asks the broker for the route's next session.
func (r *route) request(pending *pendingSession) {
	r.mu.Lock()
	notSame := r.notSame
	r.mu.Unlock()
	pending.session, pending.err = r.a.requests.ask(r.life, &wire.SessionRequest{Route: wire.IDBytes(r.id), NotSameMachine: notSame})
	if pending.err == nil && (pending.session.offer.route != r.id || pending.session.offer.test) {
		pending.session.order(session.CutOrdered, "the offer does not fit the request")
		pending.session, pending.err = nil, errors.New("the broker offered a session of another route")
	}
	r.mu.Lock()
	if pending.err == nil {
		r.live = pending.session
	}
	r.pending = nil
	r.mu.Unlock()
	close(pending.done)
}

// abandon makes the route ask for a new session with the next connection.
func (r *route) abandon(s *liveSession) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.live == s {
		r.live = nil
	}
}

// serve carries one connection of a tool, which has a place.
func (r *route) serve(conn net.Conn) {
	tool, err := tcpEnd(conn)
	if err != nil {
		r.leave()
		r.refuse(conn, err)
		return
	}
	f, err := r.openFlow(r.life, r.a.c.dials.via(r.life, conn))
	r.leave()
	if err != nil {
		tool.Reset()
		r.refuse(conn, err)
		return
	}
	f.carry(tool)
}

// openFlow brings a connection to the target. A session that turns out to be over there is replaced by a new one; nothing
// else is tried twice. via are the sessions through which the connection came.
func (r *route) openFlow(ctx context.Context, via []engine.ID) (*flow, error) {
	var failure error
	for range openAttempts {
		s, err := r.join(ctx)
		if err != nil {
			return nil, err
		}
		f, err := s.openFlow(ctx, via)
		if err == nil {
			return f, nil
		}
		failure = err
		switch {
		case errors.Is(err, session.ErrNoNewFlow):
			r.abandon(s)
		case errors.Is(err, errNotSameMachine):
			r.mu.Lock()
			r.notSame = true
			r.mu.Unlock()
			s.order(session.CutOrdered, err.Error())
			r.abandon(s)
		case isOver(err) && r.a.mayReplace(err):
			s.order(session.DrainOrdered, "the target does not take connections for this session any more")
			r.abandon(s)
		default:
			return nil, err
		}
	}
	return nil, failure
}

// isOver tells whether the target, once reached, does not know the session or takes no flow of it: it may have been started
// again, or the session may have just ended there. One endpoint that says so is enough: others of the same machine may lead nowhere from here.
func isOver(err error) bool {
	var refused *channel.RefusedError
	if errors.As(err, &refused) {
		return refused.Reason == channel.ReasonSessionOver
	}
	return errors.Is(err, errTurnedAway) || errors.Is(err, errUnanswered)
}

// mayReplace tells whether a session that seems to be over at the target may be given up for a new one. What the target said
// in an authentic record is sure. A handshake that broke can be the network's doing, and while the broker is away there would
// be no other session: then the present one is kept.
func (a *attachment) mayReplace(err error) bool {
	var refused *channel.RefusedError
	s, _ := a.current()
	return s != nil || errors.As(err, &refused)
}

// awaitStream gives the control stream; a short gap, such as that of a renewal, is waited for.
func (a *attachment) awaitStream(ctx context.Context) (*stream, error) {
	late := a.clock.NewTimer(attachGap)
	defer late.Stop()
	for {
		s, changed := a.current()
		if s != nil {
			return s, nil
		}
		select {
		case <-changed:
		case <-late.C():
			a.mu.Lock()
			defer a.mu.Unlock()
			return nil, fmt.Errorf("%w, so no new session can begin (%s)", errBrokerAway, a.present.problem)
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// attachGap is how long a connection waits for the control stream.
const attachGap = time.Second
