package throttle

import (
	"container/heap"
	"sync"
	"time"
)

// Shares divides a line among who use it at the same time: equally among the members at the top, such as tenants, then what each gets
// equally among its own, such as sessions, and so on down to flows. What one does not use the others get, those beside it first. It is
// safe for concurrent use.
type Shares[Key comparable] struct {
	limiter *Limiter

	mu   sync.Mutex
	root *node[Key]
}

// NewShares makes shares of a line without a limit: nothing waits.
func NewShares[Key comparable]() *Shares[Key] {
	root := &branch{index: outOfLine}
	l := NewLimiter(Free)
	l.waiting = (*tree)(root)
	return &Shares[Key]{limiter: l, root: &node[Key]{branch: root}}
}

// SetLimit says how many bytes per second the line carries; Unlimited for as many as come.
func (s *Shares[Key]) SetLimit(bytesPerSecond uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limiter.Limit() != bytesPerSecond {
		s.limiter.Obey(Lease{s.limiter.Lease().Number + 1, bytesPerSecond})
	}
}

// Join gives a new flow of the member that a path of keys leads to, the top one first. leave must be called once it is over.
func (s *Shares[Key]) Join(path ...Key) (flow *Flow, leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limiter.mu.Lock()
	defer s.limiter.mu.Unlock()
	at := s.root
	for _, key := range path {
		at = at.below(key)
	}
	flow = &Flow{l: s.limiter, leaf: at.branch.grow()}
	return flow, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		at.leave()
	}
}

// node is a member that is there, with those below it.
type node[Key comparable] struct {
	branch *branch
	above  *node[Key]
	key    Key
	all    map[Key]*node[Key]
	used   int // by how many flows, and members below
}

// below gives a member of a member, and counts a use of it. Shares.mu is held, and the limiter's lock.
func (n *node[Key]) below(key Key) *node[Key] {
	found := n.all[key]
	if found == nil {
		if n.all == nil {
			n.all = map[Key]*node[Key]{}
		}
		found = &node[Key]{branch: n.branch.grow(), above: n, key: key}
		n.all[key] = found
	}
	found.used++
	return found
}

// leave ends a use, all the way up. Shares.mu is held.
func (n *node[Key]) leave() {
	for ; n.above != nil; n = n.above {
		if n.used--; n.used == 0 {
			delete(n.above.all, n.key)
		}
	}
}

// catchUpTime is what who was away for a moment may catch up with, as time of the whole line: a flow that waits for its turn and then has to
// fetch its next bytes must not lose its share by that.
const catchUpTime = 100 * time.Millisecond

const outOfLine = -1

// branch is a member, or a flow, as its turns pass. The limiter's lock guards it.
type branch struct {
	above *branch
	// start is where its next turn begins, in bytes of one beside it that takes its fair part; now is where those below it are.
	start, now uint64
	waiting    branchHeap // those below that wait, or below which some do
	index      int        // in above.waiting
	turn       *turn      // of a flow that waits
}

// inShares is a turn's place in a tree.
type inShares struct{ leaf *branch }

// grow makes a branch below, which begins where the others are.
func (b *branch) grow() *branch { return &branch{above: b, start: b.now, index: outOfLine} }

// tree is the root of branches, as a line of turns.
type tree branch

func (t *tree) enter(f *Flow, turn *turn) {
	f.leaf.turn, turn.leaf = turn, f.leaf
	f.leaf.enter(float64(f.l.Limit())*catchUpTime.Seconds(), uint64(turn.n))
}

// enter has the branch wait beside the others, and all above it. catchUp is what the whole line may be behind with. It gives what is the
// branch's of that, with those that wait beside it now, but a turn of n bytes at the least.
func (b *branch) enter(catchUp float64, n uint64) float64 {
	if b.above == nil {
		return catchUp
	}
	catchUp = b.above.enter(catchUp, n)
	if b.index == outOfLine {
		catchUp /= float64(len(b.above.waiting) + 1)
		b.start = max(b.start, less(b.above.now, max(uint64(min(catchUp, 1<<62)), n)))
		heap.Push(&b.above.waiting, b)
		return catchUp
	}
	return catchUp / float64(len(b.above.waiting))
}

func (t *tree) next() *turn {
	b := (*branch)(t)
	for len(b.waiting) > 0 {
		b = b.waiting[0]
	}
	return b.turn
}

func (t *tree) pass() {
	turn := t.next()
	turn.leaf.turn = nil
	for b := turn.leaf; b.above != nil; b = b.above {
		b.above.now = max(b.above.now, b.start)
		b.start += uint64(turn.n)
		if b.turn == nil && len(b.waiting) == 0 {
			heap.Remove(&b.above.waiting, b.index)
		} else {
			heap.Fix(&b.above.waiting, b.index)
		}
	}
}

func (t *tree) giveUp(_ *Flow, turn *turn) {
	turn.leaf.turn = nil
	for b := turn.leaf; b.above != nil && b.turn == nil && len(b.waiting) == 0; b = b.above {
		heap.Remove(&b.above.waiting, b.index)
	}
}

// branchHeap has the branch on top whose turn begins first.
type branchHeap []*branch

func (h branchHeap) Len() int           { return len(h) }
func (h branchHeap) Less(i, j int) bool { return h[i].start < h[j].start }
func (h branchHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push and Pop are for container/heap.
func (h *branchHeap) Push(x any) {
	b := x.(*branch)
	b.index = len(*h)
	*h = append(*h, b)
}

func (h *branchHeap) Pop() any {
	last := len(*h) - 1
	b := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	b.index = outOfLine
	return b
}
