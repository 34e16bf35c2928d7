package alarm

import (
	"sync"

	"lockwire/engine"
)

// maximumWaiting bounds the alarms that wait for one receiver. The oldest gives way: the newest says how things are.
const maximumWaiting = 256

// queue holds the alarms that wait for a receiver.
type queue struct {
	mu      sync.Mutex
	waiting []engine.Alarm
	// untold counts those that were dropped since the last one that went out: it is said with the next.
	untold uint64
	// arrived holds a token while something may wait.
	arrived chan struct{}
}

func newQueue() *queue { return &queue{arrived: make(chan struct{}, 1)} }

// put never waits. It gives how many alarms gave way.
func (q *queue) put(a engine.Alarm) (dropped uint64) {
	q.mu.Lock()
	if len(q.waiting) >= maximumWaiting {
		q.waiting = append(q.waiting[:0], q.waiting[1:]...)
		q.untold++
		dropped = 1
	}
	q.waiting = append(q.waiting, a)
	q.mu.Unlock()
	select {
	case q.arrived <- struct{}{}:
	default:
	}
	return dropped
}

// head gives the oldest alarm, and how many were dropped and not told of.
func (q *queue) head() (a engine.Alarm, untold uint64, any bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return engine.Alarm{}, 0, false
	}
	return q.waiting[0], q.untold, true
}

// done takes an alarm off: it was sent, and with it that untold ones were dropped, or it is given up. One that gave way meanwhile is
// not there any more.
func (q *queue) done(id engine.ID, sent bool, untold uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) > 0 && q.waiting[0].ID == id {
		q.waiting = append(q.waiting[:0], q.waiting[1:]...)
	}
	if sent {
		q.untold -= untold
	} else {
		q.untold++
	}
}

// empty forgets all that waits, and gives how many these were.
func (q *queue) empty() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting, q.untold = nil, 0
}

func (q *queue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}
