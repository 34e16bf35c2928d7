// Package recorder persists sessions, receipts and what components report, asynchronously: offers never wait for the store.
// It writes what changed last once, however often it changed; receipts are written once and in order, and are never lost while
// the store fails, only late. Who waits for an entry is called when that entry is committed, whatever else is still to be written;
// a session that has just begun goes before all other entries. Where the record cannot be written it says so, in words for the
// tool that waits and for the log.
package recorder

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"lockwire/engine"
	"lockwire/engine/record"
)

const (
	// gatherFor is how long the first change waits for others to share its transaction. No tool waits for any of them.
	gatherFor = 200 * time.Millisecond
	// maximumBatch bounds one transaction, so that an administrator's edit never waits long behind it.
	maximumBatch = 1000
	// maximumBeside bounds what is written in one transaction with sessions that have just begun: the tools wait for all of it.
	maximumBeside = 100
	// MaximumBacklog is how much may be unwritten before no new session begins: one without a record is none.
	MaximumBacklog = 20000
	// A failed write is tried again after retryFirst, doubling to RetryMost.
	retryFirst = 250 * time.Millisecond
	RetryMost  = 15 * time.Second
	// flushWithin is how long the last write may take when the broker stops.
	flushWithin = 5 * time.Second
)

// Writes counts what was written. A program may export it.
type Writes struct {
	ReceiptsWritten atomic.Uint64
	Transactions    atomic.Uint64 // those that failed, too
	StoreFailures   atomic.Uint64 // transactions that failed
}

// Recorder writes to a store. It is safe for concurrent use; its own lock is a leaf, under which nothing else is taken.
type Recorder struct {
	store   engine.Store
	signer  record.Signer
	log     *slog.Logger
	metrics *Writes
	wake    chan struct{}
	hurry   chan struct{} // holds a token while a tool waits for what is pending
	// broken is called, outside of the lock, when the record cannot be written and tools wait for it.
	broken func(reason string)

	mu        sync.Mutex
	begun     map[engine.ID]pendingSession // tools wait for them
	sessions  map[engine.ID]pendingSession // all others
	receipts  []pendingReceipt
	removed   map[engine.ID]callbacks // sessions that leave the live ones without a receipt of their own
	sightings map[engine.ID]engine.Sighting
	used      map[engine.ID]uint64 // by tenant; written with the next batch
	// today holds the day's totals; they are written with the next batch if they changed.
	today        engine.DayTotals
	todayChanged bool
	// sightingsDue lets reports be written, once a second: a component that attaches and goes again and again is written no more often.
	sightingsDue bool
	writing      int // what the batch under way holds
	trouble      trouble
}

// callbacks are called once the entry that they belong to is committed, or a newer one of the same session.
type callbacks []func()

func (c callbacks) and(then func()) callbacks {
	if then == nil {
		return c
	}
	return append(c, then)
}

func (c callbacks) call() {
	for _, then := range c {
		then()
	}
}

// pendingSession is the present state of a live session, to be written.
type pendingSession struct {
	engine.Session
	then callbacks
}

// pendingReceipt is a receipt to be written; its session leaves the live ones in the same transaction.
type pendingReceipt struct {
	engine.Receipt
	live bool // it was among the live ones
	then callbacks
}

// New makes a recorder for a store. The signer signs receipts; record.BeginChain has begun their chain. Broken is called, again and again while that lasts, when the record cannot be written; it
// is given the reason in words.
func New(store engine.Store, signer record.Signer, log *slog.Logger, metrics *Writes, broken func(reason string)) *Recorder {
	return &Recorder{
		store: store, signer: signer, log: log, metrics: metrics, broken: broken, wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1),
		begun: map[engine.ID]pendingSession{}, sessions: map[engine.ID]pendingSession{}, removed: map[engine.ID]callbacks{}, sightings: map[engine.ID]engine.Sighting{}, used: map[engine.ID]uint64{},
	}
}

// Session queues the present state of a live session. Then, if not nil, is called when it is committed.
func (r *Recorder) Session(s engine.Session, then func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	in := r.sessions
	if _, begun := r.begun[s.ID]; begun {
		in = r.begun
	}
	in[s.ID] = pendingSession{s, in[s.ID].then.and(then)}
	r.poke()
}

// Begin queues a session that has just begun, to be written before all else and without waiting for others; those that begin meanwhile
// share the next transaction. Then is called when it is committed.
func (r *Recorder) Begin(s engine.Session, then func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun[s.ID] = pendingSession{s, callbacks{}.and(then)}
	r.poke()
	select {
	case r.hurry <- struct{}{}:
	default:
	}
}

// Receipt queues a receipt, with which the session is removed from the live ones.
func (r *Recorder) Receipt(receipt engine.Receipt, live bool, then func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.receipts = append(r.receipts, pendingReceipt{receipt, live, r.dropSession(receipt.ID).and(then)})
	r.poke()
}

// Remove queues that a session is removed from the live ones without a receipt.
func (r *Recorder) Remove(id engine.ID, then func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.removed[id] = append(r.removed[id], r.dropSession(id).and(then)...)
	r.poke()
}

// dropSession takes out the state of a session that is over, and gives who waits for that. r.mu is held.
func (r *Recorder) dropSession(id engine.ID) callbacks {
	then := append(r.begun[id].then, r.sessions[id].then...)
	delete(r.begun, id)
	delete(r.sessions, id)
	return then
}

// Component queues what a component reported.
func (r *Recorder) Component(id engine.ID, s engine.Sighting) {
	r.mu.Lock()
	r.sightings[id] = s
	r.mu.Unlock()
}

func (r *Recorder) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run writes until ctx is done, and then once more.
func (r *Recorder) Run(ctx context.Context) {
	var retry time.Duration
	for {
		select {
		case <-r.wake:
		case <-ctx.Done():
			r.flush(context.WithoutCancel(ctx))
			return
		}
		if !r.pause(ctx, max(gatherFor, retry), retry > 0) {
			r.flush(context.WithoutCancel(ctx))
			return
		}
		retry = r.writeSome(ctx, retry)
	}
}

// pause waits so that more changes share the next transaction. A waiting tool cuts it short, unless the store has just failed. False means that ctx
// is done.
func (r *Recorder) pause(ctx context.Context, span time.Duration, failed bool) bool {
	hurry := r.hurry
	if failed {
		hurry = nil
	}
	select {
	case <-time.After(span):
	case <-hurry:
	case <-ctx.Done():
		return false
	}
	return true
}

// writeSome writes one batch and wakes run again where more is left. It gives how long to wait before the next one when this one failed.
func (r *Recorder) writeSome(ctx context.Context, retry time.Duration) time.Duration {
	b := r.take()
	var written callbacks
	err := r.watched(func() (err error) {
		written, err = r.write(ctx, b)
		return err
	})
	// They are called after the trouble is cleared: they may begin a session at once, which a problem would refuse.
	written.call()
	if err != nil {
		retry = min(max(2*retry, retryFirst), RetryMost)
		r.metrics.StoreFailures.Add(1)
		if ctx.Err() == nil {
			r.log.Error("the record cannot be written; it is tried again", "error", err, "after", retry)
		}
		if reason := r.Problem(); reason != "" {
			r.broken(reason)
		}
		r.poke()
		return retry
	}
	if r.pending() {
		r.poke()
	}
	return 0
}

func (r *Recorder) pending() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.begun)+len(r.sessions)+len(r.receipts)+len(r.removed) > 0 || r.sightingsDue && len(r.sightings) > 0
}

// Tick allows one write of component reports; it is called once a second.
func (r *Recorder) Tick() {
	r.mu.Lock()
	r.sightingsDue = len(r.sightings) > 0
	due := r.sightingsDue
	r.mu.Unlock()
	if due {
		r.poke()
	}
}

// flush writes what is left when the broker stops.
func (r *Recorder) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, flushWithin)
	defer cancel()
	for r.Tick(); r.pending(); {
		if r.writeSome(ctx, 0) > 0 {
			r.mu.Lock()
			left := len(r.begun) + len(r.sessions) + len(r.receipts)
			r.mu.Unlock()
			r.log.Error("the broker stops with entries unwritten; ends that attach again report theirs anew", "entries", left)
			return
		}
	}
}
