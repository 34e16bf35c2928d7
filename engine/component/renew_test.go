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

// The control stream can break at the moment of a renewal. The broker then still knows the old key, and names it in offers.
func TestComponentThatAttachesWithTheOldKeyWhileItRenewsAttachesAgain(t *testing.T) {
	p, sourceFolder := newPairWithoutSource(t, engine.Sealed)
	source := p.route.source
	before, made := keyOf(t, sourceFolder), make(chan *attachment, 1)
	var once sync.Once
	p.b.greeting = func(id engine.ID) {
		once.Do(func() {
			a := <-made
			if err := a.renew(t.Context()); id != source || err != nil {
				t.Errorf("renewal of %v: %v", id, err)
			}
			a.attachAnewWhereRenewed() // as keepRenewed does, which knows of no stream yet
		})
	}
	p.source = run(t, sourceFolder, source)
	made <- p.source.attachments[0]
	for range 2 { // with the old key, then with the new one
		await[*wire.Hello](t, p.b, nil)
	}
	await(t, p.b, func(s *wire.ListenerStates) bool { return len(s.GetStates()) == 1 && s.GetStates()[0].GetListening() })
	roundTrip(t, p.dial(t), "a session with the new key")
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	if attached := p.b.keys[source]; attached == before || attached != keyOf(t, sourceFolder) {
		t.Errorf("the key was %v, is %v; attached is %v", before, keyOf(t, sourceFolder), attached)
	}
}

// Two renewals at once would leave the broker with another key than the machine.
func TestRenewalsThatAreDueAtOnceAreOne(t *testing.T) {
	t.Parallel()
	b := newFakeBroker(t)
	folder, id := joined(t, b, "machine")
	asked, goOn := make(chan struct{}, 2), make(chan struct{})
	b.renewing = func(engine.ID) { asked <- struct{}{}; <-goOn }
	c, err := New(t.Context(), Config{Folder: folder, Listen: "127.0.0.1:0", Clock: aheadClock{by: 4 * 24 * time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var renewing sync.WaitGroup
	for range 2 {
		renewing.Go(func() {
			if err := c.attachments[0].renewIfDue(t.Context()); err != nil {
				t.Errorf("renewal of %v: %v", id, err)
			}
		})
	}
	<-asked
	close(goOn)
	renewing.Wait()
	if len(asked) != 0 {
		t.Error("the broker was asked twice")
	}
}
