package tunnel

import (
	"container/list"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"lockwire/engine"
)

// errBusy: there are too many connections, or too many questions.
var errBusy = errors.New("there are too many")

// holders are the keys that have connections here or may have them, and what their connections may do. What the broker allowed stays until
// it is cut, so that a session's further connections need not wait for it.
type holders struct {
	bounds Bounds

	mu       sync.Mutex
	all      int
	young    int // connections with the broker of tenants, whose handshake there may go on
	byKey    map[engine.KeyID]*holder
	byTenant map[engine.ID]*account
	// allowed are the endpoints of sessions, by the keys that may reach them.
	allowed map[engine.ID]map[engine.KeyID][]string
	// flows are the connections with targets, of each session; none is closed, and made anew, where there is none any more.
	flows map[engine.ID]int
	none  chan struct{}
}

// holder is one key.
type holder struct {
	known   bool     // to the broker, which has allowed it something
	account *account // of its tenant; nil before the broker has named it
	live    map[*passage]struct{}
	waiting *list.List // of *passage: those that have not said where they want to go, oldest first
	asks    int
	broker  int // connections with the broker, or that want one
}

// passage is a connection whose key is proven.
type passage struct {
	key   engine.KeyID
	to    Destination // zero before its hello
	reset func()
	wait  *list.Element // nil once it said where it wants to go
	cut   bool
	again bool        // the broker has been asked about it before
	young *time.Timer // nil where it is none of the young ones of youngOf

	youngOf *account
}

func newHolders(bounds Bounds) *holders {
	return &holders{bounds: bounds, byKey: map[engine.KeyID]*holder{}, byTenant: map[engine.ID]*account{}, allowed: map[engine.ID]map[engine.KeyID][]string{}, flows: map[engine.ID]int{}, none: make(chan struct{})}
}

// enter takes in a connection of a key, and tells whether the broker knows it. The key's oldest connection without a hello gives way.
func (h *holders) enter(key engine.KeyID, conn net.Conn) (p *passage, known bool, err error) {
	p = &passage{key: key, reset: func() { reset(conn) }}
	h.mu.Lock()
	defer h.mu.Unlock()
	holder := h.byKey[key]
	if holder == nil {
		holder = newHolder()
	}
	if h.all >= h.bounds.Connections || len(holder.live) >= h.bounds.PerKey {
		return nil, false, fmt.Errorf("%w connections of this key, or in all", errBusy)
	}
	if !h.hasRoom(holder, 0) {
		return nil, false, errTenantBusy
	}
	if holder.waiting.Len() >= h.bounds.ReadyPerKey {
		oldest := holder.waiting.Front().Value.(*passage)
		holder.stopWaiting(oldest)
		oldest.cut = true
		oldest.reset()
	}
	h.byKey[key] = holder
	h.all++
	holder.live[p] = struct{}{}
	if holder.account != nil {
		holder.account.live++
	}
	p.wait = holder.waiting.PushBack(p)
	return p, holder.known, nil
}

func newHolder() *holder { return &holder{live: map[*passage]struct{}{}, waiting: list.New()} }

func (h *holder) stopWaiting(p *passage) {
	if p.wait != nil {
		h.waiting.Remove(p.wait)
		p.wait = nil
	}
}

// leave ends a connection.
func (h *holders) leave(p *passage) {
	h.mu.Lock()
	defer h.mu.Unlock()
	holder := h.byKey[p.key]
	holder.stopWaiting(p)
	delete(holder.live, p)
	h.grown(p)
	if holder.account != nil {
		holder.account.live--
	}
	switch p.to.Kind {
	case ToBroker:
		holder.broker--
	case ToSession:
		if h.flows[p.to.Session]--; h.flows[p.to.Session] == 0 {
			delete(h.flows, p.to.Session)
		}
		if len(h.flows) == 0 {
			close(h.none)
			h.none = make(chan struct{})
		}
	}
	h.all--
	h.forget(p.key)
}

// forget drops a key of which nothing is left. h.mu is held.
func (h *holders) forget(key engine.KeyID) {
	if holder := h.byKey[key]; holder != nil && !holder.known && holder.asks == 0 && len(holder.live) == 0 {
		h.belongs(holder, nil)
		delete(h.byKey, key)
	}
}

// goes notes where a connection wants to go, and gives what was allowed before. Where ask is set the broker must be asked, and answered
// called after.
func (h *holders) goes(p *passage, to Destination) (verdict Verdict, ask bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	holder := h.byKey[p.key]
	holder.stopWaiting(p)
	p.to = to
	if to.Kind == ToBroker {
		holder.broker++
	} else {
		h.flows[to.Session]++
	}
	switch {
	case to.Kind == ToBroker && holder.broker > h.bounds.BrokerPerKey:
		return Verdict{}, false, fmt.Errorf("%w connections of this key with the broker", errBusy)
	case p.cut:
		return Verdict{}, false, errWasCut
	case !h.hasRoom(holder, 1):
		return Verdict{}, false, errTenantBusy
	case to.Kind == ToBroker && holder.known:
		return Verdict{Allowed: true}, false, h.begins(p, holder.account)
	}
	// The last connection of a key that the broker does not know any more takes along whose it was (cutUnknown): then the broker says it again.
	if endpoints, ok := h.allowed[to.Session][p.key]; ok && to.Kind == ToSession && holder.account != nil {
		return Verdict{Allowed: true, Tenant: holder.account.tenant, Endpoints: endpoints}, false, nil
	}
	return Verdict{}, true, h.asking(holder)
}

// asking counts a question that is asked now. h.mu is held.
func (h *holders) asking(holder *holder) error {
	if holder.asks >= h.bounds.Asks {
		return errBusy
	}
	holder.asks++
	return nil
}

// asksAgain counts a question about a connection that goes on.
func (h *holders) asksAgain(p *passage) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asking(h.byKey[p.key])
}

// answered keeps what the broker answered. It fails where the connection was cut meanwhile: the answer may be older than that.
func (h *holders) answered(p *passage, verdict Verdict) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	holder := h.byKey[p.key]
	holder.asks--
	again := p.again
	p.again = true
	if p.cut {
		return errWasCut
	}
	if !verdict.Allowed {
		return nil
	}
	holder.known = true
	h.belongs(holder, h.accountOf(verdict.Tenant))
	if !h.hasRoom(holder, 1) {
		return errTenantBusy
	}
	if p.to.Kind == ToBroker && !again { // else its handshake is long over
		return h.begins(p, holder.account)
	}
	if p.to.Kind == ToSession {
		keys := h.allowed[p.to.Session]
		if keys == nil {
			keys = map[engine.KeyID][]string{}
			h.allowed[p.to.Session] = keys
		}
		keys[p.key] = slices.Clone(verdict.Endpoints)
	}
	return nil
}

// carried gives how many sessions there are, and how many connections they have.
func (h *holders) carried() (sessions, connections int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range h.flows {
		connections += n
	}
	return len(h.flows), connections
}

// whenEmpty is closed when nothing leads to a target any more.
func (h *holders) whenEmpty() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.flows) > 0 {
		return h.none
	}
	empty := make(chan struct{})
	close(empty)
	return empty
}

// counts gives how many connections there are, and of how many keys.
func (h *holders) counts() (connections, keys int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, holder := range h.byKey {
		if len(holder.live) > 0 {
			keys++
		}
	}
	return h.all, keys
}
