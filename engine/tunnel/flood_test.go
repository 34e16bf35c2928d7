package tunnel

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"lockwire/engine"
)

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
		near, err := d.Connect(t.Context(), session)
		if err != nil {
			t.Fatal(err)
		}
		defer near.Close()
		send(t, near, "as before")
		s.target.receives("as before")
		s.mu.Lock()
		close(s.hold)
		s.mu.Unlock()
		<-results
		<-results
	})
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
