package tunnel

import (
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
)

// from dials from an address of its own, as machines elsewhere do: all of 127.0.0.0/8 is this machine's on Linux.
func from(address string) func(ctx context.Context, to string) (net.Conn, error) {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return func(ctx context.Context, to string) (net.Conn, error) { return dialer.DialContext(ctx, "tcp", to) }
}

// TestAHostileTenantAmong200 lets one of 200 tenants do all that it can while the others work: each must get through, and be carried whole.
func TestAHostileTenantAmong200(t *testing.T) {
	const tenants, amount = 200, 256 << 10
	// The times leave room for a busy machine; what the attacks leave open stays for longer by that.
	bounds := Bounds{Handshake: time.Minute, Hello: time.Minute, Unproven: 64, UnprovenPerAddress: 8, Connections: 2000, PerKey: 32, ReadyPerKey: 4, Asks: 4}
	s := newStage(t, func(c *Config) { c.Bounds = bounds })
	go func() { // the target sends back what comes
		for conn := range s.target.accepted {
			go func() {
				_, _ = io.Copy(conn, conn)
				conn.Close()
			}()
		}
	}()

	hostile := componentOf(t, s.authority)
	own := Session(engine.NewID())
	s.allow(hostile, own)
	ctx, stop := context.WithCancel(t.Context())
	var attacking sync.WaitGroup
	defer attacking.Wait()
	defer stop()
	const bad = "127.66.0.1"
	again := func(attack func() net.Conn) {
		attacking.Go(func() {
			var held []net.Conn
			for ctx.Err() == nil {
				if conn := attack(); conn != nil {
					held = append(held, conn)
				}
				if len(held) > 40 {
					held[0].Close()
					held = held[1:]
				}
			}
			for _, conn := range held {
				conn.Close()
			}
		})
	}
	flood := NewDialer(DialerConfig{TLS: s.clientTLS(hostile), Gateways: func() []string { return []string{s.address} }, Dial: from(bad)})
	defer flood.Close()
	dial := from(bad)
	again(func() net.Conn { // half-open handshakes
		conn, err := dial(ctx, s.address)
		if err != nil {
			return nil
		}
		_, _ = conn.Write([]byte{recordHandshake, 3, 1, 2, 0, 1})
		return conn
	})
	again(func() net.Conn { // garbage
		conn, err := dial(ctx, s.address)
		if err != nil {
			return nil
		}
		_, _ = conn.Write(make([]byte, 4096))
		return conn
	})
	again(func() net.Conn { // a key that is proven, and nothing said
		p, err := flood.prove(ctx, s.address)
		if err != nil {
			return nil
		}
		return p.tcp
	})
	again(func() net.Conn { // sessions that it guesses
		conn, err := flood.ConnectAt(ctx, s.address, Session(engine.NewID()))
		if err == nil {
			return conn
		}
		return nil
	})
	again(func() net.Conn { // a session of its own, of which it reads nothing
		conn, err := flood.ConnectAt(ctx, s.address, own)
		if err != nil {
			return nil
		}
		_ = conn.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
		_, _ = conn.Write(make([]byte, 64<<10))
		return conn
	})

	var working sync.WaitGroup
	atOnce := make(chan struct{}, 8) // they come one after the other, as this machine bears it, and stay
	carried := make(chan error, tenants)
	for n := range tenants - 1 {
		certificate := componentOf(t, s.authority)
		session := Session(engine.NewID())
		s.allow(certificate, session)
		working.Go(func() {
			carried <- s.works(certificate, session, from(fmt.Sprintf("127.1.%d.%d", n/100, n%100+1)), amount, atOnce)
		})
	}
	working.Wait()
	close(carried)
	for err := range carried {
		if err != nil {
			t.Error(err)
		}
	}
	s.gateway.holders.mu.Lock()
	defer s.gateway.holders.mu.Unlock()
	if holder := s.gateway.holders.byKey[keyOf(hostile)]; holder != nil && (len(holder.live) > bounds.PerKey || holder.waiting.Len() > bounds.ReadyPerKey || holder.asks > bounds.Asks) {
		t.Errorf("the hostile one has %d connections, %d waiting, %d questions", len(holder.live), holder.waiting.Len(), holder.asks)
	}
	if len(s.gateway.holders.allowed[own.Session]) == 0 || s.askedFor(own) == 0 {
		t.Error("the hostile one did nothing") // a check that cannot fail is none
	}
}

// works carries some bytes there and back, as one tenant.
func (s *stage) works(certificate *tls.Certificate, session Destination, dial func(context.Context, string) (net.Conn, error), amount int, atOnce chan struct{}) error {
	d := NewDialer(DialerConfig{TLS: s.clientTLS(certificate), Gateways: func() []string { return []string{s.address} }, Dial: dial})
	defer d.Close()
	atOnce <- struct{}{}
	conn, err := d.Connect(s.t.Context(), session)
	<-atOnce
	if err != nil {
		return err
	}
	defer conn.Close()
	sent := make(chan error, 1)
	go func() {
		_, err := conn.Write(make([]byte, amount))
		sent <- errors.Join(err, conn.CloseWrite())
	}()
	got, err := io.Copy(io.Discard, conn)
	if unsent := <-sent; err == nil {
		err = unsent
	}
	if err == nil && got != int64(amount) {
		err = fmt.Errorf("%d of %d bytes came back", got, amount)
	}
	return err
}
