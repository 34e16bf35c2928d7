package text

import (
	"fmt"

	"lockwire/engine"
)

// Estimate writes a rate with its error: "4.2 Gbit/s ± 0.4", or its bounds if they are not symmetrical.
func Estimate(best, low, high uint64) string {
	unit, size := "Mbit/s", 125e3
	if float64(max(best, high)) >= 125e6 {
		unit, size = "Gbit/s", 125e6
	}
	digits := 1
	if float64(best)/size >= 99.95 {
		digits = 0
	}
	figure := func(rate float64) string { return Decimal(rate/size, digits) }
	down, up := float64(best)-float64(low), float64(high)-float64(best)
	switch most := max(down, up); {
	case best == 0 && figure(most) == figure(0):
		return Rate(0)
	case figure(most) == figure(0):
		return figure(float64(best)) + " " + unit
	case min(down, up)*2 < most:
		return fmt.Sprintf("%s %s (%s to %s)", figure(float64(best)), unit, figure(float64(low)), figure(float64(high)))
	default:
		return fmt.Sprintf("%s %s ± %s", figure(float64(best)), unit, figure(most))
	}
}

// Headroom says a component's headroom in a cell of a table.
func Headroom(c *engine.ComponentStatus) string {
	switch {
	case !c.Revoked.IsZero():
		return ""
	case !c.Online:
		return "–"
	case !c.Headroom.Known():
		return "not measured yet"
	}
	return Estimate(c.Headroom.BytesPerSecond, c.Headroom.Low, c.Headroom.High)
}

// HeadroomSentence writes a component's headroom with its bottleneck, or why it is unknown.
func HeadroomSentence(c *engine.ComponentStatus) string {
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
	words := Headroom(c) + " more, limited by " + Bottleneck(c.Headroom.LimitedBy)
	if own := c.OwnLimitInWords(); own != "" {
		words += "; it " + own
	}
	return words
}

// Bottleneck writes what limits a component.
func Bottleneck(b engine.Bottleneck) string {
	switch b {
	case engine.LimitedByProcessor:
		return "its processor"
	case engine.LimitedByNetwork:
		return "its network"
	}
	return string(b)
}

// HeadroomTip adds the bounds, the bottleneck and the cost to a bar of headroom.
func HeadroomTip(c *engine.ComponentStatus) string {
	h := &c.Headroom
	if !c.Online || !h.Known() {
		return HeadroomSentence(c)
	}
	return fmt.Sprintf("Between %s and %s more, limited by %s. Reckoned as the %s of sessions, at %s.",
		Rate(h.Low), Rate(h.High), Bottleneck(h.LimitedBy), h.Side, CostSentence(h.Cost))
}

// Cost writes a cost in a cell: CPU seconds for each GB, with its error.
func Cost(c engine.Cost) string {
	if !c.Known() {
		return ""
	}
	if c.PerGB < 0.1 {
		return Decimal(c.PerGB, 3) + " ± " + Decimal(c.Error, 3)
	}
	return Decimal(c.PerGB, 2) + " ± " + Decimal(c.Error, 2)
}

// CostSentence is a cost with its unit and origin.
func CostSentence(c engine.Cost) string {
	if !c.Known() {
		return "an unknown cost"
	}
	text := fmt.Sprintf("%s CPU seconds for each GB, %s", Cost(c), Origin(c))
	if c.Fixed >= 0.005 {
		text += fmt.Sprintf("; and %s of a core as soon as anything flows", Cores(c.Fixed))
	}
	return text
}

// Origin is the origin of a cost: live or calibrated.
func Origin(c engine.Cost) string {
	switch c.Origin {
	case engine.MeasuredLive:
		return "live"
	case engine.MeasuredByCalibration:
		return "calibrated"
	}
	return ""
}

// Cores writes a number of cores.
func Cores(cores float64) string {
	switch {
	case cores < 0.005:
		return "0"
	case cores < 0.095:
		return Decimal(cores, 2)
	}
	return Decimal(cores, 1)
}
