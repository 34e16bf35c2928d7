package pump

import (
	"sync"
	"time"
)

// WaitTimes divide the time of one direction of one or more flows by what held it up. At each moment one of them counts: where
// any flow waits for the limit, Limit; else where any hands bytes over, Write; else where any works, Work; else Read.
// The sum is the time since the first flow began.
type WaitTimes struct {
	Read  time.Duration // all flows waited for bytes to come
	Limit time.Duration // the limiter held a flow back
	Write time.Duration // the receiving side took its time, which includes what sealing took
	Work  time.Duration // none of these
}

// Waits measure the WaitTimes of one direction. They are shared by the flows of a session, and safe for concurrent use. The
// zero value is ready.
type Waits struct {
	mu    sync.Mutex
	now   [4]int // flows by activity
	total WaitTimes
	since time.Time // up to where total counts; zero before the first flow
}

// activity is what a direction of a flow does at a moment.
type activity uint8

const (
	working activity = iota
	reading
	limited
	writing
)

// Times are the times up to now.
func (w *Waits) Times() WaitTimes {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count(time.Now())
	return w.total
}

// count adds the time since the last change to what held things up in it. w.mu is held.
func (w *Waits) count(now time.Time) {
	if w.since.IsZero() {
		return
	}
	elapsed := now.Sub(w.since)
	w.since = now
	switch {
	case w.now[limited] > 0:
		w.total.Limit += elapsed
	case w.now[writing] > 0:
		w.total.Write += elapsed
	case w.now[working] > 0:
		w.total.Work += elapsed
	default:
		w.total.Read += elapsed
	}
}

// begin takes a flow in, which works.
func (w *Waits) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.count(now)
	w.since = now
	w.now[working]++
}

// change moves a flow from one activity to another.
func (w *Waits) change(from, to activity) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count(time.Now())
	w.now[from]--
	w.now[to]++
}

// finish takes a flow out, which works.
func (w *Waits) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count(time.Now())
	w.now[working]--
}

// during notes that the direction does something while do runs.
func (d *direction) during(what activity, do func() error) error {
	d.waits.change(working, what)
	defer d.waits.change(what, working)
	return do()
}
