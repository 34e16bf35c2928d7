package channel

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel/admission"
)

// founded is a flow of a session of which the first one, by number 1, has founded and ended.
func founded(t testing.TB, change func(*pair)) *flow {
	t.Helper()
	f := newFlow(t, change)
	f.joins = true
	first := f.again()
	first.run(t, 1)
	if !first.whole() {
		t.Fatalf("the founding: %v, %v, %v", first.dialled, first.atTarget.err, first.atSource.err)
	}
	return f
}

// mustJoin runs a flow that nobody disturbs.
func (f *flow) mustJoin(t testing.TB, number uint64) {
	t.Helper()
	good := f.again()
	good.run(t, number)
	if !good.whole() {
		t.Fatalf("flow %d: %v, %v, %v, %v", number, good.dialled, good.refused, good.atTarget.err, good.atSource.err)
	}
	if err := good.check(number); err != nil {
		t.Fatal(err)
	}
}

// chain is the only one that the target has.
func (p *pair) chain(t testing.TB) *chain {
	t.Helper()
	all := p.target.Secret.target.chains
	if len(all) != 1 {
		t.Fatalf("the target has %d chains", len(all))
	}
	return all[0]
}

// flight takes the next number of the source's chain and makes its flight, which is not sent.
func (p *pair) flight(t testing.TB, open Open) flight {
	t.Helper()
	way, err := p.source.Secret.Next(context.Background())
	if err != nil || way.Founds() {
		t.Fatalf("there is no chain: %v", err)
	}
	unsent, _ := newMemoryPair(nil, nil)
	c := newConn(unsent, &p.source, source, "")
	number, err := way.take(c)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Reset()
	request, err := open.marshal()
	if err != nil {
		t.Fatal(err)
	}
	id, err := p.source.Terms.Session.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFlight(id, way.chain.id, number, request).seal(p.source.Terms.Cipher, way.chain.door, c.opening.flow, request)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// deliver gives a flight to the target's session, and drops the channel that comes of it.
func (p *pair) deliver(f flight) error {
	_, conn := newMemoryPair(nil, nil)
	_ = conn.SetLinger(0)
	c, _, err := p.target.takeJoin(conn, bytes.Clone(f))
	if err == nil {
		c.Reset()
	}
	return err
}

// send sends bytes to a target as a stranger does, and gives what it reports. Neither may it answer nor deliver a flow.
func send(t testing.TB, lookup func(engine.ID) (*Session, error), parts ...[]byte) error {
	t.Helper()
	stranger, victim := newMemoryPair(nil, func(written []byte) [][]byte {
		t.Errorf("the target answered with %d bytes", len(written))
		return nil
	})
	var refused error
	server := Server{
		Lookup:  lookup,
		Handle:  func(context.Context, *Incoming) { t.Error("a flow was delivered") },
		Refused: func(_ net.Addr, why error) { refused = why },
	}
	var serving sync.WaitGroup
	serving.Go(func() { server.serve(context.Background(), victim, admission.New(admission.DefaultBounds())) })
	for _, part := range parts {
		if _, err := stranger.Write(part); err != nil {
			break
		}
	}
	serving.Wait()
	return refused
}

func TestJoinedFlowCarriesBytesBothWaysAndEndsInOrder(t *testing.T) {
	everyProtection(t, func(t *testing.T, change func(*pair)) {
		p := newPair(t, change)
		s := serve(t, Server{Lookup: p.lookup})
		for number := uint64(1); number <= 3; number++ { // the first one founds
			src, dst := s.join(t, p, number)
			var running sync.WaitGroup
			for _, ends := range [][2]*Conn{{src, dst}, {dst, src}} {
				running.Go(func() {
					if _, err := ends[0].Write(bytes.Repeat([]byte{byte(number)}, 1<<20)); err != nil {
						t.Errorf("Write: %v", err)
					}
					if err := ends[0].CloseWrite(); err != nil {
						t.Errorf("CloseWrite: %v", err)
					}
				})
				running.Go(func() {
					if got, err := io.ReadAll(ends[1]); err != nil || len(got) != 1<<20 {
						t.Errorf("read %d bytes, %v", len(got), err)
					}
				})
			}
			running.Wait()
			for _, c := range []*Conn{src, dst} {
				if err := c.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}
			if got := src.Stats().Group; got != "X25519MLKEM768" {
				t.Errorf("flow %d: group %q", number, got)
			}
		}
		if got := p.source.Secret.Joins(); got != 2 {
			t.Errorf("%d joins", got)
		}
		for _, end := range []*Secret{p.source.Secret, p.target.Secret} {
			if end.HasKey() || !end.k.Destroyed() || len(end.unanswered) != 0 {
				t.Errorf("K is there, or %d connections without an answer", len(end.unanswered))
			}
		}
	})
}

// join opens a flow in whichever way the session is at and gives both ends.
func (s *serving) join(t testing.TB, p *pair, flow uint64) (src, dst *Conn) {
	t.Helper()
	return s.open(t, p, flow, Connect)
}

func TestJoinCarriesARefusalAndTheNextOneJoins(t *testing.T) {
	p := newPair(t, nil)
	s := serve(t, Server{Lookup: p.lookup})
	go func() {
		for range 3 {
			_ = (<-s.incoming).Refuse(ReasonBackendUnreachable, "it is down")
		}
	}()
	for number := uint64(1); number <= 3; number++ {
		_, err := Connect(context.Background(), s.dial(t), p.source, openOf(number))
		var refused *RefusedError
		if !errors.As(err, &refused) || refused.Reason != ReasonBackendUnreachable || refused.Detail != "it is down" {
			t.Errorf("flow %d: %v", number, err)
		}
	}
	if got := p.source.Secret.Joins(); got != 2 {
		t.Errorf("%d joins: a refused founding founds, too", got)
	}
	s.join(t, p, 4)
}

func TestOneFoundingRunsAtATimeAndTheOthersWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newPair(t, nil).source.Secret
		first, err := s.Next(context.Background())
		if err != nil || !first.Founds() {
			t.Fatalf("%+v, %v", first, err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := s.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("another one did not wait: %v", err)
		}
		waiting := make(chan error)
		go func() { _, err := s.Next(context.Background()); waiting <- err }()
		time.Sleep(time.Second)
		unreachable := errors.New("nobody is there")
		first.Done(unreachable)
		if err := <-waiting; err != unreachable {
			t.Errorf("who waited got %v", err)
		}
		// One that failed for its own sake leaves the founding to the next.
		second, err := s.Next(context.Background())
		if err != nil || !second.Founds() {
			t.Fatalf("%+v, %v", second, err)
		}
		founds := make(chan bool)
		go func() { way, _ := s.Next(context.Background()); founds <- way.Founds() }()
		time.Sleep(time.Second)
		second.Done(nil)
		if !<-founds {
			t.Error("who waited does not found")
		}
	})
}

func TestSourceFoundsAgainOnceWhereAJoinHasNoAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		base := founded(t, nil)
		s := base.p.source.Secret
		ways := make([]Way, 3)
		for i := range ways {
			ways[i], _ = s.Next(context.Background())
		}
		if !ways[0].Failed() || !ways[1].Failed() {
			t.Error("K is there and it does not found again")
		}
		again := base.again()
		again.run(t, 2)
		if !again.whole() || len(base.p.target.Secret.target.chains) != 2 {
			t.Fatalf("%v; the target has %d chains", again.dialled, len(base.p.target.Secret.target.chains))
		}
		if !ways[2].Failed() {
			t.Error("there is a newer chain")
		}
		way, err := s.Next(context.Background())
		if err != nil || way.Founds() || way.Failed() {
			t.Errorf("it founds a third time: %v", err)
		}
		base.mustJoin(t, 3)
		base.p.chain(t)
	})
}

// Two foundings are under way at the target when a join tells which chain the source holds: both ends keep that one.
func TestJoinOnTheChainInDoubtSettlesIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		base := founded(t, nil)
		s := base.p.source.Secret
		slow := base.p.flight(t, openOf(9))
		way, _ := s.Next(context.Background())
		way.Failed()
		again := base.again()
		again.run(t, 2)
		if err := base.p.deliver(slow); err != nil {
			t.Fatalf("the flight of the first chain: %v", err)
		}
		s.joined(way.chain) // its answer
		if s.source.chain != way.chain || s.source.doubtful != nil {
			t.Error("the source keeps the other chain")
		}
		base.mustJoin(t, 3)
	})
}

// A flow was told to join a chain, and before it does a join on the other one is answered: it finds another way.
func TestJoinOnAChainThatIsWipedFindsAnotherWay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		base := founded(t, nil)
		s := base.p.source.Secret
		first, _ := s.Next(context.Background())
		first.Failed()
		again := base.again()
		again.run(t, 2) // founds again
		second, _ := s.Next(context.Background())
		s.joined(second.chain)
		conn, _ := newMemoryPair(nil, nil)
		if _, err := Join(context.Background(), conn, base.p.source, first, openOf(3)); !errors.Is(err, ErrUnanswered) || !conn.closed {
			t.Errorf("got %v", err)
		}
		if !first.Failed() || len(s.unanswered) != 0 {
			t.Error("there is another way, and it is not told")
		}
		base.mustJoin(t, 4)
	})
}

func TestNoMoreNumbersThan256AreUnanswered(t *testing.T) {
	bubble(t, func(t *testing.T) {
		base := founded(t, nil)
		ctx, cancel := context.WithCancel(context.Background())
		var joining sync.WaitGroup
		for range maximumUnanswered + 10 {
			conn, _ := newMemoryPair(nil, nil)
			joining.Go(func() {
				if c, err := Connect(ctx, conn, base.p.source, openOf(7)); err == nil {
					c.Reset()
					t.Error("nobody answered, and it is open")
				}
			})
		}
		time.Sleep(time.Second)
		if got := base.p.source.Secret.Joins(); got != maximumUnanswered {
			t.Errorf("%d numbers are under way", got)
		}
		cancel()
		joining.Wait()
	})
}

func TestJoinWithoutAnAnswerIsGivenUpAfter25Seconds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		base := founded(t, nil)
		conn, _ := newMemoryPair(nil, nil)
		start := time.Now()
		if _, err := Connect(context.Background(), conn, base.p.source, openOf(2)); err == nil || errors.Is(err, ErrUnanswered) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took != answerWithin || !conn.closed || len(base.p.source.Secret.unanswered) != 0 {
			t.Errorf("after %v", took)
		}
	})
}

func TestJoinEndsWithItsContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		base := founded(t, nil)
		conn, _ := newMemoryPair(nil, nil)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := Connect(ctx, conn, base.p.source, openOf(2)); !errors.Is(err, context.DeadlineExceeded) || !conn.closed {
			t.Errorf("got %v", err)
		}
	})
}

func TestTargetHoldsEightChainsAtMost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newFlow(t, nil)
		for number := range uint64(maximumChains + 3) {
			one := f.again() // by a handshake each
			one.run(t, number)
			if !one.whole() {
				t.Fatal(one.dialled)
			}
		}
		if got := len(f.p.target.Secret.target.chains); got != maximumChains {
			t.Errorf("%d chains", got)
		}
		f.joins = true
		f.mustJoin(t, 100)
		f.p.chain(t)
	})
}
