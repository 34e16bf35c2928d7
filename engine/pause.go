package engine

import (
	"context"
	"time"
)

// Pause waits for d, or until ctx is done: then it gives its error. It is how the programs wait for time alone; tests of it, and of every
// timer and ticker, run under testing/synctest, where time stands still while anything else can run. Time that is an input, such as the
// moment for which a certificate or a rule is judged, comes as a value or as a function that gives it.
func Pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
