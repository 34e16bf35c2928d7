package ui

import "lockwire/engine"

// trailLength is how many ticks of its rate are kept of each session: a minute.
const trailLength = 200

// rateTrails keeps the last rates of live sessions, for the one that is looked at.
type rateTrails map[engine.ID][][2]uint32 // in kilobytes per second, to target and to source, oldest first

// add takes up a tick, and forgets the sessions that are gone.
func (t rateTrails) add(sessions []engine.Session) {
	for i := range sessions {
		s := &sessions[i]
		trail := t[s.ID]
		if len(trail) == trailLength {
			copy(trail, trail[1:])
			trail = trail[:trailLength-1]
		}
		t[s.ID] = append(trail, [2]uint32{kilobytes(s.Traffic.RateToTarget), kilobytes(s.Traffic.RateToSource)})
	}
	if len(t) > len(sessions) {
		live := make(map[engine.ID]bool, len(sessions))
		for i := range sessions {
			live[sessions[i].ID] = true
		}
		for id := range t {
			if !live[id] {
				delete(t, id)
			}
		}
	}
}

func kilobytes(rate uint64) uint32 { return uint32(min((rate+500)/1000, 1<<32-1)) }

// of gives a session's trail as a chart takes it, in bytes per second.
func (t rateTrails) of(id engine.ID) [][]float64 {
	values := make([][]float64, len(t[id]))
	for i, rates := range t[id] {
		values[i] = []float64{float64(rates[0]) * 1000, float64(rates[1]) * 1000}
	}
	return values
}
