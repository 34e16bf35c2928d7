package component

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/control"
	"lockwire/engine/component/machine"
	"lockwire/engine/enginetest/loopback"
	"lockwire/engine/identity"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// restart stops the broker and starts it again at the same address; between them, meanwhile is called.
func (b *fakeBroker) restart(meanwhile func()) {
	b.t.Helper()
	b.server.Stop()
	b.events.forget()
	meanwhile()
	b.start(b.address)
}

func TestLiveSessionTakesFlowsWithoutTheBrokerAndIsAdoptedWhenItIsBack(t *testing.T) {
	p := newPair(t, engine.Sealed)
	first := p.dial(t)
	roundTrip(t, first, "hello")
	p.b.restart(func() {
		p.source.log.await(t, "not attached to the broker")
		roundTrip(t, first, "goes on")
		second := p.dial(t)
		roundTrip(t, second, "joins")
		finish(t, second)
	})
	for range 2 {
		hello := await(t, p.b, func(h *wire.Hello) bool { return len(h.GetSessions()) == 1 })
		if one := hello.GetSessions()[0]; one.GetStats().GetAllFlows() != 2 {
			t.Errorf("hello names %v", one)
		}
	}
	roundTrip(t, first, "still the same")
}

func TestNewSessionIsRefusedWithoutTheBrokerAndTheLogSaysSo(t *testing.T) {
	p := newPair(t, engine.Sealed)
	p.b.restart(func() {
		p.source.log.await(t, "not attached to the broker")
		p.mustRefuse(t)
		p.source.log.await(t, "the broker cannot be reached, so no new session can begin")
		p.source.log.await(t, "nothing listens at "+p.b.address)
	})
	for range 2 {
		await[*wire.Hello](t, p.b, nil)
	}
	p.awaitAttached(t)
	roundTrip(t, p.dial(t), "hello")
}

func TestSessionThatTheBrokerDoesNotAdoptIsCut(t *testing.T) {
	p := newPair(t, engine.Plain)
	conn := p.dial(t)
	roundTrip(t, conn, "hello")
	p.b.restart(func() {
		p.b.mu.Lock()
		p.b.forget = true
		p.b.mu.Unlock()
	})
	mustBeReset(t, conn)
	for side, ended := range endings(t, p.b) {
		if !strings.Contains(ended.GetReason(), "does not go on with the session") {
			t.Errorf("%v ended for %q", side, ended.GetReason())
		}
	}
}

func TestEndThatCameWhileTheBrokerWasAwayIsReportedAfterwards(t *testing.T) {
	p := newPair(t, engine.Sealed, func(r *testRoute) { r.linger = 10 * time.Millisecond })
	conn := p.dial(t)
	roundTrip(t, conn, "hello")
	p.b.restart(func() {
		p.source.log.await(t, "not attached to the broker")
		finish(t, conn)
		p.source.log.await(t, "session ended")
	})
	ended := await(t, p.b, func(e *sessionEnded) bool { return e.side == wire.Side_SIDE_SOURCE })
	if ended.GetReason() != session.ReasonIdle || ended.GetDestroyed() == 0 {
		t.Errorf("the source reports %v", ended)
	}
}

func TestTargetThatWasStartedAgainGetsANewSession(t *testing.T) {
	p := newPair(t, engine.Sealed)
	listen := p.target.listener.Addr().String()
	conn := p.dial(t)
	roundTrip(t, conn, "hello")
	p.target.stop()
	mustBeReset(t, conn)
	p.b.events.forget()
	p.target = run(t, p.target.folder, p.target.id, func(c *Config) { c.Listen = listen })
	await(t, p.b, func(h *wire.Hello) bool { return len(h.GetSessions()) == 0 })
	conn = p.dial(t)
	roundTrip(t, conn, "again")
}

// silentTo is the machine's network, but for one address at which nobody ever answers.
type silentTo struct {
	machine.SystemNetwork
	address string
}

func (n *silentTo) Dial(ctx context.Context, address string) (net.Conn, error) {
	if address == n.address {
		return nil, context.DeadlineExceeded
	}
	return n.SystemNetwork.Dial(ctx, address)
}

// A machine reports all its addresses, and some of them lead nowhere from elsewhere.
func TestTargetThatWasStartedAgainGetsANewSessionThoughAnotherEndpointIsSilent(t *testing.T) {
	const nowhere = "192.0.2.1:6171"
	p, sourceFolder := newPairWithoutSource(t, engine.Sealed)
	listen := p.target.listener.Addr().String()
	p.route.endpoints = []string{listen, nowhere}
	p.runSource(t, sourceFolder, func(c *Config) { c.Network = &silentTo{address: nowhere} })
	conn := p.dial(t)
	roundTrip(t, conn, "hello")
	p.target.stop()
	mustBeReset(t, conn)
	p.b.events.forget()
	p.target = run(t, p.target.folder, p.target.id, func(c *Config) { c.Listen = listen })
	await(t, p.b, func(h *wire.Hello) bool { return len(h.GetSessions()) == 0 })
	roundTrip(t, p.dial(t), "again")
}

func TestRevokedComponentSaysSo(t *testing.T) {
	t.Parallel()
	b := newFakeBroker(t)
	folder, id := joined(t, b, "machine")
	b.revoked[id] = true
	m := run(t, folder, id)
	m.log.await(t, "the broker refuses this component: this component was revoked; join again with a new token")
	if status := m.Status().Attachments[0]; status.Attached || !strings.Contains(status.Problem, "revoked") {
		t.Errorf("the status is %+v", status)
	}
}

func TestBrokerOfAnotherInstallationIsToldFromTheRightOne(t *testing.T) {
	t.Parallel()
	b, other := newFakeBroker(t), newFakeBroker(t)
	folder, id := joined(t, b, "machine")
	attachment, err := machine.FindAttachment(folder, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := machine.SetBrokers(attachment, []string{other.address}); err != nil {
		t.Fatal(err)
	}
	m := run(t, folder, id)
	m.log.await(t, "what answers at "+other.address+" is not the broker that this machine joined")
	// Another address that is set by hand while the agent runs is taken up.
	if err := machine.SetBrokers(attachment, []string{other.address, b.address}); err != nil {
		t.Fatal(err)
	}
	await[*wire.Hello](t, b, nil)
}

func TestAddressesThatTheBrokerSendsAreKept(t *testing.T) {
	t.Parallel()
	b := newFakeBroker(t)
	folder, id := joined(t, b, "machine")
	m := run(t, folder, id)
	await[*wire.Hello](t, b, nil)
	b.member(id).send(&wire.Down{Message: &wire.Down_BrokerAddresses{BrokerAddresses: &wire.BrokerAddresses{Addresses: []string{b.address, "broker.example:6170"}}}})
	m.log.await(t, "the broker's addresses changed")
	if kept, err := machine.FindAttachment(folder, ""); err != nil || len(kept.Brokers) != 2 {
		t.Errorf("kept %v, %v", kept.Brokers, err)
	}
}

// aheadClock is the system's clock, ahead of it by some time.
type aheadClock struct {
	machine.SystemClock
	by time.Duration
}

func (c aheadClock) Now() time.Time { return time.Now().Add(c.by) }

func TestCertificateIsRenewedBeforeAttachingAndThePreviousKeyDropped(t *testing.T) {
	t.Parallel()
	b := newFakeBroker(t)
	folder, id := joined(t, b, "machine")
	before := keyOf(t, folder)
	// The broker's own certificate is still good then.
	m := run(t, folder, id, func(c *Config) { c.Clock = aheadClock{by: 4 * 24 * time.Hour} })
	await[*wire.Hello](t, b, nil)
	m.log.await(t, "attached to the broker")
	after := keyOf(t, folder)
	b.mu.Lock()
	defer b.mu.Unlock()
	if before == after || b.keys[id] != after {
		t.Errorf("attached with %v, kept %v, before %v", b.keys[id], after, before)
	}
	previous, err := filepath.Glob(filepath.Join(machine.AttachmentsFolder(folder), "*", "previous.pem"))
	if err != nil || len(previous) != 0 {
		t.Errorf("the key before the renewal is still there: %v %v", previous, err)
	}
}

func keyOf(t *testing.T, folder string) engine.KeyID {
	t.Helper()
	all, err := identity.Directories(machine.AttachmentsFolder(folder))
	if err != nil || len(all) != 1 {
		t.Fatalf("%d attachments, %v", len(all), err)
	}
	return all[0].KeyID()
}

func TestDataPortThatIsTakenIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	b := newFakeBroker(t)
	folder, _ := joined(t, b, "machine")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, err = New(t.Context(), Config{Folder: folder, Listen: taken.Addr().String()})
	if err == nil || !strings.Contains(err.Error(), "another program listens on "+taken.Addr().String()) {
		t.Errorf("got %v", err)
	}
}

func TestListenersBeyondTheAllowListAreNotOpened(t *testing.T) {
	t.Parallel()
	b := newFakeBroker(t)
	folder, id := joined(t, b, "machine")
	for _, listen := range []string{"0.0.0.0:18000", "127.0.0.1:80", "nonsense"} {
		route := engine.NewID()
		b.routes[route] = &testRoute{id: route, name: listen, listen: listen, source: id}
	}
	m := run(t, folder, id)
	states := await(t, b, func(s *wire.ListenerStates) bool { return len(s.GetStates()) == 3 })
	for _, state := range states.GetStates() {
		if state.GetListening() || state.GetProblem() == "" {
			t.Errorf("%v", state)
		}
	}
	for _, listener := range m.Status().Attachments[0].Listeners {
		if listener.State != engine.ListenerFailed || listener.Problem == "" {
			t.Errorf("%+v", listener)
		}
	}
}

func TestListenerThatIsTakenSaysSoAndRoutesCanBeTakenAway(t *testing.T) {
	p := newPair(t, engine.Sealed)
	other := engine.NewID()
	p.b.mu.Lock()
	p.b.routes[other] = &testRoute{id: other, name: "second", listen: p.route.listen, source: p.source.id}
	p.b.mu.Unlock()
	p.b.sendRoutes(p.b.member(p.source.id))
	states := await(t, p.b, func(s *wire.ListenerStates) bool { return len(s.GetStates()) == 2 })
	problems := 0
	for _, state := range states.GetStates() {
		if strings.Contains(state.GetProblem(), "another program listens on") {
			problems++
		}
	}
	if problems != 1 {
		t.Errorf("%v", states)
	}
	p.b.mu.Lock()
	clear(p.b.routes)
	p.b.mu.Unlock()
	p.b.sendRoutes(p.b.member(p.source.id))
	await(t, p.b, func(s *wire.ListenerStates) bool { return len(s.GetStates()) == 0 })
	if conn, err := net.Dial("tcp", p.route.listen); err == nil {
		_ = conn.Close()
		t.Error("the route still listens")
	}
}

func TestJoinSaysWhyItFailed(t *testing.T) {
	t.Parallel()
	b := newFakeBroker(t)
	token := b.token("machine")
	folder := t.TempDir()
	if _, err := control.Join(t.Context(), control.JoinOptions{Token: token, Folder: folder, AllowBackends: []string{"127.0.0.1"}}); err == nil || !strings.Contains(err.Error(), "names no port") {
		t.Errorf("a backend without a port: %v", err)
	}
	got, err := control.Join(t.Context(), control.JoinOptions{Token: token, Folder: folder, AllowBackends: []string{"127.0.0.1:8000"}})
	if err != nil || got.Name != "machine" || got.Role != engine.Repository || got.Installation != b.authority.Installation() {
		t.Fatalf("joined as %+v, %v", got, err)
	}
	if list, err := machine.ReadBackends(got.Folder); err != nil || len(list.Entries()) != 1 {
		t.Errorf("allowed %v, %v", list, err)
	}
	if _, err := control.Join(t.Context(), control.JoinOptions{Token: token, Folder: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "the broker refused to let this machine join") {
		t.Errorf("a token that was used: %v", err)
	}
	unused := b.token("other")
	b.stop()
	_, err = control.Join(t.Context(), control.JoinOptions{Token: unused, Folder: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "nothing listens at "+b.address) || strings.Contains(err.Error(), unused) {
		t.Errorf("a broker that is off: %v", err)
	}
	entries, err := os.ReadDir(machine.AttachmentsFolder(folder))
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v", entries, err)
	}
	for _, file := range []string{"identity.pem", "allow-backend"} {
		if info, err := os.Stat(filepath.Join(got.Folder, file)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
}

// heldOpening is the machine's network, but for the first open record, which is held back.
type heldOpening struct {
	machine.SystemNetwork
	once        sync.Once
	begun, goOn chan struct{}
}

func (n *heldOpening) Dial(ctx context.Context, address string) (net.Conn, error) {
	conn, err := n.SystemNetwork.Dial(ctx, address)
	if err != nil {
		return nil, err
	}
	return &heldConn{conn.(*net.TCPConn), n}, nil
}

type heldConn struct {
	*net.TCPConn
	network *heldOpening
}

// SyscallConn gives nothing, so that what is written passes here.
func (c *heldConn) SyscallConn() (syscall.RawConn, error) { return nil, errors.ErrUnsupported }

func (c *heldConn) Write(p []byte) (int, error) {
	if p[0] == 0x40 { // the type of an open record, which no TLS record has
		c.network.once.Do(func() {
			close(c.network.begun)
			<-c.network.goOn
		})
	}
	return c.TCPConn.Write(p)
}

// A session can end at the moment of a new connection: at its age, because the rules changed, or because an administrator cut it.
func TestConnectionWhoseSessionEndsWhileItIsOpenedGetsANewSession(t *testing.T) {
	for name, ends := range map[string]struct {
		cut *wire.Cut
		of  []wire.Side
	}{
		"drained at the target": {&wire.Cut{Drain: true, Reason: "the rules changed"}, []wire.Side{wire.Side_SIDE_TARGET}},
		"cut at the source":     {&wire.Cut{Reason: "an administrator cut it"}, []wire.Side{wire.Side_SIDE_SOURCE}},
		"cut at both":           {&wire.Cut{Reason: "an administrator cut it"}, []wire.Side{wire.Side_SIDE_SOURCE, wire.Side_SIDE_TARGET}},
	} {
		t.Run(name, func(t *testing.T) {
			p, sourceFolder := newPairWithoutSource(t, engine.Sealed)
			held := &heldOpening{begun: make(chan struct{}), goOn: make(chan struct{})}
			goOn := sync.OnceFunc(func() { close(held.goOn) })
			t.Cleanup(goOn)
			p.runSource(t, sourceFolder, func(c *Config) { c.Network = held })
			conn := p.dial(t)
			select {
			case <-held.begun:
			case <-time.After(patience):
				t.Fatal("nothing was opened")
			}
			logs := map[wire.Side]*logBook{wire.Side_SIDE_SOURCE: p.source.log, wire.Side_SIDE_TARGET: p.target.log}
			members := map[wire.Side]engine.ID{wire.Side_SIDE_SOURCE: p.route.source, wire.Side_SIDE_TARGET: p.route.target}
			p.b.mu.Lock()
			for id := range p.b.sessions {
				ends.cut.Session = wire.IDBytes(id)
				for _, side := range ends.of {
					p.b.members[members[side]].send(&wire.Down{Message: &wire.Down_Cut{Cut: ends.cut}})
				}
			}
			p.b.mu.Unlock()
			for _, side := range ends.of {
				logs[side].await(t, "session takes no new connection")
			}
			goOn()
			roundTrip(t, conn, "hello")
		})
	}
}

// Another name is no reason to close a listener: a tool that connects meanwhile would be refused.
func TestListenerStaysOpenWhileItsRouteIsRenamed(t *testing.T) {
	p := newPair(t, engine.Sealed)
	routes := p.source.attachments[0].routes
	before := routes.Get(p.route.id)
	message := &wire.Route{Id: wire.IDBytes(p.route.id), Name: "renamed", Listen: p.route.listen}
	if err := routes.Replace([]*wire.Route{message}); err != nil {
		t.Fatal(err)
	}
	if after := routes.Get(p.route.id); after != before || after.Life.Err() != nil || after.Name() != "renamed" {
		t.Errorf("the listener was opened anew, or is still called %q", before.Name())
	}
	roundTrip(t, p.dial(t), "hello")
	if status := p.source.Status(); status.Attachments[0].Listeners[0].Name != "renamed" {
		t.Errorf("the status says %q", status.Attachments[0].Listeners[0].Name)
	}
	message.Listen = loopback.Address(t)
	if err := routes.Replace([]*wire.Route{message}); err != nil {
		t.Fatal(err)
	}
	if before.Life.Err() == nil || routes.Get(p.route.id).Listen != message.Listen {
		t.Error("another address did not open another listener")
	}
}

// A newer broker could offer on one route what this agent does not understand. The other routes must not run out of keys for that.
func TestOffersThatAreNotUnderstoodUseUpNoKeys(t *testing.T) {
	var bad atomic.Bool
	bad.Store(true)
	p := newPair(t, engine.Sealed, func(r *testRoute) {
		r.change = func(offer *wire.Offer) {
			if bad.Load() && offer.GetSide() == wire.Side_SIDE_SOURCE {
				offer.Endpoints = nil
			}
		}
	})
	for range 10 { // more than the broker has keys
		p.mustRefuse(t)
	}
	bad.Store(false)
	roundTrip(t, p.dial(t), "hello")
}
