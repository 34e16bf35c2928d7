package live

import (
	"context"
	"errors"
	"sync"
)

// ErrStopped is why things end when the program does.
var ErrStopped = errors.New("the agent was stopped")

// Work is the goroutines of one attachment, and the time for which they may run.
type Work struct {
	life context.Context
	end  context.CancelCauseFunc

	mu      sync.Mutex
	over    bool // nothing is started any more
	running sync.WaitGroup
}

// NewWork begins. Finish must follow.
func NewWork() *Work {
	w := &Work{}
	w.life, w.end = context.WithCancelCause(context.Background())
	return w
}

// Life ends when the farewell is over; all work of the attachment hangs on it.
func (w *Work) Life() context.Context { return w.life }

// End ends the life.
func (w *Work) End(why error) { w.end(why) }

// Start runs f in a goroutine that Finish waits for. Once the work is over, f is left out, and it gives false: who gave f something to
// close closes it.
func (w *Work) Start(f func()) (started bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.running.Go(f)
	}
	return !w.over
}

// Finish ends the life, lets nothing start any more, and waits for what runs.
func (w *Work) Finish(why error) {
	w.end(why)
	w.mu.Lock()
	w.over = true
	w.mu.Unlock()
	w.running.Wait()
}
