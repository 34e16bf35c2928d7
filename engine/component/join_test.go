package component

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/component/componenttest"
	"lockwire/engine/wire"
)

// secretOf is the session secret of the agent's only session.
func (m *runningAgent) secretOf(t *testing.T) *channel.Secret {
	t.Helper()
	all := m.attachments[0].sessions.All()
	if len(all) != 1 {
		t.Fatalf("%d sessions", len(all))
	}
	return all[0].Channel.Secret
}

func TestOnlyTheFirstConnectionOfASessionMakesAHandshake(t *testing.T) {
	for _, mode := range []engine.Mode{engine.Sealed, engine.Plain} {
		t.Run(mode.String(), func(t *testing.T) {
			p := newPair(t, mode)
			for range 6 {
				conn := p.dial(t)
				roundTrip(t, conn, "hello")
				finish(t, conn)
			}
			source, target := p.source.secretOf(t), p.target.secretOf(t)
			if joins := source.Joins(); joins != 5 || source.HasKey() || target.HasKey() {
				t.Errorf("%d of 6 connections have joined; K is there: %v and %v", joins, source.HasKey(), target.HasKey())
			}
			if got := p.backend.connections(); got != 6 {
				t.Errorf("the backend saw %d connections", got)
			}
		})
	}
}

// A founding that the target refuses founds, too: a tool that tries again and again costs a handshake once.
func TestConnectionsJoinThoughTheBackendRefusedTheFirstOne(t *testing.T) {
	p := newPair(t, engine.Sealed)
	_ = p.backend.Close()
	for range 3 {
		p.mustRefuse(t)
	}
	if joins := p.source.secretOf(t).Joins(); joins != 2 {
		t.Errorf("%d joins", joins)
	}
}

func TestConnectionsJoinWhileTheBrokerIsAway(t *testing.T) {
	p := newPair(t, engine.Sealed)
	first := p.dial(t)
	roundTrip(t, first, "hello")
	p.b.stop()
	p.source.log.await(t, "not attached to the broker")
	for range 3 {
		conn := p.dial(t)
		roundTrip(t, conn, "without a broker")
		finish(t, conn)
	}
	roundTrip(t, first, "still here")
}

// After an hour the next connection begins a new session; it does not wait for that, and what runs goes on.
func TestSessionGivesWayToANewOneAfterAnHour(t *testing.T) {
	clock := &componenttest.LeapClock{}
	p, sourceFolder := newPairWithoutSource(t, engine.Sealed, func(r *testRoute) { r.ageCap = 3 * time.Hour })
	p.runSource(t, sourceFolder, func(c *Config) { c.Clock = clock })
	first := p.dial(t)
	roundTrip(t, first, "hello")
	old := p.source.secretOf(t)
	clock.Leap(59 * time.Minute)
	roundTrip(t, p.dial(t), "before the hour is over")
	if old.Joins() != 1 {
		t.Fatalf("%d joins", old.Joins())
	}
	clock.Leap(2 * time.Minute)
	second := p.dial(t)
	roundTrip(t, second, "after it")
	await[*wire.KeyDestroyed](t, p.b, nil)
	p.source.log.await(t, "a new session has taken its place")
	third := p.dial(t)
	roundTrip(t, third, "in the new one")
	roundTrip(t, first, "still here")
	roundTrip(t, second, "here, too")
	p.b.mu.Lock()
	sessions := len(p.b.sessions)
	p.b.mu.Unlock()
	if joins := old.Joins(); sessions != 2 || joins != 2 {
		t.Errorf("%d sessions, and %d joins of the old one", sessions, joins)
	}
	if strings.Contains(p.source.log.String(), "level=ERROR") {
		t.Error("the log has an error")
	}
}

func TestSessionGoesOnAfterAnHourWithoutABroker(t *testing.T) {
	clock := &componenttest.LeapClock{}
	p, sourceFolder := newPairWithoutSource(t, engine.Sealed, func(r *testRoute) { r.ageCap = 3 * time.Hour })
	p.runSource(t, sourceFolder, func(c *Config) { c.Clock = clock })
	first := p.dial(t)
	roundTrip(t, first, "hello")
	p.b.stop()
	p.source.log.await(t, "not attached to the broker")
	clock.Leap(2 * time.Hour)
	for range 3 {
		roundTrip(t, p.dial(t), "in the same session")
	}
	if joins := p.source.secretOf(t).Joins(); joins != 3 {
		t.Errorf("%d joins", joins)
	}
}

// A session ends in the middle of many joins, one after the other, in each way that the broker has. Each tool gets all of its bytes or a
// reset; each session ends with its key destroyed, and the next connections find a new one.
func TestSessionsEndWhileConnectionsJoin(t *testing.T) {
	p := newPair(t, engine.Sealed)
	var over atomic.Bool
	var reset atomic.Int64
	whole := make(chan struct{}, 1) // one that all of it came back from; some are not counted
	var tools sync.WaitGroup
	for range 8 {
		tools.Go(func() {
			for !over.Load() {
				switch err := p.once("hello"); {
				case err == nil:
					select {
					case whole <- struct{}{}:
					default:
					}
				case errors.Is(err, errNotWhole):
					t.Error(err)
					return
				default:
					reset.Add(1)
				}
			}
		})
	}
	for round := range 12 {
		for range 20 {
			<-whole
		}
		drain := round%2 == 0
		p.b.mu.Lock()
		for id := range p.b.sessions {
			for _, m := range p.b.members {
				m.send(&wire.Down{Message: &wire.Down_Cut{Cut: &wire.Cut{Session: wire.IDBytes(id), Reason: "again", Drain: drain}}})
			}
		}
		p.b.mu.Unlock()
		endings(t, p.b)
	}
	over.Store(true)
	tools.Wait()
	t.Logf("%d connections were reset", reset.Load())
}

var errNotWhole = errors.New("the connection ended in order, and not all came")

// once is one short connection of a tool.
func (p *pair) once(text string) error {
	conn, err := net.Dial("tcp", p.route.listen)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, text); err != nil {
		return err
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return err
	}
	got, err := io.ReadAll(conn)
	if err == nil && string(got) != text {
		return errNotWhole
	}
	return err
}
