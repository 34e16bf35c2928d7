package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"lockwire/engine"
)

const (
	// gatherFor is how long the first change waits for others to share its transaction.
	gatherFor = 10 * time.Millisecond
	// maximumBatch bounds one transaction, so that an administrator's edit never waits long behind it.
	maximumBatch = 1000
	// maximumBacklog is how much may be unwritten before no new session begins: one without a record is none.
	maximumBacklog = 20000
	// A failed write is tried again after retryFirst, doubling to retryMost.
	retryFirst = 250 * time.Millisecond
	retryMost  = 15 * time.Second
	// brokenAfter is how long the store may refuse all writes before the tools that wait for a session are told so.
	brokenAfter = 3 * time.Second
	// noRecord is what they are told.
	noRecord = "the broker cannot write its record (is its disk full?); a session without a record does not begin"
	// flushWithin is how long the last write may take when the broker stops.
	flushWithin = 5 * time.Second
)

// recorder writes the state of sessions, receipts and what components report behind the back of whoever waits for an offer.
// It writes what changed last once, however often it changed; receipts are written once and in order, and are never lost
// while the store fails, only late.
type recorder struct {
	store   engine.Store
	log     *slog.Logger
	metrics *Metrics
	wake    chan struct{}
	hurry   chan struct{} // holds a token while a tool waits for what is pending

	mu        sync.Mutex
	sessions  map[engine.ID]engine.Session
	receipts  []pendingReceipt
	removed   map[engine.ID]bool // sessions that leave the live ones without a receipt of their own
	sightings map[engine.ID]sighting
	// sightingsDue lets them be written: at most once a second, for each write reads all components.
	sightingsDue bool
	then         []func()  // to be called once all of the above is committed
	writing      int       // what the batch under way holds
	failing      time.Time // since when every write has failed; zero where the last one has not
	failure      error     // of the last write
	// broken, where it is set, is called after a write that failed when that has been so for brokenAfter.
	broken func()
}

// pendingReceipt is a receipt to be written; its session leaves the live ones in the same transaction.
type pendingReceipt struct {
	engine.Receipt
	live bool // it was among the live ones
}

// sighting is what the broker itself knows of a component, as opposed to what administrators set.
type sighting struct {
	report   engine.Report
	seenFrom netip.Addr
	lastSeen time.Time
}

func newRecorder(store engine.Store, log *slog.Logger, metrics *Metrics) *recorder {
	return &recorder{
		store: store, log: log, metrics: metrics, wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1),
		sessions: map[engine.ID]engine.Session{}, removed: map[engine.ID]bool{}, sightings: map[engine.ID]sighting{},
	}
}

// session has the present state of a live session written. Then, if not nil, is called when it is committed.
func (r *recorder) session(s engine.Session, then func()) {
	r.mu.Lock()
	r.sessions[s.ID] = s
	if then != nil {
		r.then = append(r.then, then)
	}
	r.mu.Unlock()
	r.poke()
}

// begin has a session that has just begun written without waiting for others; those that begin meanwhile share the next
// transaction. Then is called when it is committed.
func (r *recorder) begin(s engine.Session, then func()) {
	r.session(s, then)
	select {
	case r.hurry <- struct{}{}:
	default:
	}
}

// receipt has a receipt written, and the session removed from the live ones.
func (r *recorder) receipt(receipt engine.Receipt, live bool, then func()) {
	r.mu.Lock()
	delete(r.sessions, receipt.ID)
	r.receipts = append(r.receipts, pendingReceipt{receipt, live})
	if then != nil {
		r.then = append(r.then, then)
	}
	r.mu.Unlock()
	r.poke()
}

// remove has a session removed from the live ones without a receipt.
func (r *recorder) remove(id engine.ID, then func()) {
	r.mu.Lock()
	delete(r.sessions, id)
	r.removed[id] = true
	if then != nil {
		r.then = append(r.then, then)
	}
	r.mu.Unlock()
	r.poke()
}

// component has what a component reported written.
func (r *recorder) component(id engine.ID, s sighting) {
	r.mu.Lock()
	r.sightings[id] = s
	r.mu.Unlock()
}

func (r *recorder) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// full tells that the store has not kept up for long, or refuses everything.
func (r *recorder) full() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.receipts)+len(r.sessions)+r.writing > maximumBacklog || r.isBroken()
}

// isBroken tells whether all writes have failed for brokenAfter. r.mu is held.
func (r *recorder) isBroken() bool {
	return !r.failing.IsZero() && time.Since(r.failing) >= brokenAfter
}

// problem says in words why the record cannot be written; empty while it can.
func (r *recorder) problem() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.isBroken() {
		return ""
	}
	return r.failure.Error()
}

// note remembers whether a write failed, and tells whether that has been so for brokenAfter.
func (r *recorder) note(err error) (broken bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failure = err
	switch {
	case err == nil:
		r.failing = time.Time{}
	case r.failing.IsZero():
		r.failing = time.Now()
	}
	return r.isBroken()
}

// batch is what one transaction writes.
type batch struct {
	sessions  []engine.Session
	receipts  []pendingReceipt
	removed   []engine.ID
	sightings map[engine.ID]sighting
	then      []func()
}

func (b *batch) size() int {
	return len(b.sessions) + len(b.receipts) + len(b.removed) + len(b.sightings)
}

// take empties what is pending into a batch. What waits for a commit waits until nothing is left.
func (r *recorder) take() batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b batch
	for id, s := range r.sessions {
		if len(b.sessions) == maximumBatch {
			break
		}
		b.sessions = append(b.sessions, s)
		delete(r.sessions, id)
	}
	some := min(len(r.receipts), maximumBatch)
	b.receipts, r.receipts = r.receipts[:some:some], r.receipts[some:]
	for id := range r.removed {
		b.removed = append(b.removed, id)
	}
	clear(r.removed)
	if r.sightingsDue {
		b.sightings, r.sightings, r.sightingsDue = r.sightings, map[engine.ID]sighting{}, false
	}
	if len(r.sessions)+len(r.receipts) == 0 {
		b.then, r.then = r.then, nil
	}
	r.writing = b.size()
	return b
}

// giveBack puts a batch that was not written in front of what came meanwhile.
func (r *recorder) giveBack(b batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ended := map[engine.ID]bool{}
	for _, receipt := range r.receipts {
		ended[receipt.ID] = true
	}
	for _, s := range b.sessions {
		if _, newer := r.sessions[s.ID]; !newer && !ended[s.ID] && !r.removed[s.ID] {
			r.sessions[s.ID] = s
		}
	}
	r.receipts = append(b.receipts, r.receipts...)
	for _, id := range b.removed {
		r.removed[id] = true
	}
	for id, s := range b.sightings {
		if _, newer := r.sightings[id]; !newer {
			r.sightings[id] = s
		}
	}
	r.then = append(b.then, r.then...)
	r.writing = 0
}

// run writes until ctx is done, and then once more.
func (r *recorder) run(ctx context.Context) {
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

// pause lets changes gather that could share the next transaction. It is cut short where a tool waits, unless the store has
// just failed. False tells that ctx is done.
func (r *recorder) pause(ctx context.Context, span time.Duration, failed bool) bool {
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
func (r *recorder) writeSome(ctx context.Context, retry time.Duration) time.Duration {
	b := r.take()
	err := r.write(ctx, b)
	if r.note(err) && r.broken != nil {
		r.broken()
	}
	if err != nil {
		retry = min(max(2*retry, retryFirst), retryMost)
		r.metrics.StoreFailures.Add(1)
		if ctx.Err() == nil {
			r.log.Error("the record cannot be written; it is tried again", "error", err, "after", retry)
		}
		r.poke()
		return retry
	}
	if r.pending() {
		r.poke()
	}
	return 0
}

func (r *recorder) pending() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.sessions)+len(r.receipts)+len(r.removed)+len(r.then) > 0 || r.sightingsDue && len(r.sightings) > 0
}

// tick lets what components report be written, once a second.
func (r *recorder) tick() {
	r.mu.Lock()
	r.sightingsDue = len(r.sightings) > 0
	due := r.sightingsDue
	r.mu.Unlock()
	if due {
		r.poke()
	}
}

// flush writes what is left when the broker stops.
func (r *recorder) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, flushWithin)
	defer cancel()
	for r.tick(); r.pending(); {
		if r.writeSome(ctx, 0) > 0 {
			r.mu.Lock()
			left := len(r.sessions) + len(r.receipts)
			r.mu.Unlock()
			r.log.Error("the broker stops with entries unwritten; ends that attach again report theirs anew", "entries", left)
			return
		}
	}
}

// write commits a batch, or what of it can be committed, and puts the rest back.
func (r *recorder) write(ctx context.Context, b batch) error {
	if b.size() > 0 {
		if err := r.commit(ctx, b); err != nil {
			left, apart := r.commitApart(ctx, b)
			if apart != nil {
				r.giveBack(left)
				return errors.Join(err, apart)
			}
		}
	}
	r.mu.Lock()
	r.writing = 0
	r.mu.Unlock()
	r.metrics.ReceiptsWritten.Add(uint64(len(b.receipts)))
	for _, then := range b.then {
		then()
	}
	return nil
}

// commitApart writes each entry of a batch that failed in a transaction of its own, so that one that the store refuses does
// not hold up all others for ever. A receipt that is there already stays as it is. It gives back what is left, and why.
func (r *recorder) commitApart(ctx context.Context, b batch) (left batch, failed error) {
	left.then = b.then
	for _, s := range b.sessions {
		if err := r.commit(ctx, batch{sessions: []engine.Session{s}}); err != nil {
			left.sessions, failed = append(left.sessions, s), err
		}
	}
	for i, receipt := range b.receipts {
		if ctx.Err() != nil {
			left.receipts, failed = append(left.receipts, b.receipts[i:]...), ctx.Err()
			break
		}
		err := r.commit(ctx, batch{receipts: []pendingReceipt{receipt}})
		if err == nil {
			continue
		}
		if _, found := r.store.Receipt(ctx, receipt.ID); found == nil {
			r.log.Error("a session has its receipt already; the second one is dropped", "session", receipt.ID)
			continue
		}
		left.receipts, failed = append(left.receipts, receipt), err
	}
	if len(b.removed) > 0 {
		if err := r.commit(ctx, batch{removed: b.removed}); err != nil {
			left.removed, failed = b.removed, err
		}
	}
	if len(b.sightings) > 0 {
		if err := r.commit(ctx, batch{sightings: b.sightings}); err != nil {
			left.sightings, failed = b.sightings, err
		}
	}
	return left, failed
}

func (r *recorder) commit(ctx context.Context, b batch) error {
	return r.store.Write(ctx, func(tx engine.Transaction) error {
		for _, s := range b.sessions {
			if err := tx.PutSession(s); err != nil {
				return fmt.Errorf("session %s: %w", s.ID, err)
			}
		}
		for _, receipt := range b.receipts {
			if err := tx.InsertReceipt(receipt.Receipt); err != nil {
				return fmt.Errorf("receipt of session %s: %w", receipt.ID, err)
			}
			if receipt.live {
				b.removed = append(b.removed, receipt.ID)
			}
		}
		for _, id := range b.removed {
			// It may have ended before it was ever written.
			if err := tx.RemoveSession(id); err != nil && !errors.Is(err, engine.ErrNotFound) {
				return fmt.Errorf("live session %s: %w", id, err)
			}
		}
		return putSightings(ctx, tx, b.sightings)
	})
}

// putSightings changes of each component only what the broker itself knows; the rest is administrators' and read in the same transaction.
func putSightings(ctx context.Context, tx engine.Transaction, sightings map[engine.ID]sighting) error {
	if len(sightings) == 0 {
		return nil
	}
	components, err := tx.Components(ctx)
	if err != nil {
		return fmt.Errorf("read components: %w", err)
	}
	for _, c := range components {
		s, found := sightings[c.ID]
		if !found {
			continue
		}
		c.Report, c.SeenFrom, c.LastSeen = s.report, s.seenFrom, s.lastSeen
		if err := tx.PutComponent(c); err != nil {
			return fmt.Errorf("component %s: %w", c.ID, err)
		}
	}
	return nil
}
