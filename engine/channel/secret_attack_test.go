package channel

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"

	"lockwire/engine/channel/admission"
	"lockwire/engine/secret"
)

// Destroy comes at every step of a join and of a founding, at either end. When it returns, no key is left that came of the secret but
// those of open channels.
func TestWipeDuringJoin(t *testing.T) {
	gone := func(t *testing.T, s *Secret) {
		t.Helper()
		if !s.k.Destroyed() || s.source.chain != nil || s.source.doubtful != nil || len(s.target.chains) != 0 || len(s.unanswered) != 0 {
			t.Errorf("something of the secret is left: %+v", s)
		}
	}
	dead := func(t *testing.T, c *Conn) {
		t.Helper()
		destroyed := func(k *secret.Key) bool { return k == nil || k.Destroyed() }
		if !destroyed(c.in.opener.d.secret) || !destroyed(c.out.sealer.d.secret) || c.in.opener.d.aead != nil || c.out.sealer.d.aead != nil ||
			!destroyed(c.opening.flow) || c.opening.chain != nil {
			t.Error("keys of a channel without an answer are left")
		}
	}
	t.Run("at the source, the flight is under way", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			base := founded(t, nil)
			conn, _ := newMemoryPair(nil, nil)
			failed := make(chan error, 1)
			go func() { _, err := Connect(context.Background(), conn, base.p.source, openOf(2)); failed <- err }()
			synctest.Wait()
			s := base.p.source.Secret
			for one := range s.unanswered {
				defer dead(t, one.(*Conn))
			}
			if len(s.unanswered) != 1 {
				t.Fatalf("%d connections without an answer", len(s.unanswered))
			}
			s.Destroy()
			gone(t, s)
			if err := <-failed; !errors.Is(err, ErrNoSession) {
				t.Errorf("the join: %v", err)
			}
		})
	})
	t.Run("at the target, the backend is dialled", func(t *testing.T) {
		for _, joins := range []bool{true, false} {
			bubble(t, func(t *testing.T) {
				base := newFlow(t, nil)
				if joins {
					base = founded(t, nil)
				}
				dialling, answered := make(chan *Conn), make(chan error, 1)
				server := Server{Lookup: base.p.lookup, Handle: func(ctx context.Context, in *Incoming) {
					dialling <- in.conn
					<-ctx.Done() // the watch tells it
					_, err := in.Accept()
					answered <- err
				}}
				first, second := newMemoryPair(nil, nil)
				var running sync.WaitGroup
				running.Go(func() { server.serve(context.Background(), second, admission.New(admission.DefaultBounds())) })
				running.Go(func() {
					if _, err := Connect(context.Background(), first, base.p.source, openOf(2)); err == nil {
						t.Error("the source has a channel")
					}
				})
				c := <-dialling
				base.p.target.Secret.Destroy()
				gone(t, base.p.target.Secret)
				dead(t, c)
				if err := <-answered; err == nil {
					t.Error("it was accepted")
				}
				running.Wait()
			})
		}
	})
	t.Run("at the target, before the flight", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			base := founded(t, nil)
			f := base.p.flight(t, openOf(2))
			base.p.target.Secret.Destroy()
			gone(t, base.p.target.Secret)
			if err := send(t, base.p.lookup, f); !errors.Is(err, ErrNoSession) {
				t.Errorf("reported %v", err)
			}
		})
	})
	t.Run("at the target, keys of skipped numbers are there", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			base := founded(t, nil)
			base.p.flight(t, openOf(2))
			if err := base.p.deliver(base.p.flight(t, openOf(3))); err != nil {
				t.Fatal(err)
			}
			skipped := base.p.chain(t).skipped[0].flow
			base.p.target.Secret.Destroy()
			gone(t, base.p.target.Secret)
			if !skipped.Destroyed() {
				t.Error("the key of a skipped number is left")
			}
		})
	})
	t.Run("at the source, the founding is under way", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			for name, waits := range map[string]func(*pair, *memoryConn) error{
				"in the handshake": func(p *pair, conn *memoryConn) error {
					_, err := Connect(context.Background(), conn, p.source, openOf(1))
					return err
				},
			} {
				p := newPair(t, nil)
				conn, _ := newMemoryPair(nil, nil)
				failed := make(chan error, 1)
				go func() { failed <- waits(p, conn) }()
				synctest.Wait()
				p.source.Secret.Destroy()
				gone(t, p.source.Secret)
				if err := <-failed; !errors.Is(err, ErrNoSession) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	})
	t.Run("at the source, it has proven the target and waits for the answer", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			p := newPair(t, nil)
			first, second := newMemoryPair(nil, nil)
			server := Server{Lookup: p.lookup, Handle: func(ctx context.Context, in *Incoming) { <-ctx.Done() }}
			var running sync.WaitGroup
			running.Go(func() { server.serve(context.Background(), second, admission.New(admission.DefaultBounds())) })
			proven, err := Handshake(context.Background(), first, p.source)
			if err != nil {
				t.Fatal(err)
			}
			running.Go(func() {
				if _, err := proven.Open(context.Background(), openOf(1)); err == nil {
					t.Error("it is open")
				}
			})
			synctest.Wait()
			p.source.Secret.Destroy()
			gone(t, p.source.Secret)
			dead(t, proven.conn)
			running.Wait()
		})
	})
	t.Run("while joins run, at any moment", func(t *testing.T) {
		for range 20 {
			p := newPair(t, nil)
			s := serve(t, Server{Lookup: p.lookup})
			accepting := make(chan struct{})
			go func() {
				defer close(accepting)
				for in := range s.incoming {
					_, _ = in.Accept()
				}
			}()
			c, err := Connect(context.Background(), s.dial(t), p.source, openOf(1))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Reset()
			var joining sync.WaitGroup
			for number := range uint64(8) {
				conn := s.dial(t)
				joining.Go(func() {
					if c, err := Connect(context.Background(), conn, p.source, openOf(number+2)); err == nil {
						c.Reset()
					}
				})
			}
			for range rand.IntN(2000) {
				runtime.Gosched()
			}
			for _, end := range []*Secret{p.target.Secret, p.source.Secret} {
				end.Destroy()
				gone(t, end)
			}
			joining.Wait()
			s.stop()
			close(s.incoming)
			<-accepting
		}
	})
}

// Either end is put back to an earlier moment, as a virtual machine is. The same number comes again, and with the same key of the
// flow; but no key that seals anything does.
func TestRollbackSnapshot(t *testing.T) {
	bubble(t, func(t *testing.T) {
		base := founded(t, nil)
		base.mustJoin(t, 2)
		p := base.p
		snapshot := func(c *chain) func() {
			var link []byte
			next := c.next
			_ = c.link.Use(func(bytes []byte) { link = append(link, bytes...) })
			return func() {
				c.next = next
				_ = c.link.Change(func(bytes []byte) { copy(bytes, link) })
			}
		}
		source, target := p.source.Secret.source.chain, p.chain(t)
		keys := make(map[string]bool)
		note := func(what string, f flight, c *Conn) {
			t.Helper()
			for _, key := range []*secret.Key{c.in.opener.d.secret, c.out.sealer.d.secret} {
				_ = key.Use(func(bytes []byte) {
					if keys[string(bytes)] {
						t.Errorf("%s: the same key twice", what)
					}
					keys[string(bytes)] = true
				})
			}
		}
		openKeys := make(map[[keySize]byte]bool)
		take := func(what string, f flight) {
			t.Helper()
			_ = target.link.Use(func(link []byte) {
				var flow, key [keySize]byte
				digest := sha256.Sum256(f.head())
				if err := errors.Join(expandInto(flow[:], "flow", link, flowLabel), expandInto(key[:], "open", flow[:], joinOpenLabel, digest[:])); err != nil {
					t.Fatal(err)
				}
				if what != "the target was put back" && openKeys[key] {
					t.Errorf("%s: the key of open twice", what)
				}
				openKeys[key] = true
			})
			_, conn := newMemoryPair(nil, nil)
			c, _, err := p.target.takeJoin(conn, bytes.Clone(f))
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			note(what, f, c)
			c.Reset()
		}
		restoreSource, restoreTarget := snapshot(source), snapshot(target)
		first := p.flight(t, openOf(3))
		take("at first", first)
		restoreTarget()
		take("the target was put back", first) // the same flight: it is taken again, with other random bytes
		restoreTarget()
		restoreSource()
		second := p.flight(t, openOf(3))
		if second.number() != first.number() || bytes.Equal(second.sealed()[:nonceSize], first.sealed()[:nonceSize]) {
			t.Error("the source was not put back, or sealed with the same nonce")
		}
		take("both were put back", second)
	})
}

// What memory at a moment gives: the link opens every later join of the session, a skipped key its flight; what was used is closed to
// both. That nothing else is there is the key scan's to show.
func TestMemoryAtT(t *testing.T) {
	bubble(t, func(t *testing.T) {
		base := founded(t, nil)
		p := base.p
		ended := p.flight(t, openOf(2))
		skipped := p.flight(t, openOf(3))
		if err := p.deliver(ended); err != nil {
			t.Fatal(err)
		}
		if err := p.deliver(p.flight(t, openOf(4))); err != nil {
			t.Fatal(err)
		}
		var memory [][]byte
		keep := func(bytes []byte) { memory = append(memory, append([]byte(nil), bytes...)) }
		chain := p.chain(t)
		_ = chain.link.Use(keep)
		_ = chain.skipped[0].flow.Use(keep)
		later := p.flight(t, openOf(5))
		opens := func(f flight) bool {
			var flows [][]byte
			link := bytes.Clone(memory[0])
			secret.Do(func() {
				for range 10 {
					flow := make([]byte, keySize)
					if err := errors.Join(expandInto(flow, "flow", link, flowLabel), step(link)); err != nil {
						t.Fatal(err)
					}
					flows = append(flows, flow)
				}
			})
			for _, flow := range append(flows, memory[1]) {
				if _, err := f.openOnce(p.source.Terms.Cipher, flow, make([]byte, 0, maximumOpen)); err == nil {
					return true
				}
			}
			return false
		}
		if !opens(later) || !opens(skipped) {
			t.Error("the exceptions of the claim do not open: the test shows nothing")
		}
		if opens(ended) {
			t.Error("a flow that had ended opens")
		}
	})
}
