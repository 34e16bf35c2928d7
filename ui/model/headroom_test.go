package model

import (
	"testing"

	"lockwire/engine"
)

func TestHeadroomIsLowWhereAComponentCanHardlyCarryMore(t *testing.T) {
	const gbit = 125_000_000 // bytes per second
	cost := engine.Cost{PerGB: 1, Error: 0.1}
	for name, c := range map[string]struct {
		headroom engine.Headroom
		carried  uint64
		offline  bool
		want     bool
	}{
		"plenty":                      {engine.Headroom{BytesPerSecond: 4 * gbit, Cost: cost, LimitedBy: engine.LimitedByProcessor}, gbit, false, false},
		"a busy processor":            {engine.Headroom{BytesPerSecond: 0.4 * gbit, Cost: cost, LimitedBy: engine.LimitedByProcessor}, gbit, false, true},
		"a slow network, half used":   {engine.Headroom{BytesPerSecond: 0.4 * gbit, Cost: cost, LimitedBy: engine.LimitedByNetwork}, 0.6 * gbit, false, false},
		"a network that is full":      {engine.Headroom{BytesPerSecond: 0.4 * gbit, Cost: cost, LimitedBy: engine.LimitedByNetwork}, 9 * gbit, false, true},
		"a tenth of much":             {engine.Headroom{BytesPerSecond: 3 * gbit, Cost: cost, LimitedBy: engine.LimitedByProcessor}, 40 * gbit, false, true},
		"little, and nothing to do":   {engine.Headroom{BytesPerSecond: 0.1 * gbit, Cost: cost, LimitedBy: engine.LimitedByProcessor}, 0, false, false},
		"none known":                  {engine.Headroom{}, gbit, false, false},
		"offline, with an old figure": {engine.Headroom{BytesPerSecond: 1, Cost: cost}, gbit, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := LowHeadroom(&engine.ComponentStatus{Online: !c.offline, Headroom: c.headroom}, c.carried); got != c.want {
				t.Errorf("low is %v", got)
			}
		})
	}
}

func TestTheLowestHeadroomThatIsShownDoesNotFlicker(t *testing.T) {
	var shown SteadyRate
	for i, step := range []struct {
		component engine.ID
		rate      uint64
		want      uint64
	}{
		{"a", 1000, 1000}, {"a", 1090, 1000}, {"a", 910, 1000}, {"a", 1101, 1101}, {"a", 0, 0}, {"a", 0, 0}, {"a", 5, 5}, {"b", 5, 5}, {"a", 1000, 1000}, {"b", 1001, 1001},
	} {
		c := &engine.ComponentStatus{Component: engine.Component{ID: step.component}, Headroom: engine.Headroom{BytesPerSecond: step.rate}}
		if got := shown.Of(c); got != step.want {
			t.Errorf("step %d shows %d, want %d", i, got, step.want)
		}
	}
}
