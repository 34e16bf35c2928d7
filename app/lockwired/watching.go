package main

import (
	"context"
	"errors"
	"time"

	"lockwire/engine"
)

// watchRetry is how long a watch waits before it asks a broker again that does not answer.
const watchRetry = time.Second

// keepWatching shows what a watch gives until ctx is done. Once something was shown, a broker that is not heard any more does not
// end it: what was given last is old, which is shown once, with when it was heard last and why, and the broker is asked again.
func keepWatching(ctx context.Context, a engine.Administration, interval time.Duration, show func(engine.Snapshot) error, old func(last engine.Snapshot, heard time.Time, why error) error) error {
	var last engine.Snapshot
	var heard time.Time
	stale := false
	for {
		var failed error
		err := a.Watch(ctx, interval, func(snapshot engine.Snapshot) error {
			last, heard, stale = snapshot, time.Now(), false
			failed = show(snapshot)
			return failed
		})
		lost := errors.Is(err, engine.ErrSilent) || errors.Is(err, engine.ErrNoBroker)
		switch {
		case ctx.Err() != nil && failed == nil:
			return nil // Ctrl-C is how a watch ends
		case failed != nil || heard.IsZero() || !lost:
			return err
		}
		if !stale {
			stale = true
			if err := old(last, heard, err); err != nil {
				return err
			}
		}
		if engine.Pause(ctx, watchRetry) != nil {
			return nil
		}
	}
}
