package throttle

import "slices"

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
	l.raise(limited)
	return l.tell()
}

// takeStock adds up what may be in use under each cap, and gives how much of it is divided.
func (l *Ledger[ID, Cap]) takeStock(uses []Use) (budgets []uint64) {
	for index, c := range l.capOrder {
		c.index, c.held, c.taken = index, 0, 0
	}
	for index, p := range l.pools.order {
		p.index, p.held, p.taken = index, 0, 0
		p.indexes = p.indexes[:0]
		for _, c := range p.caps {
			p.indexes = append(p.indexes, c.index)
		}
	}
	for i, e := range l.order {
		highest := e.highest()
		switch {
		case !e.away:
			e.pool.taken = add(e.pool.taken, highest)
		case highest == Unlimited: // nobody can tell what it will use; stopping all others would help nobody
			e.pool.held = add(e.pool.held, uses[i].BytesPerSecond)
		default:
			e.pool.held = add(e.pool.held, highest)
		}
	}
	for _, p := range l.pools.order {
		for _, c := range p.caps {
			c.held, c.taken = add(c.held, p.held), add(c.taken, p.taken)
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
	for _, p := range l.pools.order {
		p.equal = Unlimited
		for _, c := range p.caps {
			p.equal = min(p.equal, budgets[c.index]/uint64(max(c.members, 1)))
		}
	}
	claims := make([]claim, 0, len(l.order))
	for i, e := range l.order {
		e.holder = nil
		switch {
		case e.away:
		case len(e.pool.caps) == 0:
			e.target = Unlimited
		default:
			limited = append(limited, e)
			claims = append(claims, claim{e.pool.index, uses[i].demand(e.pool.equal)})
		}
	}
	d := fill(budgets, l.indexes(), claims)
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

// indexes are those of the caps of each pool.
func (l *Ledger[ID, Cap]) indexes() [][]int {
	all := make([][]int, len(l.pools.order))
	for i, p := range l.pools.order {
		all[i] = p.indexes
	}
	return all
}

// raise grants each raise as much as there is room for: only what nobody may be using.
func (l *Ledger[ID, Cap]) raise(limited []*end[ID, Cap]) {
	rooms := make([]uint64, len(l.capOrder))
	for index, c := range l.capOrder {
		rooms[index] = less(c.budget, c.taken)
	}
	var raised []*end[ID, Cap]
	var claims []claim
	for _, e := range limited {
		if highest := e.highest(); e.target > highest {
			raised = append(raised, e)
			claims = append(claims, claim{e.pool.index, e.target - highest})
		}
	}
	d := fill(rooms, l.indexes(), claims)
	for i, e := range raised {
		e.granted = d.shares[i]
	}
	for index, c := range l.capOrder {
		c.room = d.left[index]
	}
}

// tell makes the leases that change.
func (l *Ledger[ID, Cap]) tell() (told []Allotted[ID]) {
	for _, p := range l.pools.order {
		p.over = slices.ContainsFunc(p.caps, func(c *account[Cap]) bool { return c.taken > c.budget })
	}
	for _, e := range l.order {
		if e.away {
			continue
		}
		limit, present := e.target, e.present().Limit
		if highest := e.highest(); limit > highest && len(e.pool.caps) > 0 {
			limit = highest + e.granted
		}
		if e.pool.over {
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
