package throttle

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// burstTime bounds what passes at once after a pause: so much of the share. As the shares add up to no more than the cap,
	// all that its sessions send at once is so much of the cap, however many they are.
	burstTime = 20 * time.Millisecond
	// lateTime is by how much the timer of a flow that waits may be late without loss, on a machine that is busy with other things.
	lateTime = 30 * time.Millisecond
	// A turn takes about turnTime of the share, so that a slow flow is smooth and those of one session pass each other soon,
	// but is never smaller than minimumTurn, of which a record's own bytes are an eighth, or larger than maximumTurn.
	turnTime    = 20 * time.Millisecond
	minimumTurn = 256
	maximumTurn = 1 << 20
	// Where many share a line a turn takes about sharedTurnTime of all of it, and is no smaller than a record of TLS.
	sharedTurnTime    = 2 * time.Millisecond
	minimumSharedTurn = 16 << 10
	// longestSleep keeps the time until a turn comes a duration.
	longestSleep = time.Hour
)

// Limiter holds flows back to a limit together: those of a session at its sending end to that of its lease, by turns that are fair in
// bytes, or those that [Shares] divides. It is safe for concurrent use.
//
// A turn passes once its bytes have been saved up: nothing passes ahead of its time, the first turn neither. Who pauses saves up
// no more than burstTime of the limit.
type Limiter struct {
	limit atomic.Uint64 // bytes per second

	mu      sync.Mutex
	number  uint64    // of the lease
	saved   float64   // bytes that may pass
	at      time.Time // when saved was true
	waiting line
	timer   *time.Timer
}

// line says in which order turns pass. The lock of its Limiter is held.
type line interface {
	// enter queues a turn of a flow.
	enter(f *Flow, t *turn)
	// next gives the turn that passes next; nil where none waits. pass takes it out.
	next() *turn
	pass()
	// giveUp takes a turn out that has not passed, as if it had never been there.
	giveUp(f *Flow, t *turn)
}

// turn is a flow that waits for n bytes to pass.
type turn struct {
	n      int
	gone   bool          // out of the line
	passed chan struct{} // closed once the bytes may pass
	inLine
	inShares
}

// NewLimiter returns a Limiter under a lease.
func NewLimiter(lease Lease) *Limiter {
	l := &Limiter{number: lease.Number, at: time.Now(), waiting: &oneLine{}}
	l.limit.Store(lease.Limit)
	return l
}

// Limit returns the present limit in bytes per second.
func (l *Limiter) Limit() uint64 { return l.limit.Load() }

// Lease returns the lease in force.
func (l *Limiter) Lease() Lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Lease{l.number, l.limit.Load()}
}

// Obey puts a lease in force, at once and for those who wait too. It ignores one that is not newer than the present one, and
// tells whether it was.
func (l *Limiter) Obey(lease Lease) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if lease.Number <= l.number {
		return false
	}
	now := time.Now()
	if l.limit.Load() == Unlimited {
		l.saved, l.at = 0, now // nobody saved while there was no limit
	} else {
		l.save(now)
	}
	l.number = lease.Number
	l.limit.Store(lease.Limit)
	l.saved = min(l.saved, l.most())
	l.pass(now)
	return true
}

// Waiting tells whether some flow waits now.
func (l *Limiter) Waiting() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting.next() != nil
}

// Flow returns a new flow of the session.
func (l *Limiter) Flow() *Flow { return &Flow{l: l} }

// Flow takes turns with the other flows of its Limiter. One goroutine at a time may wait.
type Flow struct {
	l    *Limiter
	end  uint64  // of its last turn, in the one line of a session
	leaf *branch // of Shares
}

// Burst returns how many bytes should pass in one turn under the present limit, 0 where there is none.
func (f *Flow) Burst() int {
	limit := f.l.limit.Load()
	if limit == Unlimited {
		return 0
	}
	if f.leaf != nil {
		return int(min(max(float64(limit)*sharedTurnTime.Seconds(), minimumSharedTurn), maximumTurn))
	}
	return int(min(max(float64(limit)*turnTime.Seconds(), minimumTurn), maximumTurn))
}

// Wait returns when n bytes may pass, or with the cause of ctx.
func (f *Flow) Wait(ctx context.Context, n int) error {
	if f.l.limit.Load() == Unlimited {
		return nil
	}
	t := f.l.enter(f, n)
	if t == nil {
		return nil
	}
	select {
	case <-t.passed:
		return nil
	case <-ctx.Done():
	}
	f.l.giveUp(f, t)
	return fmt.Errorf("throttled flow: %w", context.Cause(ctx))
}

// enter takes a turn's bytes where they are there, and queues the turn otherwise.
func (l *Limiter) enter(f *Flow, n int) *turn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limit.Load() == Unlimited {
		return nil
	}
	now := time.Now()
	l.save(now)
	t := &turn{n: n, passed: make(chan struct{})}
	l.waiting.enter(f, t)
	l.pass(now)
	if t.gone {
		return nil
	}
	return t
}

// giveUp takes a turn that did not pass back.
func (l *Limiter) giveUp(f *Flow, t *turn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.save(now)
	if t.gone {
		l.saved = min(l.saved+float64(t.n), l.most()) // it passed meanwhile, and is not used
		return
	}
	l.waiting.giveUp(f, t)
	l.pass(now)
}

// save adds what the time since gives. l.mu is held.
func (l *Limiter) save(now time.Time) {
	if limit := l.limit.Load(); limit != Unlimited && now.After(l.at) {
		l.saved = min(l.saved+float64(limit)*now.Sub(l.at).Seconds(), l.most())
	}
	l.at = now
}

// most is how much may be saved: for the turn that comes next, and for timers that are late. l.mu is held.
func (l *Limiter) most() float64 {
	next := l.waiting.next()
	if next == nil {
		return float64(l.limit.Load()) * burstTime.Seconds()
	}
	return float64(next.n) + float64(l.limit.Load())*lateTime.Seconds()
}

// pass lets all turns pass whose bytes are there, and comes back when the next one's are. l.mu is held.
func (l *Limiter) pass(now time.Time) {
	limit, next := l.limit.Load(), l.waiting.next()
	for ; next != nil && (limit == Unlimited || l.saved >= float64(next.n)); next = l.waiting.next() {
		l.waiting.pass()
		next.gone = true
		if limit != Unlimited {
			l.saved -= float64(next.n)
		}
		close(next.passed)
	}
	if next == nil {
		if l.timer != nil {
			l.timer.Stop()
		}
		return
	}
	sleep := longestSleep
	if limit > 0 {
		missing := (float64(next.n) - l.saved) / float64(limit)
		sleep = time.Duration(min(missing, longestSleep.Seconds())*float64(time.Second)) + 1
	}
	if l.timer == nil {
		l.timer = time.AfterFunc(sleep, l.wake)
		return
	}
	l.timer.Reset(sleep)
}

func (l *Limiter) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.save(now)
	l.pass(now)
}
