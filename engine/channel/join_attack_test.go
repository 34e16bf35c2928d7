package channel

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel/admission"
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
