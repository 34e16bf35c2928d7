package headroom

import (
	"lockwire/engine"
)

// CostOf gives what a component's sessions of a mode take at one end: of its real ones where there were enough lately, else
// what it measured of itself. Unknown where there is neither.
func CostOf(c *engine.ComponentStatus, side engine.SideOfSession, mode engine.Mode) engine.Cost {
	measured := c.Load.Costs
	if c.Report.Calibration != nil {
		measured = append(measured[:len(measured):len(measured)], c.Report.Calibration.Costs...)
	}
	for _, cost := range measured {
		if cost.Side == side && cost.Mode == mode && cost.Known() {
			return cost.Cost
		}
	}
	return engine.Cost{}
}

// Of gives how much more sealed traffic a component can carry, which moves carried bytes per second now. It is unknown while
// the component is offline, or has measured nothing.
func Of(c *engine.ComponentStatus, carried uint64) engine.Headroom {
	if !c.Online || len(c.Load.Cores) == 0 {
		return engine.Headroom{}
	}
	h := engine.Headroom{Side: engine.SourceEnd, Cost: CostOf(c, engine.SourceEnd, engine.Sealed), LimitedBy: engine.LimitedByProcessor}
	if other := CostOf(c, engine.TargetEnd, engine.Sealed); other.PerGB > h.Cost.PerGB {
		h.Side, h.Cost = engine.TargetEnd, other
	}
	if !h.Cost.Known() {
		return engine.Headroom{}
	}
	cores, busy := coresOf(c)
	h.BytesPerSecond, h.Low, h.High = carries(max(float64(cores)-busy, 0), h.Cost)
	h.Whole, _, _ = carries(float64(cores), h.Cost)
	if link := c.Report.LinkSpeed; link > 0 {
		left := link - min(carried, link)
		if left < h.BytesPerSecond {
			h.LimitedBy = engine.LimitedByNetwork
		}
		h.BytesPerSecond, h.Low, h.High = min(h.BytesPerSecond, left), min(h.Low, left), min(h.High, left)
		h.Whole = min(h.Whole, link)
	}
	return h
}

// coresOf gives how many cores the component may use and how many of them are busy. Where the agent may use fewer than the machine has,
// the busy ones are taken to be among those.
func coresOf(c *engine.ComponentStatus) (cores int, busy float64) {
	cores, busy = len(c.Load.Cores), c.Load.Busy()
	if allowed := c.Report.Processor.Cores; allowed > 0 {
		cores = min(cores, allowed)
	}
	return cores, min(busy, float64(cores))
}

// carries gives how many bytes per second that many cores carry at a cost, and between which it lies.
func carries(cores float64, cost engine.Cost) (best, low, high uint64) {
	rate := func(perGB float64) uint64 {
		if perGB <= 0 {
			return engine.MaximumForecastRate
		}
		return uint64(min(max(cores-cost.Fixed, 0)/perGB*1e9, engine.MaximumForecastRate))
	}
	return rate(cost.PerGB), rate(cost.PerGB + cost.Error), rate(max(cost.PerGB-cost.Error, cost.PerGB/4))
}
