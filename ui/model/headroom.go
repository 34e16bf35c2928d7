package model

import "lockwire/engine"

const (
	// littleHeadroom is in bytes per second: 0.5 Gbit/s.
	littleHeadroom = 62_500_000
	// littlePart is the part of what a component carries now below which its headroom is low.
	littlePart = 10
	// lowFor is for how many samples in a row headroom has to be low before somebody is told: 15 seconds.
	lowFor = 3
)

// LowHeadroom tells whether a component that carries something can hardly carry more: less than a tenth of what it carries, or
// less than 0.5 Gbit/s where its processor is what limits it. A slow network that is full is no such case.
func LowHeadroom(c *engine.ComponentStatus, carried uint64) bool {
	h := &c.Headroom
	if !c.Online || !h.Known() || carried == 0 {
		return false
	}
	return h.BytesPerSecond < carried/littlePart || h.LimitedBy == engine.LimitedByProcessor && h.BytesPerSecond < littleHeadroom
}

// StayedLow tells whether a component's headroom was low for a while.
func StayedLow(samples []LoadSample) bool {
	if len(samples) < lowFor {
		return false
	}
	for _, sample := range samples[len(samples)-lowFor:] {
		if !sample.Short {
			return false
		}
	}
	return true
}

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

// SteadyRate is the rate that is shown of the component with the least headroom. One that wavers by less than a tenth stays: a
// number that flickers says nothing, and has the whole window painted anew each time.
type SteadyRate struct {
	component engine.ID
	rate      uint64
}

// Of gives the rate to show of a component.
func (s *SteadyRate) Of(c *engine.ComponentStatus) uint64 {
	now := c.Headroom.BytesPerSecond
	if apart := max(now, s.rate) - min(now, s.rate); s.component != c.ID || apart > s.rate/10 {
		s.component, s.rate = c.ID, now
	}
	return s.rate
}
