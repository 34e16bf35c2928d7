package channel

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine/channel/admission"
	"lockwire/engine/network"
)

// keptLink carries the flows of a session one after the other as a route does: over a connection that is kept, else over a new one. Its
// target goes on serving between the flows.
type keptLink struct {
	dials         int // how many connections were made
	first, second *memoryConn
	rooms         rooms // of both ends
	info          network.Info

	mu      sync.Mutex
	present *flow
	refused []error // of all flows
}

// rooms counts the connections that ends keep.
type rooms struct {
	mu    sync.Mutex
	kept  int
	evict []func()
}

func (r *rooms) keep(evict func()) (leave func(), ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept++
	r.evict = append(r.evict, evict)
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.kept--
	}, true
}

func (r *rooms) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept
}

// keeping is a flow of a session that keeps its connections, of which the first one, by number 1, has founded.
func keeping(t testing.TB, change func(*pair)) *flow {
	t.Helper()
	link := new(keptLink)
	f := newFlow(t, func(p *pair) {
		p.source.Keep, p.target.Keep = link.rooms.keep, link.rooms.keep
		if change != nil {
			change(p)
		}
	})
	f.joins, f.link = true, link
	first := f.again()
	first.run(t, 1)
	if !first.whole() {
		t.Fatalf("the founding: %v, %v, %v", first.dialled, first.atTarget.err, first.atSource.err)
	}
	return f
}

// run carries a flow to its end, whatever that is, and returns when the target waits for the next one. It runs inside a bubble.
func (k *keptLink) run(_ testing.TB, f *flow, number uint64) {
	ctx := f.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	k.mu.Lock()
	k.present = f
	k.mu.Unlock()
	if k.first != nil {
		k.first.setTamper(f.fromSource)
		k.second.setTamper(f.fromDest)
	}
	c, err := k.overKept(ctx, f, number)
	if errors.Is(err, ErrNoneKept) {
		c, err = k.overNew(ctx, f, number)
	}
	if f.dialled = err; err == nil {
		f.atSource = exchange(c, f.toTarget)
	}
	synctest.Wait()
}

func (k *keptLink) overKept(ctx context.Context, f *flow, number uint64) (*Conn, error) {
	way, err := f.p.source.Secret.Next(ctx)
	if err != nil {
		return nil, err
	}
	if way.Founds() {
		way.Done(nil)
		return nil, ErrNoneKept
	}
	return JoinKept(ctx, f.p.source, way, openOf(number), netip.AddrPort{})
}

func (k *keptLink) overNew(ctx context.Context, f *flow, number uint64) (*Conn, error) {
	k.dials++
	k.first, k.second = newMemoryPair(f.fromSource, f.fromDest)
	k.first.info = &k.info
	_ = k.second.SetLinger(0) // as Server.Serve does
	k.serve(ctx, f.p, k.second)
	return Connect(ctx, k.first, f.p.source, openOf(number))
}

// serve has the target serve a connection until that ends.
func (k *keptLink) serve(ctx context.Context, p *pair, conn net.Conn) {
	server := Server{
		Lookup: p.lookup,
		Handle: func(_ context.Context, in *Incoming) {
			k.mu.Lock()
			f := k.present
			k.mu.Unlock()
			f.handle(in)
		},
		Refused: func(_ net.Addr, why error) {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.present.refused = why
			k.refused = append(k.refused, why)
		},
	}
	go server.serve(ctx, conn, admission.New(admission.DefaultBounds())) // the bubble waits for it
}

// holds fails the test unless so many connections are kept, at both ends together.
func (k *keptLink) holds(t testing.TB, want int) {
	t.Helper()
	synctest.Wait()
	if got := k.rooms.count(); got != want {
		t.Errorf("%d ends of connections are kept, not %d", got, want)
	}
}

// endIdle waits until connections that nobody uses are closed.
func (k *keptLink) endIdle(t testing.TB) {
	t.Helper()
	time.Sleep(keptBySource + time.Second)
	k.holds(t, 0)
}
