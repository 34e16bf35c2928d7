package model

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"lockwire/engine"
)

// checkEvery is how often the broker is asked to check, where nothing was changed meanwhile.
const checkEvery = time.Minute

// checking has the broker check beside what follows it: many rules take their time, for which no picture waits. What cannot be had is asked
// for again later; the last one stands until then, also where the broker is lost and found again.
type checking struct {
	admin engine.Administration
	found atomic.Pointer[engine.Checked]
	busy  atomic.Bool
	asks  sync.WaitGroup
	// at and revision are those of the snapshot for which it was asked last.
	at       time.Time
	revision uint64
}

// begin has the next snapshot asked for at once, whatever was asked before.
func (c *checking) begin() { c.at = time.Time{} }

// follow asks where a minute has passed since the last time, or where something was changed.
func (c *checking) follow(ctx context.Context, snapshot *engine.Snapshot) *engine.Checked {
	due := c.revision != snapshot.Revision || snapshot.When.Sub(c.at).Abs() >= checkEvery
	if due && c.busy.CompareAndSwap(false, true) {
		c.at, c.revision = snapshot.When, snapshot.Revision
		c.asks.Go(func() {
			defer c.busy.Store(false)
			if checked, err := c.admin.Check(ctx, engine.CheckQuestion{}); err == nil {
				c.found.Store(&checked)
			}
		})
	}
	return c.found.Load()
}

// wait waits for what is under way, once its context is done.
func (c *checking) wait() { c.asks.Wait() }
