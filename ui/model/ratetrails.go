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

// add takes up a snapshot, and forgets the sessions that are gone.
func (t *RateTrails) add(sessions []engine.Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range sessions {
		s := &sessions[i]
		trail := t.rates[s.ID]
		if len(trail) == trailLength {
			copy(trail, trail[1:])
			trail = trail[:trailLength-1]
		}
		t.rates[s.ID] = append(trail, [2]uint32{kilobytes(s.Traffic.RateToTarget), kilobytes(s.Traffic.RateToSource)})
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
