package channel

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"lockwire/engine"
	"lockwire/engine/channel/admission"
	"lockwire/engine/secret"
)

// TestPeersThatMustNotOpenAChannel runs whole flows in memory between ends that were told different things.
func TestPeersThatMustNotOpenAChannel(t *testing.T) {
	otherKey := func(s *Session) {
		k, err := secret.New()
		if err != nil {
			t.Fatal(err)
		}
		s.Secret = NewSecret(k)
		t.Cleanup(s.Secret.Destroy)
	}
	other := certificates()[2]
	otherID := KeyIDOf(other.Leaf)
	for name, test := range map[string]struct {
		change           func(*pair)
		dialled, refused error // what the source gets and what the target reports; nil: any error
	}{
		"another component as the source": {
			func(p *pair) { p.source.Certificate, p.source.Terms.Source = other, otherID },
			ErrRefusedByTarget, ErrPeerKey,
		},
		"another component as the target": {
			func(p *pair) { p.target.Certificate, p.target.Terms.Target = other, otherID },
			ErrPeerKey, nil,
		},
		"source with another K":                 {func(p *pair) { otherKey(&p.source) }, ErrTruncated, ErrRecord},
		"target whose K was wiped":              {func(p *pair) { p.target.Secret.Destroy() }, nil, ErrNoSession},
		"source whose K was wiped":              {func(p *pair) { p.source.Secret.Destroy() }, ErrNoSession, nil},
		"sealed flipped to plain at the target": {func(p *pair) { p.target.Terms.Mode = engine.Plain }, ErrTruncated, ErrRecord},
		"sealed flipped to plain at the source": {func(p *pair) { p.source.Terms.Mode = engine.Plain }, ErrTruncated, ErrRecord},
		"another route":                         {func(p *pair) { p.source.Terms.Route = engine.NewID() }, ErrTruncated, ErrRecord},
		"the same id in another installation":   {func(p *pair) { p.source.Terms.Installation = engine.NewID() }, ErrTruncated, ErrRecord},
		"another session of the same peers":     {func(p *pair) { p.source.Terms.Session = engine.NewID() }, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := newFlow(t, test.change)
				f.run(t, 1)
				if f.delivered != nil {
					t.Error("the flow was delivered")
				}
				if f.dialled == nil || (test.dialled != nil && !errors.Is(f.dialled, test.dialled)) {
					t.Errorf("Dial: %v; want %v", f.dialled, test.dialled)
				}
				if f.refused == nil || (test.refused != nil && !errors.Is(f.refused, test.refused)) {
					t.Errorf("reported: %v; want %v", f.refused, test.refused)
				}
			})
		})
	}
}

func TestUnknownSessionIsRefusedBeforeAnythingIsSigned(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newFlow(t, nil)
		first, second := newMemoryPair(nil, func(written []byte) [][]byte {
			t.Errorf("the target answered with %d bytes", len(written))
			return nil
		})
		var refused error
		server := Server{
			Lookup:  func(engine.ID) (*Session, error) { return nil, ErrNoSession },
			Handle:  func(context.Context, *Incoming) { t.Error("the flow was delivered") },
			Refused: func(_ net.Addr, why error) { refused = why },
		}
		var serving sync.WaitGroup
		serving.Go(func() { server.serve(context.Background(), second, admission.New(admission.DefaultBounds())) })
		if _, err := Dial(context.Background(), first, f.p.source, openOf(1)); err == nil {
			t.Error("Dial succeeded")
		}
		serving.Wait()
		if !errors.Is(refused, ErrNoSession) {
			t.Errorf("reported: %v", refused)
		}
	})
}

// TestOtherTLSIsRefused speaks TLS to a target as a source must not.
func TestOtherTLSIsRefused(t *testing.T) {
	for name, change := range map[string]func(*tls.Config){
		"the right one (a check of this test)": nil,
		"TLS 1.2":                              func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 },
		"no ALPN":                              func(c *tls.Config) { c.NextProtos = nil },
		"another ALPN":                         func(c *tls.Config) { c.NextProtos = []string{"h2"} },
		"no certificate":                       func(c *tls.Config) { c.Certificates = nil },
		"no post-quantum key exchange":         func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.CurveP256} },
		"no server name":                       func(c *tls.Config) { c.ServerName = "" },
		"a server name that is no session":     func(c *tls.Config) { c.ServerName = "backup.example" },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, nil)
			s := serve(t, Server{Lookup: p.lookup})
			checked, config := p.sourceTLS(t)
			if change != nil {
				config.VerifyConnection = nil
				change(config)
			}
			conn := s.dial(t)
			dialled := make(chan error, 1)
			go func() {
				c, err := establish(context.Background(), conn, func() *tls.Conn { return tls.Client(&feed{Conn: conn}, config) }, checked, source)
				if err == nil {
					_, err = (&Proven{conn: c}).Open(context.Background(), openOf(1))
				}
				conn.Close()
				dialled <- err
			}()
			select {
			case in := <-s.incoming:
				if change != nil {
					t.Error("the flow was delivered")
				}
				in.conn.Reset()
				<-dialled
			case why := <-s.refused:
				if change == nil {
					t.Errorf("refused: %v", why)
				}
				if <-dialled == nil {
					t.Error("the source believes that it has a channel")
				}
			}
		})
	}
}

func TestFlowNumberIsAcceptedOnce(t *testing.T) {
	p := newPair(t, nil)
	s := serve(t, Server{Lookup: p.lookup})
	s.connect(t, p, 7)
	_, err := Dial(context.Background(), s.dial(t), p.source, openOf(7))
	var refused *RefusedError
	if !errors.As(err, &refused) || refused.Reason != ReasonFlowUsed {
		t.Errorf("Dial: %v", err)
	}
	if why := <-s.refused; !errors.Is(why, ErrFlowUsed) {
		t.Errorf("reported: %v", why)
	}
	s.connect(t, p, 8)
}

func TestFlowNumbers(t *testing.T) {
	var f FlowNumbers
	for _, step := range []struct {
		number uint64
		fresh  bool
	}{
		{5, true}, {5, false}, {3, true}, {3, false}, {6, true}, {4, true}, {4, false},
		{100, true}, {99, true}, {6, false}, {7, true},
		{100 + flowWindow - 1, true}, {100, false}, {101, true}, {99, false}, // 99 is too old to tell
		{1 << 40, true}, {100 + flowWindow - 1, false}, {1<<40 - flowWindow, false}, {1<<40 - flowWindow + 1, true},
		{1<<64 - 1, true}, {1<<64 - 1, false}, {1<<64 - 2, true}, {0, false},
	} {
		if err := f.Take(step.number); (err == nil) != step.fresh || (err != nil && !errors.Is(err, ErrFlowUsed)) {
			t.Errorf("Take(%d) = %v; want fresh %v", step.number, err, step.fresh)
		}
	}
}

func TestRefusalCarriesReasonAndDetail(t *testing.T) {
	p := newPair(t, nil)
	s := serve(t, Server{Lookup: p.lookup})
	go func() {
		in := <-s.incoming
		if !reflect.DeepEqual(in.Open(), openOf(1)) || in.Terms() != p.target.Terms {
			t.Errorf("open %+v of %+v", in.Open(), in.Terms())
		}
		if err := in.Refuse(ReasonBackendUnreachable, "127.0.0.1:8000: connection refused\n\x1b[31m"); err != nil {
			t.Errorf("Refuse: %v", err)
		}
		if err := in.Refuse(ReasonOther, ""); err == nil {
			t.Error("a second answer was possible")
		}
		if _, err := in.Accept(); err == nil {
			t.Error("Accept after Refuse was possible")
		}
	}()
	_, err := Dial(context.Background(), s.dial(t), p.source, openOf(1))
	var refused *RefusedError
	if !errors.As(err, &refused) || refused.Reason != ReasonBackendUnreachable || refused.Detail != "127.0.0.1:8000: connection refused  [31m" {
		t.Errorf("Dial: %v", err)
	}
}

func TestUnknownExtensionIsRefused(t *testing.T) {
	p := newPair(t, nil)
	s := serve(t, Server{Lookup: p.lookup})
	proven, err := Handshake(context.Background(), s.dial(t), p.source)
	if err != nil {
		t.Fatal(err)
	}
	defer proven.Close()
	request, err := openOf(1).marshal()
	if err != nil {
		t.Fatal(err)
	}
	if err := proven.conn.send(typeOpen, append(request, 0, 9, 0, 1, 'x')); err != nil {
		t.Fatal(err)
	}
	kind, answer, err := proven.conn.receiveOne(nil, typeOpened, typeRefused)
	if err != nil || kind != typeRefused || Reason(answer[0]) != ReasonUnknownExtension {
		t.Errorf("answer %#x %q, %v", kind, answer, err)
	}
}

func TestHandlerThatForgetsToAnswerResetsTheFlow(t *testing.T) {
	p := newPair(t, nil)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := Server{Lookup: p.lookup, Handle: func(context.Context, *Incoming) {}}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, listener) }()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Dial(context.Background(), conn, p.source, openOf(1)); !errors.Is(err, ErrTruncated) {
		t.Errorf("Dial: %v", err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	p := newPair(t, nil)
	s := serve(t, Server{Lookup: p.lookup})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-s.incoming // and no answer
		cancel()
	}()
	if _, err := Dial(ctx, s.dial(t), p.source, openOf(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Dial: %v", err)
	}
}

func TestHandshakeEndsWithItsContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPair(t, nil)
		silent, _ := newMemoryPair(nil, nil)
		if _, err := Handshake(context.Background(), silent, p.source); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Handshake with a peer that is silent: %v", err)
		}
		if !silent.closed {
			t.Error("the connection was left open")
		}
	})
}

func TestServerThatStopsResetsItsFlows(t *testing.T) {
	p := newPair(t, nil)
	s := serve(t, Server{Lookup: p.lookup})
	src, _ := s.connect(t, p, 1)
	s.stop()
	if _, err := io.ReadAll(src); !errors.Is(err, ErrTruncated) {
		t.Errorf("Read: %v", err)
	}
}

func TestRacingHandshakesOnlyTheWinnerOpens(t *testing.T) {
	p := newPair(t, nil)
	s := serve(t, Server{Lookup: p.lookup})
	var delivered atomic.Int32
	loser, err := Handshake(context.Background(), s.dial(t), p.source)
	if err != nil {
		t.Fatal(err)
	}
	winner, err := Handshake(context.Background(), s.dial(t), p.source)
	if err != nil {
		t.Fatal(err)
	}
	loser.Close()
	var accepting sync.WaitGroup
	accepting.Go(func() {
		in := <-s.incoming
		delivered.Add(1)
		if _, err := in.Accept(); err != nil {
			t.Errorf("Accept: %v", err)
		}
	})
	c, err := winner.Open(context.Background(), openOf(1))
	if err != nil {
		t.Fatal(err)
	}
	accepting.Wait()
	c.Reset()
	<-s.refused // the loser
	if delivered.Load() != 1 {
		t.Errorf("%d flows were delivered", delivered.Load())
	}
}

func TestSessionsThatCannotWorkAreRefusedAtOnce(t *testing.T) {
	for name, change := range map[string]func(*Session){
		"no key":             func(s *Session) { s.Secret = nil },
		"no certificate":     func(s *Session) { s.Certificate = tls.Certificate{} },
		"wrong certificate":  func(s *Session) { s.Certificate = certificates()[2] },
		"no mode":            func(s *Session) { s.Terms.Mode = 0 },
		"no cipher":          func(s *Session) { s.Terms.Cipher = 0 },
		"no installation":    func(s *Session) { s.Terms.Installation = "" },
		"no session":         func(s *Session) { s.Terms.Session = "" },
		"no route":           func(s *Session) { s.Terms.Route = "x" },
		"one key":            func(s *Session) { s.Terms.Target = s.Terms.Source },
		"records of 2 MiB":   func(s *Session) { s.Sizes.Plaintext = 2 << 20 },
		"negative records":   func(s *Session) { s.Sizes.Interactive = -1 },
		"rekey at each byte": func(s *Session) { s.Sizes.RekeyBytes = 1 },
		"never rekeys":       func(s *Session) { s.Sizes.RekeyRecords = 1 << 40 },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, nil)
			change(&p.source)
			if _, err := p.source.check(source); err == nil {
				t.Error("it was accepted")
			}
		})
	}
}
