package live

import (
	"container/list"

	"lockwire/engine"
)

// keptPart is which part of all flows may be connections between two flows.
const keptPart = 8

// keptShare is a connection between two flows as a Budget counts it.
type keptShare struct {
	budget *Budget
	peer   engine.KeyID
	of     *usage
	evict  func()
	place  *list.Element // nil once it is not counted any more
}

// Kept is how many connections are kept.
func (b *Budget) Kept() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used.kept
}

// Keep counts a connection with a peer that carries no flow and is kept for the next one; ok is false where there is no room. One peer may
// have as many as are still free, as with flows. leave, which must follow, counts it no more. A flow that finds no room otherwise takes
// that of the one that was kept longest, and calls its evict, without a lock.
func (b *Budget) Keep(peer engine.KeyID, evict func()) (leave func(), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	has := b.of(peer)
	if has.kept >= b.flows/keptPart-b.used.kept || b.used.flows+b.used.kept >= b.flows {
		return nil, false
	}
	b.peers[peer] = has
	has.kept++
	b.used.kept++
	k := &keptShare{budget: b, peer: peer, of: has, evict: evict}
	k.place = b.kept.PushBack(k)
	return k.leave, true
}

func (k *keptShare) leave() {
	k.budget.mu.Lock()
	defer k.budget.mu.Unlock()
	k.remove()
}

// remove counts it no more. Called with the lock.
func (k *keptShare) remove() {
	if k.place == nil {
		return
	}
	b := k.budget
	b.kept.Remove(k.place)
	k.place = nil
	b.used.kept--
	k.of.kept--
	b.drop(k.peer, k.of)
}
