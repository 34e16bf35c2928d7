package estate

import (
	"time"

	"lockwire/engine"
	"lockwire/ui/model"
)

// State is what a console knows of the estate after so many changes of its figures, 15 minutes after the window was opened.
func (e *Estate) State(changes uint64) *model.State {
	state := &model.State{
		Snapshot: e.Snapshot(changes, e.Made), Rules: e.Rules, Heard: e.Made, Loads: map[engine.ID][]model.LoadSample{}, Low: map[engine.ID]bool{},
		Installation: engine.Installation{ID: "estate", Running: true, Version: "0.1.0", Role: engine.MayChange, Addresses: []string{"broker.example:6170"}},
	}
	for i := range model.KeptLoads {
		when := e.Made.Add(time.Duration(i-model.KeptLoads+1) * model.LoadStep)
		state.Past = append(state.Past, engine.Throughput{When: when, Sealed: uint64(3_000_000_000 + i*5_000_000), Plain: 400_000_000})
		for j := range state.Components {
			if c := &state.Components[j]; c.Online {
				busy := float32(c.Load.Busy())
				state.Loads[c.ID] = append(state.Loads[c.ID], model.LoadSample{When: when, Machine: busy, Agent: busy / 3})
			}
		}
	}
	for i := range state.Components {
		if i%31 == 30 {
			state.Low[state.Components[i].ID] = true
		}
	}
	return state
}
