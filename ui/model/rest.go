package model

import (
	"context"
	"errors"
	"time"
)

const (
	// restAfter is how long a window stays up to date by the moment after another one has the keyboard.
	restAfter = time.Minute
	// RestInterval is the time between two updates of a window that rests. What newly needs attention is noticed that late at the most.
	RestInterval = 5 * time.Second
)

// Rest decides whether a window is watched closely enough for every change to be followed at once. The zero value has just been opened.
type Rest struct {
	left time.Time // when the window was first seen without the keyboard; zero while it has it
}

// Look tells whether the window rests at a moment. On screen is one that is neither minimised nor in the tray, in front one that has the
// keyboard.
func (r *Rest) Look(onScreen, inFront bool, now time.Time) (resting bool) {
	if onScreen && inFront {
		r.left = time.Time{}
		return false
	}
	if r.left.IsZero() || r.left.After(now) { // the clock was set back
		r.left = now
	}
	return !onScreen || now.Sub(r.left) >= restAfter
}

// errTurned ends a watch because it has to be another one's turn: the window began or ended to rest.
var errTurned = errors.New("the window is watched otherwise now")

// Rest has the state follow only each RestInterval, or again every change; then the newest is asked for at once. It does not block.
func (l *Live) Rest(resting bool) {
	if l.resting.Swap(resting) == resting {
		return
	}
	select {
	case l.turned <- struct{}{}:
	default:
	}
}

// Resting tells whether the state follows only each RestInterval.
func (l *Live) Resting() bool { return l.resting.Load() }

// watch runs one watch after the other, each with the interval of its time, until one breaks.
func (l *Live) watch(ctx context.Context, one func(ctx context.Context, interval time.Duration) error) error {
	for {
		interval := snapshotInterval
		if l.Resting() {
			interval = RestInterval
		}
		turn, stop := context.WithCancelCause(ctx)
		waiting := make(chan struct{})
		go func() {
			defer close(waiting)
			select {
			case <-l.turned:
				stop(errTurned)
			case <-turn.Done():
			}
		}()
		err := one(turn, interval)
		stop(nil)
		<-waiting
		if !errors.Is(context.Cause(turn), errTurned) || ctx.Err() != nil {
			return err
		}
	}
}
