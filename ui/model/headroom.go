package model

import "lockwire/engine"

// LowestHeadroom is the component that can carry the least more; nil where none is known.
func LowestHeadroom(state *State) *engine.ComponentStatus {
	var lowest *engine.ComponentStatus
	for i := range state.Components {
		c := &state.Components[i]
		if c.Online && c.Headroom.Known() && (lowest == nil || c.Headroom.BytesPerSecond < lowest.Headroom.BytesPerSecond) {
			lowest = c
		}
	}
	return lowest
}

// SteadyRate is the displayed rate of the component with the least headroom. It ignores changes below a tenth: each change repaints
// the whole window, and a flickering number is unreadable.
type SteadyRate struct {
	component engine.ID
	rate      uint64
}

// Of is the rate to show for a component.
func (s *SteadyRate) Of(c *engine.ComponentStatus) uint64 {
	now := c.Headroom.BytesPerSecond
	if apart := max(now, s.rate) - min(now, s.rate); s.component != c.ID || apart > s.rate/10 {
		s.component, s.rate = c.ID, now
	}
	return s.rate
}
