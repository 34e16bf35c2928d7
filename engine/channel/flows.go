package channel

import "sync"

// FlowNumbers remembers which flow numbers of a session were accepted, so that each is accepted once. The zero value has
// seen none. A source counts its flows upwards; flows may overtake each other by up to flowWindow numbers, older ones are
// taken for used, so that a session of any length needs 1 KiB.
type FlowNumbers struct {
	mu      sync.Mutex
	started bool
	highest uint64
	seen    [flowWindow / 64]uint64 // one bit for each of the flowWindow numbers up to highest, at its remainder
}

const flowWindow = 8192

// Take accepts number, or returns ErrFlowUsed.
func (f *FlowNumbers) Take(number uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !f.started:
		f.started, f.highest = true, number
	case number > f.highest:
		f.forget(number)
		f.highest = number
	case f.highest-number >= flowWindow:
		return ErrFlowUsed
	}
	word, bit := number%flowWindow/64, uint64(1)<<(number%64)
	if f.seen[word]&bit != 0 {
		return ErrFlowUsed
	}
	f.seen[word] |= bit
	return nil
}

// forget clears the bits that the numbers up to next take over.
func (f *FlowNumbers) forget(next uint64) {
	if next-f.highest >= flowWindow {
		f.seen = [flowWindow / 64]uint64{}
		return
	}
	for n := f.highest + 1; ; n++ {
		f.seen[n%flowWindow/64] &^= 1 << (n % 64)
		if n == next {
			return
		}
	}
}
