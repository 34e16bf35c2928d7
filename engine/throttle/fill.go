package throttle

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
)

// Unlimited is the limit of a direction that no cap holds back. Zero is a limit too: nothing passes.
const Unlimited uint64 = math.MaxUint64

// claim is what one sending end asks of the caps that it draws on.
type claim struct {
	pool   int // index of the list of these caps, which many claims have in common
	demand uint64
}

// notHeld is the holder of a claim whose demand is met.
const notHeld = -1

// division is how caps are divided among claims.
type division struct {
	shares  []uint64 // of each claim
	holders []int    // the cap that holds each claim back, or notHeld
	levels  []uint64 // of each cap: the share at which it is full, Unlimited where it is not
	left    []uint64 // of each cap: what nobody got
}

// fill divides all caps at once, max-min fair, by progressive filling: all shares rise together; a claim stops at its demand,
// and all claims of a cap stop when it is full. So
//
//   - the shares under a cap never add up to more than its limit,
//   - a claim that does not get its demand draws on a cap that is full, where nobody has more than it, but for one byte.
//
// A cap counts as full when less is left than one byte for each claim that it holds. Pools are lists of indexes of caps, each
// once; one with a claim has at least one. Equal arguments give equal results.
//
// With thousands of claims on hundreds of caps each, it is the pools that are added up under the caps, not the claims: what the
// claims of a pool stopped at is taken off its caps in one, and only when a cap may be full by now.
func fill(limits []uint64, pools [][]int, claims []claim) division {
	f := newFilling(limits, pools, claims)
	for _, next := range byDemand(claims) {
		demand, p := claims[next].demand, &f.rising[claims[next].pool]
		for p.holder == notHeld {
			lowest := f.lowest()
			if demand <= lowest.level {
				f.stop(next)
				break
			}
			// Levels only rise while claims stop below them: the lowest one is that of before until these are taken off.
			if !f.takeOff() {
				f.close(lowest)
			}
		}
	}
	f.giveRemainders()
	f.hold()
	return f.division
}

// byDemand gives the indexes of claims, the smallest demand first.
func byDemand(claims []claim) []int {
	order := make([]int, 0, len(claims))
	var unlimited []int // most of them where everybody is busy
	for i := range claims {
		if claims[i].demand == Unlimited {
			unlimited = append(unlimited, i)
		} else {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(claims[a].demand, claims[b].demand), cmp.Compare(a, b))
	})
	return append(order, unlimited...)
}

// filling is a division that is being made.
type filling struct {
	division
	pools   [][]int
	claims  []claim
	stopped []bool // of each claim: at its demand
	rising  []rising
	dirty   []int   // pools some claims of which stopped and were not taken off yet
	open    []int   // of each cap: how many of its claims still rise
	poolsOf [][]int // of each cap
	full    levelHeap
}

// rising is how far the claims of a pool have come.
type rising struct {
	open int // how many still rise
	// stopped and sum are of the claims that have stopped at their demands and were not taken off the caps yet.
	stopped int
	sum     uint64
	// holder is the cap that stopped the others at a level; notHeld while they rise.
	holder int
	level  uint64
	more   int // how many of the others get one byte more
}

func newFilling(limits []uint64, pools [][]int, claims []claim) *filling {
	f := &filling{
		division: division{
			shares: make([]uint64, len(claims)), holders: make([]int, len(claims)),
			levels: make([]uint64, len(limits)), left: slices.Clone(limits),
		},
		pools: pools, claims: claims, stopped: make([]bool, len(claims)),
		rising: make([]rising, len(pools)), open: make([]int, len(limits)), poolsOf: make([][]int, len(limits)),
		full: make(levelHeap, 0, len(limits)),
	}
	for i := range f.levels {
		f.levels[i] = Unlimited
	}
	for i := range f.rising {
		f.rising[i].holder = notHeld
	}
	for i := range claims {
		f.rising[claims[i].pool].open++
	}
	for p, caps := range pools {
		if open := f.rising[p].open; open > 0 {
			for _, c := range caps {
				f.open[c] += open
				f.poolsOf[c] = append(f.poolsOf[c], p)
			}
		}
	}
	for c, open := range f.open {
		if open > 0 {
			f.full = append(f.full, capLevel{c, limits[c] / uint64(open)})
		}
	}
	heap.Init(&f.full)
	return f
}

// lowest gives the cap that is full first, as of what was taken off.
func (f *filling) lowest() capLevel {
	for {
		top := f.full[0]
		open := f.open[top.index]
		if open == 0 {
			heap.Pop(&f.full)
			continue
		}
		level := f.left[top.index] / uint64(open)
		if level == top.level {
			return top
		}
		f.full[0].level = level
		heap.Fix(&f.full, 0)
	}
}

// stop has a claim stop at its demand.
func (f *filling) stop(i int) {
	c := f.claims[i]
	f.stopped[i], f.shares[i], f.holders[i] = true, c.demand, notHeld
	p := &f.rising[c.pool]
	if p.stopped == 0 {
		f.dirty = append(f.dirty, c.pool)
	}
	p.open--
	p.stopped++
	p.sum += c.demand
}

// takeOff takes what stopped off the caps. It tells whether there was anything.
func (f *filling) takeOff() bool {
	some := len(f.dirty) > 0
	for _, index := range f.dirty {
		p := &f.rising[index]
		for _, c := range f.pools[index] {
			f.left[c] -= p.sum
			f.open[c] -= p.stopped
		}
		p.stopped, p.sum = 0, 0
	}
	f.dirty = f.dirty[:0]
	return some
}

// close has the claims of a cap that is full stop.
func (f *filling) close(full capLevel) {
	heap.Pop(&f.full)
	f.levels[full.index] = full.level
	for _, index := range f.poolsOf[full.index] {
		p := &f.rising[index]
		if p.holder != notHeld || p.open == 0 {
			continue
		}
		p.holder, p.level = full.index, full.level
		for _, c := range f.pools[index] {
			f.left[c] -= uint64(p.open) * full.level
			f.open[c] -= p.open
		}
	}
}

// giveRemainders gives the bytes that do not divide evenly, at most one to each claim.
func (f *filling) giveRemainders() {
	f.takeOff()
	for index := range f.rising {
		p := &f.rising[index]
		if p.holder == notHeld {
			continue
		}
		more := uint64(p.open)
		for _, c := range f.pools[index] {
			more = min(more, f.left[c])
		}
		for _, c := range f.pools[index] {
			f.left[c] -= more
		}
		p.more = int(more)
	}
}

// hold gives the claims that did not stop by themselves what they have.
func (f *filling) hold() {
	for i := range f.claims {
		if f.stopped[i] {
			continue
		}
		p := &f.rising[f.claims[i].pool]
		f.shares[i], f.holders[i] = p.level, p.holder
		if p.more > 0 {
			p.more--
			f.shares[i]++
		}
	}
}

// capLevel is the share at which a cap would be full.
type capLevel struct {
	index int
	level uint64
}

// levelHeap has the cap that is full first on top; of equal ones the first.
type levelHeap []capLevel

func (h levelHeap) Len() int { return len(h) }
func (h levelHeap) Less(i, j int) bool {
	return h[i].level < h[j].level || h[i].level == h[j].level && h[i].index < h[j].index
}
func (h levelHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push and Pop are for container/heap.
func (h *levelHeap) Push(x any) { *h = append(*h, x.(capLevel)) }
func (h *levelHeap) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	*h = (*h)[:last]
	return c
}
