package broker

import (
	"sync"

	"lockwire/engine/wire"
)

// maximumOutbox is how many messages wait for one component. A component that falls that far behind does not read any more.
const maximumOutbox = 4096

// outbox queues the messages for one component, in order. put never blocks.
type outbox struct {
	// deliver starts what sends when something waits; that goes on until take gives nothing. Ten thousand components that are told
	// nothing need no goroutine for it.
	deliver func()

	mu         sync.Mutex
	queue      []*wire.Down
	last       bool // nothing is taken in any more
	delivering bool
}

// newOutbox makes an outbox. deliver starts what sends, and does not wait for it.
func newOutbox(deliver func()) *outbox { return &outbox{deliver: deliver} }

// put adds a message; false tells that the outbox is full.
func (o *outbox) put(message *wire.Down) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.last || len(o.queue) >= maximumOutbox {
		return o.last
	}
	o.queue = append(o.queue, message)
	o.wake()
	return true
}

// close accepts no more messages; queued ones are still sent.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = true
	o.wake()
}

// wake has the messages delivered. o.mu is held.
func (o *outbox) wake() {
	if !o.delivering {
		o.delivering = true
		o.deliver()
	}
}

// take empties the outbox, and tells whether these were the last messages. Where it gives none and more may come, who delivers ends.
func (o *outbox) take() (messages []*wire.Down, last bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	messages, o.queue = o.queue, nil
	o.delivering = len(messages) > 0 || o.last
	return messages, o.last
}
