package throttle

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func under(limit uint64) *Limiter { return NewLimiter(Lease{Number: 1, Limit: limit}) }

// change puts a further limit in force.
func change(l *Limiter, limit uint64) { l.Obey(Lease{Number: l.Lease().Number + 1, Limit: limit}) }

// drain lets bytes of one flow pass in turns until d of the bubble's time is over, and returns how many passed.
func drain(t *testing.T, l *Limiter, d time.Duration) (passed uint64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	for f := l.Flow(); ; {
		n := f.Burst()
		if n == 0 {
			t.Fatal("no limit")
		}
		if err := f.Wait(ctx, n); err != nil {
			return passed
		}
		passed += uint64(n)
	}
}

func TestRateIsKeptFromTheFirstSecondOn(t *testing.T) {
	for _, limit := range []uint64{1000, 1563, 125_000, 1_000_000, 10_000_000, 500_000_000} {
		for _, seconds := range []uint64{1, 100} {
			synctest.Test(t, func(t *testing.T) {
				l := under(limit)
				passed := drain(t, l, time.Duration(seconds)*time.Second)
				if most, least := limit*seconds, less(limit*seconds*999/1000, uint64(l.Flow().Burst())); passed > most || passed < least {
					t.Errorf("%d bytes in %d s under %d B/s; want %d to %d", passed, seconds, limit, least, most)
				}
			})
		}
	}
}

func TestPauseSavesUpNoMoreThanTheBurst(t *testing.T) {
	for _, limit := range []uint64{1563, 1_000_000, 500_000_000} {
		synctest.Test(t, func(t *testing.T) {
			l := under(limit)
			drain(t, l, time.Second)
			time.Sleep(time.Minute) // the bubble's time
			passed := drain(t, l, time.Second)
			if most := limit + limit/50; passed > most {
				t.Errorf("%d bytes in the second after a pause under %d B/s, want at most %d", passed, limit, most)
			}
		})
	}
}

func TestSeveralFlowsShareOneLimitEqually(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit, seconds = 10_000_000, 20
		l := under(limit)
		var mu sync.Mutex
		var total uint64
		var flows sync.WaitGroup
		for range 7 {
			flows.Go(func() {
				n := drain(t, l, seconds*time.Second)
				if n < limit*seconds/7*99/100 {
					t.Errorf("one flow moved only %d", n)
				}
				mu.Lock()
				total += n
				mu.Unlock()
			})
		}
		flows.Wait()
		if most := uint64(limit * seconds); total > most || total < most*99/100 {
			t.Errorf("%d bytes passed, want up to %d", total, most)
		}
	})
}

// Turns are fair in bytes: a flow of small turns gets as much as one of large ones.
func TestTurnsAreFairInBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := under(1_000_000)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		passed := map[int]int{}
		var mu sync.Mutex
		var flows sync.WaitGroup
		for _, n := range []int{500, 10_000} {
			flows.Go(func() {
				for f := l.Flow(); f.Wait(ctx, n) == nil; {
					mu.Lock()
					passed[n] += n
					mu.Unlock()
				}
			})
		}
		flows.Wait()
		if small, large := passed[500], passed[10_000]; small < 9_900_000 || large < 9_900_000 {
			t.Errorf("%d bytes in small turns and %d in large ones, want 10,000,000 each", small, large)
		}
	})
}

// At 1 MB/s a byte of an interactive flow crosses in less than 50 ms, however many flows of the session are busy.
func TestInteractiveFlowIsNotBehindBusyOnes(t *testing.T) {
	for _, busy := range []int{1, 8, 200} {
		synctest.Test(t, func(t *testing.T) {
			l := under(1_000_000)
			var flows sync.WaitGroup
			for range busy {
				flows.Go(func() { drain(t, l, 20*time.Second) })
			}
			var slowest time.Duration
			f := l.Flow()
			for range 150 {
				time.Sleep(97 * time.Millisecond)
				asked := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				err := f.Wait(ctx, 1)
				cancel()
				if err != nil {
					t.Fatalf("not within a second beside %d flows", busy)
				}
				slowest = max(slowest, time.Since(asked))
			}
			flows.Wait()
			if slowest >= 25*time.Millisecond {
				t.Errorf("a byte waited %v beside %d busy flows", slowest, busy)
			}
		})
	}
}

func TestChangeHoldsForThoseWhoWait(t *testing.T) {
	const n = 64 << 10
	for name, to := range map[string]uint64{"raised": 1 << 30, "lifted": Unlimited} {
		for from, limit := range map[string]uint64{"slow": 1, "stopped": 0} {
			t.Run(from+", then "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l := under(limit)
					begin, done := time.Now(), make(chan error, 1)
					go func() { done <- l.Flow().Wait(t.Context(), n) }() // 18 hours at one byte a second
					time.Sleep(time.Second)                               // the bubble's time
					synctest.Wait()
					select {
					case <-done:
						t.Fatal("passed before the change")
					default:
					}
					change(l, to)
					if err := <-done; err != nil {
						t.Fatal(err)
					}
					if took := time.Since(begin); took > time.Second+10*time.Millisecond {
						t.Errorf("passed after %v", took)
					}
				})
			})
		}
	}
}

func TestLoweredLimitHoldsForThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := under(1 << 20)
		passed := make(chan uint64)
		go func() { passed <- drain(t, l, 100*time.Second) }()
		time.Sleep(50 * time.Second)
		synctest.Wait()
		change(l, 1<<10)
		got := <-passed
		if most := uint64(50<<20 + 50<<10 + 20<<10); got > most || got < 50<<20-20<<10 {
			t.Errorf("%d bytes passed, want 50 MiB and 50 KiB", got)
		}
	})
}

// A limit that is told again and again, as the broker does each second, grants nothing.
func TestSettingTheLimitGrantsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const seconds = 60
		l := under(1000)
		stop := make(chan struct{})
		var telling sync.WaitGroup
		telling.Go(func() {
			for i := uint64(0); ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(100 * time.Millisecond):
					change(l, 999+i%2)
				}
			}
		})
		passed := drain(t, l, seconds*time.Second)
		close(stop)
		telling.Wait()
		if passed > 1000*seconds || passed < 990*seconds {
			t.Errorf("%d bytes passed, want %d", passed, 1000*seconds)
		}
	})
}

func TestUnlimitedThenLimitedStartsWithNoDebtAndNoCredit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(Free)
		f := l.Flow()
		if err := f.Wait(t.Context(), 1<<40); err != nil || f.Burst() != 0 {
			t.Fatalf("unlimited: %v, burst %d", err, f.Burst())
		}
		time.Sleep(time.Minute)
		l.Obey(Lease{1, 1_000_000})
		if passed := drain(t, l, 10*time.Second); passed > 10_000_000 || passed < 9_900_000 {
			t.Errorf("%d bytes passed in 10 s, want 10,000,000", passed)
		}
	})
}

func TestOlderLeaseIsIgnored(t *testing.T) {
	l := NewLimiter(Lease{5, 100})
	for _, old := range []Lease{{4, 1000}, {5, 1000}, {}} {
		if l.Obey(old) || l.Lease() != (Lease{5, 100}) {
			t.Errorf("%v was obeyed: %v", old, l.Lease())
		}
	}
	if !l.Obey(Lease{6, 0}) || l.Lease() != (Lease{6, 0}) {
		t.Errorf("the newer lease is not in force: %v", l.Lease())
	}
}

// A flow under the lowest cap, and one under none at all, ends as soon as it is cut.
func TestCutEndsTheWaitAndChargesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 64 << 10
		l := under(n) // one turn a second
		why := errors.New("cut")
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error, 2)
		for range 2 {
			go func() { done <- l.Flow().Wait(ctx, n) }()
		}
		synctest.Wait()
		cancel(why)
		for range 2 {
			if err := <-done; !errors.Is(err, why) {
				t.Errorf("wait: %v, want the cause", err)
			}
		}
		begin := time.Now()
		if err := l.Flow().Wait(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took > time.Second+time.Millisecond {
			t.Errorf("the next one waited %v: the cut ones were charged", took)
		}
	})
}

func TestLimiterTellsWhetherAFlowWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := under(1000)
		var flow sync.WaitGroup
		flow.Go(func() {
			if err := l.Flow().Wait(t.Context(), 1000); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(500 * time.Millisecond)
		if !l.Waiting() {
			t.Error("a flow waits, and nobody is said to")
		}
		if flow.Wait(); l.Waiting() {
			t.Error("nobody waits any more")
		}
	})
}

func TestTurnsOfSlowFlowsAreShort(t *testing.T) {
	for limit, want := range map[uint64]int{0: minimumTurn, 1000: minimumTurn, 125_000: 2500, 10_000_000: 200_000, 1 << 62: maximumTurn} {
		if got := under(limit).Flow().Burst(); got != want {
			t.Errorf("%d B/s: turns of %d, want %d", limit, got, want)
		}
	}
}
