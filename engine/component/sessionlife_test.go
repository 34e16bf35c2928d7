package component

import (
	"bytes"
	"crypto/rand"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/componenttest"
	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
	"lockwire/engine/secret"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// endings waits until both ends have reported the end of their session, and checks what they say of the key.
func endings(t *testing.T, b *fakeBroker) map[wire.Side]*sessionEnded {
	t.Helper()
	ended := map[wire.Side]*sessionEnded{}
	for len(ended) < 2 {
		one := await[*sessionEnded](t, b, nil)
		if one.GetEnded() == 0 || one.GetDestroyed() == 0 || one.GetProven() != secret.Provable() {
			t.Errorf("the report of %v is %v", one.side, one)
		}
		ended[one.side] = one
	}
	return ended
}

func TestSessionEndsAfterItsLingerTimeAndReportsItsKeyDestroyed(t *testing.T) {
	p := newPair(t, engine.Sealed, func(r *testRoute) { r.linger = 10 * time.Millisecond })
	conn := p.dial(t)
	roundTrip(t, conn, "hello")
	finish(t, conn)
	one := await(t, p.b, func(e *sessionEnded) bool { return e.side == wire.Side_SIDE_SOURCE })
	if one.GetReason() != session.ReasonIdle || one.GetStats().GetAllFlows() != 1 || one.GetStats().GetToTarget() != 5 {
		t.Errorf("the source reports %v", one)
	}
	// The next connection begins a new session; the target ends the first one by itself later.
	conn = p.dial(t)
	roundTrip(t, conn, "again")
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	if len(p.b.sessions) != 2 {
		t.Errorf("%d sessions", len(p.b.sessions))
	}
}

func TestCutResetsFlowsAtOnceAtBothEnds(t *testing.T) {
	p := newPair(t, engine.Sealed)
	conn := p.dial(t)
	roundTrip(t, conn, "hello")
	p.order(t, func(id []byte) *wire.Down {
		return &wire.Down{Message: &wire.Down_Cut{Cut: &wire.Cut{Session: id, Reason: "an administrator cut it"}}}
	})
	mustBeReset(t, conn)
	for side, ended := range endings(t, p.b) {
		if ended.GetReason() != "an administrator cut it" {
			t.Errorf("%v ended for %q", side, ended.GetReason())
		}
	}
}

// order sends the broker's word on the only session to both ends.
func (p *pair) order(t *testing.T, word func(id []byte) *wire.Down) {
	t.Helper()
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	if len(p.b.sessions) != 1 {
		t.Fatalf("%d sessions", len(p.b.sessions))
	}
	for id := range p.b.sessions {
		for _, m := range p.b.members {
			m.send(word(wire.IDBytes(id)))
		}
	}
}

func TestDrainedSessionLetsFlowsFinishAndTakesNoNewOne(t *testing.T) {
	p := newPair(t, engine.Sealed)
	conn := p.dial(t)
	roundTrip(t, conn, "hello")
	p.order(t, func(id []byte) *wire.Down {
		return &wire.Down{Message: &wire.Down_Cut{Cut: &wire.Cut{Session: id, Reason: "the rules changed", Drain: true}}}
	})
	for range 2 { // K goes while the flow runs
		if one := await[*wire.KeyDestroyed](t, p.b, nil); one.GetWhen() == 0 || one.GetProven() != secret.Provable() {
			t.Errorf("key destroyed: %v", one)
		}
	}
	roundTrip(t, conn, "still here")
	other := p.dial(t)
	roundTrip(t, other, "in a new session")
	finish(t, conn)
	for side, ended := range endings(t, p.b) {
		if ended.GetReason() != "the rules changed" || ended.GetStats().GetAllFlows() != 1 {
			t.Errorf("%v reports %v", side, ended)
		}
	}
	roundTrip(t, other, "not touched")
}

func TestAgeCapDestroysTheKeyAndTheNextConnectionBeginsAnew(t *testing.T) {
	p, folder := newPairWithoutSource(t, engine.Sealed, func(r *testRoute) { r.ageCap = time.Hour })
	clock := &componenttest.LeapClock{}
	leaps := func(c *Config) { c.Clock = clock }
	p.target.stop()
	p.runTarget(t, p.target.folder, leaps)
	p.runSource(t, folder, leaps)
	conn := p.dial(t)
	roundTrip(t, conn, "hello")
	clock.Leap(time.Hour)
	await[*wire.KeyDestroyed](t, p.b, nil)
	roundTrip(t, conn, "still here")
	finish(t, conn)
	for side, ended := range endings(t, p.b) {
		if ended.GetReason() != session.ReasonAgeCap {
			t.Errorf("%v ended for %q", side, ended.GetReason())
		}
	}
}

func TestRefusedSessionResetsTheConnectionAndTheLogSaysWhy(t *testing.T) {
	p := newPair(t, engine.Sealed, func(r *testRoute) { r.refusal = "no preferred network connects both ends" })
	p.mustRefuse(t)
	p.source.log.await(t, "no preferred network connects both ends")
}

func TestBackendThatIsNotAllowedIsRefusedAtTheOfferAndNeverDialled(t *testing.T) {
	stranger := newBackend(t, echo)
	p := newPair(t, engine.Sealed, func(r *testRoute) { r.backend = stranger.Addr().String() })
	p.mustRefuse(t)
	p.source.log.await(t, "on the target run: lockwire-agent allow-backend add "+stranger.Addr().String())
	if stranger.connections() != 0 {
		t.Error("the backend was dialled")
	}
}

func TestBackendThatIsTakenOffTheListIsRefusedAtTheNextFlow(t *testing.T) {
	p := newPair(t, engine.Sealed)
	first := p.dial(t)
	roundTrip(t, first, "hello")
	found, err := machine.FindAttachment(p.target.folder, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := machine.RemoveBackend(found.Folder, p.backend.Addr().String()); err != nil {
		t.Fatal(err)
	}
	await(t, p.b, func(r *report) bool { return r.from == p.target.id && len(r.GetAllowedBackends()) == 0 })
	p.mustRefuse(t)
	p.source.log.await(t, "allow-list does not cover the backend")
	roundTrip(t, first, "what runs goes on")
	if got := p.backend.connections(); got != 1 {
		t.Errorf("the backend was dialled %d times", got)
	}
}

func TestUnreachableBackendResetsTheConnectionWithAReason(t *testing.T) {
	p := newPair(t, engine.Sealed)
	_ = p.backend.Close()
	p.mustRefuse(t)
	p.source.log.await(t, "the backend does not answer")
}

func TestNothingOfASealedSessionIsCarriedWhenTheEndsWereToldDifferentModes(t *testing.T) {
	for name, change := range map[string]func(*wire.Offer){
		"the source is offered plain": func(o *wire.Offer) {
			if o.GetSide() == wire.Side_SIDE_SOURCE {
				o.Mode = wire.Mode_MODE_PLAIN
			}
		},
		"no mode":        func(o *wire.Offer) { o.Mode = wire.Mode_MODE_UNSPECIFIED },
		"another cipher": func(o *wire.Offer) { o.Cipher = wire.Cipher(o.GetSide()) },
		"another source key": func(o *wire.Offer) {
			if o.GetSide() == wire.Side_SIDE_TARGET {
				o.SourceKey = bytes.Repeat([]byte{1}, 32)
			}
		},
		"another target key": func(o *wire.Offer) {
			if o.GetSide() == wire.Side_SIDE_SOURCE {
				o.TargetKey = bytes.Repeat([]byte{1}, 32)
			}
		},
		"another service": func(o *wire.Offer) {
			if o.GetSide() == wire.Side_SIDE_SOURCE {
				o.Service = wire.IDBytes(engine.NewID())
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, engine.Sealed, func(r *testRoute) { r.change = change })
			p.mustRefuse(t)
			if got := p.backend.connections(); got != 0 {
				t.Errorf("the backend was dialled %d times", got)
			}
		})
	}
}

func TestStoppedTargetResetsTheToolAndNothingLooksComplete(t *testing.T) {
	for _, mode := range []engine.Mode{engine.Sealed, engine.Plain} {
		t.Run(mode.String(), func(t *testing.T) {
			p := newPair(t, mode)
			conn := p.dial(t)
			roundTrip(t, conn, "hello")
			p.target.stop()
			mustBeReset(t, conn)
		})
	}
}

func TestStoppedAgentReportsItsEndsBeforeItLeaves(t *testing.T) {
	p := newPatientPair(t)
	conn := p.dial(t)
	roundTrip(t, conn, "hello")
	p.source.stop()
	ended := await(t, p.b, func(e *sessionEnded) bool { return e.side == wire.Side_SIDE_SOURCE })
	if !strings.Contains(ended.GetReason(), "stopped") || ended.GetDestroyed() == 0 {
		t.Errorf("the source reports %v", ended)
	}
	mustBeReset(t, conn)
}

func TestThrottledSessionStillCarriesEverything(t *testing.T) {
	p := newPair(t, engine.Sealed, func(r *testRoute) { r.lease = wire.NewLease(1, 1<<20) })
	conn := p.dial(t)
	roundTrip(t, conn, "hello")
	data := make([]byte, 256<<10)
	rand.Read(data)
	if _, err := conn.Write(data); err != nil {
		t.Fatal(err)
	}
	p.order(t, func(id []byte) *wire.Down { // lifted while it runs
		return allotments(&wire.Allotment{Session: id, Lease: wire.NewLease(2, wire.NoLimit)})
	})
	got := make([]byte, len(data))
	if _, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%v", err)
	}
}

func TestErasureIsTheRealOne(t *testing.T) {
	t.Parallel()
	config := Config{Attachments: []*identity.Directory{{}}}
	if err := config.complete(); err != nil {
		t.Fatal(err)
	}
	if err := config.erase(t.Context()); err != nil {
		t.Fatal(err)
	}
	if reflect.ValueOf(config.erase).Pointer() != reflect.ValueOf(secret.Erase).Pointer() {
		t.Error("what erases is not what waits for a collection")
	}
}

// A connection beyond what a session carries is reset, and that is counted where the tool's administrator looks.
func TestConnectionsThatFindNoPlaceInTheSessionAreCounted(t *testing.T) {
	p, folder := newPairWithoutSource(t, engine.Sealed)
	p.runSource(t, folder, func(c *Config) { c.Memory, c.descriptors = 8<<30, func() uint64 { return 0 } }) // room for more
	first := p.dial(t)
	roundTrip(t, first, "hello")
	s := p.source.attachments[0].sessions.All()[0]
	for range engine.MaximumFlows - 1 {
		if _, err := s.Begin(); err != nil {
			t.Fatal(err)
		}
	}
	p.mustRefuse(t)
	p.mustRefuse(t)
	await(t, p.b, func(stats *wire.Stats) bool {
		return len(stats.GetSessions()) == 1 && stats.GetSessions()[0].GetTurnedAway() == 2
	})
	p.source.log.await(t, "the session carries 4096 connections")
	roundTrip(t, first, "still there")
}

// A connection beyond what a component may take of an agent's budget is reset, and counted in the same place.
func TestConnectionsBeyondTheBudgetAreCounted(t *testing.T) {
	p, folder := newPairWithoutSource(t, engine.Sealed)
	p.runSource(t, folder, func(c *Config) { c.Memory = 2 * 4 * live.FlowMemory })
	first := p.dial(t)
	roundTrip(t, first, "hello")
	second := p.dial(t)
	roundTrip(t, second, "hello")
	p.mustRefuse(t)
	await(t, p.b, func(stats *wire.Stats) bool {
		return len(stats.GetSessions()) == 1 && stats.GetSessions()[0].GetTurnedAway() == 1
	})
	p.source.log.await(t, "one component may take no more of this machine")
	if b := p.source.Status().Budget; b.Connections != 2 || b.MostConnections != 4 {
		t.Errorf("the status says %+v", b)
	}
	finish(t, second)
	roundTrip(t, first, "still there")
	eventually(t, "the second connection has given back its place", func() bool { return p.source.Status().Budget.Connections == 1 })
	roundTrip(t, p.dial(t), "room again")
}

// A flow of which one side has ended is given up when the other one is quiet for too long, and that is said of the session.
func TestAConnectionThatIsGivenUpHalfClosedIsCounted(t *testing.T) {
	// The backend notes that the tool has ended, and then neither answers nor closes.
	given := make(chan struct{})
	hangs := func(conn *net.TCPConn) {
		_, _ = io.Copy(conn, conn)
		<-given
	}
	p, folder := newPairBefore(t, hangs, engine.Sealed)
	defer close(given)
	p.runSource(t, folder, func(c *Config) { c.HalfClosed = 100 * time.Millisecond })
	conn := p.dial(t)
	roundTrip(t, conn, "hello")
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	await(t, p.b, func(stats *wire.Stats) bool {
		return len(stats.GetSessions()) == 1 && stats.GetSessions()[0].GetHalfClosed() == 1 && stats.GetSessions()[0].GetUnanswered() == 0
	})
}
