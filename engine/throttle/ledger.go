package throttle

import (
	"slices"
)

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
	drawn    uint64          // how often an end's caps were set
}

// account is a cap and what is known of its use.
type account[Cap comparable] struct {
	id    Cap
	limit uint64
	gone  bool

	members int // ends that draw on it
	// drawn and was tell of the last end whose caps were set whether it draws on this one, and did before; see Ledger.drawn.
	drawn, was uint64
	room       uint64 // what may still be given to those who join before the next Allot
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
	caps     []*account[Cap]
	possible []Lease // oldest first, at least one; the last is the present one
	away     bool    // out of reach
	gone     bool
	// Of the last Allot.
	target uint64
	holder *account[Cap]
}

// NewLedger returns a Ledger without caps and ends.
func NewLedger[ID, Cap comparable]() *Ledger[ID, Cap] {
	return &Ledger[ID, Cap]{caps: map[Cap]*account[Cap]{}, ends: map[ID]*end[ID, Cap]{}}
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
		a = &account[Cap]{id: id, room: limit, level: Unlimited}
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
	l.capOrder = slices.DeleteFunc(l.capOrder, func(c *account[Cap]) bool {
		c.gone = c.members == 0
		if c.gone {
			delete(l.caps, c.id)
		}
		return c.gone
	})
}

// RemoveCap takes a cap away, from the ends that draw on it too.
func (l *Ledger[ID, Cap]) RemoveCap(id Cap) {
	a := l.caps[id]
	if a == nil {
		return
	}
	a.gone = true
	delete(l.caps, id)
	l.capOrder = slices.DeleteFunc(l.capOrder, func(c *account[Cap]) bool { return c == a })
	for _, e := range l.ends {
		e.caps = slices.DeleteFunc(e.caps, func(c *account[Cap]) bool { return c == a })
	}
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
	for _, c := range e.caps {
		equal := c.limit / uint64(c.members)
		first = min(first, max(min(equal, less(c.room, c.limit/reserveDivisor)), min(equal, c.room)/2))
	}
	for _, c := range e.caps {
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
	for _, c := range e.caps {
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

// Draw sets which caps an end draws on. Nothing changes for the end before the next Allot.
func (l *Ledger[ID, Cap]) Draw(id ID, caps []Cap) {
	e := l.ends[id]
	if e == nil {
		return
	}
	if slices.EqualFunc(e.caps, caps, func(c *account[Cap], name Cap) bool { return c.id == name }) {
		return // as nearly always: each change of anything sets the caps of all ends
	}
	l.drawn++
	for _, c := range e.caps {
		c.members--
		c.was = l.drawn
	}
	e.caps = make([]*account[Cap], 0, len(caps))
	for _, name := range caps {
		c := l.caps[name]
		if c == nil || c.drawn == l.drawn {
			continue
		}
		c.drawn = l.drawn
		e.caps = append(e.caps, c)
		c.members++
		if len(e.possible) > 0 && c.was != l.drawn {
			c.room = less(c.room, e.highest())
		}
	}
}

// Leave frees the share of an end that is known to have ended. Only that does: one out of reach may still be sending.
func (l *Ledger[ID, Cap]) Leave(id ID) {
	e := l.ends[id]
	if e == nil {
		return
	}
	for _, c := range e.caps {
		c.members--
	}
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

// Allotted is a lease that an end is to be sent.
type Allotted[ID comparable] struct {
	ID ID
	Lease
}

// Allot gives the leases that change now, in the order in which the ends came. use is asked once for each end. An end whose
// raise has no room yet is told what there is room for.
func (l *Ledger[ID, Cap]) Allot(use func(ID) Use) []Allotted[ID] {
	l.order = slices.DeleteFunc(l.order, func(e *end[ID, Cap]) bool { return e.gone })
	uses := make([]Use, len(l.order))
	for i, e := range l.order {
		uses[i] = use(e.id)
	}
	budgets := l.takeStock(uses)
	limited := l.target(budgets, uses)
	return l.tell(l.raise(limited))
}

// takeStock adds up what may be in use under each cap, and gives how much of it is divided.
func (l *Ledger[ID, Cap]) takeStock(uses []Use) (budgets []uint64) {
	for index, c := range l.capOrder {
		c.index, c.held, c.taken = index, 0, 0
	}
	for i, e := range l.order {
		highest := e.highest()
		for _, c := range e.caps {
			switch {
			case !e.away:
				c.taken = add(c.taken, highest)
			case highest == Unlimited: // nobody can tell what it will use; stopping all others would help nobody
				c.held = add(c.held, uses[i].BytesPerSecond)
			default:
				c.held = add(c.held, highest)
			}
		}
	}
	budgets = make([]uint64, len(l.capOrder))
	for index, c := range l.capOrder {
		reserve := c.limit / reserveDivisor
		c.budget = less(c.limit, c.held)
		if c.held > c.limit { // it was lowered meanwhile: the others must not stand still until that end is back
			c.budget = reserve
		}
		budgets[index] = max(less(c.budget, reserve), min(c.budget, reserve))
	}
	return budgets
}

// target sets what each end in reach should get, and gives those that draw on caps.
func (l *Ledger[ID, Cap]) target(budgets []uint64, uses []Use) (limited []*end[ID, Cap]) {
	claims := make([]claim, 0, len(l.order))
	for i, e := range l.order {
		e.holder = nil
		switch {
		case e.away:
		case len(e.caps) == 0:
			e.target = Unlimited
		default:
			equal := Unlimited
			for _, c := range e.caps {
				equal = min(equal, budgets[c.index]/uint64(c.members))
			}
			limited = append(limited, e)
			claims = append(claims, claim{indexesOf(e.caps), uses[i].demand(equal)})
		}
	}
	d := fill(budgets, claims)
	for i, e := range limited {
		e.target = d.shares[i]
		if d.holders[i] != notHeld {
			e.holder = l.capOrder[d.holders[i]]
		}
	}
	for index, c := range l.capOrder {
		c.level, c.left = d.levels[index], d.left[index]
	}
	return limited
}

func indexesOf[Cap comparable](caps []*account[Cap]) []int {
	indexes := make([]int, len(caps))
	for i, c := range caps {
		indexes[i] = c.index
	}
	return indexes
}

// raise gives each raise as much as there is room for: only into what nobody may be using. It gives what was granted.
func (l *Ledger[ID, Cap]) raise(limited []*end[ID, Cap]) map[*end[ID, Cap]]uint64 {
	rooms := make([]uint64, len(l.capOrder))
	for index, c := range l.capOrder {
		rooms[index] = less(c.budget, c.taken)
	}
	var raised []*end[ID, Cap]
	var claims []claim
	for _, e := range limited {
		if highest := e.highest(); e.target > highest {
			raised = append(raised, e)
			claims = append(claims, claim{indexesOf(e.caps), e.target - highest})
		}
	}
	d := fill(rooms, claims)
	granted := make(map[*end[ID, Cap]]uint64, len(raised))
	for i, e := range raised {
		granted[e] = d.shares[i]
	}
	for index, c := range l.capOrder {
		c.room = d.left[index]
	}
	return granted
}

// tell makes the leases that change.
func (l *Ledger[ID, Cap]) tell(granted map[*end[ID, Cap]]uint64) (told []Allotted[ID]) {
	for _, e := range l.order {
		if e.away {
			continue
		}
		limit, present := e.target, e.present().Limit
		if highest := e.highest(); limit > highest && len(e.caps) > 0 {
			limit = highest + granted[e]
		}
		if slices.ContainsFunc(e.caps, func(c *account[Cap]) bool { return c.taken > c.budget }) {
			limit = min(limit, present) // more may be in use than there is, until cuts are confirmed
		}
		if change := max(limit, present) - min(limit, present); change == 0 || limit != Unlimited && change < present/smallestChange {
			continue
		}
		e.note(Lease{Number: e.present().Number + 1, Limit: limit})
		told = append(told, Allotted[ID]{e.id, e.present()})
	}
	return told
}

// note adds a lease. Of an end that never confirms only the highest lease and the last are kept: the others between say nothing
// more.
func (e *end[ID, Cap]) note(lease Lease) {
	const most = 8
	if len(e.possible) == most {
		highest := slices.MaxFunc(e.possible, func(a, b Lease) int {
			if a.Limit < b.Limit {
				return -1
			}
			return 1
		})
		e.possible = append(e.possible[:0], highest)
	}
	e.possible = append(e.possible, lease)
}
