package uitest

import (
	"slices"
	"time"
)

// Clock calls what waits for a time only when the test lets the time pass.
type Clock struct {
	now     time.Duration
	waiting []*awaiting
}

type awaiting struct {
	at  time.Duration
	run func()
}

// After is a kit.After.
func (c *Clock) After(d time.Duration, run func()) (stop func()) {
	a := &awaiting{c.now + d, run}
	c.waiting = append(c.waiting, a)
	return func() { c.waiting = slices.DeleteFunc(c.waiting, func(other *awaiting) bool { return other == a }) }
}

// Pass lets time pass, and calls what was waiting for it in its order.
func (c *Clock) Pass(d time.Duration) {
	for end := c.now + d; ; {
		var next *awaiting
		for _, a := range c.waiting {
			if a.at <= end && (next == nil || a.at < next.at) {
				next = a
			}
		}
		if next == nil {
			c.now = end
			return
		}
		c.now = next.at
		c.waiting = slices.DeleteFunc(c.waiting, func(other *awaiting) bool { return other == next })
		next.run()
	}
}
