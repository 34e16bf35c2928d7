package tunnel

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"lockwire/engine"
)

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
