package model

import (
	"sync"
	"time"

	"lockwire/engine"
)

const (
	// TrailStep is the time between two rates that are kept of a session.
	TrailStep = time.Second
	// trailLength is how many are kept: a minute.
	trailLength = int(time.Minute / TrailStep)
)

// RateTrails holds the last rates of live sessions. One goroutine adds to it while the window reads from it. A nil RateTrails is
// empty.
type RateTrails struct {
	mu    sync.Mutex
	rates map[engine.ID][][2]uint32 // in kilobytes per second, to target and to source, oldest first
}

// newRateTrails makes empty ones.
func newRateTrails() *RateTrails { return &RateTrails{rates: map[engine.ID][][2]uint32{}} }

// stepsIn is how many steps a trail goes on by in a time.
func stepsIn(passed time.Duration) int { return max(int((passed+TrailStep/2)/TrailStep), 1) }

// heldFor is for how many steps a rate may stand: as many as there are between two snapshots of a window that rests, and some more.
const heldFor = 2 * int(RestInterval/TrailStep)

// add takes up a snapshot that stands for so many steps, and forgets the sessions that are gone. After a gap all trails begin anew.
func (t *RateTrails) add(sessions []engine.Session, steps int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if steps > heldFor {
		clear(t.rates)
	}
	for i := range sessions {
		s := &sessions[i]
		trail, known := t.rates[s.ID]
		if !known {
			t.rates[s.ID] = [][2]uint32{ratesOf(s)} // how long it has had this rate is not known
			continue
		}
		if over := len(trail) + steps - trailLength; over > 0 {
			trail = trail[:copy(trail, trail[over:])]
		}
		for range steps {
			trail = append(trail, ratesOf(s))
		}
		t.rates[s.ID] = trail
	}
	if len(t.rates) > len(sessions) {
		live := make(map[engine.ID]bool, len(sessions))
		for i := range sessions {
			live[sessions[i].ID] = true
		}
		for id := range t.rates {
			if !live[id] {
				delete(t.rates, id)
			}
		}
	}
}

func ratesOf(s *engine.Session) [2]uint32 {
	return [2]uint32{kilobytes(s.Traffic.RateToTarget), kilobytes(s.Traffic.RateToSource)}
}

func kilobytes(rate uint64) uint32 { return uint32(min((rate+500)/1000, 1<<32-1)) }

// Of gives a session's trail as a chart takes it, in bytes per second.
func (t *RateTrails) Of(id engine.ID) [][]float64 {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	values := make([][]float64, len(t.rates[id]))
	for i, rates := range t.rates[id] {
		values[i] = []float64{float64(rates[0]) * 1000, float64(rates[1]) * 1000}
	}
	return values
}

// Sums gives a session's trail with both ways together, in kilobytes per second.
func (t *RateTrails) Sums(id engine.ID) []float64 {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	values := make([]float64, len(t.rates[id]))
	for i, rates := range t.rates[id] {
		values[i] = float64(rates[0]) + float64(rates[1])
	}
	return values
}
