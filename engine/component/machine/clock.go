package machine

import "time"

// Clock is the time that a component lives by. All else takes time from package time and engine.Pause, and is tested under
// testing/synctest; a component's tests run over real connections, for which time does not stand still there, and have its clock run
// days ahead of the broker's.
type Clock interface {
	Now() time.Time
	// NewTimer makes a timer that fires once, d from now.
	NewTimer(d time.Duration) Timer
}

// Timer is a running timer.
type Timer interface {
	C() <-chan time.Time
	Stop() bool
}

// SystemClock is the machine's clock.
type SystemClock struct{}

// Now implements Clock.
func (SystemClock) Now() time.Time { return time.Now() }

// NewTimer implements Clock.
func (SystemClock) NewTimer(d time.Duration) Timer { return systemTimer{time.NewTimer(d)} }

type systemTimer struct{ timer *time.Timer }

func (t systemTimer) C() <-chan time.Time { return t.timer.C }
func (t systemTimer) Stop() bool          { return t.timer.Stop() }

// Wait returns after d, or at once and false when done is closed first.
func Wait(done <-chan struct{}, clock Clock, d time.Duration) bool {
	timer := clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C():
		return true
	case <-done:
		return false
	}
}
