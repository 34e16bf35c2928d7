package throttle

// Standing says how an end stands under its caps, as of the last Allot.
type Standing[Cap comparable] struct {
	Lease
	Confirmed bool // the lease is known to be in force
	// OutOfReach tells that the end keeps its share and cannot be told another one.
	OutOfReach bool
	// HeldBy is the cap that keeps the end from a larger share; Held is false where it gets what it can use.
	HeldBy Cap
	Held   bool
	Shares []Share[Cap] // in the order in which the end draws on the caps
}

// Share is what one cap lets an end have, whatever its other caps say.
type Share[Cap comparable] struct {
	Cap            Cap
	Limit          uint64 // of the cap
	Ends           int    // how many draw on it
	BytesPerSecond uint64
}

// Standing gives how an end stands; false where there is no such end.
func (l *Ledger[ID, Cap]) Standing(id ID) (Standing[Cap], bool) {
	e := l.ends[id]
	if e == nil {
		return Standing[Cap]{}, false
	}
	s := Standing[Cap]{Lease: e.present(), Confirmed: len(e.possible) == 1, OutOfReach: e.away}
	if e.holder != nil && !e.holder.gone {
		s.HeldBy, s.Held = e.holder.id, true
	}
	s.Shares = make([]Share[Cap], 0, len(e.pool.caps))
	for _, c := range e.pool.caps {
		share := c.level
		if share == Unlimited {
			share = min(add(s.Limit, c.left), c.limit)
		}
		s.Shares = append(s.Shares, Share[Cap]{c.id, c.limit, c.members, share})
	}
	return s, true
}
