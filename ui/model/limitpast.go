package model

import (
	"time"

	"lockwire/engine"
	"lockwire/engine/record"
)

const (
	// LimitStep is the time over which a value of LimitUse.Past averages.
	LimitStep = 5 * time.Second
	// KeptLimits are the values of the last 15 minutes.
	KeptLimits = int(15 * time.Minute / LimitStep)
	// maximumLimits bounds the memory: further limits have no past.
	maximumLimits = 500
)

// LimitUse is what live sessions draw on a limit now, and in the last 15 minutes.
type LimitUse struct {
	record.CapUse
	// Past are rates in bytes per second, one for each LimitStep, oldest first. It ends with the last whole step.
	Past []float64
}

// limitPast keeps what was drawn on each limit. What it handed out is never changed.
type limitPast struct {
	kept  map[engine.CapID][]float64
	sums  map[engine.CapID]float64 // of the step that has begun
	count int                      // snapshots in it
	began time.Time
}

// add takes up a snapshot and gives the limits by the name of their rule, backups before restores.
func (p *limitPast) add(snapshot *engine.Snapshot) map[string][]LimitUse {
	uses := record.CapUses(snapshot.Sessions)
	if p.kept == nil || snapshot.When.Before(p.began) {
		p.kept, p.sums, p.count, p.began = map[engine.CapID][]float64{}, map[engine.CapID]float64{}, 0, snapshot.When
	}
	for i := range uses {
		key := uses[i].ID()
		if _, known := p.sums[key]; known || len(p.sums) < maximumLimits {
			p.sums[key] += float64(uses[i].Rate)
		}
	}
	p.count++
	for snapshot.When.Sub(p.began) >= LimitStep {
		p.end()
		p.began = p.began.Add(LimitStep)
		if snapshot.When.Sub(p.began) > time.Duration(KeptLimits)*LimitStep { // a machine that slept
			p.began = snapshot.When
		}
	}
	limits := make(map[string][]LimitUse, len(uses))
	for _, use := range uses {
		limits[use.Rule] = append(limits[use.Rule], LimitUse{use, p.kept[use.ID()]})
	}
	return limits
}

// end makes values of the step. A limit on which nothing was drawn for all the time is forgotten.
func (p *limitPast) end() {
	kept := make(map[engine.CapID][]float64, len(p.sums))
	for key := range p.kept {
		if _, drawn := p.sums[key]; !drawn {
			p.sums[key] = 0
		}
	}
	for key, sum := range p.sums {
		past := p.kept[key]
		if len(past) >= KeptLimits {
			past = past[len(past)-KeptLimits+1:]
		}
		past = append(past[:len(past):len(past)], sum/float64(max(p.count, 1)))
		if anyPositive(past) {
			kept[key] = past
		}
	}
	p.kept, p.count = kept, 0
	clear(p.sums)
}

func anyPositive(values []float64) bool {
	for _, value := range values {
		if value > 0 {
			return true
		}
	}
	return false
}
