package recorder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
	"lockwire/engine/enginetest/memorystore"
	"lockwire/engine/identity"
	"lockwire/engine/record"
)

// running is a recorder that runs in a bubble.
type running struct {
	*Recorder
	store *memorystore.Store

	mu      sync.Mutex
	reasons []string // with which it said that it is broken
}

func (r *running) said() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Compact(slices.Clone(r.reasons))
}

// signer is made outside of the bubbles, in which strict FIPS mode reads no randomness.
var signer = func() *identity.RecordKey {
	key, err := identity.NewRecordKey()
	if err != nil {
		panic(err)
	}
	return key
}()

func run(t *testing.T, test func(t *testing.T, r *running)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &running{store: memorystore.New()}
		if err := record.BeginChain(t.Context(), r.store, signer, "", time.Now()); err != nil {
			t.Fatal(err)
		}
		r.Recorder = New(r.store, signer, slog.New(slog.DiscardHandler), new(Writes), func(reason string) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.reasons = append(r.reasons, reason)
		})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { r.Run(ctx) })
		test(t, r)
		r.store.FailWith(nil)
		cancel()
		running.Wait()
	})
}

func settle() {
	time.Sleep(time.Second)
	synctest.Wait()
}

func TestReceiptThatTheStoreRefusesHoldsUpNoOther(t *testing.T) {
	run(t, func(t *testing.T, r *running) {
		twice := engine.Receipt{ID: engine.NewID(), Reason: "the first"}
		r.Receipt(twice, false, nil)
		settle()
		twice.Reason = "the second"
		other := engine.Receipt{ID: engine.NewID()}
		committed := false
		r.Receipt(twice, false, nil)
		r.Receipt(other, false, func() { committed = true })
		settle()
		if kept, err := r.store.Receipt(t.Context(), twice.ID); err != nil || kept.Reason != "the first" {
			t.Errorf("the receipt was changed to %q, %v", kept.Reason, err)
		}
		if _, err := r.store.Receipt(t.Context(), other.ID); err != nil || !committed {
			t.Errorf("the other one is not written: %v", err)
		}
	})
}

func TestManyChangesShareATransaction(t *testing.T) {
	run(t, func(t *testing.T, r *running) {
		before := r.store.Writes()
		for range maximumBatch + 1 {
			r.Session(engine.Session{ID: engine.NewID()}, nil)
		}
		settle()
		if writes := r.store.Writes() - before; writes != 2 {
			t.Errorf("%d transactions", writes)
		}
		if kept, err := r.store.LiveSessions(t.Context()); err != nil || len(kept) != maximumBatch+1 {
			t.Errorf("%d sessions are kept, %v", len(kept), err)
		}
	})
}

// TestRecordThatCannotBeWrittenSaysWhatWasSeen has the store's own causes as it gives them.
func TestRecordThatCannotBeWrittenSaysWhatWasSeen(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"locked":    {fmt.Errorf("begin a change: /srv/secret.db: %w", engine.ErrRecordLocked), "another program, perhaps sqlite3"},
		"full":      {fmt.Errorf("save a change: /srv/secret.db: %w", syscall.ENOSPC), "is full; free some space"},
		"read-only": {fmt.Errorf("save a change: /srv/secret.db: %w", syscall.EROFS), "is read-only"},
		"damaged":   {fmt.Errorf("save a change: /srv/secret.db: %w", engine.ErrDamagedData), "lockwired restore"},
		"unknown":   {errors.New("save a change: /srv/secret.db: whatever"), "its log says why"},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, r *running) {
				tried := 0
				r.store.FailWith(func() error { tried++; return test.err })
				for range 50 {
					r.Receipt(engine.Receipt{ID: engine.NewID()}, false, nil)
				}
				settle()
				if problem := r.Problem(); problem != "" {
					t.Errorf("a failure of a moment is told: %q", problem)
				}
				time.Sleep(10 * time.Second)
				if problem := r.Problem(); !strings.Contains(problem, test.want) || strings.Contains(problem, "/srv") {
					t.Errorf("the problem is %q", problem)
				}
				if said := r.said(); len(said) != 1 || said[0] != r.Problem() {
					t.Errorf("it said %q", said)
				}
				if name != "unknown" && tried > 10 {
					t.Errorf("what meets every write was tried %d times", tried)
				}
				r.store.FailWith(nil)
				time.Sleep(2 * RetryMost)
				if problem := r.Problem(); problem != "" {
					t.Errorf("once it writes again it says %q", problem)
				}
				if kept, err := r.store.Receipts(t.Context(), engine.ReceiptQuery{Limit: 1000}); err != nil || len(kept) != 50 {
					t.Errorf("%d receipts are kept, %v", len(kept), err)
				}
			})
		})
	}
}

func TestWriteThatHangsIsToldBeforeAnybodyGivesUp(t *testing.T) {
	run(t, func(t *testing.T, r *running) {
		r.store.FailWith(func() error { time.Sleep(14 * time.Second); return nil })
		r.Begin(engine.Session{ID: engine.NewID()}, nil)
		time.Sleep(slowAfter - time.Second)
		if problem := r.Problem(); problem != "" {
			t.Errorf("too early: %q", problem)
		}
		time.Sleep(2 * time.Second)
		if problem := r.Problem(); !strings.Contains(problem, "has taken more than 6s") {
			t.Errorf("it says %q", problem)
		}
		if said := r.said(); len(said) != 1 {
			t.Errorf("who waits is told %q", said)
		}
		time.Sleep(10 * time.Second)
		if problem := r.Problem(); problem != "" {
			t.Errorf("once it is written it says %q", problem)
		}
	})
}

// TestWhoWaitsIsCalledOnceTheTroubleIsOver: who is called may begin a session at once, and a problem that is told still would refuse it.
func TestWhoWaitsIsCalledOnceTheTroubleIsOver(t *testing.T) {
	run(t, func(t *testing.T, r *running) {
		r.store.FailWith(func() error { return engine.ErrRecordLocked })
		told := "never called"
		r.Session(engine.Session{ID: engine.NewID()}, func() { told = r.Problem() })
		time.Sleep(2 * brokenAfter)
		if problem := r.Problem(); problem == "" {
			t.Error("no problem is told while the record is locked")
		}
		r.store.FailWith(nil)
		time.Sleep(2 * RetryMost)
		synctest.Wait()
		if told != "" {
			t.Errorf("who waited saw %q", told)
		}
	})
}

// TestSessionThatBeginsDoesNotWaitForTheBacklog: the tool that waits for it is called after its own transaction.
func TestSessionThatBeginsDoesNotWaitForTheBacklog(t *testing.T) {
	run(t, func(t *testing.T, r *running) {
		const each = 50 * time.Millisecond // what a write takes
		r.store.FailWith(func() error { time.Sleep(each); return nil })
		for range 5*maximumBatch + 1 {
			r.Receipt(engine.Receipt{ID: engine.NewID()}, false, nil)
		}
		time.Sleep(gatherFor + each/2) // the first batch is under way
		s := engine.Session{ID: engine.NewID()}
		began, written := time.Now(), time.Time{}
		r.Begin(s, func() {
			written = time.Now()
			kept, err := r.store.LiveSessions(t.Context())
			if err != nil || len(kept) != 1 || kept[0].ID != s.ID {
				t.Errorf("it is called and the record has %+v, %v", kept, err)
			}
			if receipts, err := r.store.Receipts(t.Context(), engine.ReceiptQuery{Limit: 10 * maximumBatch}); err != nil || len(receipts) > maximumBatch+maximumBeside {
				t.Errorf("it waited for %d receipts, %v", len(receipts), err)
			}
		})
		settle()
		settle()
		if took := written.Sub(began); written.IsZero() || took > 2*each {
			t.Errorf("it is called after %v", took)
		}
		if receipts, err := r.store.Receipts(t.Context(), engine.ReceiptQuery{Limit: 10 * maximumBatch}); err != nil || len(receipts) != 5*maximumBatch+1 {
			t.Errorf("%d receipts are written, %v", len(receipts), err)
		}
	})
}

// TestWhoWaitsIsCalledOnceWhateverBecomesOfTheSession: a write fails, and what was to be written changes before it is tried again.
func TestWhoWaitsIsCalledOnceWhateverBecomesOfTheSession(t *testing.T) {
	for name, then := range map[string]func(r *running, s engine.Session, called func()){
		"it stays as it is":        func(_ *running, _ engine.Session, called func()) { called() },
		"its state changes":        func(r *running, s engine.Session, called func()) { r.Session(s, called) },
		"it ends with a receipt":   func(r *running, s engine.Session, called func()) { r.Receipt(engine.Receipt{ID: s.ID}, true, called) },
		"it ends without one":      func(r *running, s engine.Session, called func()) { r.Remove(s.ID, called) },
		"it changes and then ends": func(r *running, s engine.Session, called func()) { r.Session(s, nil); r.Remove(s.ID, called) },
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, r *running) {
				var calls []string
				r.store.FailWith(func() error { return engine.ErrRecordLocked })
				s := engine.Session{ID: engine.NewID()}
				r.Begin(s, func() { calls = append(calls, "begun") })
				settle() // it was tried, and failed
				then(r, s, func() { calls = append(calls, "then") })
				settle()
				if slices.Contains(calls, "begun") {
					t.Error("it is called before anything is written")
				}
				r.store.FailWith(nil)
				time.Sleep(2 * RetryMost)
				synctest.Wait()
				slices.Sort(calls)
				if !slices.Equal(calls, []string{"begun", "then"}) {
					t.Errorf("%q are called", calls)
				}
			})
		})
	}
}

// TestReceiptsThatTheStoreRefusesCostTheOthersFewTransactions: to write each of a large batch apart would take as many waits for the disk.
func TestReceiptsThatTheStoreRefusesCostTheOthersFewTransactions(t *testing.T) {
	run(t, func(t *testing.T, r *running) {
		there := []engine.ID{engine.NewID(), engine.NewID()}
		for _, id := range there {
			r.Receipt(engine.Receipt{ID: id, Reason: "the first"}, false, nil)
		}
		settle()
		before, called := r.metrics.Transactions.Load(), 0
		for n := range maximumBatch {
			receipt := engine.Receipt{ID: engine.NewID(), Reason: "the second"}
			if n == 0 || n == 700 {
				receipt.ID = there[n/700]
			}
			r.Receipt(receipt, false, func() { called++ })
		}
		session := engine.Session{ID: engine.NewID()}
		r.Session(session, func() { called++ })
		r.Remove(engine.NewID(), func() { called++ })
		settle()
		if used := r.metrics.Transactions.Load() - before; used > 50 {
			t.Errorf("%d transactions", used)
		}
		kept, err := r.store.Receipts(t.Context(), engine.ReceiptQuery{Limit: 2 * maximumBatch})
		if err != nil || len(kept) != maximumBatch || called != maximumBatch+2 {
			t.Errorf("%d receipts are kept and %d are called, %v", len(kept), called, err)
		}
		for _, receipt := range kept {
			if want := map[bool]string{true: "the first", false: "the second"}[slices.Contains(there, receipt.ID)]; receipt.Reason != want {
				t.Errorf("receipt %s is %s, want %s", receipt.ID, receipt.Reason, want)
			}
		}
		if live, err := r.store.LiveSessions(t.Context()); err != nil || len(live) != 1 || live[0].ID != session.ID {
			t.Errorf("live are %+v, %v", live, err)
		}
	})
}
