package channel

import (
	"context"
	"errors"
	"io"
	"testing"

	"lockwire/engine"
)

func TestPlainChannelLendsItsConnection(t *testing.T) {
	p := newPair(t, func(p *pair) { p.setTerms(func(t *Terms) { t.Mode = engine.Plain }) })
	s := serve(t, Server{Lookup: p.lookup})
	// The backend speaks first: its bytes follow "opened" at once and must not be swallowed with it.
	go func() {
		c, err := (<-s.incoming).Accept()
		if err != nil {
			t.Errorf("Accept: %v", err)
			return
		}
		raw, ok := c.Plain()
		if !ok {
			t.Error("no raw connection at the target")
			return
		}
		_, _ = raw.Write([]byte("220 banner"))
		_ = raw.CloseWrite()
		_, _ = io.Copy(io.Discard, raw)
		c.PlainEnded()
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	src, err := Dial(context.Background(), s.dial(t), p.source, openOf(1))
	if err != nil {
		t.Fatal(err)
	}
	raw, ok := src.Plain()
	if !ok {
		t.Fatal("no raw connection at the source")
	}
	if got, err := io.ReadAll(raw); err != nil || string(got) != "220 banner" {
		t.Errorf("read %q, %v", got, err)
	}
	if !src.out.sealer.d.secret.Destroyed() || !src.in.opener.d.secret.Destroyed() {
		t.Error("a plain channel keeps keys")
	}
	_ = raw.CloseWrite()
	src.PlainEnded()
	if err := src.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestSealedChannelLendsNoConnection(t *testing.T) {
	src, _ := connect(t, newPair(t, nil))
	if _, ok := src.Plain(); ok {
		t.Error("a sealed channel gave its connection away")
	}
	src.PlainEnded()
	if err := src.Close(); !errors.Is(err, ErrNotEnded) {
		t.Errorf("Close: %v", err)
	}
}
