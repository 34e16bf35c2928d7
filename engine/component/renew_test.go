package component

import (
	"strings"
	"sync"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/wire"
)

// leapClock is the system's clock until it leaps ahead; timers of a minute and more fire only then.
type leapClock struct {
	mu      sync.Mutex
	ahead   time.Duration
	waiting []chan time.Time
}

func (c *leapClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *leapClock) NewTimer(d time.Duration) machine.Timer {
	if d < time.Minute {
		return machine.SystemClock{}.NewTimer(d)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	fires := make(chan time.Time, 1)
	c.waiting = append(c.waiting, fires)
	return leapTimer(fires)
}

func (c *leapClock) leap(d time.Duration) {
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

func TestCertificateIsRenewedWhileFlowsRunAndTheNewKeyAttaches(t *testing.T) {
	clock := &leapClock{}
	p, sourceFolder := newPairWithoutSource(t, engine.Sealed)
	source := p.route.source
	p.runSource(t, sourceFolder, func(c *Config) { c.Clock = clock })
	conn := p.dial(t)
	roundTrip(t, conn, "hello")
	before := keyOf(t, sourceFolder)

	p.b.events.forget()
	clock.leap(4 * 24 * time.Hour)
	await(t, p.b, func(h *wire.Hello) bool { return len(h.GetSessions()) == 1 })
	roundTrip(t, conn, "the flow was not touched")
	after := keyOf(t, sourceFolder)
	p.b.mu.Lock()
	attached := p.b.keys[source]
	p.b.mu.Unlock()
	if before == after || attached != after {
		t.Errorf("the key was %v, is %v; attached is %v", before, after, attached)
	}
	roundTrip(t, p.dial(t), "a session with the new key")
	// The clock is still ahead of the broker's, so that the new certificate is due at once; it is not renewed again for that.
	if times := strings.Count(p.source.log.String(), "certificate renewed"); times != 1 {
		t.Errorf("renewed %d times", times)
	}
}
