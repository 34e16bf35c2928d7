package component

import (
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/componenttest"
	"lockwire/engine/wire"
)

func TestCertificateIsRenewedWhileFlowsRunAndTheNewKeyAttaches(t *testing.T) {
	clock := &componenttest.LeapClock{}
	p, sourceFolder := newPairWithoutSource(t, engine.Sealed)
	source := p.route.source
	p.runSource(t, sourceFolder, func(c *Config) { c.Clock = clock })
	conn := p.dial(t)
	roundTrip(t, conn, "hello")
	before := keyOf(t, sourceFolder)

	p.b.events.forget()
	clock.Leap(4 * 24 * time.Hour)
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
