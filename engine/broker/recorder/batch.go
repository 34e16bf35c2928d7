package recorder

import (
	"context"
	"errors"
	"fmt"

	"lockwire/engine"
)

// batch is what one transaction writes.
type batch struct {
	sessions  []engine.Session
	receipts  []pendingReceipt
	removed   []engine.ID
	sightings map[engine.ID]Sighting
	today     *engine.DayTotals // nil where it was written already
	then      []func()
}

func (b *batch) size() int {
	return len(b.sessions) + len(b.receipts) + len(b.removed) + len(b.sightings)
}

// take empties what is pending into a batch. What waits for a commit waits until nothing is left.
func (r *Recorder) take() batch {
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
		b.sightings, r.sightings, r.sightingsDue = r.sightings, map[engine.ID]Sighting{}, false
	}
	if len(r.sessions)+len(r.receipts) == 0 {
		b.then, r.then = r.then, nil
	}
	if r.todayChanged && b.size() > 0 {
		today := r.today
		b.today, r.todayChanged = &today, false
	}
	r.writing = b.size()
	return b
}

// giveBack puts a batch that was not written in front of what came meanwhile.
func (r *Recorder) giveBack(b batch) {
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
	r.todayChanged = r.todayChanged || b.today != nil
	r.then = append(b.then, r.then...)
	r.writing = 0
}

// write commits a batch, or what of it can be committed, and puts the rest back.
func (r *Recorder) write(ctx context.Context, b batch) error {
	if b.size() > 0 {
		if err := r.commit(ctx, b); err != nil {
			if ofWholeRecord(err) {
				r.giveBack(b)
				return err
			}
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
	return nil
}

// commitApart writes each entry of a batch that failed in a transaction of its own, so that one that the store refuses does
// not hold up all others for ever. A receipt that is there already stays as it is. It gives back what is left, and why.
func (r *Recorder) commitApart(ctx context.Context, b batch) (left batch, failed error) {
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
	if b.today != nil {
		if err := r.commit(ctx, batch{today: b.today}); err != nil {
			left.today, failed = b.today, err
		}
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

func (r *Recorder) commit(ctx context.Context, b batch) error {
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
		if b.today != nil {
			if err := putToday(tx, *b.today); err != nil {
				return err
			}
		}
		return putSightings(ctx, tx, b.sightings)
	})
}

// putSightings changes of each component only what the broker itself knows; the rest is administrators' and read in the same transaction.
func putSightings(ctx context.Context, tx engine.Transaction, sightings map[engine.ID]Sighting) error {
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
		c.Report, c.SeenFrom, c.LastSeen = s.Report, s.SeenFrom, s.LastSeen
		if err := tx.PutComponent(c); err != nil {
			return fmt.Errorf("component %s: %w", c.ID, err)
		}
	}
	return nil
}
