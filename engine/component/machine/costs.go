package machine

import (
	"time"

	"lockwire/engine"
	"lockwire/engine/headroom"
)

// nearlyAll is the part of a second's bytes that must be of one end and mode for the second to tell what those cost: the system
// counts processor time for the program, not for a session.
const nearlyAll = 0.95

// costKind is what a cost is kept for.
type costKind struct {
	side engine.SideOfSession
	mode engine.Mode
}

// kinds are all there are, in the order in which they are reported.
var kinds = [...]costKind{
	{engine.SourceEnd, engine.Sealed}, {engine.TargetEnd, engine.Sealed}, {engine.SourceEnd, engine.Plain}, {engine.TargetEnd, engine.Plain},
}

// Costs keeps what the sessions of each kind take of the processor. Its only user is measure.
type Costs struct{ meters [len(kinds)]headroom.Meter }

// MovedBytes is what one session moved in a second.
type MovedBytes struct {
	Side  engine.SideOfSession
	Mode  engine.Mode
	Test  bool
	Bytes uint64
}

// Second takes what each session moved in the last second, and what the whole program took in it. Tests of routes do not
// count: both ends hash what they move.
func (c *Costs) Second(moved []MovedBytes, spent time.Duration) {
	var total, test uint64
	var of [len(kinds)]uint64
	for _, one := range moved {
		total += one.Bytes
		if one.Test {
			test += one.Bytes
			continue
		}
		for j, kind := range kinds {
			if kind == (costKind{one.Side, one.Mode}) {
				of[j] += one.Bytes
			}
		}
	}
	for j := range kinds {
		if float64(of[j]) >= nearlyAll*float64(total) && test == 0 {
			c.meters[j].Second(total, spent)
		} else {
			c.meters[j].Second(0, 0)
		}
	}
}

// Known gives the costs that were measured lately.
func (c *Costs) Known() []engine.EndCost {
	var all []engine.EndCost
	for j, kind := range kinds {
		if cost := c.meters[j].Cost(); cost.Known() {
			all = append(all, engine.EndCost{Side: kind.side, Mode: kind.mode, Cost: cost})
		}
	}
	return all
}
