package ui

import (
	"fmt"
	"strconv"

	"lockwire/engine"
)

const (
	// littleHeadroom is in bytes per second: 0.5 Gbit/s.
	littleHeadroom = 62_500_000
	// littlePart is the part of what a component carries now below which its headroom is low.
	littlePart = 10
	// lowFor is for how many samples in a row headroom has to be low before somebody is told: 15 seconds.
	lowFor = 3
)

// lowHeadroom tells whether a component that carries something can hardly carry more: less than a tenth of what it carries, or
// less than 0.5 Gbit/s where its processor is what limits it. A slow network that is full is no such case.
func lowHeadroom(c *engine.ComponentStatus, carried uint64) bool {
	h := &c.Headroom
	if !c.Online || !h.Known() || carried == 0 {
		return false
	}
	return h.BytesPerSecond < carried/littlePart || h.LimitedBy == engine.LimitedByProcessor && h.BytesPerSecond < littleHeadroom
}

// stayedLow tells whether a component's headroom was low for a while.
func stayedLow(samples []LoadSample) bool {
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

// lowestHeadroom is the component that can carry the least more; nil where none is known.
func lowestHeadroom(state *State) *engine.ComponentStatus {
	var lowest *engine.ComponentStatus
	for i := range state.Components {
		c := &state.Components[i]
		if c.Online && c.Headroom.Known() && (lowest == nil || c.Headroom.BytesPerSecond < lowest.Headroom.BytesPerSecond) {
			lowest = c
		}
	}
	return lowest
}

// steadyRate is the rate that is shown of the component with the least headroom. One that wavers by less than a tenth stays: a
// number that flickers says nothing, and has the whole window painted anew each time.
type steadyRate struct {
	component engine.ID
	rate      uint64
}

// of gives the rate to show of a component.
func (s *steadyRate) of(c *engine.ComponentStatus) uint64 {
	now := c.Headroom.BytesPerSecond
	if apart := max(now, s.rate) - min(now, s.rate); s.component != c.ID || apart > s.rate/10 {
		s.component, s.rate = c.ID, now
	}
	return s.rate
}

// estimateWords writes a rate with how far off it may be: "4.2 Gbit/s ± 0.4", or between which it lies where that is not the
// same up and down.
func estimateWords(best, low, high uint64) string {
	unit, size := "Mbit/s", 125e3
	if float64(max(best, high)) >= 125e6 {
		unit, size = "Gbit/s", 125e6
	}
	digits := 1
	if float64(best)/size >= 99.95 {
		digits = 0
	}
	figure := func(rate float64) string { return strconv.FormatFloat(rate/size, 'f', digits, 64) }
	down, up := float64(best)-float64(low), float64(high)-float64(best)
	switch most := max(down, up); {
	case figure(most) == figure(0):
		return figure(float64(best)) + " " + unit
	case min(down, up)*2 < most:
		return fmt.Sprintf("%s %s (%s to %s)", figure(float64(best)), unit, figure(float64(low)), figure(float64(high)))
	default:
		return fmt.Sprintf("%s %s ± %s", figure(float64(best)), unit, figure(most))
	}
}

// headroomWords says a component's headroom in a cell of a table.
func headroomWords(c *engine.ComponentStatus) string {
	switch {
	case !c.Revoked.IsZero():
		return ""
	case !c.Online:
		return "–"
	case !c.Headroom.Known():
		return "not measured yet"
	}
	return estimateWords(c.Headroom.BytesPerSecond, c.Headroom.Low, c.Headroom.High)
}

// headroomSentence says it with what limits it.
func headroomSentence(c *engine.ComponentStatus) string {
	switch {
	case !c.Revoked.IsZero():
		return ""
	case !c.Online:
		return "unknown while it is offline"
	case !c.Headroom.Known() && len(c.Load.Cores) == 0:
		return "not known yet: its load has not been reported"
	case !c.Headroom.Known():
		return "not measured yet: it has neither carried enough lately nor measured its processor"
	}
	return headroomWords(c) + " more, limited by " + bottleneckWords(c.Headroom.LimitedBy)
}

func bottleneckWords(b engine.Bottleneck) string {
	switch b {
	case engine.LimitedByProcessor:
		return "its processor"
	case engine.LimitedByNetwork:
		return "its network"
	}
	return string(b)
}

// headroomTip says what the bar does not.
func headroomTip(c *engine.ComponentStatus) string {
	h := &c.Headroom
	if !c.Online || !h.Known() {
		return headroomSentence(c)
	}
	return fmt.Sprintf("Between %s and %s more, limited by %s. Reckoned as the %s of sessions, at %s.",
		rateWords(h.Low), rateWords(h.High), bottleneckWords(h.LimitedBy), h.Side, costSentence(h.Cost))
}

// costWords writes a cost in a cell: CPU seconds for each GB, with how far off it may be.
func costWords(c engine.Cost) string {
	if !c.Known() {
		return ""
	}
	if c.PerGB < 0.1 {
		return fmt.Sprintf("%.3f ± %.3f", c.PerGB, c.Error)
	}
	return fmt.Sprintf("%.2f ± %.2f", c.PerGB, c.Error)
}

// costSentence is a cost with its unit and where it is known from.
func costSentence(c engine.Cost) string {
	if !c.Known() {
		return "an unknown cost"
	}
	text := fmt.Sprintf("%s CPU seconds for each GB, %s", costWords(c), originWords(c))
	if c.Fixed >= 0.005 {
		text += fmt.Sprintf("; and %s of a core as soon as anything flows", coresWords(c.Fixed))
	}
	return text
}

// originWords says where a cost is known from.
func originWords(c engine.Cost) string {
	switch c.Origin {
	case engine.MeasuredLive:
		return "live"
	case engine.MeasuredByCalibration:
		return "calibrated"
	}
	return ""
}

// coresWords writes a number of cores.
func coresWords(cores float64) string {
	switch {
	case cores < 0.005:
		return "0"
	case cores < 0.095:
		return fmt.Sprintf("%.2f", cores)
	}
	return fmt.Sprintf("%.1f", cores)
}
