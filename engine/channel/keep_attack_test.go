package channel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
	"lockwire/engine/network"
)

// The attacks on joins again, on connections that an earlier flow has left.

// A flight that was altered on the way is not answered, and the flow goes over another connection, as if this one had been lost. An
// answer that was altered ends the flow.
func TestJoinBitFlipOnKeptConnection(t *testing.T) {
	for _, fromSource := range []bool{true, false} {
		t.Run(fmt.Sprintf("from source %v", fromSource), func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				f := keeping(t, nil)
				length, step := flightOverhead+openSize+keepExtensionSize, 1
				if !fromSource {
					length = answerHead + overhead + keepExtensionSize
				}
				if raced {
					step = 7
				}
				number := uint64(1)
				for n := 0; n < length; n += step {
					number++
					f.mustJoin(t, number)
					f.link.holds(t, 2)
					dials, next := f.link.dials, f.p.chain(t).next
					attack := &flip{record: 0, n: n, bit: n % 8}
					number++
					one := f.again()
					if fromSource {
						one.fromSource = attack.tamper
					} else {
						one.fromDest = attack.tamper
					}
					one.run(t, number)
					if err := one.check(number); err != nil || !attack.done {
						t.Fatalf("byte %d: %v", n, err)
					}
					switch {
					case fromSource && (!one.whole() || f.link.dials != dials+1 || one.refused == nil):
						t.Fatalf("byte %d of the flight: %v after %d dials, reported %v", n, one.dialled, f.link.dials-dials, one.refused)
					case fromSource && f.p.chain(t).next != next+2: // the altered one was stepped over by the second
						t.Fatalf("byte %d of the flight: the chain went from %d to %d", n, next, f.p.chain(t).next)
					case !fromSource && (one.dialled == nil || f.link.dials != dials):
						t.Fatalf("byte %d of the answer: %v after %d dials", n, one.dialled, f.link.dials-dials)
					}
				}
			})
		})
	}
}

// Somebody sends to the target between two flows. It resets the connection, opens nothing, and the next flow goes its way.
func TestBytesBetweenTwoFlowsToTheTarget(t *testing.T) {
	for name, forge := range map[string]func(t *testing.T, f *flow, recorded [][]byte) []byte{
		"a flight that was used on this connection": func(_ *testing.T, _ *flow, recorded [][]byte) []byte { return recorded[0] },
		"all of a flow that was on this connection": func(_ *testing.T, _ *flow, recorded [][]byte) []byte { return bytes.Join(recorded, nil) },
		"an end record":              func(_ *testing.T, _ *flow, recorded [][]byte) []byte { return recorded[len(recorded)-1] },
		"a ClientHello":              func(*testing.T, *flow, [][]byte) []byte { return []byte{22, 3, 1, 0, 4, 1, 0, 0, 0} },
		"zeros":                      func(*testing.T, *flow, [][]byte) []byte { return make([]byte, 100) },
		"a flight that breaks off":   func(t *testing.T, f *flow, _ [][]byte) []byte { return f.p.flight(t, openOf(50))[:70] },
		"a flight with bytes behind": func(t *testing.T, f *flow, _ [][]byte) []byte { return append(f.p.flight(t, openOf(50)), 0) },
		"more than any flight": func(*testing.T, *flow, [][]byte) []byte {
			return append([]byte{byte(typeJoin), 0, 2, 0}, make([]byte, 2*maximumFlight)...)
		},
		"a flight of another session": func(t *testing.T, _ *flow, _ [][]byte) []byte {
			return keeping(t, nil).p.flight(t, openOf(50))
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := keeping(t, nil)
				var recorded [][]byte
				first := f.again()
				first.fromSource = func(written []byte) [][]byte {
					recorded = append(recorded, bytes.Clone(written))
					return [][]byte{written}
				}
				first.run(t, 2)
				f.link.holds(t, 2)
				idle := f.again()
				f.link.present = idle
				_ = f.link.first.out.write(forge(t, f, recorded))
				time.Sleep(3 * time.Second)
				synctest.Wait()
				if idle.delivered != nil || idle.refused == nil {
					t.Errorf("delivered %v, reported %v", idle.delivered, idle.refused)
				}
				f.mustJoin(t, 3)
				if f.link.dials != 2 {
					t.Errorf("%d connections were made", f.link.dials)
				}
			})
		})
	}
}

// Somebody sends to the source between two flows: the next flow takes that for its answer, and fails. Where the system tells that
// something has come, the connection is not used at all.
func TestBytesBetweenTwoFlowsToTheSource(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := keeping(t, nil)
		_ = f.link.second.out.write(append([]byte{byte(typeAnswer)}, make([]byte, 200)...))
		next := f.again()
		next.run(t, 2)
		if !errors.Is(next.dialled, ErrRecord) || len(next.atSource.data) > 0 {
			t.Errorf("%v", next.dialled)
		}
		f.mustJoin(t, 3)
	})
	for name, attack := range map[string]func(dst *Conn){
		"bytes":       func(dst *Conn) { _, _ = dst.conn.Write([]byte{byte(typeAnswer)}) },
		"its end":     func(dst *Conn) { _ = dst.kept.Load().conn.Close() },
		"its closing": func(dst *Conn) { dst.kept.Load().drop() },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, nil)
			p.source.Keep, p.target.Keep = new(rooms).keep, new(rooms).keep
			s := serve(t, Server{Lookup: p.lookup})
			src, dst := s.join(t, p, 1)
			at := network.AddressOf(src.RemoteAddr())
			endBoth(t, src, dst)
			attack(dst)
			for !network.Readable(src.conn) {
				time.Sleep(time.Millisecond) // what was sent takes its time, however short, over loopback, too
			}
			if conn := p.source.Secret.takeKept(at); conn != nil {
				t.Error("the connection is used")
			}
		})
	}
}

// A flight over a kept connection is withheld, and the flow goes over another one. When the flight comes later the backend does not see
// the flow twice.
func TestFlightWithheldOnKeptConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := keeping(t, nil)
		var withheld []byte
		attacked := f.again()
		attacked.fromSource = func(written []byte) [][]byte {
			if withheld == nil {
				withheld = bytes.Clone(written)
				f.link.info = network.Info{Unacknowledged: true, RoundTrip: 100 * time.Millisecond}
				return nil
			}
			return [][]byte{written}
		}
		began := time.Now()
		attacked.run(t, 2)
		if !attacked.whole() || f.link.dials != 2 {
			t.Fatalf("%v after %d dials", attacked.dialled, f.link.dials)
		}
		if took := time.Since(began); took != unacknowledgedFor {
			t.Errorf("it took %v", took)
		}
		late := f.again()
		f.link.present = late
		_, victim := newMemoryPair(nil, nil)
		f.link.serve(context.Background(), f.p, victim)
		_ = victim.in.write(withheld)
		synctest.Wait()
		if late.delivered != nil || !errors.Is(late.refused, ErrFlowUsed) {
			t.Errorf("delivered %v, reported %v", late.delivered, late.refused)
		}
		f.link.info = network.Info{}
		f.mustJoin(t, 3)
	})
}

// The path of a kept connection is lost, or slow, or its target is.
func TestKeptConnectionWithoutAnAnswer(t *testing.T) {
	const never = time.Hour
	for name, test := range map[string]struct {
		info    network.Info
		answers time.Duration // after so long
		takes   time.Duration
		dials   int // further ones
		fails   error
	}{
		"nothing is acknowledged":                   {network.Info{Unacknowledged: true, RoundTrip: time.Millisecond}, never, unacknowledgedFor, 1, nil},
		"nothing leaves this machine":               {network.Info{Waiting: true, RoundTrip: time.Millisecond}, never, unacknowledgedFor, 1, nil},
		"nothing is acknowledged over a long path":  {network.Info{Unacknowledged: true, RoundTrip: time.Second}, never, unacknowledgedFor + 5*time.Second, 1, nil},
		"the answer comes over a long path":         {network.Info{Unacknowledged: true, RoundTrip: time.Second}, 5 * time.Second, 5 * time.Second, 0, nil},
		"the backend takes its time":                {network.Info{}, 9 * time.Second, 9 * time.Second, 0, nil},
		"it was acknowledged, and nothing answers":  {network.Info{}, never, unacknowledgedFor + answerWithin, 0, ErrUnanswered},
		"the connection is reset without an answer": {network.Info{}, 0, 0, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := keeping(t, nil)
				f.link.info = test.info
				dials, began := f.link.dials, time.Now()
				one := f.again()
				first := f.link.second
				held := false
				one.fromSource = func(written []byte) [][]byte {
					if held || recordType(written[0]) != typeJoin {
						return [][]byte{written}
					}
					held = true
					switch {
					case test.answers == 0:
						first.out.finish(syscall.ECONNRESET)
					case test.answers != never:
						time.AfterFunc(test.answers, func() { _ = first.in.write(written) })
					}
					return nil
				}
				one.run(t, 2)
				if took := time.Since(began); test.fails == nil && took != test.takes {
					t.Errorf("it took %v, not %v", took, test.takes)
				}
				if (test.fails == nil) != one.whole() || f.link.dials != dials+test.dials {
					t.Errorf("%v after %d dials", one.dialled, f.link.dials-dials)
				}
				f.link.info = network.Info{}
				f.mustJoin(t, 3)
			})
		})
	}
}

// A target that has acted on a flight, and whose connection is cut before it answers, does not connect to the backend twice.
func TestJoinTwiceDialledOnKeptConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := keeping(t, nil)
		cut, second := f.again(), f.link.second
		var done atomic.Bool
		cut.fromDest = func(written []byte) [][]byte {
			if done.Swap(true) {
				return [][]byte{written}
			}
			second.out.finish(syscall.ECONNRESET)
			return nil
		}
		cut.run(t, 2)
		var refused *RefusedError
		if !errors.As(cut.dialled, &refused) || refused.Reason != ReasonFlowUsed {
			t.Errorf("%v", cut.dialled)
		}
		f.mustJoin(t, 3)
	})
}

// Two kept connections are spliced: what is sent over one arrives over the other. Each flow has its own bytes all the same, for its keys
// come from its flight.
func TestSplicedKeptConnections(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := keeping(t, nil)
		one := f.link.second
		f.link.first.tamper = nil
		taken := f.p.source.Secret.takeKept(netip.AddrPort{}) // so that the next flow needs another one
		f.mustJoin(t, 2)
		other := f.link.second
		if taken == nil || one == other {
			t.Fatal("there is one connection only")
		}
		a, b := taken.(*memoryConn), f.link.first
		a.out, b.out = b.out, a.out
		a.in, b.in = b.in, a.in
		f.link.present = f.again()
		f.mustJoin(t, 3)
		f.link.holds(t, 2+1) // and the target's end of the one that was taken
		_ = a.Close()
		f.link.endIdle(t)
	})
}

// An end that is killed while it keeps a connection, or just before, leaves nothing that looks like a clean end.
func TestKilledEndOfAKeptConnection(t *testing.T) {
	for _, at := range []role{source, target} {
		for lost := range 2 { // the end record of this end arrives, or does not
			t.Run(fmt.Sprintf("role %d, lost %d", at, lost), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					f := keeping(t, nil)
					one := f.again()
					conn := f.link.first
					if at == target {
						conn = f.link.second
					}
					kill := func(written []byte) [][]byte {
						if recordType(written[0]) != typeEnd {
							return [][]byte{written}
						}
						if lost == 0 {
							_ = conn.out.write(written)
						}
						conn.mu.Lock() // as the kernel closes it
						linger := conn.linger
						conn.mu.Unlock()
						how := error(io.EOF)
						if linger == 0 {
							how = syscall.ECONNRESET
						}
						conn.out.finish(how)
						conn.in.finish(syscall.ECONNRESET)
						return nil
					}
					if at == source {
						one.fromSource = kill
					} else {
						one.fromDest = kill
					}
					one.run(t, 2)
					seen := one.atTarget
					if at == target {
						seen = one.atSource
					}
					if lost == 1 && seen.err == io.EOF {
						t.Error("a flow without its end was taken for a whole one")
					}
					if err := one.check(2); err != nil {
						t.Error(err)
					}
					f.mustJoin(t, 3)
				})
			})
		}
	}
}

// What has ended one connection has mostly ended the others: the flow does not try them all.
func TestAllThatIsKeptGoesWithOneThatIsNotAnswered(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := keeping(t, nil)
		f.link.endIdle(t)
		var far []*memoryConn
		for range 3 {
			near, other := newMemoryPair(nil, nil)
			far = append(far, other)
			leave, _ := f.link.rooms.keep(nil)
			if !f.p.source.Secret.keep(keptOf(f.p.source.Secret, near, leave), source) {
				t.Fatal("it is not kept")
			}
		}
		for _, conn := range far {
			_ = conn.SetLinger(0)
			time.AfterFunc(time.Millisecond, func() { _ = conn.Close() })
		}
		if _, err := f.link.overKept(t.Context(), f, 2); !errors.Is(err, ErrNoneKept) {
			t.Errorf("%v", err)
		}
		f.link.holds(t, 0)
		if got := f.p.source.Secret.Joins(); got != 1 {
			t.Errorf("%d numbers were taken", got)
		}
		f.mustJoin(t, 2)
	})
}

func TestFlightIsNotCutFromMoreThanTheLongest(t *testing.T) {
	longest := append([]byte{byte(typeJoin), 0, maximumOpen >> 8, maximumOpen & 0xff}, make([]byte, maximumFlight-headerSize)...)
	if _, err := readFlight(nil, longest); err != nil {
		t.Errorf("the longest: %v", err)
	}
	if _, err := readFlight(nil, append(longest, 0)); !errors.Is(err, errNoJoin) {
		t.Errorf("a byte more: %v", err)
	}
}

// A connection that was kept for one session takes no flight of another one.
func TestKeptConnectionTakesItsSessionOnly(t *testing.T) {
	bubble(t, func(t *testing.T) {
		one, other := keeping(t, nil), keeping(t, nil)
		both := func(id engine.ID) (*Session, error) {
			for _, p := range []*pair{one.p, other.p} {
				if p.target.Terms.Session == id {
					return &p.target, nil
				}
			}
			return nil, ErrNoSession
		}
		if _, err := both(other.p.target.Terms.Session); err != nil {
			t.Fatal(err)
		}
		first, second := newMemoryPair(nil, nil)
		k := keptOf(one.p.target.Secret, second, func() {})
		k.session = one.p.target.Terms.Session
		if !one.p.target.Secret.keep(k, target) {
			t.Fatal("it is not kept")
		}
		server := Server{Lookup: both}
		_ = first.out.write(other.p.flight(t, openOf(2)))
		if _, err := server.next(k, time.Second); !errors.Is(err, errNoJoin) {
			t.Errorf("the flight of another session: %v", err)
		}
		other.mustJoin(t, 3)
	})
}
