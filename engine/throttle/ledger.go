package throttle

// Lease is what a session is told: a limit, and the number that the session confirms when the limit is in force.
type Lease struct {
	Number uint64 // grows with every lease of a Ledger
	Limit  uint64 // bytes per second
}

// Ledger divides one cap among sessions that learn of their limits late, or not at all. It is not safe for concurrent use.
//
// Call Allot each second, send every lease in the result to its session, and call Confirm when the session says that it is in
// force. A session must put leases in force in the order of their numbers. Whatever is lost or late between, the limits in
// force add up to no more than the cap, except right after the cap was lowered, until the cuts are confirmed.
type Ledger[ID comparable] struct {
	sessions []*account[ID] // in the order in which they came, so that equal histories give equal results
	last     uint64         // number
}

// account is what a session was told. It may be obeying any of these, and no other.
type account[ID comparable] struct {
	id       ID
	possible []Lease // oldest first; the last is the present one
}

// highest is the lease under which the session may be sending fastest; the zero Lease before the first.
func (a *account[ID]) highest() (highest Lease) {
	for _, lease := range a.possible {
		if lease.Limit >= highest.Limit {
			highest = lease
		}
	}
	return highest
}

// present is the last lease.
func (a *account[ID]) present() Lease { return a.possible[len(a.possible)-1] }

// Join adds a session, which sends nothing until it was told a limit. Joining twice changes nothing.
func (l *Ledger[ID]) Join(id ID) {
	if l.find(id) == nil {
		l.sessions = append(l.sessions, &account[ID]{id: id})
	}
}

// Adopt adds a session that is already running under a limit, such as one that outlived the broker that told it.
func (l *Ledger[ID]) Adopt(id ID, limit uint64) {
	l.Join(id)
	l.find(id).possible = []Lease{{Limit: limit}}
}

// Leave frees the share of a session that is known to have ended. Only that does: a session out of reach may still be sending.
func (l *Ledger[ID]) Leave(id ID) {
	for i, a := range l.sessions {
		if a.id == id {
			l.sessions = append(l.sessions[:i], l.sessions[i+1:]...)
			return
		}
	}
}

// Confirm notes that a session has put the lease of some number in force: those before it no longer count. A number that is
// not among its leases changes nothing.
func (l *Ledger[ID]) Confirm(id ID, number uint64) {
	a := l.find(id)
	if a == nil {
		return
	}
	for i, lease := range a.possible {
		if lease.Number == number {
			a.possible = a.possible[i:]
			return
		}
	}
}

// Allot returns what each session shall be told now. A session whose raise has no room yet is told what there is room for;
// demand is asked once for each session. A limit that has not changed keeps its lease.
func (l *Ledger[ID]) Allot(limit uint64, demand func(ID) Demand) map[ID]Lease {
	demands := make([]Demand, len(l.sessions))
	var taken uint64
	for i, a := range l.sessions {
		demands[i] = demand(a.id)
		taken = add(taken, a.highest().Limit)
	}
	leases := make(map[ID]Lease, len(l.sessions))
	for i, fair := range Share(limit, demands) {
		a := l.sessions[i]
		if highest := a.highest().Limit; fair > highest { // a raise: only into what nobody may be using
			raise := min(fair-highest, limit-min(limit, taken))
			taken += raise
			fair = highest + raise
		}
		if len(a.possible) == 0 || a.present().Limit != fair {
			l.last++
			a.tell(Lease{Number: l.last, Limit: fair})
		}
		leases[a.id] = a.present()
	}
	return leases
}

// tell notes a new lease. Of a session that never confirms only the highest lease and the last are kept: the others between
// say nothing more.
func (a *account[ID]) tell(lease Lease) {
	const most = 8
	if highest := a.highest(); len(a.possible) == most {
		a.possible = append(a.possible[:0], highest)
	}
	a.possible = append(a.possible, lease)
}

func (l *Ledger[ID]) find(id ID) *account[ID] {
	for _, a := range l.sessions {
		if a.id == id {
			return a
		}
	}
	return nil
}

// add is a sum that stays at the top instead of wrapping round.
func add(a, b uint64) uint64 {
	if a > Unlimited-b {
		return Unlimited
	}
	return a + b
}
