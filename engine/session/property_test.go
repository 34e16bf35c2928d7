package session

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"lockwire/engine"
)

// anyStep draws how far the clock moves before the next event: mostly little, sometimes across a deadline.
func anyStep(t *rapid.T) time.Duration {
	return rapid.OneOf(
		rapid.Just(time.Duration(0)),
		rapid.Map(rapid.Int64Range(0, int64(40*time.Second)), func(n int64) time.Duration { return time.Duration(n) }),
		rapid.Map(rapid.Int64Range(0, int64(30*time.Hour)), func(n int64) time.Duration { return time.Duration(n) }),
		rapid.Just(2*LostAfter),
	).Draw(t, "step")
}

var anyErasure = rapid.SampledFrom([]engine.Erasure{"", engine.ErasureProven, engine.ErasureReleased, engine.ErasureUnconfirmed, engine.ErasureNotNeeded})

// However events, timers and orders come, an end destroys K exactly once when it stops admitting flows, admits none after
// that or after the age cap, reports only when no flow is left, and never goes back.
func TestAnEndNeverResurrectsItsKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.SampledFrom([]Side{Source, Target}).Draw(t, "side")
		e, now := NewEnd(side, DefaultTimes, start), start
		destroyed, flows, reported := 0, 0, false
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			now = now.Add(anyStep(t))
			event := EndEvent{
				Kind: EndEventKind(rapid.IntRange(0, 10).Draw(t, "kind")), Reason: "drawn",
				At: now, Erasure: anyErasure.Draw(t, "erasure"),
			}
			before := e
			admitted := e.Admits(now) == nil
			after, commands, err := e.Step(now, event)
			if err != nil {
				if after != before || commands != nil {
					t.Fatalf("an error changed something: %v", err)
				}
				continue
			}
			e = after
			switch event.Kind {
			case FlowBegins:
				flows++
				if !admitted {
					t.Fatal("a flow began that Admits had refused")
				}
				if !now.Before(start.Add(DefaultTimes.AgeCap)) {
					t.Fatal("a flow began after the age cap")
				}
				if destroyed > 0 {
					t.Fatal("a flow began after the key was destroyed")
				}
			case FlowCloses:
				flows--
			}
			for _, command := range commands {
				switch command {
				case DestroyKey:
					destroyed++
				case EraseAll:
					if flows != 0 || destroyed != 1 {
						t.Fatalf("erasing with %d flows, K destroyed %d times", flows, destroyed)
					}
				case ReportEnd:
					reported = true
				case ReportKey:
					if destroyed != 1 {
						t.Fatal("reported a key that was not destroyed")
					}
				}
			}
			if e.Flows() != flows {
				t.Fatalf("%d flows counted, %d are open", e.Flows(), flows)
			}
			if destroyed > 1 || e.HasKey() != (destroyed == 0) {
				t.Fatalf("%s: K destroyed %d times", e.State(), destroyed)
			}
			if before.state >= Finishing && e.state < before.state {
				t.Fatalf("from %s back to %s", before.state, e.state)
			}
			if reported && (flows != 0 || e.Report().Erasure == "" || e.Report().Ended.IsZero()) {
				t.Fatalf("reported with %d flows: %+v", flows, e.Report())
			}
			if due, any := e.Deadline(); any && !due.After(now) {
				t.Fatalf("%s: the deadline %v has passed at %v", e.state, due, now)
			}
		}
		// Left alone, with its flows closed and its erasures done, every session comes to its end.
		for i := 0; e.State() != Forgotten; i++ {
			if i > 100 {
				t.Fatalf("still %s after %d steps", e.State(), i)
			}
			event := EndEvent{At: now, Erasure: engine.ErasureProven}
			due, any := e.Deadline()
			switch {
			case e.Flows() > 0:
				event.Kind = FlowCloses
			case any:
				now, event.Kind = due, EndTick
			case e.State() == Erasing:
				event.Kind = AllErased
			default:
				event.Kind = ReportAcknowledged
			}
			var err error
			if e, _, err = e.Step(now, event); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// However events come, the broker's view never goes back, offers each end at most once, never offers after the end, writes one
// receipt, keeps the first word on each end's key, and always has a deadline by which it goes on where both ends are silent.
func TestALifeNeverGoesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, commands := begin()
		now := start
		offers, receipts := map[Side]int{}, 0
		count := func(commands []Command) {
			for _, command := range commands {
				switch command.Kind {
				case Offer:
					offers[command.End]++
					if l.State() >= Draining {
						t.Fatalf("offered while %s", l.State())
					}
				case WriteReceipt:
					receipts++
				}
			}
		}
		count(commands)
		check := func(before Life) {
			if l.state < before.state {
				t.Fatalf("from %s back to %s", before.state, l.state)
			}
			for _, side := range []Side{Source, Target} {
				if was := *before.erasure(side); was != "" && *l.erasure(side) != was {
					t.Fatalf("%s: %q became %q", side, was, *l.erasure(side))
				}
				if at := *l.destroyed(side); !at.IsZero() && (at.Before(l.key.Made) || at.After(now)) {
					t.Fatalf("%s: destroyed at %v, it is %v", side, at, now)
				}
			}
			if before.Shown() != engine.SessionOffered && l.Shown() == engine.SessionRefused && before.Shown() != engine.SessionRefused {
				t.Fatal("a session that was live is shown as refused")
			}
			if (l.State() == Closed) != (receipts == 1) || receipts > 1 {
				t.Fatalf("%s with %d receipts", l.State(), receipts)
			}
			if due, any := l.Deadline(); any && !due.After(now) {
				t.Fatalf("%s: the deadline %v has passed at %v", l.state, due, now)
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			now = now.Add(anyStep(t))
			event := Event{
				Kind: EventKind(rapid.IntRange(0, 12).Draw(t, "kind")), End: Side(rapid.IntRange(0, 3).Draw(t, "end")), Reason: "drawn",
				At: now.Add(anyStep(t) - time.Hour), Erasure: anyErasure.Draw(t, "erasure"),
			}
			before := l
			after, commands, err := l.Step(now, event)
			if err != nil {
				if after != before || commands != nil {
					t.Fatalf("an error changed something: %v", err)
				}
				continue
			}
			l = after
			count(commands)
			check(before)
		}
		if offers[Target] != 1 || offers[Source] > 1 {
			t.Fatalf("offers: %v", offers)
		}
		// Both ends gone for good: time alone closes every session.
		for _, side := range []Side{Source, Target} {
			before := l
			var err error
			var commands []Command
			if l, commands, err = l.Step(now, Event{Kind: EndDetached, End: side}); err != nil {
				t.Fatal(err)
			}
			count(commands)
			check(before)
		}
		for range 20 {
			due, any := l.Deadline()
			if !any {
				break
			}
			before := l
			now = due
			l, commands, _ = l.Step(now, tick)
			count(commands)
			check(before)
		}
		if l.State() != Closed {
			t.Fatalf("left alone it stays %s", l.State())
		}
	})
}
