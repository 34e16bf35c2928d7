package live

import (
	"container/list"
	"errors"
	"fmt"
	"sync"

	"lockwire/engine"
)

// FlowMemory is what a flow is counted with, whether it carries anything or not: its goroutines, its channel's state and its two
// connections in the system.
const FlowMemory = 64 << 10

// descriptorsOfFlow is how many file descriptors a flow takes: its two connections, and a pipe where it is plain and held up in splice.
// otherDescriptors are kept for all else.
const (
	descriptorsOfFlow = 4
	otherDescriptors  = 256
)

// ErrBudget: there are as many flows with one peer as may be, beside those of the others.
var ErrBudget = errors.New("its connections are as many as it may have")

// Budget is what the flows of all attachments of a process may take together: their number, and the memory by which the system's
// buffers grow.
//
// One peer may have as much as is still free. So it gets half of all where it is alone, two get a third each, and so on: whatever one
// joined component does, another one finds as much as the first has. No number of peers has to be known for that.
type Budget struct {
	flows, buffers int

	mu    sync.Mutex
	used  usage
	peers map[engine.KeyID]*usage
	// kept are the connections between two flows, of which each counts as a flow, the one longest without a flow first. They give way to
	// flows.
	kept list.List // of *keptShare
}

type usage struct{ flows, buffers, kept int }

// NewBudget divides memory, in bytes: half for flows as such, of which descriptors, where they are known, allow so many at most, and
// half for buffers.
func NewBudget(memory uint64, descriptors uint64) *Budget {
	half := int(min(memory/2, 1<<50))
	flows := half / FlowMemory
	if descriptors > 0 {
		flows = min(flows, (int(min(descriptors, 1<<30))-otherDescriptors)/descriptorsOfFlow)
	}
	return &Budget{flows: max(flows, 2), buffers: half, peers: make(map[engine.KeyID]*usage)}
}

// Most is how many flows there may be at once, and by how many bytes buffers may grow.
func (b *Budget) Most() (flows, buffers int) { return b.flows, b.buffers }

// Used is how many flows there are, without kept connections, and how many bytes buffers have grown by.
func (b *Budget) Used() (flows, buffers int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used.flows, b.used.buffers
}

// BeginWaiting counts a connection of a tool that waits for its session. All of these together have the part of one peer. End must follow
// where it does not return ErrBudget.
func (b *Budget) BeginWaiting() (*Share, error) {
	share, err := b.begin(engine.KeyID{})
	if err != nil {
		return nil, fmt.Errorf("too many connections wait for their session: %w", err)
	}
	return share, nil
}

// Begin counts a flow with a peer. End must follow where it does not return ErrBudget.
func (b *Budget) Begin(peer engine.KeyID) (*Share, error) {
	share, err := b.begin(peer)
	if err != nil {
		return nil, fmt.Errorf("one component may take no more of this machine: %w", err)
	}
	return share, nil
}

func (b *Budget) begin(peer engine.KeyID) (*Share, error) {
	share, displaced, err := b.count(peer)
	if displaced != nil {
		displaced.evict()
	}
	return share, err
}

// count is begin under the lock. It gives the kept connection, if any, that must be closed for the flow.
func (b *Budget) count(peer engine.KeyID) (share *Share, displaced *keptShare, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	has := b.of(peer)
	if free := b.flows - b.used.flows; has.flows >= free {
		return nil, nil, fmt.Errorf("%w: %d of %d, %d are free for others; let tools open fewer, or raise the agent's --memory or limit of open files",
			ErrBudget, has.flows, b.flows, free)
	}
	b.peers[peer] = has
	has.flows++
	b.used.flows++
	if b.used.flows+b.used.kept > b.flows {
		displaced = b.kept.Front().Value.(*keptShare)
		displaced.remove()
	}
	return &Share{budget: b, peer: peer, of: has}, displaced, nil
}

// of gives what a peer has. It must be put into peers where anything is added to it.
func (b *Budget) of(peer engine.KeyID) *usage {
	if has := b.peers[peer]; has != nil {
		return has
	}
	return &usage{}
}

// drop forgets a peer that has nothing.
func (b *Budget) drop(peer engine.KeyID, has *usage) {
	if has.flows == 0 && has.kept == 0 {
		delete(b.peers, peer)
	}
}

// Share is a flow's part of a Budget.
type Share struct {
	budget *Budget
	peer   engine.KeyID
	of     *usage
}

// End gives the flow's place back. What it took must have been given back before.
func (s *Share) End() {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used.flows--
	s.of.flows--
	b.drop(s.peer, s.of)
}

// Take takes n bytes for buffers, where the peer may have so many more.
func (s *Share) Take(n int) bool {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.of.buffers+n > b.buffers-b.used.buffers-n {
		return false
	}
	s.of.buffers += n
	b.used.buffers += n
	return true
}

// Give gives n bytes back.
func (s *Share) Give(n int) {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	s.of.buffers -= n
	b.used.buffers -= n
}
