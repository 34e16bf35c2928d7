package secret

import (
	"context"
	"runtime"
	"sync"
	"time"

	"lockwire/engine"
)

// Provable tells whether this build erases what was made inside [Do], so that the end of a session can be confirmed as
// "destroyed". Where it is false the honest word is "released, not provable".
func Provable() bool { return provable }

// collectionInterval is the shortest time between two collections that Erase starts, so that many sessions which end at
// once share one.
const collectionInterval = time.Second

// Erase returns nil once a garbage collection has completed that began after the call: from then on no copy is left of
// what was made inside [Do] and was unreachable at the call. Calls share collections, at most one a second begins.
// When ctx ends first, its error is returned.
//
// Erase proves something only where [Provable] is true.
func Erase(ctx context.Context) error { return process.erase(ctx) }

// process is the one collector of the process; so is the heap that it collects.
var process = newCollector(runtime.GC)

// collector runs collections for whoever waits for one.
//
//	erase ──> join the batch that has not begun ──> become its leader ──> wait for the interval ──> collect ──> all of the batch return
//
// It has no goroutine: one of those who wait leads, and when the leader gives up another one takes its place.
type collector struct {
	collect func()
	lead    chan struct{} // holds one token while somebody leads

	mu   sync.Mutex
	next *batch    // nobody has begun to collect for it
	last time.Time // when the last collection began
}

// batch is everybody whom one collection serves.
type batch struct{ done chan struct{} }

func newCollector(collect func()) *collector {
	return &collector{collect: collect, lead: make(chan struct{}, 1)}
}

func (c *collector) erase(ctx context.Context) error {
	b := c.join()
	select {
	case <-b.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case c.lead <- struct{}{}:
	}
	defer func() { <-c.lead }()

	select {
	case <-b.done: // the leader before us served our batch
		return nil
	default:
	}
	if err := c.waitForInterval(ctx); err != nil {
		return err
	}
	c.begin()
	c.collect()
	close(b.done)
	return nil
}

func (c *collector) join() *batch {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == nil {
		c.next = &batch{done: make(chan struct{})}
	}
	return c.next
}

func (c *collector) waitForInterval(ctx context.Context) error {
	c.mu.Lock()
	wait := time.Until(c.last.Add(collectionInterval))
	c.mu.Unlock()
	return engine.Pause(ctx, wait)
}

// begin closes the batch: the collection may miss a key that is dropped after this moment.
func (c *collector) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next = nil
	c.last = time.Now()
}
