package model

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
)

func TestAWindowRestsWhereNobodySeesItAndAMinuteAfterAnotherOneCameToTheFront(t *testing.T) {
	type look struct {
		after             time.Duration
		onScreen, inFront bool
		resting           bool
	}
	for name, looks := range map[string][]look{
		"worked in":                      {{0, true, true, false}, {time.Hour, true, true, false}},
		"opened behind another":          {{0, true, false, false}, {59 * time.Second, true, false, false}, {time.Second, true, false, true}},
		"left, and come back to":         {{0, true, true, false}, {time.Hour, true, false, false}, {time.Minute, true, false, true}, {time.Second, true, true, false}, {time.Second, true, false, false}},
		"minimised, and shown":           {{0, true, true, false}, {0, false, false, true}, {time.Second, true, true, false}},
		"hidden while it has the keys":   {{0, false, true, true}},
		"shown again behind another one": {{0, false, false, true}, {2 * time.Minute, true, false, true}},
		"the clock was set back":         {{time.Hour, true, false, false}, {-time.Hour, true, false, false}, {time.Minute, true, false, true}},
	} {
		rest, now := Rest{}, time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
		for i, step := range looks {
			now = now.Add(step.after)
			if got := rest.Look(step.onScreen, step.inFront, now); got != step.resting {
				t.Errorf("%s: at step %d it rests is %t", name, i, got)
			}
		}
	}
}

// steadyBroker gives a snapshot at once and then at each interval, and counts them.
type steadyBroker struct {
	distantBroker
	gave   atomic.Int64
	failed atomic.Bool // a listener
}

func (b *steadyBroker) Watch(ctx context.Context, interval time.Duration, each func(engine.Snapshot) error) error {
	for {
		b.gave.Add(1)
		snapshot := engine.Snapshot{When: time.Now(), Sessions: []engine.Session{{ID: "x"}}}
		if b.failed.Load() {
			snapshot.Routes = []engine.RouteStatus{{Route: engine.Route{ID: "r", Name: "nightly"}, Listeners: []engine.Listener{{Component: "c", ComponentName: "files", State: engine.ListenerFailed, Problem: "taken"}}}}
		}
		if err := each(snapshot); err != nil {
			return err
		}
		select {
		case <-time.After(interval):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func TestAWindowThatRestsIsUpdatedEachFiveSecondsAndAtOnceWhenItIsLookedAtAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &steadyBroker{}
		live := NewLive(broker)
		ctx, cancel := context.WithCancel(t.Context())
		go live.Follow(ctx)
		during := func(d time.Duration) int64 {
			before := broker.gave.Load()
			time.Sleep(d)
			synctest.Wait()
			return broker.gave.Load() - before
		}
		if n := during(time.Minute + time.Millisecond); n != 241 {
			t.Errorf("%d snapshots in the first minute, wanted 241", n)
		}
		live.Rest(true)
		if n := during(time.Minute + time.Millisecond); n != 13 || !live.State().Resting {
			t.Errorf("%d snapshots in a minute of rest, wanted 13; it says that it rests: %t", n, live.State().Resting)
		}
		if kept := len(live.State().Trails.Of("x")); kept != trailLength {
			t.Errorf("a trail of %d rates after two minutes", kept)
		}
		time.Sleep(3 * time.Second) // between two
		live.Rest(false)
		if synctest.Wait(); !live.State().When.Equal(time.Now()) || live.State().Resting || live.State().Problem != "" {
			t.Errorf("what is shown is %v old, and rests: %t, %q", time.Since(live.State().When), live.State().Resting, live.State().Problem)
		}
		if n := during(time.Second + time.Millisecond); n != 4 {
			t.Errorf("%d snapshots in the second after it, wanted 4", n)
		}
		for range 3 { // turned to and fro faster than it can follow
			live.Rest(true)
			live.Rest(false)
		}
		if n := during(time.Minute + time.Millisecond); n < 240 {
			t.Errorf("%d snapshots in a minute after a restless moment", n)
		}
		cancel()
		synctest.Wait()
	})
}

func TestWhatNewlyNeedsAttentionIsToldWithinSecondsWhileTheWindowRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &steadyBroker{}
		live := NewLive(broker)
		ctx, cancel := context.WithCancel(t.Context())
		go live.Follow(ctx)
		var told []string
		go live.Tick(ctx, func(f func()) { f() }, func(state *State) {
			if words := StandingOf(state).Words; len(told) == 0 || told[len(told)-1] != words {
				told = append(told, words)
			}
		})
		live.Rest(true)
		time.Sleep(time.Minute)
		synctest.Wait()
		broker.failed.Store(true)
		time.Sleep(RestInterval + TickInterval)
		synctest.Wait()
		if want := []string{"All is well", "1 thing needs attention"}; !slices.Equal(told, want) {
			t.Errorf("told %q, wanted %q", told, want)
		}
		cancel()
		synctest.Wait()
	})
}

func TestALostBrokerIsNoticedWhileTheWindowRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &distantBroker{}
		live := NewLive(broker)
		ctx, cancel := context.WithCancel(t.Context())
		go live.Follow(ctx)
		live.Rest(true)
		time.Sleep(time.Minute)
		if state := live.State(); state.Problem != "" {
			t.Fatalf("it is lost while all is well: %s", state.Problem)
		}
		broker.silent.Store(true)
		time.Sleep(20 * time.Second)
		if live.State().Problem == "" {
			t.Error("it is not noticed")
		}
		cancel()
		synctest.Wait()
	})
}

func TestFindingsOfAStateAreLookedForOnce(t *testing.T) {
	state := &State{found: new(foundOnce)}
	state.Sessions = []engine.Session{{ID: "x", TurnedAway: 3}}
	first := StandingOf(state)
	state.Sessions = nil // would not be found any more
	if second := Attention(state); len(first.Things) != 1 || len(second) != 1 || second[0].Thing != "x" {
		t.Errorf("%v and then %v", first, second)
	}
	if state.found = nil; len(state.Findings()) != 0 {
		t.Error("a state that was made by hand keeps what was found before")
	}
}

func TestARateTrailHoldsOverARestAndBeginsAnewAfterAGap(t *testing.T) {
	trails := newRateTrails()
	see := func(rate uint64, passed time.Duration) string {
		session := engine.Session{ID: "a"}
		session.Traffic.RateToTarget = rate * 1000
		trails.add([]engine.Session{session}, stepsIn(passed))
		return fmt.Sprint(trails.Sums("a"))
	}
	for _, step := range []struct {
		rate   uint64
		passed time.Duration
		want   string
	}{
		{1, time.Hour, "[1]"}, {2, 900 * time.Millisecond, "[1 2]"}, {3, 4900 * time.Millisecond, "[1 2 3 3 3 3 3]"}, {4, -time.Hour, "[1 2 3 3 3 3 3 4]"}, {5, time.Minute, "[5]"},
	} {
		if got := see(step.rate, step.passed); got != step.want {
			t.Errorf("after %v: %s, wanted %s", step.passed, got, step.want)
		}
	}
}
