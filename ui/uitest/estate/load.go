package estate

import (
	"math"
	"time"

	"lockwire/engine"
	"lockwire/engine/headroom"
)

// calibrate gives a component what its agent measured of its processor.
func (e *Estate) calibrate(c *engine.ComponentStatus, i int) {
	cores := c.Report.Processor.Cores
	cost := func(side engine.SideOfSession, mode engine.Mode, perGB float64) engine.EndCost {
		return engine.EndCost{Side: side, Mode: mode, Cost: engine.Cost{PerGB: perGB + float64(i%6)/10, Fixed: 0.01, Error: 0.07, Origin: engine.MeasuredByCalibration}}
	}
	c.Report.Calibration = &engine.Calibration{
		When: e.Made.Add(-26 * time.Hour), Processor: c.Report.Processor.Name, Build: c.Report.Version, Cipher: engine.AES256GCM,
		One: engine.Speeds{Threads: 1, Seal: 5_100_000_000, Open: 5_000_000_000, Relay: 1_100_000_000}, All: engine.Speeds{Threads: cores, Seal: 31_000_000_000, Open: 30_000_000_000, Relay: 6_000_000_000},
		Costs: []engine.EndCost{cost(engine.SourceEnd, engine.Sealed, 0.6), cost(engine.TargetEnd, engine.Sealed, 0.8), cost(engine.SourceEnd, engine.Plain, 0.2), cost(engine.TargetEnd, engine.Plain, 0.3)},
	}
}

// loaded gives the components with the load that they report after so many changes.
func (e *Estate) loaded(changes uint64, sessions []engine.Session) []engine.ComponentStatus {
	components := make([]engine.ComponentStatus, len(e.Components))
	carried := engine.CarriedBy(sessions)
	for i := range components {
		c := &components[i]
		*c = e.Components[i]
		if !c.Online {
			continue
		}
		c.Load = engine.Load{Cores: make([]float64, c.Report.Processor.Cores), Agent: 0.2 + float64(i%5)/3, Memory: 41_000_000}
		for core := range c.Load.Cores {
			c.Load.Cores[core] = 0.1 + 0.4*math.Abs(math.Sin(float64(core*3+i)+float64(changes)/20))
		}
		c.Headroom = headroom.Of(c, carried[c.ID])
	}
	return components
}
