package throttle

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func wantsAll(int) Demand { return all }

// tell confirms every lease, as sessions in reach do.
func tell(l *Ledger[int], leases map[int]Lease) {
	for id, lease := range leases {
		l.Confirm(id, lease.Number)
	}
}

func TestNewSessionWaitsForTheOthersCuts(t *testing.T) {
	var l Ledger[int]
	l.Join(1)
	first := l.Allot(100, wantsAll)
	if first[1].Limit != 100 {
		t.Fatalf("alone: %v", first)
	}
	l.Confirm(1, first[1].Number)
	l.Join(2)
	second := l.Allot(100, wantsAll)
	if second[1].Limit != 50 || second[2].Limit != 0 {
		t.Fatalf("before the cut is in force: %v", second)
	}
	if again := l.Allot(100, wantsAll); again[2].Limit != 0 || again[1] != second[1] {
		t.Fatalf("still not confirmed: %v", again)
	}
	l.Confirm(1, second[1].Number)
	if third := l.Allot(100, wantsAll); third[1].Limit != 50 || third[2].Limit != 50 {
		t.Fatalf("after it: %v", third)
	}
}

func TestSessionOutOfReachKeepsItsShare(t *testing.T) {
	var l Ledger[int]
	l.Join(1)
	l.Join(2)
	tell(&l, l.Allot(100, wantsAll))
	for i := range 20 { // session 1 is told ever new limits and confirms none
		leases := l.Allot(100, func(id int) Demand {
			if id == 1 {
				return Demand(i)
			}
			return all
		})
		if leases[2].Limit != 50 {
			t.Fatalf("its share was given away: %v", leases)
		}
		l.Confirm(2, leases[2].Number)
	}
	l.Leave(1)
	if leases := l.Allot(100, wantsAll); len(leases) != 1 || leases[2].Limit != 100 {
		t.Errorf("after its end: %v", leases)
	}
}

func TestAdoptedSessionCounts(t *testing.T) {
	var l Ledger[int]
	l.Adopt(1, 80)
	l.Join(2)
	leases := l.Allot(100, wantsAll)
	if leases[1].Limit != 50 || leases[2].Limit != 20 {
		t.Errorf("told %v, want the cut and what is left", leases)
	}
}

// Sessions come, go, get their leases late or never and confirm late or never; the limits in force never exceed the cap.
func TestLimitsInForceNeverExceedTheCap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.Uint64Range(0, 1000).Draw(t, "cap")
		type session struct {
			force   uint64  // the limit that it obeys
			sent    []Lease // not arrived yet
			arrived []Lease // not confirmed yet
		}
		var l Ledger[int]
		sessions := make(map[int]*session)
		pick := func(t *rapid.T) (int, *session) {
			if len(sessions) == 0 {
				t.Skip("nobody")
			}
			id := rapid.SampledFrom(slices.Sorted(maps.Keys(sessions))).Draw(t, "session")
			return id, sessions[id]
		}
		t.Repeat(map[string]func(*rapid.T){
			"join": func(t *rapid.T) {
				id := rapid.IntRange(0, 6).Draw(t, "session")
				if sessions[id] == nil {
					sessions[id] = new(session)
					l.Join(id)
				}
			},
			"leave": func(t *rapid.T) {
				id, _ := pick(t)
				delete(sessions, id)
				l.Leave(id)
			},
			"allot": func(t *rapid.T) {
				leases := l.Allot(limit, func(int) Demand { return Demand(quantities.Draw(t, "demand")) })
				if len(leases) != len(sessions) {
					t.Fatalf("%d leases for %d sessions", len(leases), len(sessions))
				}
				for id := range 7 {
					if lease, ok := leases[id]; ok {
						sessions[id].sent = append(sessions[id].sent, lease)
					}
				}
			},
			"arrive": func(t *rapid.T) {
				_, s := pick(t)
				if len(s.sent) > 0 {
					s.force = s.sent[0].Limit
					s.arrived = append(s.arrived, s.sent[0])
					s.sent = s.sent[1:]
				}
			},
			"lose": func(t *rapid.T) {
				_, s := pick(t)
				if len(s.sent) > 0 {
					s.sent = s.sent[1:]
				}
			},
			"confirm": func(t *rapid.T) {
				id, s := pick(t)
				if len(s.arrived) > 0 {
					l.Confirm(id, s.arrived[0].Number)
					s.arrived = s.arrived[1:]
				}
			},
			"": func(t *rapid.T) {
				var sum uint64
				for _, s := range sessions {
					sum += s.force
				}
				if sum > limit {
					t.Fatalf("%d in force under a cap of %d", sum, limit)
				}
			},
		})
	})
}
