package live

import (
	"maps"
	"slices"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// StreamCounts are what one stream of a flow has carried.
type StreamCounts struct {
	Number         uint16
	Sent, Received uint64
}

// Striped notes that several streams may carry the flow. counts gives those that do, and must not call the session.
func (f *Flow) Striped(counts func() []StreamCounts) {
	s := f.Session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.striped == nil {
		s.striped = make(map[uint64]func() []StreamCounts)
	}
	s.striped[f.Number] = counts
}

// unstripe forgets the flow's streams.
func (f *Flow) unstripe() {
	s := f.Session
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.striped, f.Number)
}

// streamStats are the streams of the flows that more than one carries, at most engine.MaximumStreams of them. Only the source tells.
func (s *Session) streamStats() (all []*wire.StreamStats) {
	if !s.AtSource() {
		return nil
	}
	s.mu.Lock()
	striped := maps.Clone(s.striped)
	s.mu.Unlock()
	for _, flow := range slices.Sorted(maps.Keys(striped)) {
		counts := striped[flow]()
		if len(counts) < 2 {
			continue
		}
		for _, c := range counts {
			if len(all) == engine.MaximumStreams {
				return all
			}
			all = append(all, &wire.StreamStats{Flow: flow, Stream: uint32(c.Number), ToTarget: c.Sent, ToSource: c.Received})
		}
	}
	return all
}
