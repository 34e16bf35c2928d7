package tunnel

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"runtime"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/enginetest/connectproxy"
	"lockwire/engine/identity"
	"lockwire/engine/network"
)

func (d *Dialer) keptReady() int {
	d.ready.mu.Lock()
	defer d.ready.mu.Unlock()
	return len(d.ready.kept)
}

func TestConnectionsAreKeptReadyForSessions(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	session := Session(engine.NewID())
	s.allow(certificate, session)
	s.connect(d, session)
	eventually(t, "one is ready", func() bool { return d.keptReady() == 1 })
	before := len(s.tap.connections())
	near, far := s.connect(d, session)
	send(t, near, "through")
	receive(t, far, "through")
	eventually(t, "two are ready", func() bool { return d.keptReady() == 2 })
	if got := len(s.tap.connections()); got != before+2 {
		t.Errorf("%d connections more, want the two that are ready now", got-before)
	}
	for range 8 {
		s.connect(d, session)
	}
	eventually(t, "no more than four are ready", func() bool { return d.keptReady() == mostReady })

	s.gateway.CutKey(keyOf(certificate)) // those that are ready are gone
	near, far = s.connect(d, session)
	send(t, near, "anew")
	receive(t, far, "anew")
	d.Close()
	if d.keptReady() != 0 {
		t.Error("some are left")
	}
}

func TestAConnectionThatShowedAnOldCertificateIsNotUsed(t *testing.T) {
	s := newStage(t)
	old, fresh := componentOf(t, s.authority), componentOf(t, s.authority)
	shown := old
	config := s.clientTLS(nil)
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return shown, nil }
	d := s.dialer(config)
	first, second := Session(engine.NewID()), Session(engine.NewID())
	s.allow(old, first)
	s.allow(fresh, second)
	s.connect(d, first)
	eventually(t, "one is ready", func() bool { return d.keptReady() == 1 })
	shown = fresh
	s.connect(d, second)
}

func TestTheOtherGatewayIsUsedWhereOneIsAway(t *testing.T) {
	s := newStage(t)
	certificate := componentOf(t, s.authority)
	s.allow(certificate, Broker())
	d := newDialer(t, s.clientTLS(certificate), "127.0.0.1:1", s.tap.address)
	near, _ := s.connect(d, Broker())
	if near.Gateway() != s.tap.address || d.last != s.tap.address {
		t.Errorf("over %s; the next one begins with %s", near.Gateway(), d.last)
	}
	if _, err := newDialer(t, s.clientTLS(certificate), "127.0.0.1:1").Connect(t.Context(), Broker()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("no gateway: %v", err)
	}
	if _, err := newDialer(t, s.clientTLS(certificate)).Connect(t.Context(), Broker()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("no gateway is known: %v", err)
	}
}

func TestALinkIsRedeemedWithThePinAlone(t *testing.T) {
	s := newStage(t)
	pin := identity.KeyIDOf(mustRoot(t, s.authority).RawSubjectPublicKeyInfo)
	own := selfSigned(t)
	near, far := s.connect(s.dialer(identity.TunnelPinConfig(s.authority.Installation(), pin, time.Now, always(own))), Broker())
	send(t, near, "redeem")
	receive(t, far, "redeem")
	if _, err := s.dialer(identity.TunnelPinConfig(engine.NewID(), pin, time.Now, always(own))).Connect(t.Context(), Broker()); !errors.Is(err, identity.ErrOtherInstallation) {
		t.Errorf("another installation than the link says: %v", err)
	}
}

// Whatever a proxy does, the gateway's port sees TLS alone, and the proxy sees no more than the gateway's name.
func TestATunnelGoesThroughAProxy(t *testing.T) {
	s := newStage(t)
	certificate := componentOf(t, s.authority)
	session := Session(engine.NewID())
	s.allow(certificate, session)
	p := connectproxy.Start(t, &connectproxy.Proxy{Credentials: "user:word", To: s.tap.address})
	by, err := network.ParseProxy("http://"+p.Address, "user:word")
	if err != nil {
		t.Fatal(err)
	}
	d := NewDialer(DialerConfig{TLS: s.clientTLS(certificate), Gateways: func() []string { return []string{"gateway.example:6180"} }, Dial: func(ctx context.Context, address string) (net.Conn, error) {
		return by.Dial(ctx, address, func(ctx context.Context, address string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", address)
		})
	}})
	defer d.Close()
	near, far := s.connect(d, session)
	send(t, near, "through a proxy")
	receive(t, far, "through a proxy")
	if err := near.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	receiveEnd(t, far)
	far.Close()
	receiveEnd(t, near)
	near.Close()
	d.Close()
	for _, asked := range p.Asked() {
		if asked != "CONNECT gateway.example:6180" {
			t.Errorf("it was asked %q", asked)
		}
	}
	s.tap.checkAll(t, "through a proxy")
}

// Else nobody would notice that a gateway is dead to which a flow sends.
func TestTheSystemTellsOfTheConnectionBelowATunnel(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	session := Session(engine.NewID())
	s.allow(certificate, session)
	near, far := s.connect(d, session)
	send(t, near, "x")
	receive(t, far, "x")
	if info, ok := network.ReadInfo(near); runtime.GOOS == "linux" && (!ok || info.Closed || info.Acknowledged == 0) {
		t.Errorf("%+v, %v", info, ok)
	}
	s.gateway.CutSession(session.Session)
	breaks(t, "after a cut", near)
	if info, ok := network.ReadInfo(near); ok && !info.Closed {
		t.Errorf("after a cut %+v", info)
	}
}

func TestAHalfClosedTunnelThatIsQuietIsReset(t *testing.T) {
	s := newStage(t, func(c *Config) { c.HalfClosed = 100 * time.Millisecond })
	d, certificate := s.tenant()
	session := Session(engine.NewID())
	s.allow(certificate, session)
	near, _ := s.connect(d, session)
	if err := near.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	breaks(t, "the direction that is still open", near)
}
