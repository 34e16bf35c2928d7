package channel

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel/admission"
	"lockwire/engine/secret"
)

// Each byte of the flight and of the answer: nothing is dialled for the first, no answer taken for the second, and the next join
// finds everything as it was.
func TestJoinBitFlip(t *testing.T) {
	for _, fromSource := range []bool{true, false} {
		for _, cipher := range []engine.Cipher{engine.AES256GCM, engine.ChaCha20Poly1305} {
			t.Run(fmt.Sprintf("from source %v, %v", fromSource, cipher), func(t *testing.T) {
				t.Parallel()
				bubble(t, func(t *testing.T) {
					base := founded(t, func(p *pair) { p.setTerms(func(terms *Terms) { terms.Cipher = cipher }) })
					step, flips := 1, 0
					if raced {
						step = 7
					}
					number := uint64(1)
					for n := 0; ; n += step {
						before := base.p.chain(t).next
						attack := &flip{record: 0, n: n, bit: n % 8}
						f := base.again()
						if fromSource {
							f.fromSource = attack.tamper
						} else {
							f.fromDest = attack.tamper
						}
						number++
						f.run(t, number)
						if !attack.done {
							break
						}
						flips++
						if err := f.check(number); err != nil || f.dialled == nil {
							t.Fatalf("byte %d: %v, the source got %v", n, err, f.dialled)
						}
						if fromSource && (f.delivered != nil || base.p.chain(t).next != before) {
							t.Fatalf("byte %d of the flight: the target took it", n)
						}
						number++
						base.mustJoin(t, number)
					}
					want := flightOverhead + openSize
					if !fromSource {
						want = answerHead + overhead
					}
					if flips != (want+step-1)/step {
						t.Errorf("%d bytes were flipped, not %d", flips, want)
					}
				})
			})
		}
	}
}

// A recorded flight is taken once, wherever and whenever it is sent again.
func TestJoinReplay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		base := founded(t, nil)
		var recorded [][]byte
		f := base.again()
		f.fromSource = func(written []byte) [][]byte {
			recorded = append(recorded, bytes.Clone(written))
			return [][]byte{written}
		}
		f.run(t, 2)
		if !f.whole() {
			t.Fatal(f.dialled)
		}
		refused := func(when string, lookup func(engine.ID) (*Session, error), want error) {
			t.Helper()
			for _, sent := range [][][]byte{recorded[:1], recorded} { // the flight, and all of the flow
				if err := send(t, lookup, sent...); !errors.Is(err, want) && len(sent) == 1 || err == nil {
					t.Errorf("%s: reported %v", when, err)
				}
			}
		}
		refused("at once", base.p.lookup, errNoJoin)
		base.mustJoin(t, 3)
		refused("after another one", base.p.lookup, errNoJoin)
		time.Sleep(11 * time.Second)
		refused("after 11 s", base.p.lookup, errNoJoin)
		refused("after the target was started again", func(engine.ID) (*Session, error) { return nil, ErrNoSession }, ErrNoSession)
		fresh := newPair(t, func(p *pair) { p.target.Terms = base.p.target.Terms })
		refused("at a target that has the session anew", fresh.lookup, errNoJoin)
		source := base.p.source
		source.Flows = new(FlowNumbers)
		refused("reflected to the source", func(engine.ID) (*Session, error) { return &source, nil }, errNoJoin)
		base.mustJoin(t, 4)
	})
}

// knockAt makes the MAC of a flight fit a chain's door.
func knockAt(c *chain, f flight) {
	_ = c.door.Use(func(door []byte) {
		mac := macOf(door, f.authenticated())
		copy(f[len(f)-macSize:], mac[:])
	})
}

// Flights are changed by somebody who even knows the door, and so can make their MAC fit.
func TestJoinSwap(t *testing.T) {
	bubble(t, func(t *testing.T) {
		one, other := founded(t, nil), founded(t, nil)
		plain := founded(t, func(p *pair) { p.setTerms(func(terms *Terms) { terms.Mode = engine.Plain }) })
		chacha := founded(t, func(p *pair) { p.setTerms(func(terms *Terms) { terms.Cipher = engine.ChaCha20Poly1305 }) })
		knock := func(f flight, p *pair) flight {
			knockAt(p.chain(t), f)
			return f
		}
		into := func(p *pair, f flight) flight {
			id, _ := p.target.Terms.Session.Bytes()
			chain := p.chain(t)
			copy(f[atSession:], id[:])
			copy(f[atChain:], chain.id[:])
			return knock(f, p)
		}
		for name, attack := range map[string]func() (*pair, flight){
			"another number": func() (*pair, flight) {
				f := one.p.flight(t, openOf(2))
				binary.BigEndian.PutUint64(f[atNumber:], f.number()+1)
				return one.p, knock(f, one.p)
			},
			"the open of another flight": func() (*pair, flight) {
				f, g := one.p.flight(t, openOf(3)), one.p.flight(t, openOf(4))
				copy(f.sealed(), g.sealed())
				return one.p, knock(f, one.p)
			},
			"other random bytes": func() (*pair, flight) {
				f := one.p.flight(t, openOf(5))
				f[atRandom] ^= 1
				return one.p, knock(f, one.p)
			},
			"a shorter open": func() (*pair, flight) {
				f := one.p.flight(t, Open{Flow: 6, Streams: 1, Service: openOf(6).Service, Via: []engine.ID{engine.NewID()}})
				f[3]--
				return one.p, knock(f[:len(f)-1], one.p)
			},
			"another session":               func() (*pair, flight) { return other.p, into(other.p, one.p.flight(t, openOf(7))) },
			"a sealed session into a plain": func() (*pair, flight) { return plain.p, into(plain.p, one.p.flight(t, openOf(8))) },
			"a plain session into a sealed": func() (*pair, flight) { return one.p, into(one.p, plain.p.flight(t, openOf(9))) },
			"another cipher":                func() (*pair, flight) { return chacha.p, into(chacha.p, one.p.flight(t, openOf(10))) },
			"another MAC": func() (*pair, flight) {
				f := one.p.flight(t, openOf(11))
				f[len(f)-1] ^= 1
				return one.p, f
			},
			"another chain of the session": func() (*pair, flight) {
				f := newFlow(t, nil)
				f.run(t, 1)
				first := f.p.source.Secret.source.chain
				way := Way{secret: f.p.source.Secret, chain: first}
				_ = way.Failed()
				again := f.again()
				again.joins = true
				again.run(t, 2)
				taken := f.p.flight(t, openOf(12))
				copy(taken[atChain:], first.id[:])
				knockAt(f.p.target.Secret.target.find(first.id), taken)
				return f.p, taken
			},
		} {
			p, f := attack()
			var before []uint64
			for _, c := range p.target.Secret.target.chains {
				before = append(before, c.next)
			}
			if err := send(t, p.lookup, f); !errors.Is(err, errNoJoin) {
				t.Errorf("%s: reported %v", name, err)
			}
			for i, c := range p.target.Secret.target.chains {
				if c.next != before[i] {
					t.Errorf("%s: the chain was stepped", name)
				}
			}
		}
		for i, f := range []*flow{one, other, plain, chacha} {
			f.mustJoin(t, uint64(100+i))
		}
	})
}

// Garbage takes no place of a handshake, and none is needed for a join: here the only place is taken all the time.
func TestJoinGarbage(t *testing.T) {
	p := newPair(t, nil)
	refused := make(chan error, 100_000)
	s := serve(t, Server{
		Lookup: func(id engine.ID) (*Session, error) {
			if id != p.target.Terms.Session {
				return nil, ErrNoSession
			}
			return &p.target, nil
		},
		Refused: func(_ net.Addr, why error) { refused <- why },
		Bounds:  admission.Bounds{Handshakes: 1, HandshakesPerSession: 1},
	})
	src, _ := s.join(t, p, 1)
	src.Reset()
	checked, err := p.source.check(source)
	if err != nil {
		t.Fatal(err)
	}
	config, err := checked.tlsConfig(p.source.Terms.Target)
	if err != nil {
		t.Fatal(err)
	}
	holding := s.dial(t) // has its place for as long as it keeps silent after the target's answer
	held, cancel := context.WithCancel(context.Background())
	defer cancel()
	silentAfterHello := &muteAfter{Conn: holding, writes: 1}
	var hold sync.WaitGroup
	hold.Go(func() { _ = tls.Client(silentAfterHello, config).HandshakeContext(held) })
	<-silentAfterHello.mute()

	template := p.flight(t, openOf(2))
	const strangers, each = 8, 200
	var knocking sync.WaitGroup
	for worker := range strangers {
		knocking.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			for i := range each {
				f := bytes.Clone(template)
				switch i % 3 {
				case 0: // nothing fits
					for at := range f[atSession:] {
						f[atSession+at] = byte(random.Uint32())
					}
				case 1: // session and chain were seen on the wire
					for at := range f[atNumber:] {
						f[atNumber+at] = byte(random.Uint32())
					}
				default: // all but the MAC was
					f[len(f)-1] ^= 1 << (i % 8)
				}
				conn, err := net.Dial("tcp", s.address)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = conn.Write(f)
				if n, err := io.ReadFull(conn, make([]byte, 1)); n != 0 || err == nil {
					t.Errorf("garbage was answered")
				}
				_ = conn.Close()
			}
		})
	}
	for number := uint64(3); number < 40; number++ {
		src, dst := s.join(t, p, number)
		src.Reset()
		dst.Reset()
	}
	knocking.Wait()
	cancel()
	hold.Wait()
	for range strangers * each {
		if why := <-refused; !errors.Is(why, errNoJoin) && !errors.Is(why, ErrNoSession) && !errors.Is(why, ErrBusy) {
			t.Fatalf("reported: %v", why)
		}
	}
}

// muteAfter lets so many writes through.
type muteAfter struct {
	net.Conn
	mu     sync.Mutex
	writes int
	muted  chan struct{}
}

// mute is closed once a write was held back.
func (m *muteAfter) mute() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.muted == nil {
		m.muted = make(chan struct{})
	}
	return m.muted
}

func (m *muteAfter) Write(p []byte) (int, error) {
	muted := m.mute()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.writes--; m.writes < 0 {
		select {
		case <-muted:
		default:
			close(m.muted)
		}
		return len(p), nil
	}
	return m.Conn.Write(p)
}

// A flight that was held back is taken while its number is among the last 256 that were skipped, and for 10 seconds.
func TestJoinHeldBack(t *testing.T) {
	for name, test := range map[string]struct {
		later int // how many numbers overtake it
		after time.Duration
		taken bool
	}{
		"by none":                  {0, time.Hour, true},
		"by one, for 9 s":          {1, 9 * time.Second, true},
		"by one, for 11 s":         {1, 11 * time.Second, false},
		"by 255":                   {255, 0, true},
		"by 256":                   {256, 0, true},
		"by 257":                   {257, 0, false},
		"by 256, for 9 s":          {256, 9 * time.Second, true},
		"the numbers 1 to 3 of it": {3, 9 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				base := founded(t, nil)
				late := base.p.flight(t, openOf(2))
				for i := range test.later - 1 {
					base.p.flight(t, openOf(uint64(3+i)))
				}
				if test.later > 0 {
					if err := base.p.deliver(base.p.flight(t, openOf(1000))); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(test.after)
				synctest.Wait()
				if err := base.p.deliver(late); (err == nil) != test.taken {
					t.Errorf("it was taken: %v", err)
				}
				if err := base.p.deliver(late); !errors.Is(err, errNoJoin) {
					t.Errorf("it was taken twice: %v", err)
				}
				if !test.taken && test.after > 0 && len(base.p.chain(t).skipped) != 0 {
					t.Errorf("keys of skipped numbers are left: %d", len(base.p.chain(t).skipped))
				}
				base.mustJoin(t, 2000)
			})
		})
	}
	for jump, taken := range map[uint64]bool{1023: true, 1024: true, 1025: false} {
		t.Run(fmt.Sprintf("a jump of %d", jump), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				base := founded(t, nil)
				for range jump {
					base.p.flight(t, openOf(2))
				}
				if err := base.p.deliver(base.p.flight(t, openOf(3))); (err == nil) != taken {
					t.Errorf("it was taken: %v", err)
				}
				if skipped := len(base.p.chain(t).skipped); taken && skipped != maximumSkipped || !taken && skipped != 0 {
					t.Errorf("%d skipped numbers are kept", skipped)
				}
			})
		})
	}
}

func TestJoinIdle(t *testing.T) {
	bubble(t, func(t *testing.T) {
		base := founded(t, nil)
		for i, silence := range []time.Duration{11 * time.Second, time.Hour} {
			time.Sleep(silence)
			base.mustJoin(t, uint64(2+i))
		}
		if got := base.p.source.Secret.Joins(); got != 2 {
			t.Errorf("%d joins", got)
		}
	})
}

func TestFoundingRace(t *testing.T) {
	t.Run("of three endpoints", func(t *testing.T) {
		p := newPair(t, nil)
		s := serve(t, Server{Lookup: p.lookup})
		way, err := p.source.Secret.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		var proven [3]*Proven
		var racing sync.WaitGroup
		for i := range proven {
			conn := s.dial(t)
			racing.Go(func() {
				var err error
				if proven[i], err = Handshake(context.Background(), conn, p.source); err != nil {
					t.Error(err)
				}
			})
		}
		racing.Wait()
		go func() { _, _ = (<-s.incoming).Accept() }()
		c, err := proven[1].Open(context.Background(), openOf(1))
		if err != nil {
			t.Fatal(err)
		}
		way.Done(nil)
		proven[0].Close()
		proven[2].Close()
		c.Reset()
		for range 2 {
			<-s.refused // the losers
		}
		s.join(t, p, 2)
		p.chain(t)
	})
	t.Run("an answer is lost", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			base := newFlow(t, nil)
			base.joins = true
			lost := base.again()
			lost.runCutting(t, 1, func(second *memoryConn, written []byte) [][]byte {
				if isHandshake(written) {
					return [][]byte{written}
				}
				second.out.finish(syscall.ECONNRESET)
				return nil
			})
			if lost.delivered == nil || !errors.Is(lost.dialled, ErrTruncated) {
				t.Fatalf("%v", lost.dialled)
			}
			again := base.again()
			again.run(t, 2)
			if !again.whole() || len(base.p.target.Secret.target.chains) != 2 {
				t.Fatalf("founding again: %v", again.dialled)
			}
			base.mustJoin(t, 3)
			base.p.chain(t)
		})
	})
	t.Run("the source is dead before open", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			base := newFlow(t, nil)
			base.joins = true
			dead := base.again()
			dead.fromSource = func(written []byte) [][]byte {
				if isHandshake(written) {
					return [][]byte{written}
				}
				return nil
			}
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			dead.ctx = ctx
			dead.run(t, 1)
			if dead.delivered != nil || dead.dialled == nil || len(base.p.target.Secret.target.chains) != 0 {
				t.Fatalf("%v", dead.dialled)
			}
			base.mustJoin(t, 2)
			base.mustJoin(t, 3)
			base.p.chain(t)
		})
	})
	t.Run("an old open comes late", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			base := newFlow(t, nil)
			base.joins = true
			// The first founding's open is held back, and its end, too.
			first, second := newMemoryPair(nil, nil)
			_ = second.SetLinger(0)
			late := make(chan *Incoming, 1)
			server := Server{Lookup: base.p.lookup, Handle: func(ctx context.Context, in *Incoming) { late <- in; <-ctx.Done() }}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			var serving sync.WaitGroup
			serving.Go(func() { server.serve(ctx, second, admission.New(admission.DefaultBounds())) })
			proven, err := Handshake(context.Background(), first, base.p.source)
			if err != nil {
				t.Fatal(err)
			}
			base.mustJoin(t, 2) // founds, too
			request, err := openOf(1).marshal()
			if err != nil {
				t.Fatal(err)
			}
			if err := proven.conn.put(typeOpen, request); err != nil {
				t.Fatal(err)
			}
			in := <-late
			if len(base.p.target.Secret.target.chains) != 2 {
				t.Fatalf("%d chains", len(base.p.target.Secret.target.chains))
			}
			base.mustJoin(t, 3)
			if base.p.chain(t).id != base.p.source.Secret.source.chain.id {
				t.Error("the ends hold different chains")
			}
			if _, err := in.Accept(); err != nil {
				t.Errorf("the late flow is the source's all the same: %v", err)
			}
			proven.Close()
			cancel()
			serving.Wait()
			base.mustJoin(t, 4)
		})
	})
}

// An endpoint fails after the target has accepted the flow there. The same flow at another one is refused: the backend must not see
// it twice.
func TestJoinTwiceDialled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		base := founded(t, nil)
		first := base.again()
		first.runCutting(t, 2, func(second *memoryConn, _ []byte) [][]byte {
			second.out.finish(syscall.ECONNRESET)
			return nil
		})
		if first.delivered == nil || !errors.Is(first.dialled, ErrUnanswered) {
			t.Fatalf("%v", first.dialled)
		}
		second := base.again()
		second.run(t, 2)
		var refused *RefusedError
		if second.delivered != nil || !errors.As(second.dialled, &refused) || refused.Reason != ReasonFlowUsed || !errors.Is(second.refused, ErrFlowUsed) {
			t.Errorf("%v, reported %v", second.dialled, second.refused)
		}
		if got := base.p.source.Secret.Joins(); got != 2 {
			t.Errorf("%d numbers were taken", got)
		}
	})
}

// Somebody takes a flight of a plain session off the wire and sends it first. The backend is dialled, but not a byte passes.
func TestPlainJoinStolen(t *testing.T) {
	for name, then := range map[string]func(*memoryConn){
		"and sends bytes":      func(thief *memoryConn) { _, _ = thief.Write(bytes.Repeat([]byte("x"), 100)) },
		"and sends four bytes": func(thief *memoryConn) { _, _ = thief.Write([]byte{byte(typePing), 0, 0, 0}) },
		"and keeps silent":     func(*memoryConn) {},
		"and ends":             func(thief *memoryConn) { _ = thief.CloseWrite() },
		"and sends a ping of zeros": func(thief *memoryConn) {
			_, _ = thief.Write(append([]byte{byte(typePing)}, make([]byte, overhead-1)...))
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				base := founded(t, func(p *pair) { p.setTerms(func(terms *Terms) { terms.Mode = engine.Plain }) })
				stolen := base.p.flight(t, openOf(2))
				thief, victim := newMemoryPair(nil, nil)
				_ = victim.SetLinger(0)
				accepted := make(chan error, 1)
				server := Server{Lookup: base.p.lookup, Handle: func(_ context.Context, in *Incoming) {
					_, err := in.Accept()
					accepted <- err
				}}
				var serving sync.WaitGroup
				serving.Go(func() { server.serve(context.Background(), victim, admission.New(admission.DefaultBounds())) })
				if _, err := thief.Write(stolen); err != nil {
					t.Fatal(err)
				}
				if _, err := io.ReadFull(thief, make([]byte, answerHead+overhead)); err != nil {
					t.Fatal(err)
				}
				then(thief)
				if err := <-accepted; err == nil {
					t.Error("it was given the connection")
				}
				serving.Wait()
				if n, err := thief.Read(make([]byte, 1)); n != 0 || err != syscall.ECONNRESET {
					t.Errorf("the thief read %d bytes, %v", n, err)
				}
				base.mustJoin(t, 3)
			})
		})
	}
}

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

// After the first join a ClientHello of the session is closed before anything is signed, also one of somebody who has K.
func TestKGoneClientHello(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newFlow(t, nil)
		k, err := f.p.source.Secret.k.Clone()
		if err != nil {
			t.Fatal(err)
		}
		f.joins = true
		f.mustJoin(t, 1)
		if !f.p.target.Secret.HasKey() {
			t.Fatal("K is gone before anything joined")
		}
		f.mustJoin(t, 2)
		if f.p.target.Secret.HasKey() || f.p.source.Secret.HasKey() || !f.p.target.Secret.k.Destroyed() || !f.p.source.Secret.k.Destroyed() {
			t.Error("K is left")
		}
		thief := f.p.source
		thief.Secret = NewSecret(k)
		defer thief.Secret.Destroy()
		first, second := newMemoryPair(nil, func(written []byte) [][]byte {
			t.Errorf("the target answered with %d bytes", len(written))
			return nil
		})
		var refused error
		server := Server{Lookup: f.p.lookup, Refused: func(_ net.Addr, why error) { refused = why }}
		var serving sync.WaitGroup
		serving.Go(func() { server.serve(context.Background(), second, admission.New(admission.DefaultBounds())) })
		if _, err := Handshake(context.Background(), first, thief); err == nil {
			t.Error("the handshake succeeded")
		}
		serving.Wait()
		if !errors.Is(refused, ErrNoSession) {
			t.Errorf("reported %v", refused)
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

func TestFlightsThatAreNoneAreRefusedBeforeAnythingIsLookedUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		base := founded(t, nil)
		good := base.p.flight(t, openOf(2))
		with := func(n int) []byte {
			f := bytes.Clone(good)
			f[1], f[2], f[3] = byte(n>>16), byte(n>>8), byte(n)
			return f
		}
		lookup := func(engine.ID) (*Session, error) {
			t.Error("a session was looked up")
			return nil, ErrNoSession
		}
		for name, f := range map[string][]byte{
			"open is too short":    with(openSize - 1),
			"open is too long":     with(maximumOpen + 1),
			"open of 16 MiB":       with(1<<24 - 1),
			"it is cut short":      good[:len(good)-1],
			"its length is cut":    good[:2],
			"something follows":    append(bytes.Clone(good), 0),
			"less than it says":    with(openSize + 1),
			"nothing but its type": good[:1],
		} {
			start := time.Now()
			if err := send(t, lookup, f); !errors.Is(err, errNoJoin) {
				t.Errorf("%s: reported %v", name, err)
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("%s: after %v", name, took)
			}
		}
	})
}

func TestSameMachineTakesJoinsFromLoopbackOnly(t *testing.T) {
	for remote, want := range map[string]bool{"127.0.0.1:5": true, "[::1]:5": true, "[::ffff:127.0.0.1]:5": true, "192.0.2.1:5": false, "[2001:db8::1]:5": false} {
		address, err := net.ResolveTCPAddr("tcp", remote)
		if err != nil {
			t.Fatal(err)
		}
		conn, _ := newMemoryPair(nil, nil)
		if got := fromLoopback(addressed{conn, address}); got != want {
			t.Errorf("%s: %v", remote, got)
		}
	}
	bubble(t, func(t *testing.T) {
		base := founded(t, func(p *pair) { p.target.Loopback = true })
		f := base.p.flight(t, openOf(2))
		if err := send(t, base.p.lookup, f); !errors.Is(err, errNoJoin) { // in memory there is no address
			t.Errorf("reported %v", err)
		}
	})
}

// addressed is a connection from an address.
type addressed struct {
	net.Conn
	remote net.Addr
}

func (a addressed) RemoteAddr() net.Addr { return a.remote }
