package broker

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/broker/recorder"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

func TestEndIsAcknowledgedOnceTheReceiptIsCommitted(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		id := p.live()
		settle()
		i.store.FailWith(func() error { return errors.New("no space left on device") })
		p.source.end(id, nil)
		p.target.end(id, nil)
		time.Sleep(5 * time.Minute)
		none(p.source, (*wire.Down).GetEndedAcknowledged)
		i.store.FailWith(nil)
		time.Sleep(2 * recorder.RetryMost)
		one(p.source, (*wire.Down).GetEndedAcknowledged)
		one(p.target, (*wire.Down).GetEndedAcknowledged)
		if r := must(i.store.Receipt(t.Context(), must(wire.ParseID(id)))); r.State != engine.SessionEnded {
			t.Errorf("the receipt is %+v", r)
		}
	})
}

func TestRecordThatFallsBehindStopsNewSessions(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		i.store.FailWith(func() error { return errors.New("no space left on device") })
		for range recorder.MaximumBacklog + 1 {
			i.broker.record.Receipt(engine.Receipt{ID: engine.NewID()}, false, nil)
		}
		p.source.request(p.route.ID)
		if reason := one(p.source, (*wire.Down).GetSessionRefused).GetReason(); !strings.Contains(reason, "record") {
			t.Errorf("the source is told %q", reason)
		}
		i.store.FailWith(nil)
	})
}

// A tool whose session cannot be recorded must not hang until its agent gives up, without a word of why.
func TestRecordThatCannotBeWrittenStopsNewSessions(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		settle()
		i.store.FailWith(func() error { return syscall.ENOSPC })
		p.source.request(p.route.ID)
		offer := one(p.target, (*wire.Down).GetOffer)
		p.target.answer(offer)
		time.Sleep(7 * time.Second)
		if reason := one(p.source, (*wire.Down).GetSessionRefused).GetReason(); !strings.Contains(reason, "is full; free some space") {
			t.Errorf("who was first is told %q", reason)
		}
		p.target.end(offer.GetSession(), nil)
		i.wait()
		p.source.request(p.route.ID)
		if reason := one(p.source, (*wire.Down).GetSessionRefused).GetReason(); !strings.Contains(reason, "is full; free some space") {
			t.Errorf("who comes later is told %q", reason)
		}
		if problem := i.broker.RecordProblem(); !strings.Contains(problem, "is full") {
			t.Errorf("the overview is told %q", problem)
		}
		i.store.FailWith(nil)
		time.Sleep(2 * recorder.RetryMost)
		if problem := i.broker.RecordProblem(); problem != "" {
			t.Errorf("once the disk has space the overview is told %q", problem)
		}
		if r := must(i.store.Receipt(t.Context(), must(wire.ParseID(offer.GetSession())))); r.State != engine.SessionRefused || !strings.HasSuffix(r.Reason, noRecord) || r.Key.SourceErasure != engine.ErasureNotNeeded {
			t.Errorf("the receipt says that it was %s: %s; key %+v", r.State, r.Reason, r.Key)
		}
		p.source.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: p.source.keys(2)}})
		p.source.request(p.route.ID)
		one(p.target, (*wire.Down).GetOffer)
	})
}

func TestSessionThatIsCutBeforeItIsRecordedIsRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		settle()
		i.store.FailWith(func() error { return errors.New("no space left on device") })
		p.source.request(p.route.ID)
		offer := one(p.target, (*wire.Down).GetOffer)
		p.target.answer(offer)
		i.wait()
		i.broker.Cut(t.Context(), must(wire.ParseID(offer.GetSession())), "cut")
		if reason := one(p.source, (*wire.Down).GetSessionRefused).GetReason(); reason != "cut" {
			t.Errorf("the source is told %q", reason)
		}
		i.store.FailWith(nil)
	})
}

func TestTrafficOfALongSessionIsWritten(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		id := p.live()
		for second := range uint64(40) {
			time.Sleep(time.Second)
			p.source.stats(&wire.SessionStats{Session: id, Flows: 1, AllFlows: 1, ToTarget: second * 1000})
		}
		if kept := must(i.store.LiveSessions(t.Context())); len(kept) != 1 || kept[0].Traffic.ToTarget < 20000 {
			t.Errorf("the record has %+v", kept)
		}
	})
}

// After a restart all sessions fall due at once. They are saved over some seconds, each once, and a session that begins meanwhile does
// not wait behind all of them.
func TestTrafficOfManySessionsIsSavedInTurns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const sessions = 10_000
		broker := must(New(t.Context(), newInstallation(t).config))
		broker.mu.Lock()
		defer broker.mu.Unlock()
		fill(broker, sessions, func(int) *engine.SessionDecision { return &engine.SessionDecision{} })
		time.Sleep(saveTrafficEvery)
		saved := map[engine.ID]int{}
		for second := range int(saveTrafficEvery / time.Second) {
			before := time.Now()
			count := 0
			for _, s := range broker.ordered {
				s.reported[session.Source] = progress{known: true, at: before.Add(time.Nanosecond)}
			}
			time.Sleep(time.Second)
			broker.slowDown(time.Now())
			for _, s := range broker.ordered {
				if s.saved.After(before) {
					saved[s.shown.ID]++
					count++
				}
			}
			if count > sessions/15+1 {
				t.Errorf("in second %d %d are saved", second, count)
			}
		}
		if len(saved) != sessions {
			t.Errorf("%d of %d are saved", len(saved), sessions)
		}
		for id, times := range saved {
			if times != 1 {
				t.Fatalf("session %s is saved %d times", id, times)
			}
		}
	})
}

func TestRatesFallToZeroWithoutReports(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		id := p.live()
		time.Sleep(time.Second)
		p.source.stats(&wire.SessionStats{Session: id, Flows: 1, AllFlows: 1, ToTarget: 1100})
		if rate := i.only().Traffic.RateToTarget; rate != 1000 {
			t.Errorf("the rate is %d", rate)
		}
		time.Sleep(rateFor + 2*time.Second)
		if rate := i.only().Traffic.RateToTarget; rate != 0 {
			t.Errorf("without reports the rate is %d", rate)
		}
	})
}

func TestImpossibleCountsFitTheRecord(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		id := p.live()
		p.source.stats(&wire.SessionStats{Session: id, Flows: 1 << 31, AllFlows: 1 << 63, ToTarget: 1 << 63, ToSource: ^uint64(0), CpuNanoseconds: -5, Group: strings.Repeat("x", 500)})
		if s := i.only(); s.Traffic.ToTarget > maximumCount || s.Traffic.ToSource > maximumCount || s.AllFlows > maximumCount || s.Traffic.SourceCPU < 0 || s.Group != "X25519MLKEM768" {
			t.Errorf("the session is shown as %+v", s)
		}
	})
}
