package throttle

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

const all = Unlimited

// wish is a claim with the caps that it draws on.
type wish struct {
	caps   []int
	demand uint64
}

// grant divides caps among wishes; those with the same caps share a pool.
func grant(limits []uint64, wishes []wish) division {
	var pools [][]int
	var claims []claim
	for _, w := range wishes {
		pool := slices.IndexFunc(pools, func(caps []int) bool { return slices.Equal(caps, w.caps) })
		if pool < 0 {
			pool, pools = len(pools), append(pools, w.caps)
		}
		claims = append(claims, claim{pool, w.demand})
	}
	return fill(limits, pools, claims)
}

func TestFill(t *testing.T) {
	one := func(demands ...uint64) (wishes []wish) {
		for _, d := range demands {
			wishes = append(wishes, wish{[]int{0}, d})
		}
		return wishes
	}
	for name, c := range map[string]struct {
		limits  []uint64
		claims  []wish
		want    []uint64
		holders []int
	}{
		"nobody":                       {[]uint64{100}, nil, []uint64{}, []int{}},
		"one takes all":                {[]uint64{100}, one(all), []uint64{100}, []int{0}},
		"equal":                        {[]uint64{100}, one(all, all), []uint64{50, 50}, []int{0, 0}},
		"a small one leaves the rest":  {[]uint64{100}, one(all, 10, all), []uint64{45, 10, 45}, []int{0, -1, 0}},
		"several small ones":           {[]uint64{90}, one(5, all, 10, 25), []uint64{5, 50, 10, 25}, []int{-1, 0, -1, -1}},
		"more than all can use":        {[]uint64{100}, one(10, 20), []uint64{10, 20}, []int{-1, -1}},
		"what does not divide":         {[]uint64{11}, one(all, all, all), []uint64{4, 4, 3}, []int{0, 0, 0}},
		"less than there are sessions": {[]uint64{1}, one(all, all), []uint64{1, 0}, []int{0, 0}},
		"nothing to share":             {[]uint64{0}, one(all, 5), []uint64{0, 0}, []int{0, 0}},
		"one that is idle":             {[]uint64{100}, one(0, all), []uint64{0, 100}, []int{-1, 0}},
		// Four sessions under a rule's cap of 100, two of them under their component's of 10: those leave 90 to the others.
		"a component's cap inside a rule's": {[]uint64{100, 10}, []wish{{[]int{0, 1}, all}, {[]int{0}, all}, {[]int{0, 1}, all}, {[]int{0}, all}},
			[]uint64{5, 45, 5, 45}, []int{1, 0, 1, 0}},
		// Every session is under its component's cap, and all together under the rule's.
		"a rule's cap over components'": {[]uint64{100, 40, 40, 40}, []wish{{[]int{0, 1}, all}, {[]int{0, 2}, all}, {[]int{0, 3}, all}},
			[]uint64{34, 33, 33}, []int{0, 0, 0}},
		"a chain": {[]uint64{10, 100}, []wish{{[]int{0}, all}, {[]int{0, 1}, all}, {[]int{1}, all}}, []uint64{5, 5, 95}, []int{0, 0, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := grant(c.limits, c.claims); !slices.Equal(got.shares, c.want) || !slices.Equal(got.holders, c.holders) {
				t.Errorf("got %v held by %v, want %v by %v", got.shares, got.holders, c.want, c.holders)
			}
		})
	}
}

// quantities are mostly small, so that sums collide, and sometimes as large as they get.
var quantities = rapid.OneOf(rapid.Uint64Range(0, 40), rapid.Uint64(), rapid.Just(Unlimited))

func TestFillIsMaxMinFairUnderEveryCap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := rapid.SliceOfN(quantities, 1, 5).Draw(t, "limits")
		places := make([]int, len(limits))
		for i := range places {
			places[i] = i
		}
		pools := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) []int {
			caps := rapid.Permutation(places).Draw(t, "caps")
			return caps[:rapid.IntRange(1, len(caps)).Draw(t, "count")]
		}), 1, 6).Draw(t, "pools")
		var claims []wish
		for range rapid.IntRange(0, 24).Draw(t, "claims") {
			claims = append(claims, wish{rapid.SampledFrom(pools).Draw(t, "pool"), quantities.Draw(t, "demand")})
		}
		d := grant(limits, claims)
		if again := grant(limits, claims); !slices.Equal(d.shares, again.shares) || !slices.Equal(d.holders, again.holders) {
			t.Fatal("not deterministic")
		}
		largest, members := make([]uint64, len(limits)), make([]int, len(limits))
		for c, limit := range limits {
			left := limit
			for i, claim := range claims {
				if !slices.Contains(claim.caps, c) {
					continue
				}
				if d.shares[i] > left {
					t.Fatalf("%v is more than %d under cap %d", d.shares, limit, c)
				}
				left -= d.shares[i]
				largest[c] = max(largest[c], d.shares[i])
				members[c]++
			}
			if left != d.left[c] {
				t.Fatalf("%d is left of cap %d, not %d", left, c, d.left[c])
			}
		}
		for i, claim := range claims {
			share, holder := d.shares[i], d.holders[i]
			switch {
			case share > claim.demand:
				t.Fatalf("claim %d got %d of the %d that it can use", i, share, claim.demand)
			case holder == notHeld && share != claim.demand:
				t.Fatalf("claim %d is said to have all %d, and has %d", i, claim.demand, share)
			case share == claim.demand:
			case !slices.Contains(claim.caps, holder):
				t.Fatalf("claim %d is held by a cap that it does not draw on", i)
			case d.left[holder] >= uint64(members[holder]):
				t.Fatalf("claim %d is held by cap %d, of which %d is left", i, holder, d.left[holder])
			case share+1 < largest[holder]:
				t.Fatalf("claim %d got %d of cap %d, another one %d", i, share, holder, largest[holder])
			}
		}
	})
}
