package component

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/tunnel"
	"lockwire/engine/wire"
)

// gatewayStage is a component of role provider-gateway, and a tenant with a certificate of its authority.
type gatewayStage struct {
	t           *testing.T
	b           *fakeBroker
	agent       *runningAgent
	certificate *tls.Certificate
	dialer      *tunnel.Dialer
	target      net.Listener
	tenant      engine.ID
}

func newGatewayStage(t *testing.T, options ...option) *gatewayStage {
	t.Helper()
	b := newFakeBroker(t)
	b.role = engine.ProviderGateway
	folder, id := joined(t, b, "gateway")
	s := &gatewayStage{t: t, b: b, agent: run(t, folder, id, options...), tenant: engine.NewID()}
	await[*wire.Hello](t, b, nil)
	s.agent.log.await(t, "its data port takes tenants' tunnels")
	key, err := identity.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if s.certificate, err = identity.SelfSigned(key, time.Now()); err != nil {
		t.Fatal(err)
	}
	verifier := identity.NewVerifier(b.authority.Roots, time.Now)
	s.dialer = tunnel.NewDialer(tunnel.DialerConfig{
		TLS:      identity.TunnelConfig(verifier, func() (*tls.Certificate, error) { return s.certificate, nil }),
		Gateways: func() []string { return []string{s.agent.listener.Addr().String()} },
		Dial: func(ctx context.Context, address string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", address)
		},
	})
	t.Cleanup(s.dialer.Close)
	if s.target, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.target.Close() })
	return s
}

func (s *gatewayStage) keyID() engine.KeyID {
	return identity.KeyIDOf(s.certificate.Leaf.RawSubjectPublicKeyInfo)
}

// connect connects while the broker gives an answer to the question that comes.
func (s *gatewayStage) connect(to tunnel.Destination, allowed bool, endpoints ...string) (*tunnel.Conn, error) {
	s.t.Helper()
	type result struct {
		conn *tunnel.Conn
		err  error
	}
	connected := make(chan result, 1)
	go func() {
		conn, err := s.dialer.Connect(s.t.Context(), to)
		connected <- result{conn, err}
	}()
	ask := await[*wire.TunnelAsk](s.t, s.b, nil)
	key := s.keyID()
	if string(ask.GetKey()) != string(key[:]) || string(ask.GetSession()) != string(wire.IDBytes(to.Session)) {
		s.t.Errorf("asked %v for %v", ask, to)
	}
	s.send(&wire.Down{Message: &wire.Down_TunnelAnswer{TunnelAnswer: &wire.TunnelAnswer{Ask: ask.GetAsk(), Allowed: allowed, Endpoints: endpoints, Tenant: wire.IDBytes(s.tenant)}}})
	r := <-connected
	if r.conn != nil {
		s.t.Cleanup(func() { r.conn.Close() })
	}
	return r.conn, r.err
}

func (s *gatewayStage) send(down *wire.Down) {
	s.b.mu.Lock()
	m := s.b.members[s.agent.id]
	s.b.mu.Unlock()
	m.send(down)
}

func TestAGatewayLetsThroughWhatItsBrokerAllows(t *testing.T) {
	s := newGatewayStage(t)
	session := tunnel.Session(engine.NewID())
	if _, err := s.connect(session, false); !errors.Is(err, tunnel.ErrRefused) {
		t.Errorf("what the broker refuses: %v", err)
	}
	near, err := s.connect(session, true, s.target.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := s.target.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	if _, err := io.WriteString(near, "through"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 7)
	if _, err := io.ReadFull(far, got); err != nil || string(got) != "through" {
		t.Fatalf("%q, %v", got, err)
	}
	if status := s.agent.Status(); status.Attachments[0].Tunnels == nil || status.Attachments[0].Tunnels.Keys != 1 || !strings.Contains(status.Words(), "of 1 components and brokers of tenants") {
		t.Errorf("the status says\n%s", status.Words())
	}
	s.send(&wire.Down{Message: &wire.Down_TunnelCut{TunnelCut: &wire.TunnelCut{Session: wire.IDBytes(session.Session)}}})
	for name, end := range map[string]io.Reader{"the tenant": near, "the target": far} {
		if _, err := io.Copy(io.Discard, end); err == nil {
			t.Errorf("%s: it ended in order after a cut", name)
		}
	}
	if _, err := s.connect(session, false); !errors.Is(err, tunnel.ErrRefused) {
		t.Errorf("asked anew: %v", err)
	}
}

func TestAGatewayThatLosesItsRoleCutsWhatItCarries(t *testing.T) {
	s := newGatewayStage(t)
	near, err := s.connect(tunnel.Session(engine.NewID()), true, s.target.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := s.target.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	s.b.restart(func() { s.b.role = engine.Repository })
	for name, end := range map[string]io.Reader{"the tenant": near, "the target": far} {
		if _, err := io.Copy(io.Discard, end); err == nil {
			t.Errorf("%s: it ended in order", name)
		}
	}
	s.agent.log.await(t, "no provider gateway any more")
	if _, err := s.dialer.ConnectAt(t.Context(), s.agent.listener.Addr().String(), tunnel.Broker()); err == nil {
		t.Error("it takes tunnels")
	}
}

// The broker's port is reached with a key that the broker does not know, too: so a link is redeemed.
func TestAGatewayLeadsAStrangerToItsBroker(t *testing.T) {
	s := newGatewayStage(t)
	near, err := s.connect(tunnel.Broker(), false)
	if err != nil {
		t.Fatal(err)
	}
	secured := tls.Client(near, identity.JoinConfig(s.b.authority.Pin(), time.Now))
	if err := secured.HandshakeContext(t.Context()); err != nil {
		t.Errorf("the broker behind the gateway: %v", err)
	}
	_ = secured.Close()
}

func TestAGatewayRefusesWhileItsBrokerIsAway(t *testing.T) {
	s := newGatewayStage(t)
	s.b.stop()
	s.agent.log.await(t, "not attached to the broker")
	if _, err := s.dialer.Connect(t.Context(), tunnel.Session(engine.NewID())); !errors.Is(err, tunnel.ErrRefused) {
		t.Error(err)
	}
}

// What was revoked while the broker was away is cut as soon as it is back; what was not goes on, as it did meanwhile.
func TestAGatewayAsksAnewAsSoonAsItsBrokerIsBack(t *testing.T) {
	s := newGatewayStage(t)
	through := func() (tunnel.Destination, *tunnel.Conn, net.Conn) {
		t.Helper()
		session := tunnel.Session(engine.NewID())
		near, err := s.connect(session, true, s.target.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		far, err := s.target.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { far.Close() })
		return session, near, far
	}
	carries := func(near, far net.Conn) {
		t.Helper()
		if _, err := io.WriteString(near, "through"); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 7)
		if _, err := io.ReadFull(far, got); err != nil || string(got) != "through" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	revoked, near, far := through()
	_, nearToo, farToo := through()
	s.b.restart(func() {
		carries(near, far)
		carries(nearToo, farToo)
	})
	back := time.Now()
	for range 3 { // two sessions, and the key
		ask := await[*wire.TunnelAsk](t, s.b, nil)
		s.send(&wire.Down{Message: &wire.Down_TunnelAnswer{TunnelAnswer: &wire.TunnelAnswer{
			Ask: ask.GetAsk(), Allowed: string(ask.GetSession()) != string(wire.IDBytes(revoked.Session)), Endpoints: []string{s.target.Addr().String()}, Tenant: wire.IDBytes(s.tenant),
		}}})
	}
	if _, err := io.Copy(io.Discard, far); err == nil {
		t.Error("what was revoked ended in order")
	}
	if took := time.Since(back); took > 25*time.Second { // far more than it takes anywhere, and less than until it would be asked later
		t.Errorf("it took %s", took)
	}
	carries(nearToo, farToo)
}

// A machine of another role has no tunnels at its data port, and its certificate is no gateway's.
func TestAnotherComponentServesNoTunnels(t *testing.T) {
	b := newFakeBroker(t)
	folder, id := joined(t, b, "repository")
	agent := run(t, folder, id)
	await[*wire.Hello](t, b, nil)
	key, err := identity.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	own, err := identity.SelfSigned(key, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	config := identity.TunnelConfig(identity.NewVerifier(b.authority.Roots, time.Now), func() (*tls.Certificate, error) { return own, nil })
	dialer := &tls.Dialer{Config: config}
	if conn, err := dialer.DialContext(t.Context(), "tcp", agent.listener.Addr().String()); err == nil {
		conn.Close()
		t.Error("it answers")
	}
}

func TestAGatewayIsNoEndOfASession(t *testing.T) {
	s := newGatewayStage(t)
	session := engine.NewID()
	s.send(&wire.Down{Message: &wire.Down_Offer{Offer: &wire.Offer{Session: wire.IDBytes(session)}}})
	answer := await[*wire.OfferAnswer](t, s.b, nil)
	if answer.GetReady() || answer.GetReason() != errGateway.Error() || string(answer.GetSession()) != string(wire.IDBytes(session)) {
		t.Errorf("it answers %v", answer)
	}
}

func TestAGatewayThatIsStoppedLetsSessionsFinish(t *testing.T) {
	s := newGatewayStage(t, func(c *Config) { c.DrainWithin = time.Hour })
	session := tunnel.Session(engine.NewID())
	near, err := s.connect(session, true, s.target.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := s.target.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	stopped := make(chan struct{})
	go func() {
		s.agent.stop()
		close(stopped)
	}()
	s.agent.log.await(t, "the component drains")
	if carries := s.agent.carried(); carries.Sessions != 1 || carries.Flows != 1 {
		t.Errorf("it carries %+v", carries)
	}
	if _, err := s.dialer.ConnectAt(t.Context(), s.agent.listener.Addr().String(), tunnel.Session(engine.NewID())); err == nil {
		t.Error("a new connection is taken")
	}
	if _, err := io.WriteString(near, "the rest"); err != nil {
		t.Fatal(err)
	}
	if err := near.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(far); err != nil || string(got) != "the rest" {
		t.Errorf("%q, %v", got, err)
	}
	far.Close()
	if _, err := io.Copy(io.Discard, near); err != nil {
		t.Error(err)
	}
	near.Close()
	select {
	case <-stopped:
	case <-time.After(patience):
		t.Error("it does not end")
	}
}
