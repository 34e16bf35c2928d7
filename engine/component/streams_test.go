package component

import (
	"errors"
	"net"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/wire"
)

// A further stream joins a connection that is open, of the same session, service and number of streams at once, under a number that it
// has not had, while there are not as many as may be. Else the target refuses it, and dials nothing.
func TestWhichStreamsATargetTakes(t *testing.T) {
	p := newPair(t, engine.Sealed, func(r *testRoute) { r.change = func(o *wire.Offer) { o.Streams = 3 } })
	tool := p.dial(t)
	roundTrip(t, tool, "hello")
	s := p.source.attachments[0].sessions.All()[0]
	join := func(change func(*channel.Open)) (*channel.Conn, error) {
		conn, err := net.Dial("tcp", s.Proven().String())
		if err != nil {
			t.Fatal(err)
		}
		open := channel.Open{Flow: 1, Streams: 3, Service: s.Offer.Service}
		change(&open)
		return channel.Connect(t.Context(), conn, s.Channel, open)
	}
	refused := func(name string, want channel.Reason, change func(*channel.Open)) {
		t.Helper()
		conn, err := join(change)
		if err == nil {
			conn.Reset()
		}
		if refusal := (*channel.RefusedError)(nil); !errors.As(err, &refusal) || refusal.Reason != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	numbered := func(n uint16) func(*channel.Open) { return func(o *channel.Open) { o.Stream = n } }

	refused("a connection that is not open", channel.ReasonOther, func(o *channel.Open) { o.Flow, o.Stream = 99, 1 })
	refused("another number of streams at once", channel.ReasonOther, func(o *channel.Open) { o.Stream, o.Streams = 1, 4 })
	refused("a first stream with another number", channel.ReasonOther, func(o *channel.Open) { o.Flow, o.Streams = 100, 2 })
	refused("another service", channel.ReasonUnknownService, func(o *channel.Open) { o.Stream, o.Service = 1, engine.NewID() })
	var joined []*channel.Conn
	for _, n := range []uint16{5, 65_535} {
		conn, err := join(numbered(n))
		if err != nil {
			t.Fatalf("stream %d: %v", n, err)
		}
		defer conn.Reset()
		joined = append(joined, conn)
	}
	refused("more than may be at once", channel.ReasonOther, numbered(7))
	for _, conn := range joined {
		conn.Reset()
	}
	roundTrip(t, tool, "what a lost stream carried goes over the one that is left")
	refused("a number that was used, by a stream that is lost", channel.ReasonOther, numbered(5))
	refused("the first stream again", channel.ReasonFlowUsed, numbered(0))
	if n := p.backend.connections(); n != 1 {
		t.Errorf("the backend got %d connections", n)
	}
	finish(t, tool)
	for began, n := time.Now(), uint16(100); ; n++ { // until the target has heard of the end, too
		conn, err := join(numbered(n))
		if err != nil {
			break
		}
		conn.Reset()
		if time.Since(began) > patience {
			t.Fatal("a connection that has ended takes streams")
		}
	}
}
