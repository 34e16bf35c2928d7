package pump

import (
	"sync"
	"sync/atomic"
	"time"
)

// WaitTimes divide the time of one direction of one or more flows by what held it up. At each moment one of them counts: where
// any flow waits for the limit, Limit; else where any waits for the receiving side, Write; else where any works, Work; else Read.
// The sum is the time since the first flow began.
type WaitTimes struct {
	Read  time.Duration // all flows waited for bytes to come
	Limit time.Duration // the limiter held a flow back
	Write time.Duration // the receiving side took no more
	Work  time.Duration // none of these
}

// Waits measure the WaitTimes of one direction. They are shared by the flows of a session, at most 65,535 at a time, and safe for
// concurrent use. The zero value is ready.
//
// The clock is read only when what holds things up changes. A flow that finds bytes and hands them over without waiting changes
// nothing.
type Waits struct {
	flows atomic.Uint64 // how many flows do what, 16 bits each

	mu    sync.Mutex
	held  activity // what has held things up since
	since time.Time
	total WaitTimes // up to since; nothing counts before the first flow, while since is zero
}

// activity is what a direction of a flow does at a moment.
type activity uint8

const (
	reading activity = iota // waits for bytes
	working
	writing // waits for the receiving side
	limited // waits for the limit
)

// one is a single flow that does this, in Waits.flows.
func (a activity) one() uint64 { return 1 << (16 * a) }

// holdsUp tells what counts where flows do these things: the last one in the order of the activities.
func holdsUp(flows uint64) activity {
	for a := limited; a > reading; a-- {
		if flows>>(16*a) != 0 {
			return a
		}
	}
	return reading
}

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
	switch w.held {
	case limited:
		w.total.Limit += elapsed
	case writing:
		w.total.Write += elapsed
	case working:
		w.total.Work += elapsed
	default:
		w.total.Read += elapsed
	}
}

// begin takes a flow in, which works.
func (w *Waits) begin() {
	w.flows.Add(working.one())
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.count(now)
	w.since, w.held = now, holdsUp(w.flows.Load())
}

// change moves a flow from one activity to another.
func (w *Waits) change(from, to activity) { w.add(to.one() - from.one()) }

// finish takes a flow out, which works.
func (w *Waits) finish() { w.add(-working.one()) }

func (w *Waits) add(change uint64) {
	after := w.flows.Add(change)
	if holdsUp(after) == holdsUp(after-change) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count(time.Now())
	w.held = holdsUp(w.flows.Load()) // another flow may have changed it since: the last one to come here finds them all
}

// during notes that the direction does something while do runs.
func (d *direction) during(what activity, do func() error) error {
	d.waits.change(working, what)
	defer d.waits.change(what, working)
	return do()
}

// WaitTeller is an [End] that tells when it waits, so that a flow that does not wait is measured at no cost.
type WaitTeller interface {
	// OnWait is called before the flow runs. The end calls reading with true before it waits for bytes in Read or WaitReadable, and
	// with false after; and writing likewise in Commit and CloseWrite, where it waits for the peer to take bytes.
	OnWait(reading, writing func(begins bool))
}

// tellWaits has the ends tell the directions when they wait. Where an end does not, its direction measures each call.
func tellWaits(local, remote End, toRemote, toLocal *direction) {
	for _, end := range []struct {
		End
		from, to *direction // that read from it, and that write to it
	}{{local, toRemote, toLocal}, {remote, toLocal, toRemote}} {
		if teller, ok := end.End.(WaitTeller); ok {
			end.from.sourceTells, end.to.targetTells = true, true
			teller.OnWait(end.from.onRead, end.to.onWrite)
		}
	}
}

func (d *direction) onRead(begins bool)  { d.on(reading, begins) }
func (d *direction) onWrite(begins bool) { d.on(writing, begins) }

// on notes that an end begins to wait, or does so no more. What it waits for once the direction has ended holds nothing up.
func (d *direction) on(what activity, begins bool) {
	switch {
	case d.over:
	case begins:
		d.waits.change(working, what)
	default:
		d.waits.change(what, working)
	}
}

// reads runs a call in which the source may wait for bytes.
func (d *direction) reads(do func() error) error {
	if d.sourceTells {
		return do()
	}
	return d.during(reading, do)
}

// writes runs a call in which the target may wait for its peer.
func (d *direction) writes(do func() error) error {
	if d.targetTells {
		return do()
	}
	return d.during(writing, do)
}
