package enginetest

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lockwire/engine"
)

// sink is a backend that counts what it gets.
type sink struct {
	listener net.Listener
	bytes    atomic.Uint64
	ended    chan struct{} // gets a value for each connection that has ended
}

func newSink(t *testing.T) *sink {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{listener: listener, ended: make(chan struct{}, 100)}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				buffer := make([]byte, 64<<10)
				for {
					n, err := conn.Read(buffer)
					s.bytes.Add(uint64(n))
					if err != nil {
						s.ended <- struct{}{}
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		running.Wait()
	})
	return s
}

// pour sends to an address without end.
func pour(t *testing.T, address string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	var sending sync.WaitGroup
	sending.Go(func() { _, _ = io.Copy(conn, endless{}) })
	t.Cleanup(func() {
		conn.Close()
		sending.Wait()
	})
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// rates measures what sinks get each second.
func rates(d time.Duration, sinks ...*sink) (each []uint64, together uint64) {
	began := time.Now()
	before := make([]uint64, len(sinks))
	for i, s := range sinks {
		before[i] = s.bytes.Load()
	}
	time.Sleep(d)
	for i, s := range sinks {
		rate := uint64(float64(s.bytes.Load()-before[i]) / time.Since(began).Seconds())
		each, together = append(each, rate), together+rate
	}
	return each, together
}

// limited is an installation with a rule that limits everything, and two machines that send to a third as fast as they may.
type limited struct {
	*Installation
	sinks []*sink
}

func newLimited(t *testing.T, encrypt bool, limit engine.Limit) *limited {
	t.Helper()
	l := &limited{Installation: New(t)}
	for range 2 {
		l.sinks = append(l.sinks, newSink(t))
	}
	first, second := l.sinks[0].listener.Addr().String(), l.sinks[1].listener.Addr().String()
	target := l.Join(Machine{Name: "vault", Addresses: []string{"10.77.0.9"}, AllowBackends: []string{first, second}})
	rule := engine.Rule{Name: "Branch", Enabled: true, Encrypt: encrypt, Source: []engine.Selector{engine.Any}, Target: []engine.Selector{engine.Any},
		Throttle: &engine.Throttle{Limit: limit, NeverThrottleRestores: true}}
	l.Apply(engine.Change{AddRule: &rule})
	for n, backend := range []string{first, second} {
		name := []string{"fileserver", "mail"}[n]
		source := l.Join(Machine{Name: name, Addresses: []string{"10.77.0." + []string{"1", "2"}[n]}})
		route := l.Route(source, target, backend, func(r *engine.Route) { r.Name = name })
		pour(t, route.Listen)
	}
	l.Wait("both sessions carry bytes", func() bool { return l.sinks[0].bytes.Load() > 0 && l.sinks[1].bytes.Load() > 0 })
	return l
}

// setLimit edits the rule.
func (l *limited) setLimit(limit engine.Limit) {
	l.t.Helper()
	set, err := l.Admin.RuleSet(context.Background())
	if err != nil {
		l.t.Fatal(err)
	}
	for _, rule := range set.Rules {
		if rule.Name == "Branch" {
			rule.Throttle.Limit = limit
			l.Apply(engine.Change{EditRule: &rule})
		}
	}
}

// expect measures until the sessions together use most of a limit and do not pass it, and none has much more than the other. A machine
// that is busy with other things delivers less for a while, and more after it has held up what had passed the limit. A limit that is not
// in force, or does not hold, is passed each time.
func (l *limited) expect(when string, limit engine.Limit) {
	l.t.Helper()
	l.measure(when, limit, func(low, high uint64) string {
		switch most := limit.BytesPerSecond(); {
		case low+high < most*70/100:
			return fmt.Sprintf("only %d B/s together under %s", low+high, limit)
		case low < high*7/10:
			return fmt.Sprintf("the shares are %d and %d B/s", low, high)
		}
		return ""
	})
}

// expectWithin is expect where nobody gives the sessions new shares: each keeps what it had, and that was what it could use then.
func (l *limited) expectWithin(when string, limit engine.Limit) {
	l.t.Helper()
	l.measure(when, limit, func(low, _ uint64) string {
		if low == 0 {
			return "a session carries nothing"
		}
		return ""
	})
}

// measure measures again until the sessions together do not pass a limit, and nothing else is wrong with what each of them carries.
func (l *limited) measure(when string, limit engine.Limit, judge func(low, high uint64) (wrong string)) {
	l.t.Helper()
	most := limit.BytesPerSecond()
	for began := time.Now(); ; {
		each, together := rates(3*time.Second, l.sinks...)
		l.t.Logf("%s: %d and %d B/s, %.1f %% of %s", when, each[0], each[1], 100*float64(together)/float64(most), limit)
		wrong := judge(min(each[0], each[1]), max(each[0], each[1]))
		if together > most*105/100 {
			wrong = fmt.Sprintf("%d B/s together under %s", together, limit)
		}
		if wrong == "" {
			return
		}
		if time.Since(began) > Patience {
			l.t.Fatalf("%s: %s", when, wrong)
		}
	}
}

// A rule's limit holds for sessions on two machines together, and so does an edit of it; the broker gone, the shares stay; a broker that
// is back adopts them.
func TestLimitHoldsForTwoMachinesTogether(t *testing.T) {
	t.Parallel()
	for name, encrypt := range map[string]bool{"sealed": true, "plain": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			high, eight := engine.Limit{Value: 24, Unit: engine.MegabitsPerSecond}, engine.Limit{Value: 8, Unit: engine.MegabitsPerSecond}
			l := newLimited(t, encrypt, high)
			l.expect("at first", high)
			l.setLimit(eight)
			l.expect("after an edit", eight)
			l.StopBroker()
			l.expectWithin("without a broker", eight)
			l.StartBroker()
			l.expectWithin("while the components attach again", eight)
			l.Wait("both sessions are adopted", func() bool {
				adopted := 0
				for _, s := range l.Broker.Sessions() {
					if len(s.Allotments) == 1 && s.Allotments[0].Confirmed && !s.Allotments[0].OutOfReach {
						adopted++
					}
				}
				return adopted == 2
			})
			l.setLimit(high)
			l.expect("after another edit", high)
		})
	}
}

// A cut ends a flow under the lowest limit that a rule can have, whatever waits for its turn.
func TestFlowUnderTheLowestLimitIsCut(t *testing.T) {
	t.Parallel()
	for name, encrypt := range map[string]bool{"sealed": true, "plain": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLimited(t, encrypt, engine.Limit{Value: 1, Unit: engine.KilobytesPerSecond})
			for _, s := range l.Broker.Sessions() {
				if err := l.Broker.Cut(t.Context(), s.ID, "test"); err != nil {
					t.Fatal(err)
				}
			}
			late := time.After(Patience) // what waits for its turn under the limit would wait for longer
			for _, s := range l.sinks {
				select {
				case <-s.ended:
				case <-late:
					t.Fatal("a flow goes on")
				}
			}
		})
	}
}

// At 1 MB/s a byte of an interactive connection crosses in less than 50 ms beside busy ones of the same session, once the machine is not
// busy with other things. Behind what the busy ones have queued it never would.
func TestInteractiveConnectionIsNotBehindBusyOnesUnderALimit(t *testing.T) {
	p := newPair(t, nil)
	rule := engine.Rule{Name: "Branch", Enabled: true, Encrypt: true, Source: []engine.Selector{engine.Any}, Target: []engine.Selector{engine.Any},
		Throttle: &engine.Throttle{Limit: engine.Limit{Value: 1, Unit: engine.MegabytesPerSecond}, NeverThrottleRestores: true}}
	p.Apply(engine.Change{AddRule: &rule})
	interactive := p.dial(t)
	ping(t, interactive, "first")
	for range 3 {
		busy := p.dial(t)
		busy.SetDeadline(time.Time{})
		var both sync.WaitGroup
		both.Go(func() { _, _ = io.Copy(busy, endless{}) })
		both.Go(func() { _, _ = io.Copy(io.Discard, busy) })
		t.Cleanup(func() {
			busy.Close()
			both.Wait()
		})
	}
	p.Wait("the busy ones use the limit", func() bool {
		sessions := p.Broker.Sessions()
		return len(sessions) == 1 && sessions[0].Flows == 4 && sessions[0].Traffic.RateToTarget > 500_000
	})
	for late := time.Now().Add(Patience); ; {
		var took []time.Duration
		for range 50 {
			time.Sleep(20 * time.Millisecond)
			began := time.Now()
			interactive.SetDeadline(began.Add(Patience))
			ping(t, interactive, "x")
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		t.Logf("there and back: median %v, nine of ten in %v", took[len(took)/2], took[len(took)*9/10])
		if took[len(took)/2] <= 50*time.Millisecond {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("there and back takes %v", took[len(took)/2])
		}
	}
}
