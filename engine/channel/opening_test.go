package channel

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel/admission"
	"lockwire/engine/network"
)

// A peer that has proved its key and then keeps silent holds keys that come from K. They must not outlive it: whoever
// destroys K confirms to the broker that no key of the session is left.
func TestOpeningsUnderWayEndWithTheSessionsKey(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPair(t, nil)
		first, second := newMemoryPair(nil, nil)
		var refused error
		server := Server{
			Lookup:  p.lookup,
			Handle:  func(context.Context, *Incoming) { t.Error("a flow was delivered") },
			Refused: func(_ net.Addr, why error) { refused = why },
		}
		_ = second.SetLinger(0)
		var serving sync.WaitGroup
		serving.Go(func() { server.serve(context.Background(), second, admission.New(admission.DefaultBounds())) })
		proven, err := Handshake(context.Background(), first, p.source)
		if err != nil {
			t.Fatal(err)
		}
		defer proven.Close()
		synctest.Wait() // the target waits for open
		start := time.Now()
		p.target.Secret.Destroy()
		if !second.closed {
			t.Error("the opening outlived the key")
		}
		serving.Wait()
		if time.Since(start) != 0 || !errors.Is(refused, ErrNoSession) {
			t.Errorf("after %v: %v", time.Since(start), refused)
		}
		if _, _, err := proven.conn.receiveOne(nil, typeOpened); !errors.Is(err, ErrTruncated) {
			t.Errorf("the source: %v", err)
		}
	})
}

// While the backend is dialled nothing must be read for a flow whose source is there, and nothing be held for one that left.
func TestSourceThatDoesNotWaitForItsAnswerEndsTheFlow(t *testing.T) {
	for name, leave := range map[string]func(*Conn) error{
		"it resets":              func(c *Conn) error { c.Reset(); return nil },
		"it closes":              func(c *Conn) error { network.SetOrderly(c.conn); return c.conn.Close() },
		"it ends its direction":  func(c *Conn) error { return c.conn.(*net.TCPConn).CloseWrite() },
		"it sends a record":      func(c *Conn) error { return c.send(typeData, []byte("early")) },
		"it sends a single byte": func(c *Conn) error { _, err := c.conn.Write([]byte{0}); return err },
	} {
		t.Run(name, func(t *testing.T) {
			for _, mode := range []engine.Mode{engine.Sealed, engine.Plain} {
				p := newPair(t, func(p *pair) { p.setTerms(func(terms *Terms) { terms.Mode = mode }) })
				listener, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				dialling, accepted := make(chan struct{}), make(chan error, 1)
				server := Server{Lookup: p.lookup, Handle: func(ctx context.Context, in *Incoming) {
					close(dialling)
					<-ctx.Done()
					if in.conn.out.sealer.d.aead != nil || !in.conn.in.opener.d.secret.Destroyed() {
						t.Error("the keys outlived the source")
					}
					_, err := in.Accept()
					accepted <- err
				}}
				ctx, cancel := context.WithCancel(context.Background())
				served := make(chan error, 1)
				go func() { served <- server.Serve(ctx, listener) }()
				conn, err := net.Dial("tcp", listener.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				proven, err := Handshake(context.Background(), conn, p.source)
				if err != nil {
					t.Fatal(err)
				}
				request, err := openOf(1).marshal()
				if err != nil {
					t.Fatal(err)
				}
				if err := proven.conn.send(typeOpen, request); err != nil {
					t.Fatal(err)
				}
				<-dialling
				if err := leave(proven.conn); err != nil {
					t.Fatal(err)
				}
				if err := <-accepted; err == nil {
					t.Errorf("%v: the flow was accepted", mode)
				}
				proven.Close()
				cancel()
				if err := <-served; err != nil {
					t.Error(err)
				}
			}
		})
	}
}
