package tunnel

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/network"
)

// stage is a provider: a gateway behind a tap on everything that passes its port, a broker, and a target.
type stage struct {
	t         *testing.T
	authority *identity.Authority
	gateway   *Gateway
	address   string // of the gateway itself, behind the tap
	tap       *tap
	broker    *listening
	target    *listening
	refused   chan error

	mu      sync.Mutex
	allowed map[engine.KeyID][]Destination
	asked   map[Destination]int
	becomes map[engine.KeyID]Destination // allowed once it was refused
	hold    chan struct{}                // where there is one, answers wait for it: those from the heldth question of a key on
	held    int
	askedOf map[engine.KeyID]int
	tenants map[engine.KeyID]engine.ID // whose keys they are; one that is not here is a tenant's of its own
	deaf    bool                       // the broker gives no answer
}

func newAuthority(t *testing.T) *identity.Authority {
	t.Helper()
	authority, err := identity.NewAuthority(engine.NewID(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return authority
}

// certified makes a key with a certificate by what issue makes of a request.
func certified(t *testing.T, issue func(request []byte) (der []byte, err error)) *tls.Certificate {
	t.Helper()
	key, err := identity.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	request, err := identity.NewRequest(key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := issue(request)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := identity.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return identity.TLSCertificate(certificate, key)
}

func gatewayOf(t *testing.T, authority *identity.Authority) *tls.Certificate {
	t.Helper()
	return certified(t, func(request []byte) ([]byte, error) {
		certificate, err := authority.IssueGateway(engine.NewID(), request, time.Now())
		if err != nil {
			return nil, err
		}
		return certificate.Raw, nil
	})
}

func componentOf(t *testing.T, authority *identity.Authority) *tls.Certificate {
	t.Helper()
	return certified(t, func(request []byte) ([]byte, error) {
		certificate, err := authority.Issue(identity.Component, engine.NewID(), request, time.Now())
		if err != nil {
			return nil, err
		}
		return certificate.Raw, nil
	})
}

func always(certificate *tls.Certificate) func() (*tls.Certificate, error) {
	return func() (*tls.Certificate, error) { return certificate, nil }
}

func keyOf(certificate *tls.Certificate) engine.KeyID {
	return identity.KeyIDOf(certificate.Leaf.RawSubjectPublicKeyInfo)
}

// newStage starts a provider. edit may change the gateway's configuration.
func newStage(t *testing.T, edit ...func(*Config)) *stage {
	t.Helper()
	s := &stage{t: t, authority: newAuthority(t), refused: make(chan error, 1000), allowed: map[engine.KeyID][]Destination{}, tenants: map[engine.KeyID]engine.ID{}, asked: map[Destination]int{}, askedOf: map[engine.KeyID]int{}}
	s.broker, s.target = listen(t), listen(t)
	config := Config{
		TLS:       identity.GatewayConfig(always(gatewayOf(t, s.authority)), s.authority.Roots),
		Authorise: s.authorise,
		Broker:    func() []string { return []string{s.broker.address} },
		Dial: func(ctx context.Context, address string) (net.Conn, error) {
			return (&net.Dialer{Control: network.ResetOnClose}).DialContext(ctx, "tcp", address)
		},
		Refused: func(_ net.Addr, why error) {
			select {
			case s.refused <- why:
			default:
			}
		},
	}
	for _, change := range edit {
		change(&config)
	}
	s.gateway = NewGateway(config)
	listener, err := (&net.ListenConfig{Control: network.ResetOnClose}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.gateway.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("the gateway: %v", err)
		}
	})
	s.address = listener.Addr().String()
	s.tap = newTap(t, s.address)
	return s
}

func (s *stage) authorise(ctx context.Context, key engine.KeyID, to Destination) (Verdict, error) {
	s.mu.Lock()
	s.asked[to]++
	s.askedOf[key]++
	number, hold, held, deaf := s.askedOf[key], s.hold, s.held, s.deaf
	s.mu.Unlock()
	if hold != nil && number >= held {
		select {
		case <-hold:
		case <-ctx.Done():
			return Verdict{}, ctx.Err()
		}
	}
	if deaf {
		return Verdict{}, errors.New("the broker is away")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, allowed := range s.allowed[key] {
		if allowed == to {
			return Verdict{Allowed: true, Tenant: cmp.Or(s.tenants[key], engine.ID(fmt.Sprintf("%x", key))), Endpoints: []string{s.target.address}}, nil
		}
	}
	if s.becomes[key] == to {
		s.allowed[key] = append(s.allowed[key], to)
	}
	return Verdict{}, nil
}

// holdFrom has answers wait, from a question of each key on, until release is called.
func (s *stage) holdFrom(question int) (release func()) {
	hold := make(chan struct{})
	s.mu.Lock()
	s.hold, s.held = hold, question
	s.mu.Unlock()
	return func() { close(hold) }
}

func (s *stage) allow(certificate *tls.Certificate, to ...Destination) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allowed[keyOf(certificate)] = append(s.allowed[keyOf(certificate)], to...)
}

func (s *stage) disallow(certificate *tls.Certificate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.allowed, keyOf(certificate))
}

func (s *stage) askedFor(to Destination) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[to]
}

// tenant gives a dialer with a certificate of the provider's.
func (s *stage) tenant() (*Dialer, *tls.Certificate) {
	certificate := componentOf(s.t, s.authority)
	return s.dialer(s.clientTLS(certificate)), certificate
}

func (s *stage) clientTLS(certificate *tls.Certificate) *tls.Config {
	return identity.TunnelConfig(identity.NewVerifier(s.authority.Roots, time.Now), always(certificate))
}

func (s *stage) dialer(config *tls.Config) *Dialer {
	return newDialer(s.t, config, s.tap.address)
}

func newDialer(t *testing.T, config *tls.Config, gateways ...string) *Dialer {
	d := NewDialer(DialerConfig{TLS: config, Gateways: func() []string { return gateways }, Dial: func(ctx context.Context, address string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}})
	t.Cleanup(d.Close)
	return d
}

// connect connects, and gives what arrived at the other end.
func (s *stage) connect(d *Dialer, to Destination) (*Conn, *net.TCPConn) {
	s.t.Helper()
	conn, err := d.Connect(s.t.Context(), to)
	if err != nil {
		s.t.Fatalf("reach %v: %v", to, err)
	}
	s.t.Cleanup(func() { conn.Close() })
	if to.Kind == ToBroker {
		return conn, s.broker.accept()
	}
	return conn, s.target.accept()
}

// listening is a server whose connections the test takes in hand.
type listening struct {
	t        *testing.T
	address  string
	accepted chan *net.TCPConn
}

func listen(t *testing.T) *listening {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	l := &listening{t: t, address: listener.Addr().String(), accepted: make(chan *net.TCPConn, 1000)}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			l.accepted <- conn.(*net.TCPConn)
		}
	}()
	return l
}

func (l *listening) accept() *net.TCPConn {
	l.t.Helper()
	select {
	case conn := <-l.accepted:
		return conn
	case <-time.After(30 * time.Second):
		l.t.Fatal("no connection arrived")
		return nil
	}
}

// receives waits for a connection over which a text comes. Those of attempts that the flood has undone may have arrived before.
func (l *listening) receives(want string) {
	l.t.Helper()
	for got := make([]byte, len(want)); ; {
		conn := l.accept()
		_, err := io.ReadFull(conn, got)
		conn.Close()
		if err == nil {
			if string(got) != want {
				l.t.Errorf("got %q, want %q", got, want)
			}
			return
		}
	}
}

// eventually waits for a state.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 30 s", what)
		}
	}
}

func send(t *testing.T, to io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(to, text); err != nil {
		t.Fatalf("send %q: %v", text, err)
	}
}

func receive(t *testing.T, from io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(from, got); err != nil || string(got) != want {
		t.Fatalf("got %q, %v; want %q", got, err, want)
	}
}

// breaks reads until the end, which must be none in order.
func breaks(t *testing.T, what string, from io.Reader) {
	t.Helper()
	if _, err := io.Copy(io.Discard, from); err == nil {
		t.Errorf("%s: it ended in order", what)
	}
}

func receiveEnd(t *testing.T, from io.Reader) {
	t.Helper()
	if n, err := from.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Fatalf("%d bytes, %v; want an end in order", n, err)
	}
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
