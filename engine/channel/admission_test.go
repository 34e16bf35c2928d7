package channel

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"lockwire/engine/channel/admission"
)

func TestFiveHundredSilentConnectionsDoNotKeepAGoodOneOut(t *testing.T) {
	p := newPair(t, nil)
	closed := make(chan error, 500)
	s := serve(t, Server{Lookup: p.lookup, Refused: func(_ net.Addr, why error) { closed <- why }})
	silent := make([]net.Conn, 500)
	for i := range silent {
		silent[i] = s.dial(t)
	}
	src, dst := s.connect(t, p, 1)
	go func() {
		_, _ = dst.Write([]byte("good"))
		_ = dst.CloseWrite()
	}()
	if got, err := io.ReadAll(src); err != nil || string(got) != "good" {
		t.Errorf("read %q, %v", got, err)
	}
	// More than one address may wait with were evicted at once, the oldest first; the others within the wait.
	for range len(silent) - admission.DefaultBounds().WaitingPerAddress {
		if why := <-closed; !errors.Is(why, ErrBusy) && !errors.Is(why, ErrClientHello) {
			t.Errorf("reported: %v", why)
		}
	}
}

func TestSilentConnectionIsClosedAfterTheWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for name, sent := range map[string][]byte{"silent": nil, "slow": {22, 3, 1, 1, 0, 1, 0, 0, 252}} {
			start := time.Now()
			first, second := newMemoryPair(nil, nil)
			var why error
			s := Server{Refused: func(_ net.Addr, err error) { why = err }}
			if err := first.out.write(sent); err != nil {
				t.Fatal(err)
			}
			s.serve(context.Background(), second, admission.New(admission.DefaultBounds()))
			if took := time.Since(start); took != 2*time.Second || !errors.Is(why, ErrClientHello) {
				t.Errorf("%s: closed after %v, reported %v", name, took, why)
			}
		}
	})
}

// brokenListener fails a few times before it works.
type brokenListener struct {
	net.Listener
	failures int
}

func (l *brokenListener) Accept() (net.Conn, error) {
	if l.failures > 0 {
		l.failures--
		return nil, errors.New("accept: too many open files")
	}
	return l.Listener.Accept()
}

func TestServerOutlastsFailedAccepts(t *testing.T) {
	p := newPair(t, nil)
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	delivered := make(chan struct{})
	s := Server{Lookup: p.lookup, Handle: func(_ context.Context, in *Incoming) { close(delivered) }}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, &brokenListener{inner, 2}) }()
	conn, err := net.Dial("tcp", inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = Dial(ctx, conn, p.source, openOf(1))
	<-delivered
	cancel()
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}
