package throttle

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// user is a flow that sends all that it is let, in turns of some bytes, and is away for a moment after each.
type user struct {
	path []string
	turn int
	away time.Duration
}

// usedBy runs flows together for a while, and gives what each has sent.
func usedBy(t *testing.T, shares *Shares[string], within time.Duration, users []user) []float64 {
	t.Helper()
	sent := make([]float64, len(users))
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	done := make(chan struct{})
	for i, u := range users {
		go func() {
			defer func() { done <- struct{}{} }()
			flow, leave := shares.Join(u.path...)
			defer leave()
			for ctx.Err() == nil && flow.Wait(ctx, u.turn) == nil {
				sent[i] += float64(u.turn)
				time.Sleep(u.away)
			}
		}()
	}
	for range users {
		<-done
	}
	return sent
}

func TestTheLineIsSharedByTenantThenBySessionThenByFlow(t *testing.T) {
	const line, within, away = 10_000_000, 20 * time.Second, 2 * time.Millisecond
	const all = line * 20
	many := func(tenant string, sessions, flows int) (users []user) {
		for s := range sessions {
			for range flows {
				users = append(users, user{[]string{tenant, fmt.Sprint(tenant, s)}, 64 << 10, away})
			}
		}
		return users
	}
	for name, test := range map[string]struct {
		users []user
		want  []float64 // parts of the whole, by user
	}{
		"30 sessions beside one":         {append(many("a", 30, 1), many("b", 1, 1)...), append(times(30, 0.5/30), 0.5)},
		"one session with 30 beside one": {append(many("a", 1, 30), many("a2", 1, 1)...), append(times(30, 0.5/30), 0.5)},
		"unequal sessions of one tenant": {append(many("a", 2, 5), user{[]string{"a", "third"}, 64 << 10, away}), append(times(10, 1.0/15), 1.0/3)},
		"alone":                          {many("a", 1, 1), []float64{1}},
		"who needs little leaves the rest": {
			append(append(many("a", 10, 1), many("b", 1, 1)...), user{[]string{"c", "c"}, 10_000, 20 * time.Millisecond}), // 500 kB/s at the most
			append(append(times(10, 0.475/10), 0.475), 0.05),
		},
		"small turns beside large ones": {
			[]user{{[]string{"a", "a"}, 128 << 10, 0}, {[]string{"b", "b"}, 4 << 10, 0}}, []float64{0.5, 0.5},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				shares := NewShares[string]()
				shares.SetLimit(line)
				total := 0.0
				for i, got := range usedBy(t, shares, within, test.users) {
					if want := test.want[i] * all; got < want*0.9 || got > want*1.1 {
						t.Errorf("flow %d of %v sent %.0f kB, not about %.0f", i, test.users[i].path, got/1000, want/1000)
					}
					total += got
				}
				if total > all*1.01 || total < all*0.98 {
					t.Errorf("%.0f kB in all, of %d", total/1000, all/1000)
				}
				if len(shares.root.all) > 0 {
					t.Error("who has left is remembered")
				}
			})
		})
	}
}

// One of 200 tenants floods the line with 300 flows: the 199 others, of which each has one, keep a part that is as large as its own.
func TestATenantAmong200WithManyFlowsGetsOnePartOf200(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const line, within, tenants, flood = 10_000_000, 20 * time.Second, 200, 300
		const part = line * 20 / tenants
		var users []user
		for f := range flood {
			users = append(users, user{[]string{"flood", fmt.Sprint(f % 10)}, 64 << 10, 0})
		}
		for n := range tenants - 1 {
			users = append(users, user{[]string{fmt.Sprint("tenant ", n), "1"}, 16 << 10, 2 * time.Millisecond})
		}
		shares := NewShares[string]()
		shares.SetLimit(line)
		sent := usedBy(t, shares, within, users)
		flooded := 0.0
		for _, of := range sent[:flood] {
			flooded += of
		}
		if flooded > part*1.1 {
			t.Errorf("the flood got %.0f kB, more than its part of %d", flooded/1000, part/1000)
		}
		for n, got := range sent[flood:] {
			if got < part*0.9 {
				t.Errorf("tenant %d got %.0f kB, less than its part of %d", n, got/1000, part/1000)
			}
		}
	})
}

func times(n int, part float64) []float64 {
	parts := make([]float64, n)
	for i := range parts {
		parts[i] = part
	}
	return parts
}

// Without a limit nobody waits; one that comes holds at once, and lets go when it is taken away.
func TestALineWithoutALimitHoldsNobodyBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shares := NewShares[string]()
		flow, leave := shares.Join("a", "1")
		defer leave()
		began := time.Now()
		for range 1000 {
			if err := flow.Wait(t.Context(), 1<<20); err != nil {
				t.Fatal(err)
			}
		}
		if time.Since(began) > 0 || flow.Burst() != 0 {
			t.Errorf("it waited for %s", time.Since(began))
		}
		shares.SetLimit(1000)
		passed := make(chan error, 1)
		go func() { passed <- flow.Wait(t.Context(), 100_000) }()
		time.Sleep(10 * time.Second)
		select {
		case <-passed:
			t.Error("it passed under a limit")
		default:
		}
		shares.SetLimit(Unlimited)
		if err := <-passed; err != nil {
			t.Error(err)
		}
	})
}

// A flow that gives up, and a tenant that has left, take nothing with them.
func TestAFlowThatGivesUpLeavesItsTurnToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shares := NewShares[string]()
		shares.SetLimit(1000)
		gone, leave := shares.Join("a", "1")
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() { failed <- gone.Wait(ctx, 50_000) }()
		synctest.Wait()
		other, leaveToo := shares.Join("b", "1")
		defer leaveToo()
		passed := make(chan error, 1)
		began := time.Now()
		go func() { passed <- other.Wait(t.Context(), 1000) }()
		synctest.Wait()
		cancel()
		if err := <-failed; err == nil {
			t.Error("it passed")
		}
		leave()
		if err := <-passed; err != nil || time.Since(began) > 1100*time.Millisecond {
			t.Errorf("the other one passed after %s, %v", time.Since(began), err)
		}
	})
}
