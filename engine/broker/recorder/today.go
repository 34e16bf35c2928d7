package recorder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"lockwire/engine"
)

// todayValue is the name in the store of the day's totals. A broker that is started again goes on from there.
const todayValue = "today"

// Moved queues the day's totals for the next batch.
func (r *Recorder) Moved(today engine.DayTotals) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.today != today {
		r.today, r.todayChanged = today, true
	}
}

// ReadToday gives the totals that were written last; none where none were.
func ReadToday(ctx context.Context, store engine.Store) (today engine.DayTotals, err error) {
	text, err := store.Value(ctx, todayValue)
	if errors.Is(err, engine.ErrNotFound) {
		return today, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &today)
	}
	if err != nil {
		return engine.DayTotals{}, fmt.Errorf("read what was moved today: %w", err)
	}
	return today, nil
}

// putToday writes the totals.
func putToday(tx engine.Transaction, today engine.DayTotals) error {
	text, err := json.Marshal(today)
	if err != nil {
		return err
	}
	return tx.PutValue(todayValue, text)
}
