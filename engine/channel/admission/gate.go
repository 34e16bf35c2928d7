package admission

import (
	"container/list"
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"lockwire/engine"
	"lockwire/engine/network"
)

// Gate decides which connection may run a handshake, and when.
//
//	accepted ──> silent ──ClientHello of a live session──> queued ──a slot is free───> handshake ──open is authentic──> a flow
//	               │ 2 s, or evicted by a newer one          │ 10 s                      │ 10 s
//	               └─────────────────────────────────────────┴───────────────────────────┴──> closed
//
// Silent and queued connections count as waiting. One lock guards it all; nothing under it waits.
type Gate struct {
	bounds Bounds

	mu         sync.Mutex
	waiting    int
	byAddress  map[netip.Prefix]*list.List // of *Waiter, the silent ones, oldest first
	queuedFrom map[netip.Prefix]int
	queuedFor  map[engine.ID]int
	queuedBoth map[claim]int
	silent     *list.List // of *Waiter, all the silent ones, oldest first
	queue      *list.List // of *Waiter, those that want a slot, first come first served
	running    int
	ofSession  map[engine.ID]int
	ofAddress  map[netip.Prefix]int
	ofBoth     map[claim]int
}

// claim is one address's part in one session.
type claim struct {
	session engine.ID
	address netip.Prefix
}

// share is how much one address may have of the n that its session may: three quarters, rounded up.
func share(n int) int { return (3*n + 3) / 4 }

// Waiter is a connection that has no slot yet.
type Waiter struct {
	gate    *Gate
	conn    net.Conn
	address netip.Prefix
	session engine.ID
	free    chan struct{} // closed when it has got a slot

	inAll, inAddress, inQueue *list.Element // where it stands; all nil once it has left
	gone                      bool          // evicted
}

func (w *Waiter) claim() claim { return claim{w.session, w.address} }

// Slot is the right to run a handshake.
type Slot struct{ w *Waiter }

// New makes a gate. Bounds that are 0 are those of DefaultBounds.
func New(bounds Bounds) *Gate {
	return &Gate{
		bounds:     bounds.withDefaults(),
		byAddress:  make(map[netip.Prefix]*list.List),
		queuedFrom: make(map[netip.Prefix]int),
		queuedFor:  make(map[engine.ID]int),
		queuedBoth: make(map[claim]int),
		silent:     list.New(),
		queue:      list.New(),
		ofSession:  make(map[engine.ID]int),
		ofAddress:  make(map[netip.Prefix]int),
		ofBoth:     make(map[claim]int),
	}
}

// Bounds are those in force.
func (g *Gate) Bounds() Bounds { return g.bounds }

// Enter lets a new connection wait, in place of the oldest silent one where there are too many.
func (g *Gate) Enter(conn net.Conn) (*Waiter, error) {
	w := &Waiter{gate: g, conn: conn, address: network.CountedBy(network.AddressOf(conn.RemoteAddr()).Addr()), free: make(chan struct{})}
	g.mu.Lock()
	defer g.mu.Unlock()
	if silent := g.byAddress[w.address]; g.queuedFrom[w.address]+length(silent) >= g.bounds.WaitingPerAddress {
		if length(silent) == 0 {
			return nil, fmt.Errorf("%w from this address", ErrBusy)
		}
		silent.Front().Value.(*Waiter).evict()
	} else if g.waiting >= g.bounds.Waiting {
		if g.silent.Len() == 0 {
			return nil, ErrBusy
		}
		g.silent.Front().Value.(*Waiter).evict()
	}
	g.waiting++
	w.inAll = g.silent.PushBack(w)
	ofAddress := g.byAddress[w.address]
	if ofAddress == nil {
		ofAddress = list.New()
		g.byAddress[w.address] = ofAddress
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
func (w *Waiter) evict() {
	w.gone = true
	w.removeSilent()
	_ = w.conn.Close() // with SO_LINGER 0 it does not wait
}

// Evicted tells whether a newer connection took its part.
func (w *Waiter) Evicted() bool {
	w.gate.mu.Lock()
	defer w.gate.mu.Unlock()
	return w.gone
}

// Leave ends the wait, whatever for. A second call does nothing.
func (w *Waiter) Leave() {
	w.gate.mu.Lock()
	defer w.gate.mu.Unlock()
	w.removeSilent()
	w.removeQueued()
}

func (w *Waiter) removeSilent() {
	if w.inAll == nil {
		return
	}
	g := w.gate
	g.silent.Remove(w.inAll)
	ofAddress := g.byAddress[w.address]
	if ofAddress.Remove(w.inAddress); ofAddress.Len() == 0 {
		delete(g.byAddress, w.address)
	}
	w.inAll, w.inAddress = nil, nil
	g.waiting--
}

func (w *Waiter) removeQueued() {
	if w.inQueue == nil {
		return
	}
	g := w.gate
	g.queue.Remove(w.inQueue)
	w.inQueue = nil
	countDown(g.queuedFrom, w.address)
	countDown(g.queuedFor, w.session)
	countDown(g.queuedBoth, w.claim())
	g.waiting--
}

// Acquire waits for a slot for a handshake of session, until ctx ends.
func (w *Waiter) Acquire(ctx context.Context, session engine.ID) (*Slot, error) {
	g := w.gate
	g.mu.Lock()
	if w.gone {
		g.mu.Unlock()
		return nil, ErrBusy
	}
	w.removeSilent()
	w.session = session
	if g.queuedFor[session] >= g.bounds.WaitingPerSession || g.queuedBoth[w.claim()] >= share(g.bounds.WaitingPerSession) {
		g.mu.Unlock()
		return nil, fmt.Errorf("%w for this session", ErrBusy)
	}
	g.waiting++
	g.queuedFrom[w.address]++
	g.queuedFor[session]++
	g.queuedBoth[w.claim()]++
	w.inQueue = g.queue.PushBack(w)
	g.fill()
	g.mu.Unlock()

	select {
	case <-w.free:
		return &Slot{w: w}, nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if w.inQueue == nil { // the slot came at the same moment
		return &Slot{w: w}, nil
	}
	w.removeQueued()
	return nil, fmt.Errorf("%w: no handshake slot became free", ErrBusy)
}

// fill gives free slots to the first in the queue that may have one. Called with the lock.
func (g *Gate) fill() {
	var next *list.Element
	for e := g.queue.Front(); e != nil && g.running < g.bounds.Handshakes; e = next {
		next = e.Next()
		w := e.Value.(*Waiter)
		if g.ofSession[w.session] >= g.bounds.HandshakesPerSession || g.ofAddress[w.address] >= g.bounds.HandshakesPerAddress ||
			g.ofBoth[w.claim()] >= share(g.bounds.HandshakesPerSession) {
			continue
		}
		w.removeQueued()
		g.running++
		g.ofSession[w.session]++
		g.ofAddress[w.address]++
		g.ofBoth[w.claim()]++
		close(w.free)
	}
}

// Release gives the slot to the next one.
func (s *Slot) Release() {
	g := s.w.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running--
	countDown(g.ofSession, s.w.session)
	countDown(g.ofAddress, s.w.address)
	countDown(g.ofBoth, s.w.claim())
	g.fill()
}

func countDown[K comparable](counts map[K]int, key K) {
	if counts[key]--; counts[key] == 0 {
		delete(counts, key)
	}
}
