package recorder

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"lockwire/engine"
	"lockwire/engine/record"
)

// batch is what one transaction writes.
type batch struct {
	begun, sessions []pendingSession
	receipts        []pendingReceipt
	removed         map[engine.ID]callbacks
	sightings       map[engine.ID]engine.Sighting
	used            map[engine.ID]uint64
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
	if b.size() > 0 {
		b.used, r.used = r.used, map[engine.ID]uint64{}
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
	for tenant, bytes := range b.used {
		if _, newer := r.used[tenant]; !newer {
			r.used[tenant] = bytes
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
			left, written, apart := r.commitApart(ctx, b, err)
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

// commitApart writes the halves of a batch that failed in transactions of their own, and the halves of those that fail in turn, so that one
// entry that the store refuses does not hold up all others for ever, nor cost each of them a transaction. A receipt that is there already
// stays as it is. It gives back what is left, who waits for what is not, and why.
func (r *Recorder) commitApart(ctx context.Context, b batch, refused error) (left batch, written callbacks, failed error) {
	if b.entries() <= 1 {
		if len(b.receipts) == 1 {
			if _, found := r.store.Receipt(ctx, b.receipts[0].ID); found == nil {
				r.log.Error("a session has its receipt already; the second one is dropped", "session", b.receipts[0].ID)
				return batch{}, b.then(), nil
			}
		}
		return b, nil, refused
	}
	first, second := b.halves()
	for _, half := range []batch{first, second} {
		err := r.commit(ctx, half)
		switch {
		case err == nil:
			written = append(written, half.then()...)
		case ofWholeRecord(err) || ctx.Err() != nil:
			left.add(half)
			failed = err
		default:
			rest, apart, err := r.commitApart(ctx, half, err)
			left.add(rest)
			written = append(written, apart...)
			if err != nil {
				failed = err
			}
		}
	}
	return left, written, failed
}

// entries counts what can be written apart.
func (b *batch) entries() int {
	count := len(b.begun) + len(b.sessions) + len(b.receipts)
	for _, there := range []bool{len(b.removed) > 0, len(b.sightings) > 0, len(b.used) > 0, b.today != nil} {
		if there {
			count++
		}
	}
	return count
}

// halves divides a batch, in its order.
func (b *batch) halves() (first, second batch) {
	room := b.entries() / 2
	first.begun, second.begun = cut(b.begun, &room)
	first.sessions, second.sessions = cut(b.sessions, &room)
	first.receipts, second.receipts = cut(b.receipts, &room)
	into := func() *batch {
		if room == 0 {
			return &second
		}
		room--
		return &first
	}
	if len(b.removed) > 0 {
		into().removed = b.removed
	}
	if len(b.sightings) > 0 {
		into().sightings = b.sightings
	}
	if len(b.used) > 0 {
		into().used = b.used
	}
	if b.today != nil {
		into().today = b.today
	}
	return first, second
}

// cut divides a list where the room ends.
func cut[T any](all []T, room *int) (first, second []T) {
	some := min(*room, len(all))
	*room -= some
	return all[:some:some], all[some:]
}

// add puts another part of the same batch behind.
func (b *batch) add(part batch) {
	b.begun, b.sessions, b.receipts = append(b.begun, part.begun...), append(b.sessions, part.sessions...), append(b.receipts, part.receipts...)
	if part.removed != nil {
		b.removed = part.removed
	}
	if part.sightings != nil {
		b.sightings = part.sightings
	}
	if part.used != nil {
		b.used = part.used
	}
	if part.today != nil {
		b.today = part.today
	}
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
		if err := r.insertReceipts(ctx, tx, b.receipts); err != nil {
			return err
		}
		for _, receipt := range b.receipts {
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
		if err := putUsed(tx, b.used); err != nil {
			return err
		}
		return putSightings(tx, b.sightings)
	})
}

// insertReceipts writes receipts and their links in the chain, each of which is signed.
func (r *Recorder) insertReceipts(ctx context.Context, tx engine.Transaction, receipts []pendingReceipt) error {
	if len(receipts) == 0 {
		return nil
	}
	chain, err := record.ContinueChain(ctx, tx, r.signer)
	if err != nil {
		return err
	}
	for i := range receipts {
		receipt := &receipts[i].Receipt
		if err := tx.InsertReceipt(*receipt); err != nil {
			return fmt.Errorf("receipt of session %s: %w", receipt.ID, err)
		}
		if err := chain.Append(engine.EntryReceipt, receipt.ID, receipt); err != nil {
			return fmt.Errorf("receipt of session %s: %w", receipt.ID, err)
		}
	}
	return nil
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
