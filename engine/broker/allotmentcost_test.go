package broker

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/session"
)

// BenchmarkManySessionsUnderManyLimits is what one change of the rules and one second cost under the broker's lock, with 10,000 live
// sessions of 100 pairs under the same 200 limits.
func BenchmarkManySessionsUnderManyLimits(b *testing.B) {
	const sessions, pairs, limits = 10_000, 100, 200
	broker := must(New(b.Context(), newInstallation(&testing.T{}).config))
	decisions := make([]*engine.SessionDecision, pairs)
	drawings := map[*engine.SessionDecision]*drawing{}
	for i := range decisions {
		decisions[i] = &engine.SessionDecision{}
		for n := range limits {
			c := engine.Cap{Rule: fmt.Sprintf("rule %d", n), Value: uint64(n + 1), Unit: engine.MegabytesPerSecond}
			decisions[i].CapsToTarget = append(decisions[i].CapsToTarget, c)
			c.Restores = true
			decisions[i].CapsToSource = append(decisions[i].CapsToSource, c)
		}
	}
	broker.mu.Lock()
	defer broker.mu.Unlock()
	fill(broker, sessions, func(n int) *engine.SessionDecision { return decisions[n%pairs] })
	b.Run("change", func(b *testing.B) {
		for b.Loop() {
			clear(drawings)
			for _, decision := range decisions {
				drawings[decision] = drawingOf(decision)
				broker.setCaps(drawings[decision])
			}
			for _, s := range broker.sessions {
				broker.redraw(s, drawings[s.current])
			}
		}
	})
	b.Run("allot", func(b *testing.B) {
		for b.Loop() {
			broker.divide(time.Now())
		}
	})
	b.Run("show", func(b *testing.B) {
		for b.Loop() {
			broker.showAllotments()
		}
	})
}

// With more limits than are looked at in one go, sessions take turns: each shows what it may send after a while.
func TestSessionsTakeTurnsToShowTheirLimits(t *testing.T) {
	broker := must(New(t.Context(), newInstallation(t).config))
	decision := &engine.SessionDecision{}
	for n := range shownAtOnce/3 + 1 {
		decision.CapsToTarget = append(decision.CapsToTarget, engine.Cap{Rule: fmt.Sprintf("rule %d", n), Value: 1, Unit: engine.MegabytesPerSecond})
	}
	broker.mu.Lock()
	defer broker.mu.Unlock()
	fill(broker, 5, func(int) *engine.SessionDecision { return decision })
	shown := func() (count int) {
		for _, s := range broker.sessions {
			if len(s.shown.Allotments) > 0 {
				count++
			}
		}
		return count
	}
	for turn, want := range []int{3, 5} {
		broker.showAllotments()
		if got := shown(); got != want {
			t.Errorf("after turn %d %d sessions show their limits, want %d", turn+1, got, want)
		}
	}
}

// In a second sessions show as many limits as several goes allow, and none is looked at twice.
func TestSessionsShowTheirLimitsInSeveralGoesASecond(t *testing.T) {
	broker := must(New(t.Context(), newInstallation(t).config))
	decision := &engine.SessionDecision{}
	for n := range shownAtOnce / 2 {
		decision.CapsToTarget = append(decision.CapsToTarget, engine.Cap{Rule: fmt.Sprintf("rule %d", n), Value: 1, Unit: engine.MegabytesPerSecond})
	}
	const sessions = 2*shownEachSecond + 5
	broker.mu.Lock()
	fill(broker, sessions, func(int) *engine.SessionDecision { return decision })
	broker.mu.Unlock()
	for _, want := range []int{2 * shownEachSecond, sessions} {
		broker.showSome()
		count := 0
		for _, s := range broker.Sessions() {
			if len(s.Allotments) > 0 {
				count++
			}
		}
		if count != want {
			t.Errorf("%d sessions show their limits, want %d", count, want)
		}
	}
}

// A new decision has its sessions draw on other limits, also where some of them draw on the same as before.
func TestNewDecisionHasSessionsDrawOnItsLimits(t *testing.T) {
	broker := must(New(t.Context(), newInstallation(t).config))
	under := func(rules ...string) *engine.SessionDecision {
		decision := &engine.SessionDecision{}
		for _, rule := range rules {
			decision.CapsToTarget = append(decision.CapsToTarget, engine.Cap{Rule: rule, Value: 1, Unit: engine.MegabytesPerSecond})
		}
		return decision
	}
	broker.mu.Lock()
	defer broker.mu.Unlock()
	fill(broker, 3, func(int) *engine.SessionDecision { return under("a") })
	for _, rules := range [][]string{{"a"}, {"a"}, {"a", "b"}, {"b"}, {"b"}, {}, {"a", "b"}} {
		d := drawingOf(under(rules...))
		broker.setCaps(d)
		for _, s := range broker.sessions {
			broker.redraw(s, d)
			standing, _ := broker.ledger.Standing(sender{s.shown.ID, session.Source})
			var drawn []string
			for _, share := range standing.Shares {
				drawn = append(drawn, share.Cap.Rule)
			}
			if !slices.Equal(drawn, rules) || !slices.Equal(s.limits, rules) {
				t.Fatalf("draws on %v and counts for %v, want %v", drawn, s.limits, rules)
			}
		}
		for _, rule := range rules {
			if broker.limited[rule] != 3 {
				t.Fatalf("%d count for %s", broker.limited[rule], rule)
			}
		}
	}
}

// fill gives a broker live sessions with some decisions. Its mu is held.
func fill(broker *Broker, sessions int, decision func(n int) *engine.SessionDecision) {
	ends := [2]*member{newMember(engine.Component{ID: engine.NewID()}), newMember(engine.Component{ID: engine.NewID()})}
	for n := range sessions {
		s := &live{shown: engine.Session{ID: engine.NewID()}, current: decision(n)}
		s.life, _ = session.Begin(session.Minted{}, session.Times{}, time.Now())
		s.ends[session.Source], s.ends[session.Target] = ends[0], ends[1]
		broker.remember(s)
		broker.recount(s)
		broker.enter(s)
	}
}
