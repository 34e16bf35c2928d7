package broker

import (
	"math"
	"time"

	"lockwire/engine"
)

// mostPasts bounds the memory: of further components no load is remembered.
const mostPasts = 1000

// past remembers the last 15 minutes in rings whose newest moment lies before next. Its zero value is empty.
type past struct {
	moments     [engine.PastMoments]engine.Throughput
	loads       map[engine.ID]*pastLoad
	next, count int

	// Of the step that goes on:
	began, looked time.Time // when it began, and when it was looked at last
	looks         int
	sealed, plain uint64 // sums of rates
}

// pastLoad is the ring of one component.
type pastLoad struct {
	machine, agent [engine.PastMoments]float32 // negative while it was not attached

	looks                int // of the step that goes on
	machineSum, agentSum float64
}

// Past gives what the broker remembers of the last 15 minutes.
func (b *Broker) Past() engine.Past {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.past.all()
}

// notePast adds what goes on now to the past. b.mu is held.
func (b *Broker) notePast(now time.Time) {
	now = onTheWall(now)
	b.past.begin(now)
	for _, s := range b.ordered {
		if !s.open() {
			continue
		}
		if rate := s.shown.Traffic.RateToTarget + s.shown.Traffic.RateToSource; s.shown.Decision.Mode == engine.Sealed {
			b.past.sealed += rate
		} else {
			b.past.plain += rate
		}
	}
	for id, m := range b.members {
		if m.attachment != nil && m.Tenant == "" && len(m.load.Cores) > 0 {
			b.past.load(id, m.load.Busy(), m.load.Agent)
		}
	}
	b.past.end(now)
}

// begin begins a look. A step in which the machine slept ends where it was looked at last; moments that a clock which was set back has
// yet to reach are forgotten.
func (p *past) begin(now time.Time) {
	if p.looks > 0 && now.Sub(p.looked).Abs() >= engine.PastStep {
		p.close(p.looked)
	}
	for p.count > 0 && p.moments[p.newest()].When.After(now) {
		p.next = p.newest()
		p.count--
	}
	if p.looks == 0 {
		p.began = now
		if since := now.Sub(p.looked); since >= 0 && since < engine.PastStep {
			p.began = p.looked
		}
	}
}

// load adds the load of a component to the step.
func (p *past) load(id engine.ID, machine, agent float64) {
	of := p.loads[id]
	if of == nil {
		if len(p.loads) >= mostPasts {
			return
		}
		if p.loads == nil {
			p.loads = map[engine.ID]*pastLoad{}
		}
		of = &pastLoad{}
		for i := range of.machine {
			of.machine[i], of.agent[i] = -1, -1
		}
		p.loads[id] = of
	}
	of.looks++
	of.machineSum += machine
	of.agentSum += agent
}

// end ends a look, and the step where its time is over.
func (p *past) end(now time.Time) {
	p.looks++
	p.looked = now
	if now.Sub(p.began) >= engine.PastStep {
		p.close(now)
	}
}

// close makes a moment of the step, and forgets components that were not attached at any.
func (p *past) close(at time.Time) {
	looks := uint64(max(p.looks, 1))
	p.moments[p.next] = engine.Throughput{When: at, Sealed: p.sealed / looks, Plain: p.plain / looks}
	for id, of := range p.loads {
		of.machine[p.next], of.agent[p.next] = -1, -1
		if of.looks > 0 {
			of.machine[p.next], of.agent[p.next] = rounded(of.machineSum/float64(of.looks)), rounded(of.agentSum/float64(of.looks))
		}
		of.looks, of.machineSum, of.agentSum = 0, 0, 0
		if !of.attached() {
			delete(p.loads, id)
		}
	}
	p.next = (p.next + 1) % len(p.moments)
	p.count = min(p.count+1, len(p.moments))
	p.looks, p.sealed, p.plain = 0, 0, 0
}

func (l *pastLoad) attached() bool {
	for _, machine := range l.machine {
		if machine >= 0 {
			return true
		}
	}
	return false
}

// rounded is short in JSON.
func rounded(cores float64) float32 { return float32(math.Round(cores*1000) / 1000) }

// newest is the index of the newest moment.
func (p *past) newest() int { return (p.next + len(p.moments) - 1) % len(p.moments) }

// all gives the moments in order.
func (p *past) all() engine.Past {
	first := (p.next - p.count + len(p.moments)) % len(p.moments)
	inOrder := func(i int) int { return (first + i) % len(p.moments) }
	given := engine.Past{Moments: make([]engine.Throughput, p.count), Loads: make(map[engine.ID]engine.PastLoad, len(p.loads))}
	for i := range given.Moments {
		given.Moments[i] = p.moments[inOrder(i)]
	}
	for id, of := range p.loads {
		load := engine.PastLoad{Machine: make([]float32, p.count), Agent: make([]float32, p.count)}
		for i := range load.Machine {
			load.Machine[i], load.Agent[i] = of.machine[inOrder(i)], of.agent[inOrder(i)]
		}
		given.Loads[id] = load
	}
	return given
}
