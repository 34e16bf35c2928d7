package component

import (
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/session"
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
			if err := machine.RequestDrain(m.folder, time.Now(), 0); err != nil {
				t.Fatal(err)
			}
			await(t, p.b, func(r *report) bool { return r.from == m.id && r.GetDrain() != nil })
			p.mustRefuse(t)
			roundTrip(t, conn, "still there")
			if status := m.Status(); status.Drain == nil || status.Carries != "1 connection in 1 session" || !strings.Contains(status.Words(), "drains") {
				t.Errorf("the status says %q", status.Words())
			}
			if !strings.Contains(m.log.String(), "the component drains") {
				t.Error("the log does not say so")
			}
			_ = conn.Close()
			await(t, p.b, func(e *sessionEnded) bool { return e.GetStats().GetAllFlows() == 1 })

			if requested, err := machine.UndoDrain(m.folder); err != nil || !requested {
				t.Fatal(requested, err)
			}
			await(t, p.b, func(r *report) bool { return r.from == m.id && r.GetDrain() == nil })
			roundTrip(t, p.dial(t), "again")
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
			await(t, p.b, func(r *report) bool { return r.GetDrain() != nil })
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
	if err := machine.RequestDrain(folder, time.Now(), 0); err != nil {
		t.Fatal(err)
	}
	p.runSource(t, folder)
	p.source.poll()
	roundTrip(t, p.dial(t), "hello")
	if p.source.Status().Drain != nil {
		t.Error("it drains")
	}
}

// What was given a time and still runs when it is over is reset.
func TestDrainResetsWhatStillRunsWhenItsTimeIsOver(t *testing.T) {
	p := newPair(t, engine.Sealed)
	conn := p.dial(t)
	roundTrip(t, conn, "hello")
	if err := machine.RequestDrain(p.source.folder, time.Now(), time.Millisecond); err != nil {
		t.Fatal(err)
	}
	ended := await(t, p.b, func(e *sessionEnded) bool { return e.side == wire.Side_SIDE_SOURCE })
	if !strings.Contains(ended.GetReason(), "the time for what still ran is over") {
		t.Errorf("it ended because of %q", ended.GetReason())
	}
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the tool's connection gives %v", err)
	}
	if p.source.Status().Drain == nil {
		t.Error("it takes connections again")
	}
}

// A broker's order holds for its own attachment until the broker undoes it, and says who gave it.
func TestABrokersDrainOrder(t *testing.T) {
	for _, end := range []string{"source", "target"} {
		t.Run(end, func(t *testing.T) {
			p := newPair(t, engine.Sealed)
			m := map[string]*runningAgent{"source": p.source, "target": p.target}[end]
			member := p.b.member(map[string]engine.ID{"source": p.route.source, "target": p.route.target}[end])
			conn := p.dial(t)
			roundTrip(t, conn, "hello")
			order := func(drain *engine.Drain) {
				member.send(&wire.Down{Message: &wire.Down_DrainOrder{DrainOrder: &wire.DrainOrder{Drain: wire.FromDrain(drain)}}})
			}
			order(&engine.Drain{Since: time.Now(), By: "administrator ann"})
			await(t, p.b, func(d *wire.KeyDestroyed) bool { return true })
			p.mustRefuse(t)
			roundTrip(t, conn, "still there")
			if log := m.log.String(); !strings.Contains(log, "administrator ann") || !strings.Contains(log, "takes no new connection") {
				t.Errorf("the log says %s", log)
			}
			status := m.Status()
			if status.Drain != nil || status.Attachments[0].Drain == nil || !strings.Contains(status.Words(), "as administrator ann ordered") || !strings.Contains(status.Words(), "1 connection in 1 session") {
				t.Errorf("the status says %q", status.Words())
			}
			_ = conn.Close()
			await(t, p.b, func(e *sessionEnded) bool { return e.GetStats().GetAllFlows() == 1 })
			order(nil)
			eventually(t, "the order does not stand any more", func() bool { return m.Status().Attachments[0].Drain == nil })
			roundTrip(t, p.dial(t), "again")
		})
	}
}

// lineHook calls a function with each line of a log before the log has it.
type lineHook func(line string)

func (h lineHook) Write(p []byte) (int, error) {
	h(string(p))
	return len(p), nil
}

// Who reads that the component drains may count on it: the next connection finds no session that takes it.
func TestTheLogSaysThatTheComponentDrainsOnceItTakesNothing(t *testing.T) {
	p, folder := newPairWithoutSource(t, engine.Sealed)
	admitted := make(chan error, 1)
	p.runSource(t, folder, func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(lineHook(func(line string) {
			if strings.Contains(line, "the component drains") {
				admitted <- p.source.attachments[0].sessions.All()[0].Admits()
			}
		}), nil))
	})
	roundTrip(t, p.dial(t), "hello")
	if err := machine.RequestDrain(folder, time.Now(), 0); err != nil {
		t.Fatal(err)
	}
	if err := <-admitted; !errors.Is(err, session.ErrNoNewFlow) {
		t.Errorf("a connection finds its session with %v", err)
	}
}
