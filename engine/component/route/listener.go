package route

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
	"lockwire/engine/network"
)

// Route is one listener, and the session that its connections join.
type Route struct {
	// ID and Listen never change.
	ID     engine.ID
	Listen string
	// Life ends with the route: connections that still wait for a session are reset then.
	Life    context.Context
	end     context.CancelCauseFunc
	flows   *Flows
	allowed *machine.Listens
	current *live.Current
	name    atomic.Pointer[string] // for people; see rename
	// waiting has one entry for each connection that is accepted and not carried yet.
	waiting chan struct{}

	mu       sync.Mutex
	listener net.Listener
	problem  string
	tried    time.Time
	// allowedBy is the version of the allow-listen list that was asked last.
	allowedBy int
}

// MaximumWaiting is how many connections of one route wait for their session at once; more wait in the system's queue.
const MaximumWaiting = 256

func (t *Routes) newRoute(id engine.ID, name, listen string) *Route {
	r := &Route{ID: id, Listen: listen, flows: t.flows, allowed: t.allowed, waiting: make(chan struct{}, MaximumWaiting)}
	r.rename(name)
	r.Life, r.end = context.WithCancelCause(t.flows.Work.Life())
	r.current = live.NewCurrent(r.Life, t.flows.Host, t.requests, id)
	r.open()
	return r
}

// rename gives the route another name. Its listener stays open: no connection of a tool is lost for that.
func (r *Route) rename(name string) {
	name = machine.Shorten(name)
	r.name.Store(&name)
}

// Name is what people call it.
func (r *Route) Name() string { return *r.name.Load() }

// Problem says why it does not listen; empty while it does.
func (r *Route) Problem() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.problem
}

// open begins to listen, where this machine allows it.
func (r *Route) open() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tried = r.flows.Clock.Now()
	before := r.problem
	allowed, version := r.allowed.Now()
	r.allowedBy = version
	endpoint, err := allowed.Check(r.Listen)
	if err == nil {
		r.listener, err = r.flows.Network.Listen(r.Life, endpoint.String())
	}
	switch {
	case err == nil:
		r.problem = ""
		r.flows.Log.Info("route listens", "route", r.Name(), "address", r.Listen)
		listener := r.listener
		if !r.flows.Work.Start(func() { r.accept(listener) }) {
			_ = listener.Close()
		}
		return
	case network.IsTaken(err):
		r.problem = fmt.Sprintf("another program listens on %s; stop it, or give the route another address", r.Listen)
	case errors.Is(err, network.AddressDenied) && endpoint.Port() < engine.FirstFreePort:
		r.problem = fmt.Sprintf("the system does not let this agent listen on %s, a port below %d; on that machine run: lockwire-agent allow-listen add %s", endpoint, engine.FirstFreePort, endpoint)
	default:
		r.problem = machine.Sentence(err.Error())
	}
	if r.problem != before {
		r.flows.Log.Error("route does not listen", "route", r.Name(), "address", r.Listen, "reason", r.problem)
	}
}

// retry tries to listen again where that failed a while ago or the allow-listen list has changed, and listens no longer where
// the list does not cover it any more. It tells whether that changed anything.
func (r *Route) retry() bool {
	allowed, version := r.allowed.Now()
	r.mu.Lock()
	if r.problem == "" && r.listener != nil && r.allowedBy != version {
		r.allowedBy = version
		if _, err := allowed.Check(r.Listen); err != nil {
			_ = r.listener.Close()
			r.listener, r.problem = nil, machine.Sentence(err.Error())
			r.flows.Log.Warn("route listens no longer", "route", r.Name(), "address", r.Listen, "reason", r.problem)
			r.mu.Unlock()
			return true
		}
	}
	due := r.problem != "" && r.Life.Err() == nil && (r.allowedBy != version || r.flows.Clock.Now().Sub(r.tried) >= listenRetry)
	before := r.problem
	r.mu.Unlock()
	if !due {
		return false
	}
	r.open()
	return r.Problem() != before
}

// close ends the route.
func (r *Route) close() {
	r.end(errRouteClosed)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listener != nil {
		_ = r.listener.Close()
	}
}

// accept takes connections until the listener is closed.
func (r *Route) accept(listener net.Listener) {
	accepting := network.Acceptor{
		Listener: listener,
		Failed: func(err error) {
			if more, ok := r.flows.Lines.Pass("accept " + string(r.ID)); ok {
				r.flows.Log.Error("cannot accept connections", "route", r.Name(), "reason", err.Error(), "more since the last line", more)
			}
		},
		Wait: func(ctx context.Context, d time.Duration) bool { return machine.Wait(ctx.Done(), r.flows.Clock, d) },
	}
	for r.enter() {
		conn, err := accepting.Accept(r.Life)
		if err != nil {
			r.leave()
			return
		}
		if !r.flows.Work.Start(func() { r.serve(conn) }) {
			if tool, err := tcpEnd(conn); err == nil {
				tool.Reset() // its tool is not to take silence for an end in order
			}
			r.leave()
			return
		}
	}
}

// refuse logs why a connection was reset, a few lines at a time for each route.
func (r *Route) refuse(conn net.Conn, why error) {
	if r.flows.Work.Life().Err() != nil {
		return
	}
	if more, ok := r.flows.Lines.Pass("route " + string(r.ID)); ok {
		r.flows.Log.Warn("connection refused", "route", r.Name(), "from", conn.RemoteAddr().String(), "reason", why.Error(), "more since the last line", more)
	}
}

// enter waits until the next connection may be accepted; leave must follow where it returns true. A burst of connections
// waits longer then, and none of them is reset for the number of the others.
func (r *Route) enter() bool {
	select {
	case r.waiting <- struct{}{}:
		return true
	default:
	}
	if more, ok := r.flows.Lines.Pass("waiting " + string(r.ID)); ok {
		r.flows.Log.Warn("connections wait in the system's queue", "route", r.Name(), "reason", fmt.Sprintf("%d wait for their session already", MaximumWaiting),
			"more since the last line", more)
	}
	select {
	case r.waiting <- struct{}{}:
		return true
	case <-r.Life.Done():
		return false
	}
}

func (r *Route) leave() { <-r.waiting }
