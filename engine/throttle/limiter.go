package throttle

import (
	"container/heap"
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
	// longestSleep keeps the time until a turn comes a duration.
	longestSleep = time.Hour
)

// Limiter holds the sending end of a session back to the limit of its lease. All flows of the session share it, by turns that
// are fair in bytes. It is safe for concurrent use.
//
// A turn passes once its bytes have been saved up: nothing passes ahead of its time, the first turn neither. Who pauses saves up
// no more than burstTime of the limit.
type Limiter struct {
	limit atomic.Uint64 // bytes per second

	mu      sync.Mutex
	number  uint64    // of the lease
	saved   float64   // bytes that may pass
	at      time.Time // when saved was true
	waiting turnHeap
	arrived uint64 // turns so far, to keep the order of those that are due together
	due     uint64 // the start of the turn that passed last
	timer   *time.Timer
}

// turn is a flow that waits for n bytes to pass.
type turn struct {
	n       int
	start   uint64 // where it begins, in bytes of a flow that takes its fair part
	arrival uint64
	index   int
	passed  chan struct{} // closed once the bytes may pass
}

// NewLimiter returns a Limiter under a lease.
func NewLimiter(lease Lease) *Limiter {
	l := &Limiter{number: lease.Number, at: time.Now()}
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
	return len(l.waiting) > 0
}

// Flow returns a new flow of the session.
func (l *Limiter) Flow() *Flow { return &Flow{l: l} }

// Flow takes turns with the other flows of its Limiter. Each turn starts where the flow's one before ended, or where the
// others are by now; the turn that ends first passes first. So a flow that sends little is never behind the many bytes of another one. One goroutine at a time may wait.
type Flow struct {
	l   *Limiter
	end uint64 // of its last turn
}

// Burst returns how many bytes should pass in one turn under the present limit, 0 where there is none.
func (f *Flow) Burst() int {
	limit := f.l.limit.Load()
	if limit == Unlimited {
		return 0
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
	t := &turn{n: n, start: max(f.end, l.due), arrival: l.arrived, passed: make(chan struct{})}
	l.arrived++
	f.end = t.end()
	heap.Push(&l.waiting, t)
	l.pass(now)
	if t.index < 0 {
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
	if t.index < 0 {
		l.saved = min(l.saved+float64(t.n), l.most()) // it passed meanwhile, and is not used
		return
	}
	heap.Remove(&l.waiting, t.index)
	f.end = t.start
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
	if len(l.waiting) == 0 {
		return float64(l.limit.Load()) * burstTime.Seconds()
	}
	return float64(l.waiting[0].n) + float64(l.limit.Load())*lateTime.Seconds()
}

// pass lets all turns pass whose bytes are there, and comes back when the next one's are. l.mu is held.
func (l *Limiter) pass(now time.Time) {
	limit := l.limit.Load()
	for len(l.waiting) > 0 && (limit == Unlimited || l.saved >= float64(l.waiting[0].n)) {
		t := heap.Pop(&l.waiting).(*turn)
		l.due = t.start
		if limit != Unlimited {
			l.saved -= float64(t.n)
		}
		close(t.passed)
	}
	if len(l.waiting) == 0 {
		if l.timer != nil {
			l.timer.Stop()
		}
		return
	}
	sleep := longestSleep
	if limit > 0 {
		missing := (float64(l.waiting[0].n) - l.saved) / float64(limit)
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

func (t *turn) end() uint64 { return t.start + uint64(t.n) }

// turnHeap has the turn that ends first on top.
type turnHeap []*turn

func (h turnHeap) Len() int { return len(h) }
func (h turnHeap) Less(i, j int) bool {
	return h[i].end() < h[j].end() || h[i].end() == h[j].end() && h[i].arrival < h[j].arrival
}
func (h turnHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push and Pop are for container/heap.
func (h *turnHeap) Push(x any) {
	t := x.(*turn)
	t.index = len(*h)
	*h = append(*h, t)
}

func (h *turnHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	t.index = -1
	return t
}
