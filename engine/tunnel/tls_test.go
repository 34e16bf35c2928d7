package tunnel

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/network"
)

// TestTunnelOnlyTLS looks at each byte that passes the gateway's port, in both directions: also after errors, cuts and half-closes.
func TestTunnelOnlyTLS(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	session, cut, killed, lost := Session(engine.NewID()), Session(engine.NewID()), Session(engine.NewID()), Session(engine.NewID())
	s.allow(certificate, Broker(), session, cut, killed, lost)
	const plain = "the plaintext that a firewall must never see"

	near, far := s.connect(d, session) // both ways, then half-closed
	send(t, near, plain+strings.Repeat("x", 200_000))
	receive(t, far, plain+strings.Repeat("x", 200_000))
	if err := near.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	receiveEnd(t, far)
	send(t, far, plain+strings.Repeat("y", 200_000))
	far.Close()
	receive(t, near, plain+strings.Repeat("y", 200_000))
	receiveEnd(t, near)
	near.Close()

	near, far = s.connect(d, cut)
	send(t, near, plain)
	receive(t, far, plain)
	s.gateway.CutSession(cut.Session)
	breaks(t, "the tenant, after a cut", near)
	breaks(t, "the target, after a cut", far)

	near, far = s.connect(d, killed)
	send(t, far, plain)
	receive(t, near, plain)
	network.SetReset(near)
	near.Close()
	breaks(t, "the target of a killed tenant", far)

	near, far = s.connect(d, lost)
	send(t, near, plain)
	receive(t, far, plain)
	network.SetReset(far)
	far.Close()
	breaks(t, "the tenant of a killed target", near)
	near.Close()

	near, far = s.connect(d, Broker())
	send(t, near, plain)
	receive(t, far, plain)
	near.Close()
	receiveEnd(t, far)
	far.Close()

	if _, err := d.Connect(t.Context(), Session(engine.NewID())); !errors.Is(err, ErrRefused) {
		t.Errorf("an unknown session: %v", err)
	}
	s.rawHello(certificate, append([]byte{9, 9}, make([]byte, 16)...))
	s.rawHello(certificate, []byte{1, 2, 3}) // too short
	classical := s.clientTLS(certificate)
	classical.CurvePreferences = []tls.CurveID{tls.X25519}
	s.fails(classical)
	none := s.clientTLS(certificate)
	none.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &tls.Certificate{}, nil }
	s.fails(none)
	d.Close()
	s.tap.checkAll(t, plain)
}

// rawHello proves a key, sends what no Dialer sends, and waits for the end.
func (s *stage) rawHello(certificate *tls.Certificate, hello []byte) {
	s.t.Helper()
	d := s.dialer(s.clientTLS(certificate))
	proven, err := d.prove(s.t.Context(), s.tap.address)
	if err != nil {
		s.t.Fatal(err)
	}
	defer proven.Close()
	if _, err := proven.Write(hello); err != nil {
		s.t.Fatal(err)
	}
	_ = proven.CloseWrite() // the gateway may have closed already
	if got, _ := io.ReadAll(proven); len(got) > 0 {
		s.t.Errorf("hello %x: the gateway answered %x", hello, got)
	}
}

// fails connects with settings that the gateway must refuse.
func (s *stage) fails(config *tls.Config) error {
	s.t.Helper()
	conn, err := s.dialer(config).Connect(s.t.Context(), Broker())
	if err == nil {
		conn.Close()
		s.t.Error("it was let through")
	}
	return err
}

func TestAClassicalOnlyClientIsRefused(t *testing.T) {
	s := newStage(t)
	_, certificate := s.tenant()
	s.allow(certificate, Broker())
	config := s.clientTLS(certificate)
	for _, group := range []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384} {
		config.CurvePreferences = []tls.CurveID{group}
		s.fails(config)
	}
	for _, group := range []tls.CurveID{tls.X25519MLKEM768, tls.SecP256r1MLKEM768} {
		config.CurvePreferences = []tls.CurveID{group}
		near, _ := s.connect(s.dialer(config), Broker())
		if got := near.ConnectionState().CurveID; got != group {
			t.Errorf("group %v, want %v", got, group)
		}
	}
	tls12 := s.clientTLS(certificate)
	tls12.MinVersion, tls12.MaxVersion, tls12.CurvePreferences = tls.VersionTLS12, tls.VersionTLS12, nil
	s.fails(tls12)
	mute := s.clientTLS(certificate)
	mute.NextProtos, mute.VerifyConnection = nil, nil
	s.fails(mute)
}

func TestAClientThatNamesAnotherServerIsRefused(t *testing.T) {
	s := newStage(t)
	_, certificate := s.tenant()
	s.allow(certificate, Broker())
	fixed := s.clientTLS(certificate).ServerName
	for _, name := range []string{"smith.provider.example", "192.0.2.1", ""} { // an address is not sent as a name
		config := s.clientTLS(certificate)
		config.ServerName = name
		s.fails(config)
	}
	config := s.clientTLS(certificate)
	config.ServerName = fixed
	s.connect(s.dialer(config), Broker())
}

func TestAClientWithoutAKeyOnP256IsRefused(t *testing.T) {
	s := newStage(t)
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s.fails(s.clientTLS(&tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}))
}

// serve answers TLS at an address with a configuration, as whoever stands where the gateway should.
func serve(t *testing.T, config *tls.Config) string {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := readHello(conn); err == nil {
					_, _ = conn.Write([]byte{answerThrough})
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func TestWhatIsNotTheProvidersGatewayIsRefused(t *testing.T) {
	authority, other := newAuthority(t), newAuthority(t)
	twin, err := identity.NewAuthority(authority.Installation(), time.Now()) // claims the provider's id
	if err != nil {
		t.Fatal(err)
	}
	certificate := componentOf(t, authority)
	as := func(shown *tls.Certificate, of *identity.Authority, edit ...func(*tls.Config)) string {
		config := identity.GatewayConfig(always(shown), of.Roots)
		for _, change := range edit {
			change(config)
		}
		return serve(t, config)
	}
	pin := identity.KeyIDOf(mustRoot(t, authority).RawSubjectPublicKeyInfo)
	clients := map[string]*tls.Config{
		"with roots": identity.TunnelConfig(identity.NewVerifier(authority.Roots, time.Now), always(certificate)),
		"with a pin": identity.TunnelPinConfig(authority.Installation(), pin, time.Now, always(certificate)),
	}
	for name, c := range map[string]struct {
		address string
		want    error // nil where only crypto/tls can tell
		good    bool
	}{
		"the gateway itself":                            {as(gatewayOf(t, authority), authority), nil, true},
		"a classical-only server":                       {as(gatewayOf(t, authority), authority, func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP256} }), nil, false},
		"a server of TLS 1.2":                           {as(gatewayOf(t, authority), authority, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 }), nil, false},
		"a server without our protocol":                 {as(gatewayOf(t, authority), authority, func(c *tls.Config) { c.NextProtos, c.VerifyConnection = nil, nil }), nil, false},
		"an intercepting proxy with another CA":         {as(gatewayOf(t, other), other), nil, false},
		"an intercepting proxy that claims our id":      {as(gatewayOf(t, twin), twin), nil, false},
		"a component of the provider's":                 {as(componentOf(t, authority), authority), identity.ErrNotGateway, false},
		"a self-signed certificate of a machine's name": {as(selfSigned(t), authority), nil, false},
	} {
		for client, config := range clients {
			conn, err := newDialer(t, config, c.address).Connect(t.Context(), Broker())
			if err == nil {
				conn.Close()
			}
			if (err == nil) != c.good || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s, client %s: %v", name, client, err)
			}
		}
	}
}

func mustRoot(t *testing.T, authority *identity.Authority) *x509.Certificate {
	t.Helper()
	root, err := identity.ParseCertificate(authority.Roots().DER()[0])
	if err != nil {
		t.Fatal(err)
	}
	return root
}
