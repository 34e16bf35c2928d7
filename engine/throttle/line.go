package throttle

import "container/heap"

// oneLine is the line of a session's flows. Each turn starts where the flow's one before ended, or where the others are by now; the turn
// that ends first passes first. So a flow that sends little is never behind the many bytes of another one.
type oneLine struct {
	waiting turnHeap
	arrived uint64 // turns so far, to keep the order of those that are due together
	due     uint64 // the start of the turn that passed last
}

// inLine is a turn's place in oneLine.
type inLine struct {
	start   uint64 // where it begins, in bytes of a flow that takes its fair part
	arrival uint64
	index   int
}

func (l *oneLine) enter(f *Flow, t *turn) {
	t.start, t.arrival = max(f.end, l.due), l.arrived
	l.arrived++
	f.end = t.end()
	heap.Push(&l.waiting, t)
}

func (l *oneLine) next() *turn {
	if len(l.waiting) == 0 {
		return nil
	}
	return l.waiting[0]
}

func (l *oneLine) pass() { l.due = heap.Pop(&l.waiting).(*turn).start }

func (l *oneLine) giveUp(f *Flow, t *turn) {
	heap.Remove(&l.waiting, t.index)
	f.end = t.start
}

func (t *turn) end() uint64 { return t.start + uint64(t.n) }

// turnHeap has the turn that ends first on top.
type turnHeap []*turn

func (h turnHeap) Len() int { return len(h) }
func (h turnHeap) Less(i, j int) bool {
	return h[i].end() < h[j].end() || h[i].end() == h[j].end() && h[i].arrival < h[j].arrival
}
func (h turnHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push and Pop are for container/heap.
func (h *turnHeap) Push(x any) {
	t := x.(*turn)
	t.index = len(*h)
	*h = append(*h, t)
}

func (h *turnHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return t
}
