package throttle

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

const all = Demand(Unlimited)

func TestShare(t *testing.T) {
	for name, c := range map[string]struct {
		limit   uint64
		demands []Demand
		want    []uint64
	}{
		"nobody":                       {100, nil, []uint64{}},
		"one takes all":                {100, []Demand{all}, []uint64{100}},
		"equal":                        {100, []Demand{all, all}, []uint64{50, 50}},
		"a small one leaves the rest":  {100, []Demand{all, 10, all}, []uint64{45, 10, 45}},
		"several small ones":           {90, []Demand{5, all, 10, 25}, []uint64{5, 50, 10, 25}},
		"more than all can use":        {100, []Demand{10, 20}, []uint64{10, 20}},
		"what does not divide":         {10, []Demand{all, all, all}, []uint64{3, 3, 4}},
		"less than there are sessions": {1, []Demand{all, all}, []uint64{0, 1}},
		"nothing to share":             {0, []Demand{all, 5}, []uint64{0, 0}},
		"one that is idle":             {100, []Demand{0, all}, []uint64{0, 100}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Share(c.limit, c.demands); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// quantities are mostly small, so that sums collide, and sometimes as large as they get.
var quantities = rapid.OneOf(rapid.Uint64Range(0, 40), rapid.Uint64(), rapid.Just(Unlimited))

func TestShareIsMaxMinFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := quantities.Draw(t, "limit")
		var demands []Demand
		for _, d := range rapid.SliceOfN(quantities, 0, 12).Draw(t, "demands") {
			demands = append(demands, Demand(d))
		}
		before := slices.Clone(demands)
		shares := Share(limit, demands)
		if !slices.Equal(demands, before) {
			t.Fatal("the demands were changed")
		}
		if !slices.Equal(shares, Share(limit, demands)) {
			t.Fatal("not deterministic")
		}
		var sum, largest uint64
		satisfied := true
		for i, share := range shares {
			if share > limit-sum { // also where a sum would wrap round
				t.Fatalf("%v is more than %d together", shares, limit)
			}
			sum += share
			largest = max(largest, share)
			if d := uint64(demands[i]); share > d {
				t.Fatalf("session %d got %d of the %d that it can use", i, share, d)
			} else if share < d {
				satisfied = false
			}
			if least := min(uint64(demands[i]), limit/uint64(len(demands))); share < least {
				t.Fatalf("session %d got %d, at least %d are due", i, share, least)
			}
		}
		if !satisfied && sum != limit {
			t.Fatalf("%v leaves %d of %d while somebody wants more", shares, limit-sum, limit)
		}
		// Max-min: who got less than he wants has no less than anybody else, but for the byte that does not divide.
		for i, share := range shares {
			if share < uint64(demands[i]) && share+1 < largest {
				t.Fatalf("session %d wants %d and got %d, another got %d", i, demands[i], share, largest)
			}
		}
	})
}

func TestEstimate(t *testing.T) {
	for _, c := range []struct {
		used, limit uint64
		want        Demand
	}{
		{0, 1_000_000, roomAtLeast},
		{400_000, 1_000_000, 500_000},
		{899_999, 1_000_000, 1_124_998},
		{900_000, 1_000_000, all},
		{1_100_000, 1_000_000, all},
		{0, 0, all},
		{123, Unlimited, all},
	} {
		if got := Estimate(c.used, c.limit); got != c.want {
			t.Errorf("%d used of %d: %d, want %d", c.used, c.limit, got, c.want)
		}
	}
}
