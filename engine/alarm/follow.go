package alarm

import (
	"context"
	"time"

	"lockwire/engine"
)

const (
	// looksEvery is how often everything is looked at; what happens between two looks is told by itself.
	looksEvery = 5 * time.Second
	// checksEvery is how often the whole is checked, which takes longer than a look.
	checksEvery = 10 * time.Minute
	// triesAgain is how long is waited where the broker could not be asked.
	triesAgain = 10 * time.Second
)

// Follow shows the keeper what needs attention, again and again, until ctx is done.
func Follow(ctx context.Context, a engine.Administration, k *Keeper) {
	var low engine.LowHeadroom
	var checked *engine.Checked
	var checkedAt time.Time
	var checkedOf uint64
	for ctx.Err() == nil {
		err := a.Watch(ctx, looksEvery, func(snapshot engine.Snapshot) error {
			if !k.Wanted() {
				return nil
			}
			s := engine.Situation{Snapshot: snapshot, Low: low.Take(&snapshot)}
			if err := s.ReadRecord(ctx, a); err != nil {
				return err
			}
			if checked == nil || snapshot.Revision != checkedOf || time.Since(checkedAt) >= checksEvery {
				now, err := a.Check(ctx, engine.CheckQuestion{})
				if err != nil {
					return err
				}
				checked, checkedAt, checkedOf = &now, time.Now(), snapshot.Revision
			}
			checked.Alarms = k.Status()
			s.Checked = checked
			k.Picture(ctx, s.Findings())
			return nil
		})
		if err != nil && ctx.Err() == nil {
			k.log.Debug("what needs attention cannot be read for alarms", "error", err)
		}
		engine.Pause(ctx, triesAgain)
	}
}
