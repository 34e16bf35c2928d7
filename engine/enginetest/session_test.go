package enginetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
)

// pair is an installation with a source, a target, a backend that echoes and a route between them.
type pair struct {
	*Installation
	source, target *Component
	backend        *Echo
	route          engine.Route
}

func newPair(t testing.TB, edit func(*engine.Route)) *pair {
	t.Helper()
	p := &pair{Installation: New(t), backend: NewEcho(t)}
	p.source = p.Join(Machine{Name: "source", Addresses: []string{"10.77.0.1"}, AllowBackends: nil})
	p.target = p.Join(Machine{Name: "target", Addresses: []string{"10.77.0.2"}, AllowBackends: []string{p.backend.Address()}})
	p.route = p.Route(p.source, p.target, p.backend.Address(), edit)
	return p
}

// dial connects as the backup tool does.
func (p *pair) dial(t testing.TB) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", p.route.Listen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(Patience))
	return conn.(*net.TCPConn)
}

// ping sends a word over an open connection and waits for the echo.
func ping(t testing.TB, conn net.Conn, word string) {
	t.Helper()
	if err := tryPing(conn, word); err != nil {
		t.Fatalf("%s: %v", word, err)
	}
}

// attempt connects and sends a word, as a tool does. A refusal can come at either: the connection is reset at once.
func attempt(listen, word string) error {
	conn, err := net.Dial("tcp", listen)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(Patience))
	return tryPing(conn, word)
}

func tryPing(conn net.Conn, word string) error {
	if _, err := io.WriteString(conn, word); err != nil {
		return err
	}
	answer := make([]byte, len(word))
	if _, err := io.ReadFull(conn, answer); err != nil {
		return err
	}
	if string(answer) != word {
		return errors.New("another word came back")
	}
	return nil
}

// only gives the one live session. One that its ends have left may still be among them for a moment.
func (p *pair) only(t *testing.T) (session engine.Session) {
	t.Helper()
	p.Wait("there is one live session", func() bool {
		sessions := p.Broker.Sessions()
		if len(sessions) != 1 {
			return false
		}
		session = sessions[0]
		return true
	})
	return session
}

// waitDrained waits until a session that became stale takes no connection at either end. The broker says that it drains before they
// have heard of it; an end that has lets go of the key.
func (p *pair) waitDrained(id engine.ID) {
	p.t.Helper()
	p.Wait("the session is stale and drains at both ends", func() bool {
		for _, s := range p.Broker.Sessions() {
			if s.ID == id {
				return s.Stale && s.State == engine.SessionDraining && !s.Key.DestroyedSource.IsZero() && !s.Key.DestroyedTarget.IsZero()
			}
		}
		return false
	})
}

func TestBytesCrossASealedSessionAndItsReceiptIsComplete(t *testing.T) {
	t.Parallel()
	p := newPair(t, nil)
	p.Encrypt("Nightly", "10.77.0.1", "10.77.0.2")
	conn := p.dial(t)
	sent := make([]byte, 5<<20)
	rand.Read(sent)
	wrote := make(chan error, 1)
	go func() {
		_, err := conn.Write(sent)
		wrote <- errors.Join(err, conn.CloseWrite())
	}()
	got, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, sent) {
		t.Fatalf("%d bytes came back, and not those that were sent", len(got))
	}
	receipt := p.WaitReceipts(1)[0]
	if receipt.Decision.Mode != engine.Sealed || receipt.Decision.By != engine.ByRule || receipt.Cipher == 0 || receipt.Group == "" {
		t.Errorf("decided %s by %s, cipher %v, group %q", receipt.Decision.Mode, receipt.Decision.By, receipt.Cipher, receipt.Group)
	}
	if receipt.Traffic.ToTarget != uint64(len(sent)) || receipt.Traffic.ToSource != uint64(len(sent)) || receipt.AllFlows != 1 {
		t.Errorf("counted %+v in %d flows", receipt.Traffic, receipt.AllFlows)
	}
	checkKeyLife(t, receipt.Key)
}

// A source is offered nothing where the target refuses, and so does not see that the broker has used up one of its keys.
func TestSessionsThatTheTargetRefusesUseUpNoKeys(t *testing.T) {
	t.Parallel()
	p := newPair(t, nil)
	folder, err := machine.FindAttachment(p.target.Folder, "")
	if err != nil {
		t.Fatal(err)
	}
	allowed := func(n int) {
		p.Wait("the target's list", func() bool { return len(p.Status(p.target).Report.AllowedBackends) == n })
	}
	if err := machine.RemoveBackend(folder.Folder, p.backend.Address()); err != nil {
		t.Fatal(err)
	}
	allowed(0)
	for range 20 {
		if err := attempt(p.route.Listen, "refused"); err == nil {
			t.Fatal("a backend that is not allowed was dialled")
		}
	}
	if err := machine.AddBackend(folder.Folder, p.backend.Address()); err != nil {
		t.Fatal(err)
	}
	allowed(1)
	ping(t, p.dial(t), "allowed")
}

// checkKeyLife wants every step of the key's life, in order.
func checkKeyLife(t *testing.T, k engine.KeyLife) {
	t.Helper()
	steps := []time.Time{k.Made, k.DestroyedBroker, k.DeliveredTarget, k.DeliveredSource}
	for i, step := range steps {
		if step.IsZero() || i > 0 && step.Before(steps[i-1]) {
			t.Errorf("step %d of the key's life is %v, after %v", i, step, steps[max(i-1, 0)])
		}
	}
	if k.DestroyedSource.Before(k.DeliveredSource) || k.DestroyedTarget.Before(k.DeliveredTarget) || k.SourceErasure != engine.ErasureProven || k.TargetErasure != engine.ErasureProven {
		t.Errorf("the key's end: %+v", k)
	}
}

func TestConnectionsShareOneSessionUntilItHasLingered(t *testing.T) {
	t.Parallel()
	p := newPair(t, nil)
	first, second := p.dial(t), p.dial(t)
	ping(t, first, "one")
	ping(t, second, "two")
	session := p.only(t)
	first.Close()
	second.Close()
	receipt := p.WaitReceipts(1)[0]
	if receipt.ID != session.ID || receipt.AllFlows != 2 {
		t.Errorf("receipt of %s with %d flows, wanted %s with 2", receipt.ID, receipt.AllFlows, session.ID)
	}
	third := p.dial(t)
	ping(t, third, "three")
	if next := p.only(t); next.ID == session.ID {
		t.Error("a session was used again after its end")
	}
}

func TestAPlainSessionTakesNoNewConnectionOnceTheRulesSaySealed(t *testing.T) {
	t.Parallel()
	p := newPair(t, nil)
	running := p.dial(t)
	ping(t, running, "plain")
	plain := p.only(t)
	if plain.Decision.Mode != engine.Plain {
		t.Fatalf("the first session is %s", plain.Decision.Mode)
	}
	effect := func() engine.Effect {
		rule := engine.Rule{Name: "Nightly", Enabled: true, Encrypt: true, Source: []engine.Selector{selector(t, "10.77.0.1")}, Target: []engine.Selector{selector(t, "10.77.0.2")}}
		return p.Apply(engine.Change{AddRule: &rule})
	}()
	if len(effect.StaleSessions) != 1 || effect.StaleSessions[0].ID != plain.ID {
		t.Errorf("the effect names the stale sessions %+v", effect.StaleSessions)
	}
	p.waitDrained(plain.ID)
	next := p.dial(t)
	ping(t, next, "sealed")
	sessions := p.Broker.Sessions()
	for _, s := range sessions {
		if s.ID != plain.ID && s.Decision.Mode != engine.Sealed {
			t.Errorf("the next session is %s", s.Decision.Mode)
		}
	}
	if len(sessions) != 2 {
		t.Errorf("%d live sessions, wanted the plain one and the next", len(sessions))
	}
	ping(t, running, "the running one goes on")
}

func TestTheSettingCutsPlainSessionsThatShouldBeSealed(t *testing.T) {
	t.Parallel()
	p := newPair(t, nil)
	p.Apply(engine.Change{Setting: &engine.SettingChange{Name: "CutSessionsThatShouldBeSealed", Value: "1"}}) // it was never edited
	running := p.dial(t)
	ping(t, running, "plain")
	p.Encrypt("Nightly", "10.77.0.1", "10.77.0.2")
	if _, err := io.ReadAll(running); err == nil {
		t.Error("the plain connection ended as if in order")
	}
	if receipt := p.WaitReceipts(1)[0]; receipt.Decision.Mode != engine.Plain || !strings.Contains(receipt.Reason, "sealed") {
		t.Errorf("the receipt: %s, %s", receipt.Decision.Mode, receipt.Reason)
	}
}

func TestACutSessionResetsToolAndBackend(t *testing.T) {
	t.Parallel()
	for _, mode := range []engine.Mode{engine.Sealed, engine.Plain} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			p := newPair(t, nil)
			if mode == engine.Sealed {
				p.Encrypt("Nightly", "10.77.0.1", "10.77.0.2")
			}
			conn := p.dial(t)
			ping(t, conn, "hello")
			if err := p.Admin.Cut(context.Background(), p.only(t).ID); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(conn); err == nil {
				t.Error("the tool saw an end in order")
			}
			p.Wait("the backend sees an error", func() bool { return p.backend.Broken() == 1 })
			if receipt := p.WaitReceipts(1)[0]; receipt.Decision.Mode != mode || !strings.Contains(receipt.Reason, "cut by test") {
				t.Errorf("the receipt: %s, %s", receipt.Decision.Mode, receipt.Reason)
			}
		})
	}
}

func TestARevokedComponentLosesStreamAndFlowsAtOnce(t *testing.T) {
	t.Parallel()
	for _, revoked := range []string{"source", "target"} {
		t.Run(revoked, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, nil)
			p.Encrypt("Nightly", "10.77.0.1", "10.77.0.2")
			conn := p.dial(t)
			ping(t, conn, "hello")
			victim := map[string]*Component{"source": p.source, "target": p.target}[revoked]
			p.Apply(engine.Change{Revoke: []engine.ID{victim.ID}})
			if _, err := io.ReadAll(conn); err == nil {
				t.Error("the tool saw an end in order")
			}
			p.Wait("it is offline", func() bool { return !p.Status(victim).Online })
			if err := attempt(p.route.Listen, "again"); err == nil {
				t.Error("a new connection got through")
			}
		})
	}
}

func TestLiveSessionsOutliveTheBrokerAndAreAdopted(t *testing.T) {
	t.Parallel()
	p := newPair(t, func(r *engine.Route) { r.LingerSeconds = 60 })
	p.Encrypt("Nightly", "10.77.0.1", "10.77.0.2")
	running := p.dial(t)
	ping(t, running, "before")
	session := p.only(t)
	// The broker's record of the session is written behind; a broker that stops in order has written it.
	p.StopBroker()
	ping(t, running, "meanwhile")
	joined := p.dial(t)
	ping(t, joined, "a new connection of the live session")
	p.StartBroker()
	p.WaitAttached(p.source, p.target)
	if adopted := p.only(t); adopted.ID != session.ID {
		t.Errorf("session %s lives, wanted %s", adopted.ID, session.ID)
	}
	ping(t, running, "after")
	if err := p.Admin.Cut(context.Background(), session.ID); err != nil {
		t.Fatal(err)
	}
	receipt := p.WaitReceipts(1)[0]
	if receipt.ID != session.ID || receipt.AllFlows != 2 {
		t.Errorf("receipt of %s with %d flows", receipt.ID, receipt.AllFlows)
	}
	checkKeyLife(t, receipt.Key)
}

func TestASessionThatCannotBeIsRefusedWithAReceiptAndNeverPlain(t *testing.T) {
	t.Parallel()
	p := newPair(t, nil)
	p.Encrypt("Nightly", "10.77.0.1", "10.77.0.2")
	p.target.Stop()
	p.Wait("the target is offline", func() bool { return !p.Status(p.target).Online })
	if err := attempt(p.route.Listen, "secret"); err == nil {
		t.Fatal("something answered")
	}
	receipt := p.WaitReceipts(1)[0]
	if receipt.State != engine.SessionRefused || receipt.Decision.Mode != engine.Sealed || !strings.Contains(receipt.Reason, "target is not attached") || !receipt.Key.Made.IsZero() {
		t.Errorf("the receipt: %s, %s, key made %v", receipt.State, receipt.Reason, receipt.Key.Made)
	}
	if p.backend.Connections() != 0 {
		t.Error("the backend was dialled")
	}
}

func TestABackendThatTheTargetDoesNotAllowIsRefused(t *testing.T) {
	t.Parallel()
	p := newPair(t, nil)
	forbidden := NewEcho(t)
	route := p.Route(p.source, p.target, forbidden.Address(), nil)
	if err := attempt(route.Listen, "hello"); err == nil {
		t.Error("it got through")
	}
	receipt := p.WaitReceipts(1)[0]
	if receipt.State != engine.SessionRefused || !strings.Contains(receipt.Reason, "allow-backend") {
		t.Errorf("the receipt: %s, %s", receipt.State, receipt.Reason)
	}
	if forbidden.Connections() != 0 {
		t.Error("the backend was dialled")
	}
}

func TestTwoComponentsOfThisMachineNeedNoEncryption(t *testing.T) {
	t.Parallel()
	i := New(t)
	backend := NewEcho(t)
	source := i.Join(Machine{Name: "source"})
	target := i.Join(Machine{Name: "target", AllowBackends: []string{backend.Address()}})
	route := i.Route(source, target, backend.Address(), nil)
	if i.Status(source).Report.Machine == "" {
		t.Skip("this machine has no machine id")
	}
	rule := engine.Rule{Name: "All", Enabled: true, Encrypt: true, Source: []engine.Selector{engine.Any}, Target: []engine.Selector{engine.Any}}
	i.Apply(engine.Change{AddRule: &rule})
	conn, err := net.Dial("tcp", route.Listen)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(Patience))
	ping(t, conn, "hello")
	sessions := i.Broker.Sessions()
	if len(sessions) != 1 || sessions[0].Decision.By != engine.BySameMachine || sessions[0].Decision.Mode != engine.Plain {
		t.Errorf("the sessions: %+v", sessions)
	}
}

func TestATestOfARouteMovesBytesAndFindsTheWayAround(t *testing.T) {
	t.Parallel()
	p := newPair(t, nil)
	p.Encrypt("Nightly", "10.77.0.1", "10.77.0.2")
	results, err := p.Admin.TestRoute(context.Background(), engine.RouteTest{Route: p.route.ID, Bytes: 3 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 1 {
		t.Fatalf("%d results", len(results))
	}
	r := results[0]
	if r.Bytes != 3<<20 || r.Mode != engine.Sealed || !r.DataPort || r.Backend.Answer != engine.AnswerYes || r.Around.Answer != engine.AnswerNo || r.Problem != "" || r.Elapsed <= 0 {
		t.Errorf("%+v", r)
	}
	if got := p.backend.Connections(); got != 0 {
		t.Errorf("the backend got %d connections of a test that was not asked to connect", got)
	}
	receipt := p.WaitReceipts(1)[0]
	if !receipt.Test || receipt.Traffic.ToTarget != 3<<20 {
		t.Errorf("the test's receipt: %+v", receipt)
	}
}

func TestATestThatComparesMovesMadeUpBytesBothWaysAndLeavesSessionsAlone(t *testing.T) {
	t.Parallel()
	for name, encrypt := range map[string]bool{"sealed by a rule": true, "plain": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, nil)
			decided, other := engine.Plain, engine.Sealed
			if encrypt {
				p.Encrypt("Nightly", "10.77.0.1", "10.77.0.2")
				decided, other = engine.Sealed, engine.Plain
			}
			results, err := p.Admin.TestRoute(context.Background(), engine.RouteTest{Route: p.route.ID, Bytes: 3 << 20, Compare: true})
			if err != nil || len(results) != 1 || results[0].Problem != "" || results[0].Other == nil {
				t.Fatalf("%+v, %v", results, err)
			}
			for _, moved := range []struct {
				mode engine.Mode
				of   engine.RouteTransfer
			}{{decided, results[0].RouteTransfer}, {other, *results[0].Other}} {
				if moved.of.Mode != moved.mode || moved.of.Bytes != 3<<20 || moved.of.BytesPerSecond() == 0 {
					t.Errorf("wanted %v: %+v", moved.mode, moved.of)
				}
			}
			byTest := 0
			for _, receipt := range p.WaitReceipts(2) {
				if !receipt.Test {
					t.Errorf("no test's: %+v", receipt)
				}
				if receipt.Decision.By == engine.ByTest {
					byTest++
				}
			}
			if byTest != 1 {
				t.Errorf("%d receipts say that a comparison decided", byTest)
			}
			// What a backup tool moves is as the rules say.
			conn, err := net.Dial("tcp", p.route.Listen)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(Patience))
			ping(t, conn, "hello")
			if sessions := p.Broker.Sessions(); len(sessions) != 1 || sessions[0].Decision.Mode != decided || sessions[0].Decision.By == engine.ByTest {
				t.Errorf("after the test: %+v", sessions)
			}
		})
	}
}

func TestASessionWhoseTargetIsOutOfReachIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	p := &pair{Installation: New(t), backend: NewEcho(t)}
	p.source = p.Join(Machine{Name: "source", Addresses: []string{"10.77.0.1"}})
	p.target = p.Join(Machine{Name: "target", Addresses: []string{"10.77.0.2"}, AllowBackends: []string{p.backend.Address()}, Advertise: FreeAddress(t)})
	p.route = p.Route(p.source, p.target, p.backend.Address(), nil)
	p.Encrypt("Nightly", "10.77.0.1", "10.77.0.2")
	if err := attempt(p.route.Listen, "secret"); err == nil {
		t.Fatal("something answered")
	}
	receipt := p.WaitReceipts(1)[0]
	if receipt.State != engine.SessionRefused || receipt.Decision.Mode != engine.Sealed || !strings.Contains(receipt.Reason, "data port of target was not reached") {
		t.Errorf("the receipt: %s, %s, %s", receipt.State, receipt.Decision.Mode, receipt.Reason)
	}
	checkKeyLife(t, receipt.Key)
}
