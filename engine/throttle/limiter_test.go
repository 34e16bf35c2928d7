package throttle

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// drain lets bytes pass in turns until the limiter has taken d of the bubble's time, and returns how many passed.
func drain(t *testing.T, l *Limiter, d time.Duration) (passed uint64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	for {
		n := l.Burst()
		if n == 0 {
			t.Fatal("no limit")
		}
		if err := l.Wait(ctx, n); err != nil {
			return passed
		}
		passed += uint64(n)
	}
}

func TestRateIsKept(t *testing.T) {
	for _, limit := range []uint64{1000, 125_000, 1_000_000, 10_000_000, 1_000_000_000} {
		synctest.Test(t, func(t *testing.T) {
			l := NewLimiter(limit)
			const seconds = 100
			passed := drain(t, l, seconds*time.Second)
			most := limit*seconds + uint64(burst(limit))
			least := limit*seconds - uint64(l.Burst())
			if passed > most || passed < least {
				t.Errorf("%d bytes in %d s under %d B/s; want %d to %d", passed, seconds, limit, least, most)
			}
		})
	}
}

func TestSeveralFlowsShareOneLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit, seconds = 10_000_000, 20
		l := NewLimiter(limit)
		var mu sync.Mutex
		var total uint64
		var flows sync.WaitGroup
		for range 7 {
			flows.Go(func() {
				n := drain(t, l, seconds*time.Second)
				if n < limit*seconds/7*9/10 {
					t.Errorf("one flow moved only %d", n)
				}
				mu.Lock()
				total += n
				mu.Unlock()
			})
		}
		flows.Wait()
		if most := uint64(limit*seconds + burst(limit)); total > most || total < most*98/100 {
			t.Errorf("%d bytes passed, want up to %d", total, most)
		}
	})
}

func TestChangeHoldsForThoseWhoWait(t *testing.T) {
	for name, to := range map[string]uint64{"raised": 1 << 30, "lifted": Unlimited} {
		for from, limit := range map[string]uint64{"slow": 1, "stopped": 0} {
			t.Run(from+", then "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l := NewLimiter(limit)
					if limit > 0 { // empty the bucket
						if err := l.Wait(t.Context(), minimumBurst); err != nil {
							t.Fatal(err)
						}
					}
					begin, done := time.Now(), make(chan error, 1)
					go func() { done <- l.Wait(t.Context(), minimumBurst) }() // 18 hours at one byte a second
					time.Sleep(time.Second)                                   // the bubble's time
					synctest.Wait()
					select {
					case <-done:
						t.Fatal("passed before the change")
					default:
					}
					l.SetLimit(to)
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
		l := NewLimiter(1 << 20)
		passed := make(chan uint64)
		go func() { passed <- drain(t, l, 100*time.Second) }()
		time.Sleep(50 * time.Second)
		synctest.Wait()
		l.SetLimit(1 << 10)
		got := <-passed
		if most := uint64(50<<20 + 50<<10 + 2*minimumBurst); got > most || got < 50<<20 {
			t.Errorf("%d bytes passed, want 50 MiB and 50 KiB", got)
		}
	})
}

// A limit that is told again and again, as the broker does each second, must not refill the bucket.
func TestSettingTheLimitGrantsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const seconds = 60
		l := NewLimiter(1000)
		stop := make(chan struct{})
		var telling sync.WaitGroup
		telling.Go(func() {
			for i := uint64(0); ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(100 * time.Millisecond):
					l.SetLimit(999 + i%2)
				}
			}
		})
		passed := drain(t, l, seconds*time.Second)
		close(stop)
		telling.Wait()
		if most := uint64(1000*seconds + minimumBurst); passed > most {
			t.Errorf("%d bytes passed, want at most %d", passed, most)
		}
	})
}

func TestUnlimitedThenLimitedStartsWithNoDebtAndNoCredit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(Unlimited)
		if err := l.Wait(t.Context(), 1<<40); err != nil || l.Burst() != 0 {
			t.Fatalf("unlimited: %v, burst %d", err, l.Burst())
		}
		l.SetLimit(1_000_000)
		if passed := drain(t, l, 10*time.Second); passed > 10_000_000 || passed < 9_900_000 {
			t.Errorf("%d bytes passed in 10 s, want 10,000,000", passed)
		}
	})
}

func TestCancelEndsTheWaitAndReturnsWhatWasReserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(minimumBurst) // one burst a second
		if err := l.Wait(t.Context(), minimumBurst); err != nil {
			t.Fatal(err)
		}
		why := errors.New("cut")
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error, 2)
		for range 2 { // one waits in the bucket, the other for its turn
			go func() { done <- l.Wait(ctx, minimumBurst) }()
		}
		synctest.Wait()
		cancel(why)
		for range 2 {
			if err := <-done; !errors.Is(err, why) {
				t.Errorf("wait: %v, want the cause", err)
			}
		}
		begin := time.Now()
		if err := l.Wait(t.Context(), minimumBurst); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took > time.Second {
			t.Errorf("the next one waited %v: the cancelled ones were charged", took)
		}
	})
}

func TestTurnsOfSlowFlowsAreShort(t *testing.T) {
	for limit, want := range map[uint64]int{0: minimumTurn, 1000: minimumTurn, 125_000: 12_500, 10_000_000: 200_000, 1 << 62: maximumBurst} {
		if got := NewLimiter(limit).Burst(); got != want {
			t.Errorf("%d B/s: turns of %d, want %d", limit, got, want)
		}
	}
}
