package component

import (
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// Either end can be told to drain. What runs goes on, what is new is refused, and status, log and broker say so.
func TestDrainingComponentFinishesWhatRunsAndTakesNothingNew(t *testing.T) {
	for _, end := range []string{"source", "target"} {
		t.Run(end, func(t *testing.T) {
			p := newPair(t, engine.Sealed)
			m := map[string]*runningAgent{"source": p.source, "target": p.target}[end]
			conn := p.dial(t)
			roundTrip(t, conn, "hello")
			if err := RequestDrain(m.folder); err != nil {
				t.Fatal(err)
			}
			await(t, p.b, func(r *wire.Report) bool { return r.GetDraining() })
			p.mustRefuse(t)
			roundTrip(t, conn, "still there")
			if status := m.Status(); !status.Draining || status.Carries != "1 connection in 1 session" || !strings.Contains(status.Words(), "drains") {
				t.Errorf("the status says %q", status.Words())
			}
			if !strings.Contains(m.log.String(), "the component drains") {
				t.Error("the log does not say so")
			}
			_ = conn.Close()
			await(t, p.b, func(e *wire.SessionEnded) bool { return e.GetStats().GetAllFlows() == 1 })
		})
	}
}

func TestStoppedComponentDrainsForAWhile(t *testing.T) {
	for name, test := range map[string]struct {
		within   time.Duration
		finishes bool
	}{
		"long enough": {time.Minute, true},
		"too short":   {50 * time.Millisecond, false},
	} {
		t.Run(name, func(t *testing.T) {
			p, folder := newPairWithoutSource(t, engine.Sealed)
			p.runSource(t, folder, func(c *Config) { c.DrainWithin = test.within })
			conn := p.dial(t)
			roundTrip(t, conn, "hello")
			stopped := make(chan struct{})
			go func() {
				defer close(stopped)
				p.source.stop()
			}()
			await(t, p.b, func(r *wire.Report) bool { return r.GetDraining() })
			if test.finishes {
				p.mustRefuse(t)
				roundTrip(t, conn, "still there")
				_ = conn.Close()
			}
			<-stopped
			if over := strings.Contains(p.source.log.String(), "the time to drain is over"); over == test.finishes {
				t.Errorf("the time was over: %v", over)
			}
		})
	}
}

// A drain ends with the agent: the next start takes connections.
func TestDrainIsForgottenAtTheNextStart(t *testing.T) {
	p, folder := newPairWithoutSource(t, engine.Sealed)
	if err := RequestDrain(folder); err != nil {
		t.Fatal(err)
	}
	p.runSource(t, folder)
	p.source.poll()
	roundTrip(t, p.dial(t), "hello")
	if p.source.Status().Draining {
		t.Error("it drains")
	}
}
