package component

import (
	"time"

	"lockwire/engine"
	"lockwire/engine/headroom"
	"lockwire/engine/session"
)

// nearlyAll is the part of a second's bytes that must be of one end and mode for the second to tell what those cost: the system
// counts processor time for the program, not for a session.
const nearlyAll = 0.95

// kind is what a cost is kept for.
type kind struct {
	side engine.SideOfSession
	mode engine.Mode
}

// kinds are all there are, in the order in which they are reported.
var kinds = [...]kind{
	{engine.SourceEnd, engine.Sealed}, {engine.TargetEnd, engine.Sealed}, {engine.SourceEnd, engine.Plain}, {engine.TargetEnd, engine.Plain},
}

// costs keeps what the sessions of each kind take of the processor. Its only user is measure.
type costs struct{ meters [len(kinds)]headroom.Meter }

// second takes what each session moved in the last second, and what the whole program took in it. Tests of routes do not
// count: both ends hash what they move.
func (c *costs) second(live []*liveSession, moved []uint64, spent time.Duration) {
	var total, test uint64
	var of [len(kinds)]uint64
	for i, s := range live {
		total += moved[i]
		if s.offer.test {
			test += moved[i]
			continue
		}
		for j, kind := range kinds {
			if kind.mode == s.offer.mode && (kind.side == engine.SourceEnd) == (s.side == session.Source) {
				of[j] += moved[i]
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

// known gives the costs that were measured lately.
func (c *costs) known() []engine.EndCost {
	var all []engine.EndCost
	for j, kind := range kinds {
		if cost := c.meters[j].Cost(); cost.Known() {
			all = append(all, engine.EndCost{Side: kind.side, Mode: kind.mode, Cost: cost})
		}
	}
	return all
}
