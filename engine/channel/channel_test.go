package channel

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/fips140"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/secret"
)

// What carries flows needs of a channel; it does not import this package, nor the other way round.
var _ interface {
	io.ReadWriter
	Buffer() []byte
	Commit(n int) error
	CloseWrite() error
	Reset()
	Close() error
	WaitReadable() error
	Release()
} = (*Conn)(nil)

// newCertificate makes a fresh enrolled key with a certificate, which only carries it here.
func newCertificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "component"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)} // long expired: dates do not count
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// certificates are made once for all tests, because tests are many and keys are slow.
var certificates = sync.OnceValue(func() [3]tls.Certificate {
	var t panicking
	return [3]tls.Certificate{newCertificate(&t), newCertificate(&t), newCertificate(&t)}
})

// panicking is a testing.TB for what is made outside a test.
type panicking struct{ testing.TB }

func (*panicking) Helper()           {}
func (*panicking) Fatal(args ...any) { panic(args) }

// pair is one session as both ends hold it.
type pair struct{ source, target Session }

// sourceTLS is the source's part as Handshake makes it, for a test that alters its TLS.
func (p *pair) sourceTLS(t testing.TB) (checked Session, config *tls.Config) {
	t.Helper()
	checked, err := p.source.check(source)
	if err != nil {
		t.Fatal(err)
	}
	if config, err = checked.tlsConfig(p.source.Terms.Target); err != nil {
		t.Fatal(err)
	}
	return checked, config
}

// newPair makes a session with a K of its own. change, which may be nil, alters it before it is used.
func newPair(t testing.TB, change func(*pair)) *pair {
	t.Helper()
	k, err := secret.New()
	if err != nil {
		t.Fatal(err)
	}
	same, err := k.Clone()
	if err != nil {
		t.Fatal(err)
	}
	c := certificates()
	terms := Terms{
		Installation: engine.NewID(), Session: engine.NewID(), Route: engine.NewID(), Mode: engine.Sealed, Cipher: engine.AES256GCM,
		Source: KeyIDOf(c[0].Leaf), Target: KeyIDOf(c[1].Leaf),
	}
	p := &pair{
		source: Session{Terms: terms, Secret: NewSecret(k), Certificate: c[0]},
		target: Session{Terms: terms, Secret: NewSecret(same), Certificate: c[1], Flows: new(FlowNumbers)},
	}
	t.Cleanup(p.source.Secret.Destroy)
	t.Cleanup(p.target.Secret.Destroy)
	if change != nil {
		change(p)
	}
	return p
}

// lookup finds the pair's session, whichever id is asked for.
func (p *pair) lookup(engine.ID) (*Session, error) { return &p.target, nil }

// openOf asks for flow n of some service.
func openOf(n uint64) Open {
	return Open{Flow: n, Streams: 1, Service: engine.IDFromBytes([16]byte{0: 1, 6: 0x70, 8: 0x80})}
}

// serving is a Server on loopback that hands its flows to the test.
type serving struct {
	address  string
	incoming chan *Incoming
	refused  chan error
	stop     func()
}

// serve starts a server. Each Incoming's handler waits until the server stops, so that the test owns the channel.
func serve(t testing.TB, s Server) *serving {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	out := &serving{address: listener.Addr().String(), incoming: make(chan *Incoming, 64), refused: make(chan error, 4096)}
	s.Handle = func(ctx context.Context, in *Incoming) {
		out.incoming <- in
		<-ctx.Done()
	}
	if s.Refused == nil {
		s.Refused = func(_ net.Addr, why error) { out.refused <- why }
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, listener) }()
	out.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	t.Cleanup(out.stop)
	return out
}

func (s *serving) dial(t testing.TB) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// connect opens one channel over loopback and gives both ends.
func connect(t testing.TB, p *pair) (src, dst *Conn) {
	t.Helper()
	s := serve(t, Server{Lookup: p.lookup})
	return s.connect(t, p, 1)
}

func (s *serving) connect(t testing.TB, p *pair, flow uint64) (src, dst *Conn) {
	t.Helper()
	return s.open(t, p, flow, Dial)
}

func (s *serving) open(t testing.TB, p *pair, flow uint64, open func(context.Context, net.Conn, Session, Open) (*Conn, error)) (src, dst *Conn) {
	t.Helper()
	accepted := make(chan *Conn, 1)
	go func() {
		defer close(accepted)
		select {
		case in := <-s.incoming:
			c, err := in.Accept()
			if err != nil {
				t.Errorf("Accept: %v", err)
				return
			}
			accepted <- c
		case err := <-s.refused:
			t.Errorf("refused: %v", err)
		}
	}()
	src, err := open(context.Background(), s.dial(t), p.source, openOf(flow))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(src.Reset)
	dst, ok := <-accepted
	if !ok {
		t.FailNow()
	}
	t.Cleanup(dst.Reset)
	return src, dst
}

// everyProtection calls test for each way in which a channel can carry a flow here.
func everyProtection(t *testing.T, test func(t *testing.T, change func(*pair))) {
	t.Helper()
	for _, protection := range []struct {
		mode   engine.Mode
		cipher engine.Cipher
	}{
		{engine.Sealed, engine.AES256GCM}, {engine.Sealed, engine.ChaCha20Poly1305}, {engine.Plain, engine.AES256GCM},
	} {
		if protection.cipher == engine.ChaCha20Poly1305 && fips140.Enforced() {
			continue // that it is refused has a test of its own
		}
		t.Run(fmt.Sprintf("%v %v", protection.mode, protection.cipher), func(t *testing.T) {
			test(t, func(p *pair) {
				p.setTerms(func(t *Terms) { t.Mode, t.Cipher = protection.mode, protection.cipher })
			})
		})
	}
}

func (p *pair) setTerms(change func(*Terms)) {
	change(&p.source.Terms)
	change(&p.target.Terms)
}

func TestChannelCarriesBytesBothWaysAndEndsInOrder(t *testing.T) {
	everyProtection(t, func(t *testing.T, change func(*pair)) {
		src, dst := connect(t, newPair(t, change))
		up, down := make([]byte, 3<<20), make([]byte, 5<<20+7)
		rand.Read(up)
		rand.Read(down)

		var sending sync.WaitGroup
		write := func(c *Conn, data []byte) {
			if _, err := c.Write(data); err != nil {
				t.Errorf("Write: %v", err)
			}
			if err := c.CloseWrite(); err != nil {
				t.Errorf("CloseWrite: %v", err)
			}
		}
		read := func(c *Conn, want []byte) {
			if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, want) {
				t.Errorf("read %d bytes, %v; want %d", len(got), err, len(want))
			}
		}
		sending.Go(func() { write(src, up) })
		sending.Go(func() { write(dst, down) })
		sending.Go(func() { read(dst, up) })
		sending.Go(func() { read(src, down) })
		sending.Wait()

		for _, c := range []*Conn{src, dst} {
			if err := c.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			if err := c.Close(); err != nil {
				t.Errorf("second Close: %v", err)
			}
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, ErrReset) {
				t.Errorf("Read after Close: %v", err)
			}
		}
		if s := src.Stats(); s.BytesOut != uint64(len(up)) || s.BytesIn != uint64(len(down)) || s.Group != "X25519MLKEM768" {
			t.Errorf("Stats: %+v", s)
		}
	})
}
