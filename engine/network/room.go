package network

import "sync"

// DefaultBuffer is how many bytes of one direction of a flow one agent holds, beyond what is on its way, where nothing else is
// set. A flow passes two agents.
const DefaultBuffer = 4 << 20

// LeastBuffer is the least that can be set.
const LeastBuffer = 256 << 10

// Room is how much the system's buffers of one direction of a flow may hold: five eighths of it what has arrived and is not read, three
// sixteenths what is written and cannot be sent; the rest is for what is being worked on. What the path has in flight comes on top, for
// a receive buffer must have place for it. Several connections that carry one direction share a Room.
//
// The larger part is for what has arrived, because a queue that is long saves turns between programs that share processors.
type Room struct {
	most   int // of what the receive buffers hold beyond inFlight
	budget Budget

	mu       sync.Mutex
	receive  int // the sizes of the receive buffers
	inFlight int // what of them is for bytes in flight
	taken    int // of the budget
}

// Budget is what many flows share.
type Budget interface {
	// Take takes n bytes, all or none, and tells whether it did. Give gives them back.
	Take(n int) bool
	Give(n int)
}

// NewRoom makes the room of one direction, of which buffer bytes may be held. What buffers grow by is taken from budget, which may be
// nil, until Close.
func NewRoom(buffer int, budget Budget) *Room { return &Room{most: buffer / 8 * 5, budget: budget} }

// Close gives back what was taken from the budget. The connections must be closed.
func (r *Room) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.budget != nil && r.taken > 0 {
		r.budget.Give(r.taken)
	}
	r.taken = 0
}

// Enter counts memory that a receiver begins with, as the system makes a receive buffer.
func (r *Room) Enter(size int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.receive += size
}

// Grow lets what a receiver may hold grow by up to by bytes, now that inFlight more bytes of it are in flight. It gives by how much; full
// tells that nothing is left whatever the budget says.
func (r *Room) Grow(by, inFlight int) (n int, full bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inFlight += inFlight
	free := r.most + r.inFlight - r.receive
	if n = min(by, free); n <= 0 {
		return 0, true
	}
	cost := n + Unsent(n)
	if r.budget != nil {
		if !r.budget.Take(cost) {
			return 0, false
		}
		r.taken += cost
	}
	r.receive += n
	return n, n == free
}

// Unsent is how much may be written and not sent beside a receive buffer of that size: it grows with that.
func Unsent(receive int) int { return receive / 10 * 3 }
