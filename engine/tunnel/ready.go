package tunnel

import (
	"context"
	"slices"
	"sync"
	"time"

	"lockwire/engine/network"
)

const (
	// mostReady is how many connections are kept ready at the most. As many are as sessions have taken within busyFor.
	mostReady = 4
	busyFor   = 10 * time.Second
	// readyFor is how long one is kept. The gateway keeps it a little longer.
	readyFor = 30 * time.Second
)

// ready keeps connections whose handshake is done, so that flows which follow one another need not wait for it.
type ready struct {
	prove func(ctx context.Context, gateway string) (*proven, error)
	life  context.Context
	end   context.CancelFunc

	mu      sync.Mutex
	closed  bool
	kept    []*waiting
	making  int
	uses    []time.Time // the last ones, mostReady at most
	running sync.WaitGroup
}

// waiting is a connection that is kept ready.
type waiting struct {
	*proven
	gateway string
	expiry  *time.Timer
}

func newReady(prove func(ctx context.Context, gateway string) (*proven, error)) *ready {
	r := &ready{prove: prove}
	r.life, r.end = context.WithCancel(context.Background())
	return r
}

// take gives a connection with a gateway, nil where none is ready.
func (r *ready) take(gateway string) *proven {
	for {
		w := r.takeAny(gateway)
		if w == nil {
			return nil
		}
		w.expiry.Stop()
		if !network.Readable(w.tcp) {
			return w.proven
		}
		w.drop() // a gateway says nothing before it is asked: that is its end
	}
}

func (r *ready) takeAny(gateway string) *waiting {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.kept, func(w *waiting) bool { return w.gateway == gateway })
	if i < 0 {
		return nil
	}
	w := r.kept[i]
	r.kept = slices.Delete(r.kept, i, i+1)
	return w
}

// used notes that a session has taken a connection with a gateway, and has as many made as were taken of late.
func (r *ready) used(gateway string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	now := time.Now()
	r.uses = append(r.uses[max(0, len(r.uses)-mostReady+1):], now)
	r.uses = slices.DeleteFunc(r.uses, func(at time.Time) bool { return now.Sub(at) > busyFor })
	for range len(r.uses) - len(r.kept) - r.making {
		r.making++
		r.running.Go(func() { r.makeOne(gateway) })
	}
}

// makeOne makes one connection ready. Where that fails, the next session finds out why.
func (r *ready) makeOne(gateway string) {
	made, err := r.prove(r.life, gateway)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.making--
	switch {
	case err != nil:
	case r.closed:
		made.drop()
	default:
		w := &waiting{proven: made, gateway: gateway}
		w.expiry = time.AfterFunc(readyFor, func() { r.expire(w) })
		r.kept = append(r.kept, w)
	}
}

// expire drops a connection that nobody took.
func (r *ready) expire(w *waiting) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.Index(r.kept, w); i >= 0 {
		r.kept = slices.Delete(r.kept, i, i+1)
		w.drop()
	}
}

// close drops all connections and lets none be made any more.
func (r *ready) close() {
	r.mu.Lock()
	r.closed = true
	kept := r.kept
	r.kept = nil
	r.mu.Unlock()
	r.end()
	for _, w := range kept {
		w.expiry.Stop()
		w.drop()
	}
	r.running.Wait()
}
