package throttle

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Unlimited is the limit of a direction that no rule holds back. Zero is a limit too: nothing passes.
const Unlimited uint64 = math.MaxUint64

const (
	// Over any time the bytes that pass exceed the limit by no more than one burst: 20 ms of the rate, which keeps the
	// timers of a fast flow few, but at least what a slow one sends at once.
	minimumBurst = 64 << 10
	burstTime    = 20 * time.Millisecond
	// A turn of a slow flow waits about turnTime, so that it is smooth, but never becomes smaller than minimumTurn.
	minimumTurn = 4 << 10
	turnTime    = 100 * time.Millisecond
	// maximumBurst keeps a burst an int on every machine.
	maximumBurst = 1 << 30
)

// Limiter holds the senders of one direction of a session back to a limit that may change at any time. It is safe for use by
// several goroutines, which take turns in the order in which they came.
type Limiter struct {
	limit atomic.Uint64 // bytes per second
	turn  chan struct{} // holds a token while somebody waits in the bucket

	mu      sync.Mutex
	bucket  *rate.Limiter
	changed chan struct{} // closed, and replaced, when the limit changes
}

// NewLimiter returns a Limiter with a limit in bytes per second.
func NewLimiter(limit uint64) *Limiter {
	l := &Limiter{
		turn:    make(chan struct{}, 1),
		bucket:  rate.NewLimiter(rate.Limit(limit), burst(limit)),
		changed: make(chan struct{}),
	}
	l.limit.Store(limit)
	return l
}

// Limit returns the present limit in bytes per second.
func (l *Limiter) Limit() uint64 { return l.limit.Load() }

// SetLimit changes the limit to some number of bytes per second. It holds at once, for those who wait too.
func (l *Limiter) SetLimit(limit uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limit.Load() == limit {
		return
	}
	now := time.Now()
	if l.limit.Load() == Unlimited {
		// While there was no limit nobody drew from the bucket; it must not pay for that now.
		l.bucket = rate.NewLimiter(rate.Limit(limit), burst(limit))
		l.bucket.ReserveN(now, burst(limit))
	} else {
		l.bucket.SetLimitAt(now, rate.Limit(limit))
		l.bucket.SetBurstAt(now, burst(limit))
	}
	l.limit.Store(limit)
	close(l.changed)
	l.changed = make(chan struct{})
}

// Burst returns how many bytes should pass in one turn under the present limit, 0 where there is none.
func (l *Limiter) Burst() int {
	limit := l.limit.Load()
	if limit == Unlimited {
		return 0
	}
	smooth := float64(limit) * turnTime.Seconds()
	return min(burst(limit), int(min(max(smooth, minimumTurn), maximumBurst)))
}

// Wait returns when n bytes may pass, or with the cause of ctx.
func (l *Limiter) Wait(ctx context.Context, n int) error {
	if l.limit.Load() == Unlimited {
		return nil
	}
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return stopped(ctx)
	}
	defer func() { <-l.turn }()
	for n > 0 {
		passed, err := l.wait(ctx, n)
		if err != nil {
			return err
		}
		n -= passed
	}
	return nil
}

// wait lets up to n bytes pass; 0 when the limit changed meanwhile.
func (l *Limiter) wait(ctx context.Context, n int) (passed int, err error) {
	l.mu.Lock()
	limit, changed := l.limit.Load(), l.changed
	if limit == Unlimited {
		l.mu.Unlock()
		return n, nil
	}
	var (
		taken   *rate.Reservation
		expired <-chan time.Time // never, under a limit of zero
	)
	if limit > 0 {
		n = min(n, l.bucket.Burst())
		now := time.Now()
		taken = l.bucket.ReserveN(now, n)
		delay := taken.DelayFrom(now)
		if delay == 0 {
			l.mu.Unlock()
			return n, nil
		}
		timer := time.NewTimer(delay)
		defer timer.Stop()
		expired = timer.C
	}
	l.mu.Unlock()

	select {
	case <-expired:
		return n, nil
	case <-changed:
	case <-ctx.Done():
		err = stopped(ctx)
	}
	if taken != nil {
		taken.Cancel() // what did not pass goes back into the bucket
	}
	return 0, err
}

func stopped(ctx context.Context) error { return fmt.Errorf("throttled flow: %w", context.Cause(ctx)) }

// burst is how many bytes may pass at once under a limit.
func burst(limit uint64) int {
	return int(min(max(float64(limit)*burstTime.Seconds(), minimumBurst), maximumBurst))
}
