package channel

import (
	"container/list"
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"lockwire/engine"
)

// Limits bound what connections that have proved nothing can take from a Server.
type Limits struct {
	// HelloWait is how long a connection may take for its ClientHello, and HandshakeWait for the rest up to open.
	HelloWait     time.Duration
	HandshakeWait time.Duration
	// Waiting is how many connections may be without a handshake place at once, and WaitingPerAddress how many of one
	// address. The oldest one that has not sent its ClientHello gives way to a new one: a good peer sends it at once.
	Waiting           int
	WaitingPerAddress int
	// WaitingPerSession is how many that named one session may wait for a place: who has seen its id on the wire must not
	// fill the queue of all sessions.
	WaitingPerSession int
	// Handshakes is how many handshakes run at once, and how many of one session and of one address. Those for which there
	// is no place wait. One address gets at most three quarters of what one session may have, places and waiting both: a
	// stranger who has seen the session's id cannot keep its source out.
	Handshakes           int
	HandshakesPerSession int
	HandshakesPerAddress int
}

// DefaultLimits are those of the protocol.
func DefaultLimits() Limits {
	return Limits{
		HelloWait:            2 * time.Second,
		HandshakeWait:        HandshakeTimeout,
		Waiting:              2048,
		WaitingPerAddress:    256,
		WaitingPerSession:    256,
		Handshakes:           256,
		HandshakesPerSession: 8,
		HandshakesPerAddress: 32,
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	for _, field := range []struct{ value, standard *int }{
		{&l.Waiting, &d.Waiting},
		{&l.WaitingPerAddress, &d.WaitingPerAddress},
		{&l.WaitingPerSession, &d.WaitingPerSession},
		{&l.Handshakes, &d.Handshakes},
		{&l.HandshakesPerSession, &d.HandshakesPerSession},
		{&l.HandshakesPerAddress, &d.HandshakesPerAddress},
	} {
		if *field.value <= 0 {
			*field.value = *field.standard
		}
	}
	if l.HelloWait <= 0 {
		l.HelloWait = d.HelloWait
	}
	if l.HandshakeWait <= 0 {
		l.HandshakeWait = d.HandshakeWait
	}
	return l
}

// admission is the door of a Server.
//
//	accepted ──> silent ──ClientHello of a live session──> queued ──a place is free──> handshake ──open is authentic──> a flow
//	               │ 2 s, or evicted by a newer one          │ 10 s                      │ 10 s
//	               └─────────────────────────────────────────┴───────────────────────────┴──> closed
//
// Silent and queued connections count as waiting. One lock guards it all; nothing under it waits.
type admission struct {
	limits Limits

	mu         sync.Mutex
	waiting    int
	byAddress  map[netip.Addr]*list.List // of *waiter, the silent ones, oldest first
	queuedFrom map[netip.Addr]int
	queuedFor  map[engine.ID]int
	queuedBoth map[claim]int
	silent     *list.List // of *waiter, all the silent ones, oldest first
	queue      *list.List // of *waiter, those that want a place, first come first served
	running    int
	ofSession  map[engine.ID]int
	ofAddress  map[netip.Addr]int
	ofBoth     map[claim]int
}

// claim is one address's part in one session.
type claim struct {
	session engine.ID
	address netip.Addr
}

// share is how much one address may have of the n that its session may: three quarters, rounded up.
func share(n int) int { return (3*n + 3) / 4 }

// waiter is a connection without a place.
type waiter struct {
	a       *admission
	conn    net.Conn
	address netip.Addr
	session engine.ID
	free    chan struct{} // closed when it has got a place

	inAll, inAddress, inQueue *list.Element // where it stands; all nil once it has left
	gone                      bool          // evicted
}

func (w *waiter) claim() claim { return claim{w.session, w.address} }

// place is the right to run a handshake.
type place struct{ w *waiter }

func newAdmission(limits Limits) *admission {
	return &admission{
		limits:     limits,
		byAddress:  make(map[netip.Addr]*list.List),
		queuedFrom: make(map[netip.Addr]int),
		queuedFor:  make(map[engine.ID]int),
		queuedBoth: make(map[claim]int),
		silent:     list.New(),
		queue:      list.New(),
		ofSession:  make(map[engine.ID]int),
		ofAddress:  make(map[netip.Addr]int),
		ofBoth:     make(map[claim]int),
	}
}

// enter lets a new connection wait, in place of the oldest silent one where there are too many.
func (a *admission) enter(conn net.Conn) (*waiter, error) {
	w := &waiter{a: a, conn: conn, address: addressOf(conn), free: make(chan struct{})}
	a.mu.Lock()
	defer a.mu.Unlock()
	if silent := a.byAddress[w.address]; a.queuedFrom[w.address]+length(silent) >= a.limits.WaitingPerAddress {
		if length(silent) == 0 {
			return nil, fmt.Errorf("%w from this address", ErrBusy)
		}
		silent.Front().Value.(*waiter).evict()
	} else if a.waiting >= a.limits.Waiting {
		if a.silent.Len() == 0 {
			return nil, ErrBusy
		}
		a.silent.Front().Value.(*waiter).evict()
	}
	a.waiting++
	w.inAll = a.silent.PushBack(w)
	ofAddress := a.byAddress[w.address]
	if ofAddress == nil {
		ofAddress = list.New()
		a.byAddress[w.address] = ofAddress
	}
	w.inAddress = ofAddress.PushBack(w)
	return w, nil
}

func length(l *list.List) int {
	if l == nil {
		return 0
	}
	return l.Len()
}

// evict closes a silent connection, whose goroutine then leaves by itself. Called with the lock.
func (w *waiter) evict() {
	w.gone = true
	w.removeSilent()
	_ = w.conn.Close() // with SO_LINGER 0 it does not wait
}

func (w *waiter) evicted() bool {
	w.a.mu.Lock()
	defer w.a.mu.Unlock()
	return w.gone
}

// leave ends the wait, whatever for. A second call does nothing.
func (w *waiter) leave() {
	w.a.mu.Lock()
	defer w.a.mu.Unlock()
	w.removeSilent()
	w.removeQueued()
}

func (w *waiter) removeSilent() {
	if w.inAll == nil {
		return
	}
	a := w.a
	a.silent.Remove(w.inAll)
	ofAddress := a.byAddress[w.address]
	if ofAddress.Remove(w.inAddress); ofAddress.Len() == 0 {
		delete(a.byAddress, w.address)
	}
	w.inAll, w.inAddress = nil, nil
	a.waiting--
}

func (w *waiter) removeQueued() {
	if w.inQueue == nil {
		return
	}
	a := w.a
	a.queue.Remove(w.inQueue)
	w.inQueue = nil
	countDown(a.queuedFrom, w.address)
	countDown(a.queuedFor, w.session)
	countDown(a.queuedBoth, w.claim())
	a.waiting--
}

// place waits for a handshake place until ctx ends.
func (a *admission) place(ctx context.Context, w *waiter, session engine.ID) (*place, error) {
	a.mu.Lock()
	if w.gone {
		a.mu.Unlock()
		return nil, ErrBusy
	}
	w.removeSilent()
	w.session = session
	if a.queuedFor[session] >= a.limits.WaitingPerSession || a.queuedBoth[w.claim()] >= share(a.limits.WaitingPerSession) {
		a.mu.Unlock()
		return nil, fmt.Errorf("%w for this session", ErrBusy)
	}
	a.waiting++
	a.queuedFrom[w.address]++
	a.queuedFor[session]++
	a.queuedBoth[w.claim()]++
	w.inQueue = a.queue.PushBack(w)
	a.fill()
	a.mu.Unlock()

	select {
	case <-w.free:
		return &place{w: w}, nil
	case <-ctx.Done():
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if w.inQueue == nil { // the place came at the same moment
		return &place{w: w}, nil
	}
	w.removeQueued()
	return nil, fmt.Errorf("%w: no handshake place became free", ErrBusy)
}

// fill gives free places to the first in the queue that may have one. Called with the lock.
func (a *admission) fill() {
	var next *list.Element
	for e := a.queue.Front(); e != nil && a.running < a.limits.Handshakes; e = next {
		next = e.Next()
		w := e.Value.(*waiter)
		if a.ofSession[w.session] >= a.limits.HandshakesPerSession || a.ofAddress[w.address] >= a.limits.HandshakesPerAddress ||
			a.ofBoth[w.claim()] >= share(a.limits.HandshakesPerSession) {
			continue
		}
		w.removeQueued()
		a.running++
		a.ofSession[w.session]++
		a.ofAddress[w.address]++
		a.ofBoth[w.claim()]++
		close(w.free)
	}
}

// leave gives the place to the next one.
func (p *place) leave() {
	a := p.w.a
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running--
	countDown(a.ofSession, p.w.session)
	countDown(a.ofAddress, p.w.address)
	countDown(a.ofBoth, p.w.claim())
	a.fill()
}

func countDown[K comparable](counts map[K]int, key K) {
	if counts[key]--; counts[key] == 0 {
		delete(counts, key)
	}
}
