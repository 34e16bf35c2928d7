package headroom

import (
	"testing"

	"lockwire/engine"
)

// costs gives the costs of sealed sessions at both ends.
func costs(source, target float64) []engine.EndCost {
	cost := func(perGB float64) engine.Cost { return engine.Cost{PerGB: perGB, Error: perGB / 10} }
	return []engine.EndCost{
		{Side: engine.SourceEnd, Mode: engine.Sealed, Cost: cost(source)}, {Side: engine.TargetEnd, Mode: engine.Sealed, Cost: cost(target)},
		{Side: engine.SourceEnd, Mode: engine.Plain, Cost: cost(source / 2)}, {Side: engine.TargetEnd, Mode: engine.Plain, Cost: cost(target / 2)},
	}
}

// machine gives a component that is online, with so much of each core in use.
func machine(name string, calibrated []engine.EndCost, cores ...float64) engine.ComponentStatus {
	c := engine.ComponentStatus{Online: true}
	c.ID, c.Name = engine.NewID(), name
	c.Report.Boot, c.Report.Processor.Cores = name, len(cores)
	c.Load.Cores = cores
	if calibrated != nil {
		c.Report.Calibration = &engine.Calibration{Costs: calibrated}
	}
	return c
}

func TestHeadroomIsOfTheEndThatTakesMore(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(*engine.ComponentStatus)
		carried uint64
		want    engine.Headroom
	}{
		{"four cores, one busy", func(*engine.ComponentStatus) {}, 0,
			engine.Headroom{BytesPerSecond: 6e9, Side: engine.TargetEnd, LimitedBy: engine.LimitedByProcessor}},
		{"what was measured live counts", func(c *engine.ComponentStatus) { c.Load.Costs = costs(1, 0.1)[:1] }, 0,
			engine.Headroom{BytesPerSecond: 3e9, Side: engine.SourceEnd, LimitedBy: engine.LimitedByProcessor}},
		{"a network that is slower", func(c *engine.ComponentStatus) { c.Report.LinkSpeed = 1.25e9 }, 0.25e9,
			engine.Headroom{BytesPerSecond: 1e9, Side: engine.TargetEnd, LimitedBy: engine.LimitedByNetwork}},
		{"a network that is full", func(c *engine.ComponentStatus) { c.Report.LinkSpeed = 1.25e9 }, 2e9,
			engine.Headroom{BytesPerSecond: 0, Side: engine.TargetEnd, LimitedBy: engine.LimitedByNetwork}},
		{"no core is free", func(c *engine.ComponentStatus) { c.Load.Cores = []float64{1, 1, 1, 1} }, 0,
			engine.Headroom{BytesPerSecond: 0, Side: engine.TargetEnd, LimitedBy: engine.LimitedByProcessor}},
		{"the agent may use two of the cores", func(c *engine.ComponentStatus) { c.Report.Processor.Cores = 2 }, 0,
			engine.Headroom{BytesPerSecond: 2e9, Side: engine.TargetEnd, LimitedBy: engine.LimitedByProcessor}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := machine("a", costs(0.4, 0.5), 1, 0, 0, 0)
			test.change(&c)
			got := Of(&c, test.carried)
			if got.BytesPerSecond != test.want.BytesPerSecond || got.Side != test.want.Side || got.LimitedBy != test.want.LimitedBy {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			whole := uint64(8e9)
			if c.Report.Processor.Cores == 2 {
				whole = 4e9
			}
			if got.Side == engine.SourceEnd {
				whole = 4e9
			}
			if link := c.Report.LinkSpeed; link > 0 {
				whole = link
			}
			if got.Whole != whole {
				t.Errorf("it could carry %d in all, not %d", got.Whole, whole)
			}
			if got.Low > got.BytesPerSecond || got.High < got.BytesPerSecond || !got.Known() {
				t.Errorf("%d does not lie between %d and %d", got.BytesPerSecond, got.Low, got.High)
			}
		})
	}
}

func TestHeadroomIsUnknownWhereNothingWasMeasured(t *testing.T) {
	for name, change := range map[string]func(*engine.ComponentStatus){
		"no calibration":     func(c *engine.ComponentStatus) { c.Report.Calibration = nil },
		"offline":            func(c *engine.ComponentStatus) { c.Online = false },
		"no load is known":   func(c *engine.ComponentStatus) { c.Load.Cores = nil },
		"only plain is live": func(c *engine.ComponentStatus) { c.Report.Calibration = nil; c.Load.Costs = costs(1, 1)[2:] },
	} {
		t.Run(name, func(t *testing.T) {
			c := machine("a", costs(0.4, 0.5), 0, 0)
			change(&c)
			if got := Of(&c, 0); got.Known() || got.BytesPerSecond != 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}
