package throttle

import (
	"encoding/binary"
	"slices"
)

// pool is the caps on which some ends draw together. Where thousands of ends draw on hundreds of caps each, they draw on few
// different lists of them: what is added up for each cap is added up for each pool first, so that an end costs no more than one sum.
type pool[Cap comparable] struct {
	key     string
	caps    []*account[Cap] // each once, in the order in which the ends draw on them
	members int             // ends
	// Of the last Allot.
	index   int
	indexes []int  // of the caps
	held    uint64 // what ends out of reach may use
	taken   uint64 // what those in reach may use
	equal   uint64 // an equal share of the lowest cap
	over    bool   // more of some cap may be in use than there is
}

// pools finds the pool of a list of caps.
type pools[Cap comparable] struct {
	byCaps map[string]*pool[Cap] // by the numbers of the caps
	order  []*pool[Cap]          // in the order in which they came
	// known are the lists that were asked for since the last prune, by where they begin.
	known  map[*Cap]knownList[Cap]
	key    []byte // of the last list that was looked for
	looked uint64 // how many were
}

type knownList[Cap comparable] struct {
	length int
	pool   *pool[Cap]
}

func newPools[Cap comparable]() pools[Cap] {
	return pools[Cap]{byCaps: map[string]*pool[Cap]{}, known: map[*Cap]knownList[Cap]{}}
}

// of gives the pool of a list of caps. Caps that are not there are left out, and so is one that is named again.
func (p *pools[Cap]) of(names []Cap, there map[Cap]*account[Cap]) *pool[Cap] {
	if len(names) > 0 {
		if known, found := p.known[&names[0]]; found && known.length == len(names) {
			return known.pool
		}
	}
	accounts := make([]*account[Cap], 0, len(names))
	p.key = p.key[:0]
	p.looked++
	for _, name := range names {
		if c := there[name]; c != nil && c.looked != p.looked {
			c.looked = p.looked
			accounts = append(accounts, c)
			p.key = binary.AppendUvarint(p.key, c.number)
		}
	}
	found := p.byCaps[string(p.key)]
	if found == nil {
		found = &pool[Cap]{key: string(p.key), caps: accounts}
		p.byCaps[found.key] = found
		p.order = append(p.order, found)
	}
	if len(accounts) > 0 && len(accounts) == len(names) { // else another one may be there next time
		p.known[&names[0]] = knownList[Cap]{len(names), found}
	}
	return found
}

// prune forgets the pools that no end draws on.
func (p *pools[Cap]) prune() {
	clear(p.known)
	p.order = slices.DeleteFunc(p.order, func(one *pool[Cap]) bool {
		if one.members == 0 {
			delete(p.byCaps, one.key)
		}
		return one.members == 0
	})
}
