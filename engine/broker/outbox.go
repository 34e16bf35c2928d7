package broker

import (
	"sync"

	"lockwire/engine/wire"
)

// maximumOutbox is how many messages wait for one component. A component that falls that far behind does not read any more.
const maximumOutbox = 4096

// outbox queues the messages for one component, in order. put never blocks.
type outbox struct {
	wake chan struct{} // holds a token while something waits

	mu    sync.Mutex
	queue []*wire.Down
	last  bool // nothing is taken in any more
}

func newOutbox() *outbox { return &outbox{wake: make(chan struct{}, 1)} }

// put adds a message; false tells that the outbox is full.
func (o *outbox) put(message *wire.Down) bool {
	o.mu.Lock()
	if o.last || len(o.queue) >= maximumOutbox {
		defer o.mu.Unlock()
		return o.last
	}
	o.queue = append(o.queue, message)
	o.mu.Unlock()
	o.poke()
	return true
}

// close accepts no more messages; queued ones are still sent.
func (o *outbox) close() {
	o.mu.Lock()
	o.last = true
	o.mu.Unlock()
	o.poke()
}

func (o *outbox) poke() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// take empties the outbox, and tells whether these were the last messages.
func (o *outbox) take() (messages []*wire.Down, last bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	messages, o.queue = o.queue, nil
	return messages, o.last
}
