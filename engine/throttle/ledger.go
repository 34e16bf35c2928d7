package throttle

import "slices"

// Lease is what a session is told: a limit, and the number that the session confirms when the limit is in force. The zero
// Lease lets nothing pass.
type Lease struct {
	Number uint64 // grows with every lease of an end
	Limit  uint64 // bytes per second
}

// Free is the lease of a session that was never told one: no limit holds it.
var Free = Lease{Limit: Unlimited}

const (
	// reserveDivisor gives the part of each cap that is kept for those who join, so that they need not wait for the others'
	// cuts to get a first share.
	reserveDivisor = 128
	// A change by less than this part of a limit is not told: it is less than the reserve, and would cost a message for each
	// session of a cap whenever one of them uses a little less.
	smallestChange = 256
)

// Ledger divides caps among sending ends that learn of their limits late, or not at all. Each end draws on several caps at
// once. It is not safe for concurrent use.
//
// Call Allot each second and after changes, send every lease that it returns, and call Confirm when an end says which lease is
// in force there. An end must put leases in force in the order of their numbers, and ignore one that is not newer than what it
// obeys. Whatever is lost, late, doubled or reordered between, the limits in force under a cap add up to no more than it, except
// after the cap was lowered, or an end came under it while it ran, until the cuts are confirmed.
type Ledger[ID, Cap comparable] struct {
	caps     map[Cap]*account[Cap]
	ends     map[ID]*end[ID, Cap]
	order    []*end[ID, Cap] // in the order in which they came, so that equal histories give equal results; gone ones among them
	capOrder []*account[Cap] // likewise
	pools    pools[Cap]
	numbered uint64 // how many caps there ever were
	drawn    uint64 // how often an end's caps were set
}

// account is a cap and what is known of its use.
type account[Cap comparable] struct {
	id     Cap
	number uint64 // its own; one that is added again has another one
	limit  uint64
	gone   bool

	members int    // ends that draw on it
	looked  uint64 // tells whether it is in the list that was looked for last; see pools.looked
	was     uint64 // tells whether the end whose caps were set last drew on it before; see Ledger.drawn
	room    uint64 // what may still be given to those who join before the next Allot
	// Of the last Allot.
	index  int
	held   uint64 // what ends out of reach may use
	taken  uint64 // what those in reach may use
	budget uint64 // what those in reach may use in all
	level  uint64 // the share at which it is full; Unlimited where it is not
	left   uint64
}

// end is a sending end and what it was told. It may be obeying any of these leases, and no other.
type end[ID, Cap comparable] struct {
	id       ID
	pool     *pool[Cap] // the caps that it draws on; nil before they are set
	possible []Lease    // oldest first, at least one; the last is the present one
	away     bool       // out of reach
	gone     bool
	// Of the last Allot.
	target  uint64
	granted uint64 // of a raise
	holder  *account[Cap]
}

// NewLedger returns a Ledger without caps and ends.
func NewLedger[ID, Cap comparable]() *Ledger[ID, Cap] {
	return &Ledger[ID, Cap]{caps: map[Cap]*account[Cap]{}, ends: map[ID]*end[ID, Cap]{}, pools: newPools[Cap]()}
}

// highest is the limit under which the end may be sending fastest.
func (e *end[ID, Cap]) highest() (highest uint64) {
	for _, lease := range e.possible {
		highest = max(highest, lease.Limit)
	}
	return highest
}

// present is the last lease.
func (e *end[ID, Cap]) present() Lease { return e.possible[len(e.possible)-1] }

// SetCap adds a cap, or changes its limit.
func (l *Ledger[ID, Cap]) SetCap(id Cap, limit uint64) {
	a := l.caps[id]
	switch {
	case a == nil:
		l.numbered++
		a = &account[Cap]{id: id, number: l.numbered, room: limit, level: Unlimited}
		l.caps[id] = a
		l.capOrder = append(l.capOrder, a)
	case limit < a.limit:
		a.room = less(a.room, a.limit-limit)
	}
	a.limit = limit
}

// AddCap adds a cap unless it is there: what was decided a while ago does not change a limit.
func (l *Ledger[ID, Cap]) AddCap(id Cap, limit uint64) {
	if l.caps[id] == nil {
		l.SetCap(id, limit)
	}
}

// Prune takes away the caps on which nobody draws.
func (l *Ledger[ID, Cap]) Prune() {
	l.pools.prune()
	l.capOrder = slices.DeleteFunc(l.capOrder, func(c *account[Cap]) bool {
		c.gone = c.members == 0
		if c.gone {
			delete(l.caps, c.id)
		}
		return c.gone
	})
}

// Join adds an end that sends nothing yet, and gives its first lease: as much of an equal share as there is room for now; of
// the reserve no more than half of what is left, for others may join. The caps must have been set. An end that has joined
// already keeps its lease.
func (l *Ledger[ID, Cap]) Join(id ID, caps []Cap) Lease {
	if e := l.ends[id]; e != nil {
		l.Draw(id, caps)
		return e.present()
	}
	e := l.enter(id, caps)
	first := Unlimited
	for _, c := range e.pool.caps {
		equal := c.limit / uint64(c.members)
		first = min(first, max(min(equal, less(c.room, c.limit/reserveDivisor)), min(equal, c.room)/2))
	}
	for _, c := range e.pool.caps {
		c.room -= first
	}
	e.possible = []Lease{{Number: 1, Limit: first}}
	return e.present()
}

// Adopt adds an end that is already running under a lease, such as one that outlived the broker that told it. What was adopted
// or told before under this id is forgotten. An end that claims an absurd number harms nobody else: each end has numbers of its own.
func (l *Ledger[ID, Cap]) Adopt(id ID, caps []Cap, lease Lease) {
	l.Leave(id)
	e := l.enter(id, caps)
	e.possible = []Lease{lease}
	for _, c := range e.pool.caps {
		c.room = less(c.room, lease.Limit)
	}
}

func (l *Ledger[ID, Cap]) enter(id ID, caps []Cap) *end[ID, Cap] {
	e := &end[ID, Cap]{id: id}
	l.ends[id] = e
	l.order = append(l.order, e)
	l.Draw(id, caps)
	return e
}

// Draw sets which caps an end draws on. Nothing changes for the end before the next Allot. The list is not to be changed later:
// many ends draw on the same one, which is then known again.
func (l *Ledger[ID, Cap]) Draw(id ID, caps []Cap) {
	e := l.ends[id]
	if e == nil {
		return
	}
	to := l.pools.of(caps, l.caps)
	if to == e.pool {
		return // as nearly always: each change of anything sets the caps of all ends
	}
	l.drawn++
	if e.pool != nil {
		e.leavePool()
		for _, c := range e.pool.caps {
			c.was = l.drawn
		}
	}
	e.pool = to
	to.members++
	for _, c := range to.caps {
		c.members++
		if len(e.possible) > 0 && c.was != l.drawn {
			c.room = less(c.room, e.highest())
		}
	}
}

func (e *end[ID, Cap]) leavePool() {
	e.pool.members--
	for _, c := range e.pool.caps {
		c.members--
	}
}

// Leave frees the share of an end that is known to have ended. Only that does: one out of reach may still be sending.
func (l *Ledger[ID, Cap]) Leave(id ID) {
	e := l.ends[id]
	if e == nil {
		return
	}
	e.leavePool()
	e.gone = true
	delete(l.ends, id)
}

// Reach says whether an end can be told anything. One out of reach keeps its share.
func (l *Ledger[ID, Cap]) Reach(id ID, reached bool) {
	if e := l.ends[id]; e != nil {
		e.away = !reached
	}
}

// Confirm notes that an end has put the lease of some number in force: those before it no longer count. It tells whether that
// made a difference. A number that is not among its leases makes none.
func (l *Ledger[ID, Cap]) Confirm(id ID, number uint64) bool {
	e := l.ends[id]
	if e == nil {
		return false
	}
	for i, lease := range e.possible {
		if lease.Number == number {
			e.possible = e.possible[i:]
			return i > 0
		}
	}
	return false
}

// Present gives the last lease of an end, and whether it is known to be in force.
func (l *Ledger[ID, Cap]) Present(id ID) (lease Lease, confirmed bool) {
	e := l.ends[id]
	if e == nil {
		return Free, false
	}
	return e.present(), len(e.possible) == 1
}
