package model

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
)

// distantBroker is a broker behind a network that a test can silence: then nothing arrives any more, and nothing fails either.
type distantBroker struct {
	engine.Administration
	silent   atomic.Bool
	revision uint64
	changed  atomic.Int64
}

// wait is a call that the network swallows.
func (b *distantBroker) wait(ctx context.Context) error {
	if !b.silent.Load() {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (b *distantBroker) Installation(ctx context.Context) (engine.Installation, error) {
	return engine.Installation{Role: engine.MayChange}, b.wait(ctx)
}
func (b *distantBroker) RuleSet(ctx context.Context) (engine.RuleSet, error) {
	return engine.RuleSet{}, b.wait(ctx)
}
func (b *distantBroker) Past(ctx context.Context) (engine.Past, error) {
	return engine.Past{}, b.wait(ctx)
}
func (b *distantBroker) Receipts(ctx context.Context, _ engine.ReceiptQuery) ([]engine.Receipt, error) {
	return nil, b.wait(ctx)
}
func (b *distantBroker) Administrators(ctx context.Context) ([]engine.Administrator, error) {
	return nil, b.wait(ctx)
}
func (b *distantBroker) Check(ctx context.Context, _ engine.CheckQuestion) (engine.Checked, error) {
	return engine.Checked{}, b.wait(ctx)
}
func (b *distantBroker) Drain(context.Context, engine.DrainOrder) error { b.changed.Add(1); return nil }
func (b *distantBroker) Cut(context.Context, engine.ID) error           { b.changed.Add(1); return nil }
func (b *distantBroker) Apply(context.Context, engine.Change, engine.Confirmation) (engine.Effect, error) {
	b.changed.Add(1)
	return engine.Effect{}, nil
}

// Watch is that of a client elsewhere: it ends where nothing comes for 6 s.
func (b *distantBroker) Watch(ctx context.Context, _ time.Duration, each func(engine.Snapshot) error) error {
	for {
		if b.silent.Load() {
			select {
			case <-time.After(6 * time.Second):
				return engine.ErrSilent
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		b.revision++ // the rules are read again each time
		if err := each(engine.Snapshot{When: time.Now(), Revision: b.revision}); err != nil {
			return err
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func TestWhatIsShownIsOldWithinSecondsOfTheLastWordAndNothingIsChangedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &distantBroker{}
		live := NewLive(broker)
		admin := live.Guarded()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go live.Follow(ctx)
		time.Sleep(time.Minute + time.Second/2)
		state := live.State()
		if state.Problem != "" || state.OldWords() != "" || state.AsOf() != "" {
			t.Fatalf("it is %q while all is well", state.Problem)
		}
		if err := admin.Cut(ctx, "x"); err != nil || broker.changed.Load() != 1 {
			t.Fatalf("a change while all is well: %v", err)
		}
		broker.silent.Store(true)
		last := time.Now().Add(-time.Second / 2)
		time.Sleep(5 * time.Second)
		if live.State().Problem != "" {
			t.Error("it is old before six seconds have passed")
		}
		time.Sleep(3 * time.Second)
		for range 20 { // it stays so while the broker is looked for again, which takes its time each time
			state = live.State()
			if state.Problem == "" || !state.OldSince.Equal(last) || !strings.Contains(state.OldWords(), last.Local().Format("15:04:05")) {
				t.Fatalf("as of %s, wanted %s: %q", state.OldSince, last, state.OldWords())
			}
			_, err := admin.Apply(ctx, engine.Change{}, engine.Confirmation{})
			if err == nil || !strings.Contains(err.Error(), last.Local().Format("15:04:05")) || broker.changed.Load() != 1 {
				t.Fatalf("a change from an old state: %v", err)
			}
			if err := admin.Drain(ctx, engine.DrainOrder{}); err == nil || broker.changed.Load() != 1 {
				t.Fatalf("a drain from an old state: %v", err)
			}
			time.Sleep(7 * time.Second)
		}
		broker.silent.Store(false)
		time.Sleep(retryMost + answerWithin + time.Second)
		if state = live.State(); state.Problem != "" || state.AsOf() != "" {
			t.Errorf("the broker is back, and it is %q", state.Problem)
		}
		if err := admin.Cut(ctx, "x"); err != nil {
			t.Error(err)
		}
		cancel()
		synctest.Wait()
	})
}

func TestABrokerThatWasNeverReachedLeavesNothingToDim(t *testing.T) {
	live := NewLive(&distantBroker{})
	live.fail(errors.New("connection refused"))
	if state := live.State(); state.AsOf() != "" || !strings.Contains(state.OldWords(), "connection refused") {
		t.Errorf("as of %q: %s", state.AsOf(), state.OldWords())
	}
	if err := live.Guarded().Cut(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), "since the console was opened") {
		t.Error(err)
	}
}

// Every method of Administration either only reads, or is refused while the state is old. A new one has to be put into one of the two.
func TestEveryMethodThatChangesSomethingIsGuarded(t *testing.T) {
	reads := []string{
		"Installation", "RuleSet", "Preview", "Explain", "Week", "Coverage", "Check", "Components", "Forecast", "Services", "Routes", "Sessions", "Receipt", "Receipts",
		"ReceiptTotals", "ReceiptChain", "ReceiptCheckpoint", "VerifyReceipts", "ProtectionReport", "Audit", "Alarms", "Administrators", "Tokens", "Watch", "Backup", "ProbeRoute", "Names", "Tenants", "Providers", "Past",
	}
	live := NewLive(nil) // what is let through panics
	live.fail(errors.New("connection refused"))
	admin := reflect.ValueOf(live.Guarded())
	of := reflect.TypeFor[engine.Administration]()
	for i := range of.NumMethod() {
		method := of.Method(i)
		if slices.Contains(reads, method.Name) {
			continue
		}
		arguments := []reflect.Value{reflect.ValueOf(t.Context())}
		for j := 1; j < method.Type.NumIn(); j++ {
			arguments = append(arguments, reflect.Zero(method.Type.In(j)))
		}
		func() {
			defer func() {
				if recover() != nil {
					t.Errorf("%s is let through", method.Name)
				}
			}()
			results := admin.MethodByName(method.Name).Call(arguments)
			if err, _ := results[len(results)-1].Interface().(error); err == nil || !strings.Contains(err.Error(), "nothing was changed") {
				t.Errorf("%s: %v", method.Name, err)
			}
		}()
	}
}
