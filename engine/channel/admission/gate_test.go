package admission

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
)

// peer is a connection with an address, as admission sees it.
type peer struct {
	net.Conn
	address net.Addr
	closed  bool
}

func (p *peer) RemoteAddr() net.Addr { return p.address }
func (p *peer) Close() error         { p.closed = true; return nil }

func peerFrom(address string) *peer {
	return &peer{address: &net.TCPAddr{IP: net.ParseIP(address), Port: 1}}
}

func smallBounds() Bounds {
	return Bounds{Waiting: 4, WaitingPerAddress: 3, Handshakes: 3, HandshakesPerSession: 2, HandshakesPerAddress: 2}
}

func TestOldestSilentConnectionGivesWay(t *testing.T) {
	a := New(smallBounds())
	var peers []*peer
	enter := func(address string) *Waiter {
		p := peerFrom(address)
		peers = append(peers, p)
		w, err := a.Enter(p)
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
	if a.waiting != 4 || last.Evicted() {
		t.Errorf("%d wait", a.waiting)
	}
}

func TestQueuedConnectionsAreNotEvicted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(smallBounds())
		ctx, cancel := context.WithCancel(context.Background())
		session := engine.NewID()
		for i := range 6 { // 2 get slots (of one session), 4 queue
			w, err := a.Enter(peerFrom(fmt.Sprintf("192.0.2.%d", i)))
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				_, _ = w.Acquire(ctx, session)
				<-ctx.Done()
				w.Leave()
			}()
			synctest.Wait()
		}
		if a.queue.Len() != 4 || a.running != 2 {
			t.Errorf("%d queue, %d run", a.queue.Len(), a.running)
		}
		if _, err := a.Enter(peerFrom("192.0.2.99")); !errors.Is(err, ErrBusy) {
			t.Errorf("one more: %v", err)
		}
		cancel()
		synctest.Wait()
		if a.waiting != 0 || len(a.queuedFrom) != 0 || len(a.byAddress) != 0 || a.silent.Len() != 0 {
			t.Errorf("left behind: %+v", a)
		}
	})
}

func TestHandshakeSlotsAreBoundedPerSessionAndAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(smallBounds())
		one, two := engine.NewID(), engine.NewID()
		type arrival struct {
			address string
			session engine.ID
		}
		got := make(chan int, 10)
		leave := make([]chan struct{}, 0)
		for i, from := range []arrival{
			{"192.0.2.1", one}, {"192.0.2.2", one}, {"192.0.2.3", one}, // the third of a session waits
			{"192.0.2.1", two},                         // overtakes it: another session
			{"2001:db8::1", two}, {"2001:db8::2", two}, // all three slots are taken
		} {
			left := make(chan struct{})
			leave = append(leave, left)
			go func() {
				w, err := a.Enter(peerFrom(from.address))
				if err != nil {
					t.Error(err)
					return
				}
				defer w.Leave()
				p, err := w.Acquire(context.Background(), from.session)
				if err != nil {
					t.Error(err)
					return
				}
				got <- i
				<-left
				p.Release()
			}()
			synctest.Wait()
		}
		expect := func(want ...int) {
			t.Helper()
			synctest.Wait()
			if len(got) != len(want) {
				t.Fatalf("%d got a slot; want %v", len(got), want)
			}
			for _, w := range want {
				if g := <-got; g != w {
					t.Errorf("%d got a slot; want %d", g, w)
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
	synctest.Test(t, func(t *testing.T) {
		a := New(DefaultBounds())
		session := engine.NewID()
		ctx, cancel := context.WithCancel(context.Background())
		come := func(address string) (got chan error) {
			got = make(chan error, 1)
			go func() {
				w, err := a.Enter(peerFrom(address))
				if err == nil {
					defer w.Leave()
					var p *Slot
					if p, err = w.Acquire(ctx, session); err == nil {
						defer p.Release()
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
		for range a.bounds.HandshakesPerSession - share(a.bounds.HandshakesPerSession) {
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
		if a.queuedBoth[claim{session, netip.MustParsePrefix("192.0.2.1/32")}] != 1 {
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
	synctest.Test(t, func(t *testing.T) {
		a := New(Bounds{Handshakes: 3, HandshakesPerSession: 1, WaitingPerSession: 2})
		ctx, cancel := context.WithCancel(context.Background())
		watched, other := engine.NewID(), engine.NewID()
		try := func(session engine.ID) chan error {
			w, err := a.Enter(peerFrom("192.0.2.1"))
			if err != nil {
				t.Fatal(err)
			}
			got := make(chan error, 1)
			go func() {
				_, err := w.Acquire(ctx, session)
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

func TestQueueIsLeftWhenNoSlotBecomesFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Bounds{Handshakes: 1})
		first, _ := a.Enter(peerFrom("192.0.2.1"))
		if _, err := first.Acquire(context.Background(), engine.NewID()); err != nil {
			t.Fatal(err)
		}
		second, _ := a.Enter(peerFrom("192.0.2.2"))
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := second.Acquire(ctx, engine.NewID()); !errors.Is(err, ErrBusy) {
			t.Errorf("acquire: %v", err)
		}
		if a.queue.Len() != 0 || a.waiting != 0 {
			t.Errorf("%d queue, %d wait", a.queue.Len(), a.waiting)
		}
	})
}
