package model

import (
	"time"

	"lockwire/engine"
)

// LoadSample is the load of a component's machine over some seconds, in cores.
type LoadSample struct {
	When    time.Time // when they ended
	Machine float32   // of all programs
	Agent   float32   // of the agent alone
}

const (
	// LoadStep is the time over which a LoadSample averages. The chart of 15 minutes shows no finer steps.
	LoadStep = engine.PastStep
	// KeptLoads are the samples of the last 15 minutes.
	KeptLoads = engine.PastMoments
	// keptComponents bounds the memory: further components have no past.
	keptComponents = 1000
)

// loadPast keeps the load of the last 15 minutes of each component that is online.
type loadPast struct {
	kept  map[engine.ID][]LoadSample // what it holds is never changed once it was handed out
	sums  map[engine.ID]*loadSum     // of the step that has begun
	began time.Time                  // the step
}

type loadSum struct {
	count          int
	machine, agent float64
}

// add takes up a snapshot and gives the past up to it, oldest first.
func (p *loadPast) add(snapshot *engine.Snapshot) map[engine.ID][]LoadSample {
	if p.kept == nil || snapshot.When.Before(p.began) {
		p.kept, p.sums, p.began = map[engine.ID][]LoadSample{}, map[engine.ID]*loadSum{}, snapshot.When
	}
	for i := range snapshot.Components {
		c := &snapshot.Components[i]
		if !c.Online || len(c.Load.Cores) == 0 {
			continue
		}
		sum := p.sums[c.ID]
		if sum == nil {
			if len(p.sums) >= keptComponents {
				continue
			}
			sum = &loadSum{}
			p.sums[c.ID] = sum
		}
		sum.count++
		sum.machine += c.Load.Busy()
		sum.agent += c.Load.Agent
	}
	if snapshot.When.Sub(p.began) >= LoadStep {
		p.end(snapshot)
	}
	return p.kept
}

// join takes up what a broker remembers. What was seen before its first moment stays.
func (p *loadPast) join(past *engine.Past) {
	moments := past.Moments[max(len(past.Moments)-KeptLoads, 0):]
	skipped := len(past.Moments) - len(moments)
	if len(moments) == 0 {
		return
	}
	kept := make(map[engine.ID][]LoadSample, len(past.Loads))
	for id, samples := range p.kept {
		for len(samples) > 0 && !samples[len(samples)-1].When.Before(moments[0].When) {
			samples = samples[:len(samples)-1]
		}
		if len(samples) > 0 {
			kept[id] = samples[:len(samples):len(samples)]
		}
	}
	for id, load := range past.Loads {
		if len(load.Machine) != len(past.Moments) || len(load.Agent) != len(past.Moments) || len(kept[id]) == 0 && len(kept) >= keptComponents {
			continue
		}
		for i := range moments {
			if machine := load.Machine[skipped+i]; machine >= 0 {
				kept[id] = append(kept[id], LoadSample{When: moments[i].When, Machine: machine, Agent: load.Agent[skipped+i]})
			}
		}
	}
	p.kept, p.sums, p.began = kept, map[engine.ID]*loadSum{}, moments[len(moments)-1].When
}

// end makes samples of the step, and forgets the components that are gone.
func (p *loadPast) end(snapshot *engine.Snapshot) {
	kept := make(map[engine.ID][]LoadSample, len(p.sums))
	for i := range snapshot.Components {
		id := snapshot.Components[i].ID
		if past := loadsSince(p.kept[id], snapshot.When); len(past) > 0 {
			kept[id] = past
		}
	}
	for id, sum := range p.sums {
		past := kept[id]
		if len(past) == 0 && len(kept) >= keptComponents {
			continue
		}
		// Slices that were handed out end before the new sample, so they may share the memory.
		n := float64(sum.count)
		kept[id] = append(past, LoadSample{When: snapshot.When, Machine: float32(sum.machine / n), Agent: float32(sum.agent / n)})
	}
	p.kept, p.began = kept, snapshot.When
	clear(p.sums)
}

// loadsSince gives the samples that are not older than 15 minutes.
func loadsSince(samples []LoadSample, now time.Time) []LoadSample {
	for len(samples) > 0 && now.Sub(samples[0].When) > time.Duration(KeptLoads)*LoadStep {
		samples = samples[1:]
	}
	return samples
}

// LoadValues are the agent's part of the load and that of all other programs for a chart.
func LoadValues(samples []LoadSample) [][]float64 {
	return Spread(samples, func(s *LoadSample) time.Time { return s.When }, func(s *LoadSample) []float64 {
		return []float64{float64(s.Agent), float64(max(s.Machine-s.Agent, 0))}
	})
}
