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
	caps   []int // indexes of the caps, each once, at least one
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
// A cap counts as full when less is left than one byte for each claim that it holds. Equal arguments give equal results.
func fill(limits []uint64, claims []claim) division {
	d := division{
		shares: make([]uint64, len(claims)), holders: make([]int, len(claims)),
		levels: make([]uint64, len(limits)), left: slices.Clone(limits),
	}
	f := filling{division: &d, claims: claims, open: make([]int, len(limits)), done: make([]bool, len(claims))}
	for i := range d.levels {
		d.levels[i] = Unlimited
	}
	members := membersOf(claims, f.open)
	order := make([]int, len(claims))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(claims[a].demand, claims[b].demand) })
	full := make(levelHeap, 0, len(limits))
	for index, open := range f.open {
		if open > 0 {
			full = append(full, capLevel{index, limits[index] / uint64(open)})
		}
	}
	heap.Init(&full)
	for len(order) > 0 {
		next := order[0]
		if f.done[next] {
			order = order[1:]
			continue
		}
		// A cap's level only rises while others stop below it, so that an old level is found out when its turn comes.
		lowest := full[0]
		if f.open[lowest.index] == 0 {
			heap.Pop(&full)
			continue
		}
		if level := d.left[lowest.index] / uint64(f.open[lowest.index]); level != lowest.level {
			full[0].level = level
			heap.Fix(&full, 0)
			continue
		}
		if claims[next].demand <= lowest.level {
			f.stop(next, claims[next].demand, notHeld)
			continue
		}
		heap.Pop(&full)
		d.levels[lowest.index] = lowest.level
		for _, i := range members[lowest.index] {
			if !f.done[i] {
				f.stop(i, lowest.level, lowest.index)
			}
		}
	}
	f.giveRemainders()
	return d
}

// membersOf lists the claims of each cap, and counts them.
func membersOf(claims []claim, count []int) [][]int {
	total := 0
	for i := range claims {
		total += len(claims[i].caps)
		for _, c := range claims[i].caps {
			count[c]++
		}
	}
	members, all := make([][]int, len(count)), make([]int, total)
	for index, n := range count {
		members[index], all = all[:0:n], all[n:]
	}
	for i := range claims {
		for _, c := range claims[i].caps {
			members[c] = append(members[c], i)
		}
	}
	return members
}

// filling is a division that is being made.
type filling struct {
	*division
	claims []claim
	open   []int // how many claims of each cap still rise
	done   []bool
}

func (f *filling) stop(i int, share uint64, holder int) {
	f.done[i], f.shares[i], f.holders[i] = true, share, holder
	for _, c := range f.claims[i].caps {
		f.left[c] -= share
		f.open[c]--
	}
}

// giveRemainders gives the bytes that do not divide evenly, at most one to each claim.
func (f *filling) giveRemainders() {
	for i := range f.claims {
		if f.holders[i] == notHeld || f.shares[i] == f.claims[i].demand {
			continue
		}
		if slices.ContainsFunc(f.claims[i].caps, func(c int) bool { return f.left[c] == 0 }) {
			continue
		}
		f.shares[i]++
		for _, c := range f.claims[i].caps {
			f.left[c]--
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
