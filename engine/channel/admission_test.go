package channel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
)

func TestFiveHundredSilentConnectionsDoNotKeepAGoodOneOut(t *testing.T) {
	p := newPair(t, nil)
	closed := make(chan error, 500)
	s := serve(t, Server{Lookup: p.lookup, Refused: func(_ net.Addr, why error) { closed <- why }})
	silent := make([]net.Conn, 500)
	for i := range silent {
		silent[i] = s.dial(t)
	}
	src, dst := s.connect(t, p, 1)
	go func() {
		_, _ = dst.Write([]byte("good"))
		_ = dst.CloseWrite()
	}()
	if got, err := io.ReadAll(src); err != nil || string(got) != "good" {
		t.Errorf("read %q, %v", got, err)
	}
	// More than one address may wait with were evicted at once, the oldest first; the others within the wait.
	for range len(silent) - DefaultLimits().WaitingPerAddress {
		if why := <-closed; !errors.Is(why, ErrBusy) && !errors.Is(why, ErrClientHello) {
			t.Errorf("reported: %v", why)
		}
	}
}

func TestSilentConnectionIsClosedAfterTheWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for name, sent := range map[string][]byte{"silent": nil, "slow": {22, 3, 1, 1, 0, 1, 0, 0, 252}} {
			start := time.Now()
			first, second := newMemoryPair(nil, nil)
			var why error
			s := Server{Refused: func(_ net.Addr, err error) { why = err }}
			if err := first.out.write(sent); err != nil {
				t.Fatal(err)
			}
			s.serve(context.Background(), second, newAdmission(DefaultLimits()))
			if took := time.Since(start); took != 2*time.Second || !errors.Is(why, ErrClientHello) {
				t.Errorf("%s: closed after %v, reported %v", name, took, why)
			}
		}
	})
}

// admissionPeer is a connection with an address, as admission sees it.
type admissionPeer struct {
	net.Conn
	address net.Addr
	closed  bool
}

func (p *admissionPeer) RemoteAddr() net.Addr { return p.address }
func (p *admissionPeer) Close() error         { p.closed = true; return nil }

func peerFrom(address string) *admissionPeer {
	return &admissionPeer{address: &net.TCPAddr{IP: net.ParseIP(address), Port: 1}}
}

func smallLimits() Limits {
	return Limits{Waiting: 4, WaitingPerAddress: 3, Handshakes: 3, HandshakesPerSession: 2, HandshakesPerAddress: 2}.withDefaults()
}

func TestOldestSilentConnectionGivesWay(t *testing.T) {
	a := newAdmission(smallLimits())
	var peers []*admissionPeer
	enter := func(address string) *waiter {
		p := peerFrom(address)
		peers = append(peers, p)
		w, err := a.enter(p)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	enter("192.0.2.1")
	enter("192.0.2.2")
	enter("192.0.2.2")
	enter("192.0.2.2")
	last := enter("192.0.2.2") // a fourth of its address: that one's oldest goes
	if !peers[1].closed || peers[0].closed || peers[2].closed {
		t.Error("not the oldest of the address was closed")
	}
	enter("192.0.2.3") // a fifth in all: the oldest of all goes
	if !peers[0].closed || peers[2].closed {
		t.Error("not the oldest was closed")
	}
	if a.waiting != 4 || last.evicted() {
		t.Errorf("%d wait", a.waiting)
	}
}

func TestQueuedConnectionsAreNotEvicted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newAdmission(smallLimits())
		ctx, cancel := context.WithCancel(context.Background())
		session := engine.NewID()
		for i := range 6 { // 2 get places (of one session), 4 queue
			w, err := a.enter(peerFrom(fmt.Sprintf("192.0.2.%d", i)))
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				_, _ = a.place(ctx, w, session)
				<-ctx.Done()
				w.leave()
			}()
			synctest.Wait()
		}
		if a.queue.Len() != 4 || a.running != 2 {
			t.Errorf("%d queue, %d run", a.queue.Len(), a.running)
		}
		if _, err := a.enter(peerFrom("192.0.2.99")); !errors.Is(err, ErrBusy) {
			t.Errorf("one more: %v", err)
		}
		cancel()
		synctest.Wait()
		if a.waiting != 0 || len(a.queuedFrom) != 0 || len(a.byAddress) != 0 || a.silent.Len() != 0 {
			t.Errorf("left behind: %+v", a)
		}
	})
}

func TestHandshakePlacesAreBoundedPerSessionAndAddress(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newAdmission(smallLimits())
		one, two := engine.NewID(), engine.NewID()
		type arrival struct {
			address string
			session engine.ID
		}
		got := make(chan int, 10)
		leave := make([]chan struct{}, 0)
		for i, peer := range []arrival{
			{"192.0.2.1", one}, {"192.0.2.2", one}, {"192.0.2.3", one}, // the third of a session waits
			{"192.0.2.1", two},                         // overtakes it: another session
			{"2001:db8::1", two}, {"2001:db8::2", two}, // all three places are taken
		} {
			left := make(chan struct{})
			leave = append(leave, left)
			go func() {
				w, err := a.enter(peerFrom(peer.address))
				if err != nil {
					t.Error(err)
					return
				}
				defer w.leave()
				p, err := a.place(context.Background(), w, peer.session)
				if err != nil {
					t.Error(err)
					return
				}
				got <- i
				<-left
				p.leave()
			}()
			synctest.Wait()
		}
		expect := func(want ...int) {
			t.Helper()
			synctest.Wait()
			if len(got) != len(want) {
				t.Fatalf("%d got a place; want %v", len(got), want)
			}
			for _, w := range want {
				if g := <-got; g != w {
					t.Errorf("%d got a place; want %d", g, w)
				}
			}
		}
		expect(0, 1, 3)
		close(leave[0])
		expect(2) // of session one, first in the queue
		close(leave[3])
		expect(4)
		close(leave[1])
		expect(5)
		for _, i := range []int{2, 4, 5} {
			close(leave[i])
		}
		synctest.Wait()
		if a.running != 0 || len(a.ofSession) != 0 || len(a.ofAddress) != 0 {
			t.Errorf("left behind: %+v", a)
		}
	})
}

// Somebody has seen the session's id on the wire and comes from one address, as often as he likes, and stays silent.
func TestOneAddressDoesNotKeepTheOthersOutOfASession(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newAdmission(DefaultLimits())
		session := engine.NewID()
		ctx, cancel := context.WithCancel(context.Background())
		come := func(address string) (got chan error) {
			got = make(chan error, 1)
			go func() {
				w, err := a.enter(peerFrom(address))
				if err == nil {
					defer w.leave()
					var p *place
					if p, err = a.place(ctx, w, session); err == nil {
						defer p.leave()
					}
				}
				got <- err
				<-ctx.Done()
			}()
			synctest.Wait()
			return got
		}
		for range 300 {
			come("192.0.2.66")
		}
		for range a.limits.HandshakesPerSession - share(a.limits.HandshakesPerSession) {
			select {
			case err := <-come("192.0.2.1"):
				if err != nil {
					t.Errorf("the source: %v", err)
				}
			default:
				t.Error("the source waits")
			}
		}
		come("192.0.2.1")
		if a.queuedBoth[claim{session, netip.MustParseAddr("192.0.2.1")}] != 1 {
			t.Error("the source found no room in the queue")
		}
		cancel()
		synctest.Wait()
		if a.waiting != 0 || a.running != 0 || len(a.queuedBoth) != 0 || len(a.ofBoth) != 0 {
			t.Errorf("left behind: %+v", a)
		}
	})
}

func TestOneSessionDoesNotFillTheQueue(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newAdmission(Limits{Handshakes: 3, HandshakesPerSession: 1, WaitingPerSession: 2}.withDefaults())
		ctx, cancel := context.WithCancel(context.Background())
		watched, other := engine.NewID(), engine.NewID()
		try := func(session engine.ID) chan error {
			w, err := a.enter(peerFrom("192.0.2.1"))
			if err != nil {
				t.Fatal(err)
			}
			got := make(chan error, 1)
			go func() {
				_, err := a.place(ctx, w, session)
				got <- err
			}()
			synctest.Wait()
			return got
		}
		try(watched) // runs
		try(watched) // queues
		try(watched) // queues
		if err := <-try(watched); !errors.Is(err, ErrBusy) {
			t.Errorf("a third in the queue: %v", err)
		}
		if err := <-try(other); err != nil {
			t.Errorf("another session: %v", err)
		}
		cancel()
		synctest.Wait()
		if a.waiting != 0 || len(a.queuedFor) != 0 {
			t.Errorf("left behind: %d wait, %v", a.waiting, a.queuedFor)
		}
	})
}

func TestQueueIsLeftWhenNoPlaceBecomesFree(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newAdmission(Limits{Handshakes: 1}.withDefaults())
		first, _ := a.enter(peerFrom("192.0.2.1"))
		if _, err := a.place(context.Background(), first, engine.NewID()); err != nil {
			t.Fatal(err)
		}
		second, _ := a.enter(peerFrom("192.0.2.2"))
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := a.place(ctx, second, engine.NewID()); !errors.Is(err, ErrBusy) {
			t.Errorf("place: %v", err)
		}
		if a.queue.Len() != 0 || a.waiting != 0 {
			t.Errorf("%d queue, %d wait", a.queue.Len(), a.waiting)
		}
	})
}

func TestLimitsPerAddressCountAnIPv6NetworkAsOne(t *testing.T) {
	one, other := addressOf(peerFrom("2001:db8::1")), addressOf(peerFrom("2001:db8::ffff:1"))
	if one != other {
		t.Errorf("%v and %v", one, other)
	}
	if addressOf(peerFrom("192.0.2.1")) == addressOf(peerFrom("192.0.2.2")) {
		t.Error("two IPv4 addresses count as one")
	}
}

// brokenListener fails a few times before it works.
type brokenListener struct {
	net.Listener
	failures int
}

func (l *brokenListener) Accept() (net.Conn, error) {
	if l.failures > 0 {
		l.failures--
		return nil, errors.New("accept: too many open files")
	}
	return l.Listener.Accept()
}

func TestServerOutlastsFailedAccepts(t *testing.T) {
	p := newPair(t, nil)
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	delivered := make(chan struct{})
	s := Server{Lookup: p.lookup, Handle: func(_ context.Context, in *Incoming) { close(delivered) }}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, &brokenListener{inner, 2}) }()
	conn, err := net.Dial("tcp", inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = Dial(ctx, conn, p.source, openOf(1))
	<-delivered
	cancel()
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}
