package throttle

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

type ledger = Ledger[int, string]

// newLedger returns a ledger of one cap, "rule".
func newLedger(limit uint64) *ledger {
	l := NewLedger[int, string]()
	l.SetCap("rule", limit)
	return l
}

func wantsAll(int) Use { return Use{HeldBack: true} }

var rule = []string{"rule"}

// limits are the limits that the ends were told last.
func limits(l *ledger) map[int]uint64 {
	of := map[int]uint64{}
	for id := range l.ends {
		lease, _ := l.Present(id)
		of[id] = lease.Limit
	}
	return of
}

func expectLimits(t *testing.T, l *ledger, when string, want map[int]uint64) {
	t.Helper()
	if got := limits(l); !maps.Equal(got, want) {
		t.Fatalf("%s: told %v, want %v", when, got, want)
	}
}

// settle allots and confirms, as where everybody is in reach, until nothing changes.
func settle(l *ledger, use func(int) Use) {
	for range 20 {
		told := l.Allot(use)
		if len(told) == 0 {
			return
		}
		for _, lease := range told {
			l.Confirm(lease.ID, lease.Number)
		}
	}
}

func TestNewcomerWaitsForTheOthersCuts(t *testing.T) {
	l := newLedger(100)
	if first := l.Join(1, rule); first.Limit != 100 {
		t.Fatalf("alone: %v", first)
	}
	settle(l, wantsAll)
	if second := l.Join(2, rule); second.Limit != 0 {
		t.Fatalf("there is no room yet: %v", second)
	}
	told := l.Allot(wantsAll)
	expectLimits(t, l, "before the cut is in force", map[int]uint64{1: 50, 2: 0})
	if again := l.Allot(wantsAll); len(again) != 0 {
		t.Fatalf("still not confirmed: %v", again)
	}
	if !l.Confirm(1, told[0].Number) || l.Confirm(1, told[0].Number) {
		t.Fatal("the first confirmation makes a difference, the second makes none")
	}
	settle(l, wantsAll)
	expectLimits(t, l, "after it", map[int]uint64{1: 50, 2: 50})
}

// Under a cap that is in full use somebody who joins has a first share at once, out of the reserve.
func TestNewcomerStartsAtAFirstShare(t *testing.T) {
	const limit = 10_000_000
	l := newLedger(limit)
	l.Join(1, rule)
	settle(l, wantsAll)
	for id := 2; id < 10; id++ {
		if first := l.Join(id, rule); first.Limit < limit/reserveDivisor>>(id-1) || first.Limit == 0 {
			t.Errorf("newcomer %d starts at %d", id-1, first.Limit)
		}
	}
	settle(l, wantsAll)
	for id, got := range limits(l) {
		if want := uint64(limit / 9); got < want*98/100 || got > want {
			t.Errorf("end %d settles at %d, want %d", id, got, want)
		}
	}
}

func TestJoiningTwiceKeepsTheLease(t *testing.T) {
	l := newLedger(100)
	first := l.Join(1, rule)
	if again := l.Join(1, rule); again != first {
		t.Errorf("%v, then %v", first, again)
	}
}

func TestDrawingOnTheSameCapsAgainTakesNoRoom(t *testing.T) {
	l := newLedger(10_000_000)
	l.Join(1, rule)
	settle(l, wantsAll)
	want := l.caps["rule"].room
	l.Draw(1, rule)
	if got := l.caps["rule"].room; got != want || got == 0 {
		t.Errorf("%d is left for newcomers, %d before", got, want)
	}
}

// A list of caps may name one that is not there yet, and one that was taken away since.
func TestSameListOfCapsIsReadAnewWhereCapsComeAndGo(t *testing.T) {
	l := newLedger(100)
	both := []string{"rule", "later"}
	l.Join(1, both)
	drawsOn := func(when string, want ...string) {
		t.Helper()
		var names []string
		standing, _ := l.Standing(1)
		for _, share := range standing.Shares {
			names = append(names, share.Cap)
		}
		if !slices.Equal(names, want) {
			t.Errorf("%s it draws on %v, want %v", when, names, want)
		}
	}
	l.Draw(1, both)
	drawsOn("at first", "rule")
	l.SetCap("later", 10)
	l.Draw(1, both)
	drawsOn("once it is there", both...)
	settle(l, wantsAll)
	expectLimits(t, l, "under both", map[int]uint64{1: 10})
	l.Draw(1, nil)
	l.Prune()
	l.Draw(1, both)
	drawsOn("after they went")
	l.SetCap("rule", 50)
	l.Draw(1, both)
	drawsOn("once one is back", "rule")
}

// Ends that draw on the same caps in another order, or on one of them twice, are under the same caps.
func TestCapsHoldWhateverTheOrderInWhichTheyAreNamed(t *testing.T) {
	l := newLedger(100)
	l.SetCap("other", 60)
	for id, caps := range [][]string{{"rule", "other"}, {"other", "rule"}, {"other", "other", "rule"}, {"rule"}} {
		l.Join(id, caps)
	}
	settle(l, wantsAll)
	expectLimits(t, l, "settled", map[int]uint64{0: 20, 1: 20, 2: 20, 3: 40})
}

func TestEndOutOfReachKeepsItsShare(t *testing.T) {
	for name, away := range map[string]bool{"known to be": true, "not known to be": false} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(100)
			l.Join(1, rule)
			l.Join(2, rule)
			settle(l, wantsAll)
			l.Reach(1, !away)
			for i := range 20 { // end 1 is told ever new limits and confirms none
				told := l.Allot(func(id int) Use {
					if id == 1 {
						return Use{BytesPerSecond: uint64(i)}
					}
					return wantsAll(id)
				})
				for _, lease := range told {
					if lease.ID == 2 {
						l.Confirm(2, lease.Number)
					} else if away {
						t.Fatalf("told although out of reach: %v", lease)
					}
				}
				if got := limits(l)[2]; got != 50 {
					t.Fatalf("its share was given away: %d", got)
				}
			}
			l.Leave(1)
			settle(l, wantsAll)
			expectLimits(t, l, "after its end", map[int]uint64{2: 100})
		})
	}
}

// A cap that is lowered below what an end out of reach uses leaves the reserve to the others: they must not stand still.
func TestOthersGoOnUnderALoweredCap(t *testing.T) {
	l := newLedger(10_000)
	l.Join(1, rule)
	l.Join(2, rule)
	settle(l, wantsAll)
	l.Reach(1, false)
	l.SetCap("rule", 1280)
	settle(l, wantsAll)
	if got := limits(l)[2]; got != 10 {
		t.Errorf("told %d, want the reserve of 10", got)
	}
}

func TestAdoptedEndCountsAndIsNotRestarted(t *testing.T) {
	l := newLedger(100)
	l.Adopt(1, rule, Lease{Number: 70, Limit: 80})
	second := l.Join(2, rule)
	if second.Limit != 20 || second.Number == 0 {
		t.Errorf("the newcomer is told %v, want the 20 that are left", second)
	}
	told := l.Allot(wantsAll)
	if len(told) == 0 || told[0].ID != 1 || told[0].Limit != 50 || told[0].Number <= 70 {
		t.Errorf("told %v, want a cut for the adopted one, with a number after its own", told)
	}
	l.Confirm(1, told[0].Number)
	settle(l, wantsAll)
	expectLimits(t, l, "settled", map[int]uint64{1: 50, 2: 50})
}

// What one end claims to obey is its own word. The numbers of all others stay as small as their leases are many.
func TestAbsurdNumberOfOneEndReachesNoOther(t *testing.T) {
	l := newLedger(100)
	honest := l.Join(1, rule)
	l.Adopt(2, rule, Lease{Number: 1 << 62, Limit: 10})
	newcomer := l.Join(3, rule)
	most := max(honest.Number, newcomer.Number)
	for _, told := range l.Allot(wantsAll) {
		if told.ID != 2 {
			most = max(most, told.Number)
		}
	}
	if most > 2 {
		t.Errorf("a number of %d was given to another end", most)
	}
}

func TestEndDrawsOnAllItsCaps(t *testing.T) {
	l := newLedger(100)
	l.SetCap("component a", 10)
	for id := 1; id <= 4; id++ {
		caps := rule
		if id <= 2 {
			caps = []string{"rule", "component a"}
		}
		l.Join(id, caps)
	}
	settle(l, wantsAll)
	expectLimits(t, l, "a component's cap inside a rule's", map[int]uint64{1: 5, 2: 5, 3: 45, 4: 45})
	for id, holder := range map[int]string{1: "component a", 3: "rule"} {
		s, ok := l.Standing(id)
		if !ok || !s.Held || s.HeldBy != holder || !s.Confirmed || s.OutOfReach {
			t.Errorf("end %d stands %+v, want it held by %s", id, s, holder)
		}
	}
	if s, _ := l.Standing(1); !slices.Equal(s.Shares, []Share[string]{{"rule", 100, 4, 45}, {"component a", 10, 2, 5}}) {
		t.Errorf("shares %+v", s.Shares)
	}
	drawAll := func(caps ...string) {
		for id := 1; id <= 4; id++ {
			l.Draw(id, caps)
		}
		l.Prune()
	}
	drawAll("rule")
	settle(l, wantsAll)
	expectLimits(t, l, "without the component's cap", map[int]uint64{1: 25, 2: 25, 3: 25, 4: 25})
	drawAll()
	settle(l, wantsAll)
	expectLimits(t, l, "without any", map[int]uint64{1: Unlimited, 2: Unlimited, 3: Unlimited, 4: Unlimited})
	l.SetCap("rule", 100)
	l.Draw(1, rule)
	l.Draw(2, rule)
	settle(l, wantsAll)
	expectLimits(t, l, "under a new one", map[int]uint64{1: 50, 2: 50, 3: Unlimited, 4: Unlimited})
}

func TestWhatOneLeavesUnusedIsUsed(t *testing.T) {
	const limit = 100_000_000
	l := newLedger(limit)
	for id := range 64 {
		l.Join(id, rule)
	}
	idleBut := func(busy ...int) func(int) Use {
		return func(id int) Use { return Use{HeldBack: slices.Contains(busy, id)} }
	}
	settle(l, wantsAll)
	settle(l, idleBut(7))
	if got := limits(l)[7]; got < limit*97/100 {
		t.Errorf("the only busy one is told %d of %d", got, limit)
	}
	settle(l, func(id int) Use {
		if id == 7 {
			return Use{BytesPerSecond: limit / 200}
		}
		return wantsAll(id)
	})
	if got, fair := limits(l)[8], uint64(limit-limit/200)/63; got < fair*98/100 || got > fair {
		t.Errorf("where one uses little another one gets %d, want %d", got, fair)
	}
}

// A limit that hardly changes is not told, and the cap holds all the same.
func TestSmallChangesAreNotTold(t *testing.T) {
	const limit = 1_000_000_000
	l := newLedger(limit)
	for id := range 1000 {
		l.Join(id, rule)
	}
	settle(l, wantsAll)
	if told := l.Allot(func(id int) Use {
		if id == 1 {
			return Use{BytesPerSecond: limit / 1500}
		}
		return wantsAll(id)
	}); len(told) != 1 || told[0].ID != 1 {
		t.Errorf("%d are told something where one of 1000 uses less", len(told))
	}
}

func TestUsed(t *testing.T) {
	for _, c := range []struct {
		used, limit uint64
		waiting     bool
		want        uint64
	}{
		{0, 1_000_000, false, 1000}, // an equal share of 64,000 would be
		{400_000, 1_000_000, false, 450_000},
		{400_000, 1_000_000, true, all},
		{899_999, 1_000_000, false, 1_012_498},
		{900_000, 1_000_000, false, all},
		{1_100_000, 1_000_000, false, all},
		{0, 0, false, all},
		{123, Unlimited, false, 1000},
	} {
		if got := Used(c.used, c.limit, c.waiting).demand(64_000); got != c.want {
			t.Errorf("%d used of %d, waiting: %v: %d, want %d", c.used, c.limit, c.waiting, got, c.want)
		}
	}
}

// BenchmarkAllotManyCaps is 20,000 ends of a few hundred pairs, each end under most of 200 caps.
func BenchmarkAllotManyCaps(b *testing.B) {
	const ends, pairs, caps = 20_000, 300, 200
	l := NewLedger[int, int]()
	lists := make([][]int, pairs)
	for c := range caps {
		l.SetCap(c, 1_000_000*uint64(c+1))
		for pair := range lists {
			if (pair+c)%7 != 0 {
				lists[pair] = append(lists[pair], c)
			}
		}
	}
	for id := range ends {
		l.Join(id, lists[id%pairs])
	}
	second := 0
	for b.Loop() {
		second++
		for _, told := range l.Allot(func(id int) Use { // they use as many different shares as there are ends, and a part of them is held back
			return Use{BytesPerSecond: uint64(id * (1 + second%3)), HeldBack: (id+second)%10 < 3}
		}) {
			l.Confirm(told.ID, told.Number)
		}
	}
}

func BenchmarkAllot(b *testing.B) {
	const ends, caps = 10_000, 200
	l := NewLedger[int, int]()
	for c := range caps {
		l.SetCap(c, 1_000_000*uint64(c+1))
	}
	for id := range ends {
		l.Join(id, []int{id % 10, 10 + id%90, 100 + id%100})
	}
	second := 0
	for b.Loop() {
		second++
		for _, told := range l.Allot(func(id int) Use { // one in ten begins or ends to be busy each second
			return Use{BytesPerSecond: 1000, HeldBack: (id+second)%10 < 5}
		}) {
			l.Confirm(told.ID, told.Number)
		}
	}
}

var capNames = []string{"a", "b", "c"}

// obeyed is an end as it is in truth.
type obeyed struct {
	force Lease
	caps  []string
	sent  []Lease  // on its way, in any order, some of it twice
	said  []uint64 // confirmations on their way
	away  bool
}

// Ends come, go, change the caps that they draw on, get their leases late, twice, in another order or never, and so do their
// confirmations reach the ledger, which loses its memory now and then. The limits in force never exceed any cap, but where it
// was lowered, or an end came under it, and what was in force then still is.
func TestLimitsInForceNeverExceedAnyCap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, ends := NewLedger[int, string](), map[int]*obeyed{}
		limit, bound := map[string]uint64{}, map[string]uint64{} // bound: what may have been in force when the cap was lowered
		under := func(name string, of func(int) uint64) (sum uint64) {
			for id, o := range ends {
				if slices.Contains(o.caps, name) {
					sum = add(sum, of(id))
				}
			}
			return sum
		}
		inForce := func(id int) uint64 { return ends[id].force.Limit }
		told := func(id int) uint64 { return l.ends[id].highest() } // some of it may have been lost, which nobody can know
		lowered := func() {
			for name := range limit {
				bound[name] = max(bound[name], under(name, told))
			}
		}
		setCap := func(t *rapid.T, name string) {
			before := limit[name]
			limit[name] = rapid.Uint64Range(0, 1000).Draw(t, "limit")
			if limit[name] < before {
				lowered()
			}
			l.SetCap(name, limit[name])
		}
		for _, name := range capNames {
			setCap(t, name)
		}
		draw := func(t *rapid.T) []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(capNames), 1, 3, rapid.ID[string]).Draw(t, "caps")
		}
		pick := func(t *rapid.T) (int, *obeyed) {
			if len(ends) == 0 {
				t.Skip("nobody")
			}
			id := rapid.SampledFrom(slices.Sorted(maps.Keys(ends))).Draw(t, "end")
			return id, ends[id]
		}
		use := func(int) Use {
			return Use{quantities.Draw(t, "used"), rapid.Bool().Draw(t, "held back")}
		}
		t.Repeat(map[string]func(*rapid.T){
			"join": func(t *rapid.T) {
				id := rapid.IntRange(0, 6).Draw(t, "end")
				if ends[id] == nil {
					caps := draw(t)
					ends[id] = &obeyed{force: l.Join(id, caps), caps: caps}
				}
			},
			"leave": func(t *rapid.T) {
				id, _ := pick(t)
				delete(ends, id)
				l.Leave(id)
			},
			"set a cap": func(t *rapid.T) { setCap(t, rapid.SampledFrom(capNames).Draw(t, "cap")) },
			"draw": func(t *rapid.T) {
				id, o := pick(t)
				o.caps = draw(t)
				lowered()
				l.Draw(id, o.caps)
			},
			"reach": func(t *rapid.T) {
				id, o := pick(t)
				o.away = !o.away
				l.Reach(id, !o.away)
			},
			"restart": func(t *rapid.T) {
				l = NewLedger[int, string]()
				for name := range limit {
					l.SetCap(name, limit[name])
				}
				for _, id := range slices.Sorted(maps.Keys(ends)) {
					o := ends[id]
					o.sent, o.said = nil, nil // the streams are new
					l.Adopt(id, o.caps, o.force)
					l.Reach(id, !o.away)
				}
			},
			"allot": func(t *rapid.T) {
				for _, told := range l.Allot(use) {
					o := ends[told.ID]
					if o.away {
						t.Fatalf("end %d is out of reach and was told something", told.ID)
					}
					o.sent = append(o.sent, told.Lease)
				}
			},
			"arrive": func(t *rapid.T) {
				_, o := pick(t)
				if len(o.sent) == 0 {
					return
				}
				at := rapid.IntRange(0, len(o.sent)-1).Draw(t, "which")
				lease := o.sent[at]
				if !rapid.Bool().Draw(t, "again") {
					o.sent = slices.Delete(o.sent, at, at+1)
				}
				if lease.Number > o.force.Number {
					o.force = lease
				}
				o.said = append(o.said, o.force.Number)
			},
			"lose": func(t *rapid.T) {
				if _, o := pick(t); len(o.sent) > 0 {
					at := rapid.IntRange(0, len(o.sent)-1).Draw(t, "which")
					o.sent = slices.Delete(o.sent, at, at+1)
				}
			},
			"confirm": func(t *rapid.T) {
				if id, o := pick(t); len(o.said) > 0 {
					l.Confirm(id, rapid.SampledFrom(o.said).Draw(t, "which"))
				}
			},
			"": func(t *rapid.T) {
				for _, name := range capNames {
					sum := under(name, inForce)
					most := limit[name]
					if bound[name] > most { // the reserve is for the others
						most = add(bound[name], most/reserveDivisor)
					}
					if sum > most {
						t.Fatalf("%d in force under a cap of %d (%d when it was lowered)", sum, limit[name], bound[name])
					}
				}
			},
		})
		// Everybody is in reach again and confirms: the caps hold whatever was, and nothing is left over that somebody wants.
		for id, o := range ends {
			l.Reach(id, true)
			l.Confirm(id, o.force.Number)
		}
		for round := 0; ; round++ {
			told := l.Allot(wantsAll)
			for id, o := range ends {
				o.force, _ = l.Present(id)
				l.Confirm(id, o.force.Number)
			}
			if len(told) == 0 && round > 0 {
				break
			}
			if round == 50 {
				t.Fatalf("does not settle: %v", told)
			}
		}
		for id, o := range ends {
			var full string
			for _, name := range o.caps {
				sum := under(name, inForce)
				if sum > limit[name] {
					t.Fatalf("%d in force under a cap of %d after all is settled", sum, limit[name])
				}
				if least := less(limit[name], limit[name]/reserveDivisor+limit[name]/smallestChange+uint64(len(ends))); sum >= least {
					full = name
				}
			}
			if full == "" {
				t.Fatalf("end %d gets %d although no cap of it is full", id, o.force.Limit)
			}
		}
	})
}

func ExampleLedger() {
	l := NewLedger[string, string]()
	l.SetCap("Branch uplink", 12_500_000)
	l.SetCap("component nas", 2_000_000)
	l.Join("nas to vault", []string{"Branch uplink", "component nas"})
	l.Join("web to vault", []string{"Branch uplink"})
	for range 3 {
		for _, told := range l.Allot(func(string) Use { return Use{HeldBack: true} }) {
			l.Confirm(told.ID, told.Number)
		}
	}
	for _, id := range []string{"nas to vault", "web to vault"} {
		s, _ := l.Standing(id)
		fmt.Println(id, s.Limit, "held by", s.HeldBy)
	}
	// Output:
	// nas to vault 1984375 held by component nas
	// web to vault 10417969 held by Branch uplink
}
