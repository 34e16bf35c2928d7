package recorder

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"lockwire/engine"
)

// batch is what one transaction writes.
type batch struct {
	begun, sessions []pendingSession
	receipts        []pendingReceipt
	removed         map[engine.ID]callbacks
	sightings       map[engine.ID]engine.Sighting
	today           *engine.DayTotals // nil where it was written already
}

func (b *batch) size() int {
	return len(b.begun) + len(b.sessions) + len(b.receipts) + len(b.removed) + len(b.sightings)
}

// then gives who waits for what the batch holds.
func (b *batch) then() (all callbacks) {
	for _, s := range slices.Concat(b.begun, b.sessions) {
		all = append(all, s.then...)
	}
	for _, receipt := range b.receipts {
		all = append(all, receipt.then...)
	}
	for _, then := range b.removed {
		all = append(all, then...)
	}
	return all
}

// take empties what is pending into a batch. With sessions that have just begun it takes little else.
func (r *Recorder) take() batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := batch{begun: takeSessions(r.begun, maximumBatch)}
	room := maximumBatch
	if len(b.begun) > 0 {
		room = maximumBeside
	}
	b.sessions = takeSessions(r.sessions, room)
	some := min(len(r.receipts), room)
	b.receipts, r.receipts = r.receipts[:some:some], r.receipts[some:]
	b.removed, r.removed = r.removed, map[engine.ID]callbacks{}
	if r.sightingsDue {
		b.sightings = takeSightings(r.sightings)
		r.sightingsDue = len(r.sightings) > 0
	}
	if r.todayChanged && b.size() > 0 {
		today := r.today
		b.today, r.todayChanged = &today, false
	}
	r.writing = b.size()
	return b
}

// takeSessions takes at most so many out of a map.
func takeSessions(from map[engine.ID]pendingSession, most int) (taken []pendingSession) {
	for id, s := range from {
		if len(taken) == most {
			break
		}
		taken = append(taken, s)
		delete(from, id)
	}
	return taken
}

// giveBack puts a batch that was not written in front of what came meanwhile.
func (r *Recorder) giveBack(b batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ended := make(map[engine.ID]*pendingReceipt, len(r.receipts))
	for i := range r.receipts {
		ended[r.receipts[i].ID] = &r.receipts[i]
	}
	for _, kind := range []struct {
		sessions []pendingSession
		into     map[engine.ID]pendingSession
	}{{b.begun, r.begun}, {b.sessions, r.sessions}} {
		for _, s := range kind.sessions {
			// Who waits for this state waits for what came after it, from here on.
			newer, found := r.sessions[s.ID]
			removed, over := r.removed[s.ID]
			switch {
			case ended[s.ID] != nil:
				ended[s.ID].then = slices.Concat(s.then, ended[s.ID].then)
			case over:
				r.removed[s.ID] = slices.Concat(s.then, removed)
			case found:
				delete(r.sessions, s.ID)
				kind.into[s.ID] = pendingSession{newer.Session, slices.Concat(s.then, newer.then)}
			default:
				kind.into[s.ID] = s
			}
		}
	}
	r.receipts = append(b.receipts, r.receipts...)
	for id, then := range b.removed {
		r.removed[id] = slices.Concat(then, r.removed[id])
	}
	for id, s := range b.sightings {
		if _, newer := r.sightings[id]; !newer {
			r.sightings[id] = s
		}
	}
	r.todayChanged = r.todayChanged || b.today != nil
	r.writing = 0
}

// write commits a batch, or what of it can be committed, and puts the rest back. It gives who waits for what is written.
func (r *Recorder) write(ctx context.Context, b batch) (written callbacks, err error) {
	if b.size() > 0 {
		if err := r.commit(ctx, b); err != nil {
			if ofWholeRecord(err) {
				r.giveBack(b)
				return nil, err
			}
			left, written, apart := r.commitApart(ctx, b)
			if apart != nil {
				r.giveBack(left)
				return written, errors.Join(err, apart)
			}
		}
	}
	r.mu.Lock()
	r.writing = 0
	r.mu.Unlock()
	r.metrics.ReceiptsWritten.Add(uint64(len(b.receipts)))
	return b.then(), nil
}

// commitApart writes each entry of a batch that failed in a transaction of its own, so that one that the store refuses does
// not hold up all others for ever. A receipt that is there already stays as it is. It gives back what is left, who waits for what is
// not, and why.
func (r *Recorder) commitApart(ctx context.Context, b batch) (left batch, written callbacks, failed error) {
	apart := func(one batch) bool {
		err := r.commit(ctx, one)
		if err != nil {
			failed = err
			return false
		}
		written = append(written, one.then()...)
		return true
	}
	for _, s := range b.begun {
		if !apart(batch{begun: []pendingSession{s}}) {
			left.begun = append(left.begun, s)
		}
	}
	for _, s := range b.sessions {
		if !apart(batch{sessions: []pendingSession{s}}) {
			left.sessions = append(left.sessions, s)
		}
	}
	for i, receipt := range b.receipts {
		if ctx.Err() != nil {
			left.receipts, failed = append(left.receipts, b.receipts[i:]...), ctx.Err()
			break
		}
		before := failed
		if apart(batch{receipts: []pendingReceipt{receipt}}) {
			continue
		}
		if _, found := r.store.Receipt(ctx, receipt.ID); found == nil {
			r.log.Error("a session has its receipt already; the second one is dropped", "session", receipt.ID)
			written, failed = append(written, receipt.then...), before
			continue
		}
		left.receipts = append(left.receipts, receipt)
	}
	if b.today != nil && !apart(batch{today: b.today}) {
		left.today = b.today
	}
	if len(b.removed) > 0 && !apart(batch{removed: b.removed}) {
		left.removed = b.removed
	}
	if len(b.sightings) > 0 && !apart(batch{sightings: b.sightings}) {
		left.sightings = b.sightings
	}
	return left, written, failed
}

func (r *Recorder) commit(ctx context.Context, b batch) error {
	r.metrics.Transactions.Add(1)
	return r.store.Write(ctx, func(tx engine.Transaction) error {
		for _, s := range slices.Concat(b.begun, b.sessions) {
			if err := tx.PutSession(s.Session); err != nil {
				return fmt.Errorf("session %s: %w", s.ID, err)
			}
		}
		gone := slices.Collect(maps.Keys(b.removed))
		for _, receipt := range b.receipts {
			if err := tx.InsertReceipt(receipt.Receipt); err != nil {
				return fmt.Errorf("receipt of session %s: %w", receipt.ID, err)
			}
			if receipt.live {
				gone = append(gone, receipt.ID)
			}
		}
		for _, id := range gone {
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
		return putSightings(tx, b.sightings)
	})
}

// takeSightings takes as many out of a map as one transaction may hold.
func takeSightings(from map[engine.ID]engine.Sighting) map[engine.ID]engine.Sighting {
	taken := make(map[engine.ID]engine.Sighting, min(len(from), maximumBatch))
	for id, s := range from {
		if len(taken) == maximumBatch {
			break
		}
		taken[id] = s
		delete(from, id)
	}
	return taken
}

// putSightings writes what is known of components that are still in the record.
func putSightings(tx engine.Transaction, sightings map[engine.ID]engine.Sighting) error {
	for id, s := range sightings {
		if err := tx.PutSighting(id, s); err != nil && !errors.Is(err, engine.ErrNotFound) {
			return err
		}
	}
	return nil
}
