package live

import (
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
)

// Apportion divides the processor time spent among the sessions by the bytes that each has moved since the last call, and gives
// those.
func Apportion(all []*Session, spent time.Duration) (moved []machine.MovedBytes) {
	moved = make([]machine.MovedBytes, len(all))
	total := uint64(0)
	for i, s := range all {
		moved[i] = machine.MovedBytes{Side: s.side(), Mode: s.Offer.Mode, Test: s.Offer.Test, Bytes: s.sinceCounted()}
		total += moved[i].Bytes
	}
	if total == 0 {
		return moved
	}
	for i, s := range all {
		s.mu.Lock()
		s.cpu += time.Duration(float64(spent) * float64(moved[i].Bytes) / float64(total))
		s.mu.Unlock()
	}
	return moved
}

// sinceCounted gives the bytes that the session has moved since the last call.
func (s *Session) sinceCounted() uint64 {
	toTarget, toSource := s.bytes()
	s.mu.Lock()
	defer s.mu.Unlock()
	moved := toTarget + toSource - s.counted
	s.counted = toTarget + toSource
	return moved
}

func (s *Session) side() engine.SideOfSession {
	if s.AtSource() {
		return engine.SourceEnd
	}
	return engine.TargetEnd
}
