package machine

import (
	"testing"
	"time"
)

func TestLogLimiterHoldsBackButCounts(t *testing.T) {
	clock := &handClock{now: time.Now()}
	q := NewLogLimiter(clock)
	passes := func(kind string, want bool, held int) {
		t.Helper()
		if more, ok := q.Pass(kind); ok != want || more != held {
			t.Errorf("%s: %v with %d held back", kind, ok, more)
		}
	}
	passes("a", true, 0)
	passes("a", false, 0)
	passes("b", true, 0)
	passes("a", false, 0)
	clock.now = clock.now.Add(logInterval)
	passes("a", true, 2)
	passes("a", false, 0)
}

// handClock stands still until a test moves it.
type handClock struct {
	SystemClock
	now time.Time
}

func (c *handClock) Now() time.Time { return c.now }
