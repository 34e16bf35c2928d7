package model

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
)

// checkedBroker answers a check when the test says so.
type checkedBroker struct {
	engine.Administration
	asked  int
	answer chan error
}

func (b *checkedBroker) Check(ctx context.Context, question engine.CheckQuestion) (engine.Checked, error) {
	if b.asked++; question.Backends {
		return engine.Checked{}, errors.New("each component was to be asked, again and again")
	}
	select {
	case err := <-b.answer:
		return engine.Checked{Version: string(rune('0' + b.asked))}, err
	case <-ctx.Done():
		return engine.Checked{}, ctx.Err()
	}
}

func TestTheBrokerChecksWhereSomethingWasChangedAndEachMinuteWhileTheConsoleGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &checkedBroker{answer: make(chan error)}
		c := &checking{admin: broker}
		ctx, cancel := context.WithCancel(t.Context())
		revision := uint64(1)
		follow := func() string {
			found := c.follow(ctx, &engine.Snapshot{When: time.Now(), Revision: revision})
			synctest.Wait()
			if found == nil {
				return ""
			}
			return found.Version
		}
		see := func(step, version string, asked int) {
			t.Helper()
			if got := follow(); got != version || broker.asked != asked {
				t.Errorf("%s: it has the check %q after %d questions, not %q after %d", step, got, broker.asked, version, asked)
			}
		}
		answer := func(err error) {
			broker.answer <- err
			synctest.Wait()
		}
		see("at first", "", 1)
		revision++
		see("while it is under way", "", 1)
		answer(nil)
		see("what was changed meanwhile is asked for once there is an answer", "1", 2)
		answer(errors.New("too slow"))
		see("one that failed leaves the last", "1", 2)
		time.Sleep(checkEvery)
		see("a minute later", "1", 3)
		answer(nil)
		see("answered", "3", 3)
		revision++
		see("after another change", "3", 4)
		cancel()
		c.wait()
	})
}

// slowChecker is a distant broker that answers the first check only.
type slowChecker struct {
	distantBroker
	checks atomic.Int64
}

func (b *slowChecker) Check(ctx context.Context, _ engine.CheckQuestion) (engine.Checked, error) {
	if b.checks.Add(1) == 1 {
		return engine.Checked{Version: "first"}, nil
	}
	<-ctx.Done()
	return engine.Checked{}, ctx.Err()
}

func TestWhatACheckFoundStandsAfterTheBrokerWasLostUntilTheNextOneAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &slowChecker{}
		live := NewLive(broker)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go live.Follow(ctx)
		time.Sleep(3 * time.Second)
		if checked := live.State().Checked; checked == nil || checked.Version != "first" {
			t.Fatalf("the check is %v", checked)
		}
		broker.silent.Store(true)
		time.Sleep(10 * time.Second)
		if live.State().Problem == "" {
			t.Fatal("the broker is not lost")
		}
		asked := broker.checks.Load()
		broker.silent.Store(false)
		time.Sleep(20 * time.Second)
		state := live.State()
		if state.Problem != "" || broker.checks.Load() == asked {
			t.Fatalf("the broker is not found again (%q), or not asked to check again", state.Problem)
		}
		if state.Checked == nil || state.Checked.Version != "first" {
			t.Errorf("the findings of the last check are gone: %v", state.Checked)
		}
	})
}
