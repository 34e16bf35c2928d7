package componenttest

import (
	"cmp"
	"sync"
	"time"

	"lockwire/engine/component/machine"
)

// LeapClock is the system's clock until it leaps ahead. Timers of Long and more fire only when it leaps, be it by nothing. It implements
// machine.Clock.
type LeapClock struct {
	// Long is a minute where it is 0.
	Long time.Duration

	mu      sync.Mutex
	ahead   time.Duration
	waiting []chan time.Time
}

// Now implements machine.Clock, as does the following.
func (c *LeapClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *LeapClock) NewTimer(d time.Duration) machine.Timer {
	if d < cmp.Or(c.Long, time.Minute) {
		return machine.SystemClock{}.NewTimer(d)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	fires := make(chan time.Time, 1)
	c.waiting = append(c.waiting, fires)
	return leapTimer(fires)
}

// Leap sets the clock ahead, or back.
func (c *LeapClock) Leap(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
	for _, fires := range c.waiting {
		fires <- time.Time{}
	}
	c.waiting = nil
}

type leapTimer chan time.Time

func (t leapTimer) C() <-chan time.Time { return t }
func (t leapTimer) Stop() bool          { return true }
