package tunnel

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
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

func receiveEnd(t *testing.T, from io.Reader) {
	t.Helper()
	if n, err := from.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Fatalf("%d bytes, %v; want an end in order", n, err)
	}
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

func selfSigned(t *testing.T) *tls.Certificate {
	t.Helper()
	key, err := identity.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := identity.SelfSigned(key, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func TestUnknownEndedAndForeignSessionsAreAnsweredAlike(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	other, otherCertificate := s.tenant()
	foreign, ended, mine := Session(engine.NewID()), Session(engine.NewID()), Session(engine.NewID())
	s.allow(otherCertificate, foreign)
	s.allow(certificate, ended, mine)
	s.connect(other, foreign)
	s.connect(d, ended)
	s.connect(d, mine)
	s.disallow(certificate)
	s.allow(certificate, mine)
	s.gateway.CutSession(ended.Session)
	var texts []string
	for _, to := range []Destination{Session(engine.NewID()), ended, foreign} {
		before := s.askedFor(to)
		_, err := d.Connect(t.Context(), to)
		if !errors.Is(err, ErrRefused) {
			t.Errorf("%v: %v", to, err)
		} else {
			texts = append(texts, strings.ReplaceAll(err.Error(), string(to.Session), "ID"))
		}
		if s.askedFor(to) != before+1 {
			t.Errorf("%v: the broker was not asked", to)
		}
	}
	for _, text := range texts {
		if text != texts[0] {
			t.Errorf("%q and %q are told apart", texts[0], text)
		}
	}
	s.mu.Lock()
	s.deaf = true
	s.mu.Unlock()
	if _, err := d.Connect(t.Context(), Session(engine.NewID())); !errors.Is(err, ErrRefused) {
		t.Errorf("while the broker is away: %v", err)
	}
	if _, far := s.connect(d, mine); far == nil {
		t.Error("a session that was allowed waits for the broker")
	}
}

func TestASessionIsAskedForOnceUntilItIsCut(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	session := Session(engine.NewID())
	s.allow(certificate, session)
	for range 5 {
		s.connect(d, session)
	}
	if got := s.askedFor(session); got != 1 {
		t.Errorf("asked %d times", got)
	}
	near, far := s.connect(d, session)
	s.gateway.CutSession(session.Session)
	breaks(t, "the tenant", near)
	breaks(t, "the target", far)
	s.connect(d, session)
	if got := s.askedFor(session); got != 2 {
		t.Errorf("asked %d times after a cut", got)
	}
}

func TestACutByKeyEndsAllOfItAndNothingElse(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	other, otherCertificate := s.tenant()
	session, theirs := Session(engine.NewID()), Session(engine.NewID())
	s.allow(certificate, Broker(), session)
	s.allow(otherCertificate, theirs)
	control, controlFar := s.connect(d, Broker())
	data, dataFar := s.connect(d, session)
	kept, keptFar := s.connect(other, theirs)
	s.disallow(certificate)
	s.gateway.CutKey(keyOf(certificate))
	breaks(t, "control", control)
	breaks(t, "control at the broker", controlFar)
	breaks(t, "data", data)
	breaks(t, "data at the target", dataFar)
	if _, err := d.Connect(t.Context(), session); !errors.Is(err, ErrRefused) {
		t.Errorf("a session of a key that was cut: %v", err)
	}
	send(t, kept, "still here")
	receive(t, keptFar, "still here")
}

// An answer that was on its way when the session was cut must not let anything through.
func TestAnAnswerOlderThanACutCountsForNothing(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	session := Session(engine.NewID())
	s.allow(certificate, session)
	s.mu.Lock()
	s.hold = make(chan struct{})
	s.mu.Unlock()
	result := make(chan error, 1)
	go func() {
		_, err := d.ConnectAt(t.Context(), s.tap.address, session)
		result <- err
	}()
	eventually(t, "the question", func() bool { return s.askedFor(session) == 1 })
	s.gateway.CutSession(session.Session)
	s.mu.Lock()
	close(s.hold)
	s.mu.Unlock()
	if err := <-result; err == nil {
		t.Error("it was let through")
	}
	if sessions, _ := s.gateway.holders.kept(); len(sessions) != 0 {
		t.Errorf("kept %v", sessions)
	}
}

func TestAReviewEndsWhatTheBrokerDoesNotAllowAnyMore(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	over, on := Session(engine.NewID()), Session(engine.NewID())
	s.allow(certificate, over, on, Broker())
	near, far := s.connect(d, over)
	kept, keptFar := s.connect(d, on)
	s.disallow(certificate)
	s.allow(certificate, on, Broker())
	if err := s.gateway.Review(t.Context()); err != nil {
		t.Fatal(err)
	}
	breaks(t, "what is over", near)
	breaks(t, "what is over, at the target", far)
	send(t, kept, "still here")
	receive(t, keptFar, "still here")
	s.disallow(certificate)
	if err := s.gateway.Review(t.Context()); err != nil {
		t.Fatal(err)
	}
	breaks(t, "of a key that is gone", kept)
}

// A component renews its key while a session runs: the broker knows the old key no more, and lets the session go on.
func TestAReviewLeavesTheSessionsOfAKeyThatWasRenewed(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	running := Session(engine.NewID())
	s.allow(certificate, running, Broker())
	near, far := s.connect(d, running)
	control, _ := s.connect(d, Broker())
	s.disallow(certificate)
	s.allow(certificate, running)
	if err := s.gateway.Review(t.Context()); err != nil {
		t.Fatal(err)
	}
	breaks(t, "the old key's connection with the broker", control)
	send(t, near, "still here")
	receive(t, far, "still here")
	joined, joinedFar := s.connect(d, running)
	send(t, joined, "and one more")
	receive(t, joinedFar, "and one more")
	s.disallow(certificate)
	if err := s.gateway.Review(t.Context()); err != nil {
		t.Fatal(err)
	}
	breaks(t, "of a session that is over", near)
}

// Once the last connection of such a key is over nothing is known here of whose it is: the broker is asked, as for a key that comes first.
func TestAKeyThatWasRenewedComesBackToItsSession(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	running := Session(engine.NewID())
	s.allow(certificate, running)
	near, _ := s.connect(d, running)
	if err := s.gateway.Review(t.Context()); err != nil {
		t.Fatal(err)
	}
	near.NetConn().Close()
	eventually(t, "nothing is left of the key", func() bool {
		s.gateway.holders.mu.Lock()
		defer s.gateway.holders.mu.Unlock()
		return len(s.gateway.holders.byKey) == 0
	})
	asked := s.askedFor(running)
	again, far := s.connect(s.dialer(s.clientTLS(certificate)), running)
	send(t, again, "back")
	receive(t, far, "back")
	if got := s.askedFor(running); got != asked+1 {
		t.Errorf("the broker was asked %d times", got-asked)
	}
}

func TestAHalfCloseIsCarriedBothWays(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	session := Session(engine.NewID())
	s.allow(certificate, session)

	near, far := s.connect(d, session)
	send(t, near, "question")
	if err := near.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	receive(t, far, "question")
	receiveEnd(t, far)
	send(t, far, strings.Repeat("answer", 50_000))
	far.Close()
	receive(t, near, strings.Repeat("answer", 50_000))
	receiveEnd(t, near)

	near, far = s.connect(d, session)
	if err := far.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	receiveEnd(t, near)
	send(t, near, strings.Repeat("upload", 50_000))
	receive(t, far, strings.Repeat("upload", 50_000))
	near.Close()
	receiveEnd(t, far)
}

// crypto/tls alone takes a TCP connection that ends between two records for an end in order.
func TestAKilledEndIsNoEndInOrder(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	session := Session(engine.NewID())
	s.allow(certificate, session)
	for name, kill := range map[string]func(near *Conn, far *net.TCPConn){
		"the tenant's process dies, and its system sends FIN": func(near *Conn, _ *net.TCPConn) { near.NetConn().Close() },
		"the tenant resets": func(near *Conn, _ *net.TCPConn) {
			network.SetReset(near)
			near.Close()
		},
		"the target resets": func(_ *Conn, far *net.TCPConn) {
			network.SetReset(far)
			far.Close()
		},
		"the gateway is cut": func(*Conn, *net.TCPConn) { s.gateway.CutSession(session.Session) },
		"the tenant dies after its half-close": func(near *Conn, far *net.TCPConn) {
			if err := near.CloseWrite(); err != nil {
				t.Error(err)
			}
			receiveEnd(t, far)
			near.NetConn().Close()
		},
	} {
		near, far := s.connect(d, session)
		send(t, near, "half")
		receive(t, far, "half")
		send(t, far, "half")
		receive(t, near, "half")
		kill(near, far)
		if name != "the target resets" {
			if name == "the tenant dies after its half-close" {
				eventually(t, name, func() bool { _, err := far.Write([]byte("x")); return err != nil })
			} else {
				breaks(t, name+": the target", far)
			}
		}
		if name == "the target resets" || name == "the gateway is cut" {
			breaks(t, name+": the tenant", near)
		}
	}
}

func TestStrangersReachTheBrokerOnlyFewAndNotForLong(t *testing.T) {
	s := newStage(t, func(c *Config) {
		c.Bounds = Bounds{Strangers: 4, StrangersPerAddress: 2, Stranger: 100 * time.Millisecond}
	})
	release := s.holdFrom(2) // however soon a stranger's time is over
	first := s.dialer(s.clientTLS(selfSigned(t)))
	near, far := s.connect(first, Broker())
	send(t, near, "the secret of a link")
	receive(t, far, "the secret of a link")
	release()
	breaks(t, "a stranger, after its time", near)

	redeemed := selfSigned(t)
	s.mu.Lock()
	s.becomes = map[engine.KeyID]Destination{keyOf(redeemed): Broker()} // by what it says to the broker
	s.mu.Unlock()
	release = s.holdFrom(2)
	near, far = s.connect(s.dialer(s.clientTLS(redeemed)), Broker())
	release()
	eventually(t, "the broker is asked again", func() bool { _, keys := s.gateway.holders.kept(); return len(keys) == 1 })
	send(t, near, "goes on")
	receive(t, far, "goes on")

	release = s.holdFrom(2)
	for range 2 {
		s.connect(s.dialer(s.clientTLS(selfSigned(t))), Broker())
	}
	release()
	s.gateway.strangers.mu.Lock()
	if got := s.gateway.strangers.all.Len(); got > 2 {
		t.Errorf("%d strangers of one address", got)
	}
	s.gateway.strangers.mu.Unlock()
	if _, err := first.Connect(t.Context(), Session(engine.NewID())); !errors.Is(err, ErrRefused) {
		t.Errorf("a stranger asks for a session: %v", err)
	}
}

// Half-open handshakes, garbage and silence must cost a bounded number of connections, and not keep an honest tenant out.
func TestFloodsAreBounded(t *testing.T) {
	s := newStage(t, func(c *Config) {
		c.Bounds = Bounds{Unproven: 16, UnprovenPerAddress: 8, PerKey: 12, ReadyPerKey: 4, Asks: 2}
	})
	d, certificate := s.tenant()
	session := Session(engine.NewID())
	s.allow(certificate, session)
	var open []net.Conn
	defer func() {
		for _, conn := range open {
			conn.Close()
		}
	}()
	for i := range 60 {
		conn, err := net.Dial("tcp", s.tap.address)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, conn)
		switch i % 3 {
		case 0: // silent
		case 1:
			_, _ = conn.Write([]byte{recordHandshake, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc}) // the beginning of a ClientHello
		case 2:
			_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		}
		s.gateway.unproven.mu.Lock()
		if got := s.gateway.unproven.all.Len(); got > 8 {
			t.Errorf("%d handshakes of one address at once", got)
		}
		s.gateway.unproven.mu.Unlock()
	}
	// It comes from the address of the flood, of which some is still on its way and may take its place.
	eventually(t, "an honest tenant gets through", func() bool {
		conn, err := d.Connect(t.Context(), session)
		if err == nil {
			conn.Close()
			s.target.accept()
		}
		return err == nil
	})

	t.Run("of one key at the broker", func(t *testing.T) {
		s := newStage(t, func(c *Config) { c.Bounds = Bounds{BrokerPerKey: 2} })
		d, certificate := s.tenant()
		s.allow(certificate, Broker())
		first, _ := s.connect(d, Broker())
		s.connect(d, Broker())
		if _, err := d.Connect(t.Context(), Broker()); !errors.Is(err, ErrRefused) {
			t.Errorf("one too many: %v", err)
		}
		first.NetConn().Close()
		eventually(t, "its place is free", func() bool { connections, _ := s.gateway.Counts(); return connections == 1 })
		s.connect(d, Broker())
	})
	t.Run("by a key", func(t *testing.T) {
		hostile := componentOf(t, s.authority)
		flood := s.dialer(s.clientTLS(hostile))
		for range 10 { // prove the key and say nothing
			p, err := flood.prove(t.Context(), s.tap.address)
			if err != nil {
				t.Fatal(err)
			}
			defer p.drop()
		}
		eventually(t, "few are left", func() bool { connections, _ := s.gateway.Counts(); return connections <= 4+2 })
		s.mu.Lock()
		s.hold = make(chan struct{})
		s.mu.Unlock()
		results := make(chan error, 2)
		held := Session(engine.NewID())
		for n := range 2 { // questions that are not answered
			go func() {
				_, err := flood.ConnectAt(t.Context(), s.tap.address, held)
				results <- err
			}()
			eventually(t, "the question", func() bool { return s.askedFor(held) == n+1 })
		}
		for range 4 {
			if _, err := flood.ConnectAt(t.Context(), s.tap.address, Session(engine.NewID())); !errors.Is(err, ErrRefused) {
				t.Errorf("a question too many: %v", err)
			}
		}
		if near, far := s.connect(d, session); near != nil {
			send(t, near, "as before")
			receive(t, far, "as before")
		}
		s.mu.Lock()
		close(s.hold)
		s.mu.Unlock()
		<-results
		<-results
	})
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

func TestTheTargetIsDialledAtItsFirstAddressThatAnswers(t *testing.T) {
	s := newStage(t)
	for name, addresses := range map[string][]string{
		"one that refuses, first": {"127.0.0.1:1", s.target.address},
		"one that is silent":      {"silent", s.target.address},
		"alone":                   {s.target.address},
	} {
		g := NewGateway(Config{Dial: func(ctx context.Context, address string) (net.Conn, error) {
			if address == "silent" {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return (&net.Dialer{}).DialContext(ctx, "tcp", address)
		}})
		conn, err := g.dial(t.Context(), addresses)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		conn.Reset()
		s.target.accept()
	}
	if _, err := s.gateway.dial(t.Context(), nil); err == nil {
		t.Error("no address was dialled")
	}
}

func TestReadHello(t *testing.T) {
	id := engine.NewID()
	good, err := Session(id).marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		hello []byte
		want  Destination
	}{
		"the broker":               {append([]byte{1, 1}, make([]byte, 16)...), Broker()},
		"a session":                {good, Session(id)},
		"the broker and a session": {append([]byte{1, 1}, good[2:]...), Destination{}},
		"another version":          {append([]byte{2, 1}, make([]byte, 16)...), Destination{}},
		"another kind":             {append([]byte{1, 3}, make([]byte, 16)...), Destination{}},
		"too short":                {good[:17], Destination{}},
	} {
		got, err := readHello(strings.NewReader(string(c.hello)))
		if got != c.want || (err == nil) != (c.want != Destination{}) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if _, err := (Destination{Kind: ToSession, Session: "x"}).marshal(); err == nil {
		t.Error("a session without an id")
	}
}

// Keys cost nothing: connections that prove one each and then say nothing are bounded as those that prove none, and leave room for others.
func TestUnknownKeysThatSayNothingAreBounded(t *testing.T) {
	s := newStage(t, func(c *Config) { c.Bounds = Bounds{UnprovenPerAddress: 4, Connections: 20, Hello: time.Minute} })
	d, certificate := s.tenant()
	session := Session(engine.NewID())
	s.allow(certificate, session)
	for range 30 {
		silent, err := s.dialer(s.clientTLS(selfSigned(t))).prove(t.Context(), s.tap.address)
		if err != nil {
			t.Fatal(err)
		}
		defer silent.drop()
	}
	eventually(t, "the oldest of them give way", func() bool {
		connections, keys := s.gateway.Counts()
		return connections <= 4 && keys <= 4
	})
	conn, target := s.connect(d, session)
	send(t, conn, "through")
	receive(t, target, "through")
}
