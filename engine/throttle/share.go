package throttle

import (
	"cmp"
	"slices"
)

// Demand is what a session could use, in bytes per second; [Unlimited] where it takes all that it gets.
type Demand uint64

// Share divides a limit, in bytes per second, among sessions with these demands and returns their shares in the same order. It
// is max-min fair: nobody gets more than he can use, and what one leaves goes to the others in equal parts. So
//
//   - the shares never add up to more than the limit,
//   - nobody gets less than his demand or limit/n, whichever is smaller,
//   - either every demand is met or the whole limit is given.
//
// Equal arguments give equal results; the bytes that don't divide evenly go to the last of the largest demands.
func Share(limit uint64, demands []Demand) []uint64 {
	order := make([]int, len(demands))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(demands[a], demands[b]) })
	shares := make([]uint64, len(demands))
	left := limit
	for i, session := range order {
		// The smallest demands first: what they leave is still there for the rest.
		shares[session] = min(uint64(demands[session]), left/uint64(len(order)-i))
		left -= shares[session]
	}
	return shares
}

const (
	// A session that used this part of its limit was held back by it.
	saturated = 0.9
	// Others are given room to grow: this times what they used, and never less than roomAtLeast.
	room        = 1.25
	roomAtLeast = 64 << 10
)

// Estimate says what a session could use that moved used bytes per second under a limit.
func Estimate(used, limit uint64) Demand {
	if limit == Unlimited || float64(used) >= saturated*float64(limit) {
		return Demand(Unlimited)
	}
	return Demand(max(uint64(float64(used)*room), roomAtLeast))
}
