package uitest

import (
	"fmt"
	"math"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/ui/model"
)

// ForecastOf is a forecast as the engine makes them.
func ForecastOf(q engine.ForecastQuestion) engine.Forecast {
	f := engine.Forecast{Mode: engine.Sealed, By: engine.ByRule, Rules: []string{"Backup network"}, Possible: 412_000_000, Low: 371_000_000, High: 463_000_000, LimitedBy: engine.LimitedByProcessor, At: q.Target,
		Source: engine.EndForecast{Component: q.Source, Cores: 8, Busy: 1.4, Link: 1_250_000_000, Carried: 125_000_000, Cost: engine.Cost{PerGB: 0.62, Error: 0.05, Fixed: 0.03, Origin: engine.MeasuredLive}},
		Target: engine.EndForecast{Component: q.Target, Cores: 4, Busy: 2.1, Link: 1_250_000_000, Carried: 125_000_000, Cost: engine.Cost{PerGB: 0.91, Error: 0.08, Origin: engine.MeasuredByCalibration}},
		Text:   "3.3 Gbit/s more fit, between 2.97 Gbit/s and 3.7 Gbit/s: then all cores of " + q.Target + " are busy.",
	}
	f.BytesPerSecond = f.Possible
	if q.BytesPerSecond > 0 {
		f.BytesPerSecond = min(f.Possible, q.BytesPerSecond)
	}
	f.Source.Added, f.Target.Added = f.Source.Cost.Cores(float64(f.BytesPerSecond)), f.Target.Cost.Cores(float64(f.BytesPerSecond))
	return f
}

// WithHeadroom gives the components of a state what a running broker knows of them, and adds others until there are n.
func WithHeadroom(t testing.TB, state *model.State, n int) {
	t.Helper()
	for i := len(state.Components); i < n; i++ {
		state.Components = append(state.Components, engine.ComponentStatus{Component: NewComponent(t, fmt.Sprintf("branch-%03d", i), fmt.Sprintf("10.1.0.%d", i%250+1))})
	}
	state.Loads = map[engine.ID][]model.LoadSample{}
	for i := range state.Components {
		c := &state.Components[i]
		c.Online = i%9 != 8
		cores := []int{8, 4, 16, 64}[i%4]
		c.Report.Processor = engine.Processor{Name: "Intel Xeon Gold 6338", Cores: cores, AES: []string{"AES-NI", "VAES"}}
		if i%5 == 3 {
			c.Report.Processor.AES = nil
		}
		c.Report.LinkSpeed = []uint64{1_250_000_000, 0, 3_125_000_000}[i%3]
		if !c.Online || i%7 == 6 {
			continue
		}
		for core := range cores {
			c.Load.Cores = append(c.Load.Cores, 0.1+0.4*math.Abs(math.Sin(float64(core*3+i))))
		}
		c.Load.Agent = 0.2 + float64(i%5)/3
		calibrated := engine.Cost{PerGB: 0.6 + float64(i%6)/5, Error: 0.07, Origin: engine.MeasuredByCalibration}
		live := calibrated
		live.Origin, live.PerGB, live.Error, live.Bytes = engine.MeasuredLive, calibrated.PerGB*1.1, 0.11, 12_000_000_000
		c.Report.Calibration = &engine.Calibration{When: Moment.Add(-26 * time.Hour), Processor: c.Report.Processor.Name, Build: "0.1.0", Cipher: engine.AES256GCM,
			One: engine.Speeds{Threads: 1, Seal: 5_100_000_000, Open: 5_000_000_000, Relay: 1_100_000_000}, All: engine.Speeds{Threads: cores, Seal: 31_000_000_000, Open: 30_000_000_000, Relay: 6_000_000_000},
			Costs: []engine.EndCost{{Side: engine.SourceEnd, Mode: engine.Sealed, Cost: calibrated}, {Side: engine.TargetEnd, Mode: engine.Sealed, Cost: calibrated}, {Side: engine.SourceEnd, Mode: engine.Plain, Cost: engine.Cost{PerGB: 0.21, Error: 0.03}}}}
		cost := calibrated
		if i%2 == 0 {
			cost = live
			c.Load.Costs = []engine.EndCost{{Side: engine.SourceEnd, Mode: engine.Sealed, Cost: live}}
		}
		free := float64(cores) - c.Load.Busy()
		rate := func(perGB float64) uint64 { return uint64(free / perGB * 1e9) }
		c.Headroom = engine.Headroom{BytesPerSecond: rate(cost.PerGB), Low: rate(cost.PerGB + cost.Error), High: rate(cost.PerGB - cost.Error), Cost: cost, Side: engine.SourceEnd, LimitedBy: engine.LimitedByProcessor}
		if link := c.Report.LinkSpeed; link > 0 && link < c.Headroom.BytesPerSecond {
			c.Headroom.BytesPerSecond, c.Headroom.LimitedBy = link, engine.LimitedByNetwork
			c.Headroom.Low, c.Headroom.High = min(c.Headroom.Low, link), link
		}
		for j := range model.KeptLoads {
			machine := float32(cores) * float32(0.35+0.2*math.Sin(float64(j)/17+float64(i)))
			state.Loads[c.ID] = append(state.Loads[c.ID], model.LoadSample{When: Moment.Add(time.Duration(j-model.KeptLoads+1) * model.LoadStep), Machine: machine, Agent: machine * 0.4})
		}
	}
	session := LiveSession(engine.Sealed)
	session.Source, session.Target = state.Components[0].ID, state.Components[1].ID
	state.Sessions = []engine.Session{session}
	// The second one can hardly carry more.
	tight := &state.Components[1]
	tight.Headroom = engine.Headroom{BytesPerSecond: 21_000_000, Low: 16_000_000, High: 28_000_000, Cost: tight.Headroom.Cost, Side: engine.TargetEnd, LimitedBy: engine.LimitedByProcessor}
	state.Low = map[engine.ID]bool{tight.ID: true}
}
