package model

import (
	"time"

	"lockwire/engine"
)

// KeptPast is how far the past goes back that charts show.
const KeptPast = time.Duration(engine.PastMoments) * engine.PastStep

// throughputPast is the throughput of the last 15 minutes in order: what the broker remembers, then what was seen once a second. What it
// handed out is never changed.
type throughputPast struct{ kept []engine.Throughput }

// join takes up what a broker remembers. What was seen before its first moment, of a broker that was started again, stays.
func (p *throughputPast) join(moments []engine.Throughput) {
	if len(moments) == 0 {
		return
	}
	moments = moments[max(len(moments)-engine.PastMoments, 0):]
	before := p.kept
	for len(before) > 0 && !before[len(before)-1].When.Before(moments[0].When) {
		before = before[:len(before)-1]
	}
	joined := append(before[:len(before):len(before)], moments[0])
	for _, moment := range moments[1:] {
		if moment.When.After(joined[len(joined)-1].When) {
			joined = append(joined, moment)
		}
	}
	p.kept = joined
}

// add takes up a snapshot where a second has passed since the last one, and gives the past up to it.
func (p *throughputPast) add(snapshot *engine.Snapshot) []engine.Throughput {
	kept := p.kept
	for len(kept) > 0 && kept[len(kept)-1].When.Sub(snapshot.When) >= time.Second {
		kept = kept[:len(kept)-1] // the broker's clock was set back
	}
	if len(kept) > 0 && snapshot.When.Sub(kept[len(kept)-1].When) < aSecond {
		return kept
	}
	now := engine.Throughput{When: snapshot.When}
	for i := range snapshot.Sessions {
		traffic := &snapshot.Sessions[i].Traffic
		if rate := traffic.RateToTarget + traffic.RateToSource; snapshot.Sessions[i].Decision.Mode == engine.Sealed {
			now.Sealed += rate
		} else {
			now.Plain += rate
		}
	}
	for len(kept) > 0 && snapshot.When.Sub(kept[0].When) >= KeptPast {
		kept = kept[1:]
	}
	p.kept = append(kept[:len(kept):len(kept)], now)
	return p.kept
}

// Spread puts samples on an even grid of engine.PastStep for a chart, from the oldest to the newest, each step the mean of its samples. A
// step for which nothing is known is nil; a single one between others is no gap, for samples come when they come.
func Spread[T any](samples []T, when func(*T) time.Time, values func(*T) []float64) [][]float64 {
	if len(samples) == 0 {
		return nil
	}
	step := func(s *T) int64 { return when(s).UnixNano() / int64(engine.PastStep) }
	first := step(&samples[0])
	steps := min(max(int(step(&samples[len(samples)-1])-first)+1, 1), engine.PastMoments+2)
	spread, counts := make([][]float64, steps), make([]int, steps)
	for i := range samples {
		at := int(step(&samples[i]) - first)
		if at < 0 || at >= steps {
			continue
		}
		each := values(&samples[i])
		if spread[at] == nil {
			spread[at] = make([]float64, len(each))
		}
		counts[at]++
		for j, value := range each {
			spread[at][j] += value
		}
	}
	for at, sums := range spread {
		for j := range sums {
			sums[j] /= float64(counts[at])
		}
	}
	for at := 1; at+1 < len(spread); at++ {
		if spread[at] == nil && spread[at-1] != nil && spread[at+1] != nil {
			spread[at] = spread[at-1]
		}
	}
	return spread
}

// ThroughputValues are the sealed and the plain throughput for a chart.
func ThroughputValues(past []engine.Throughput) [][]float64 {
	return Spread(past, func(s *engine.Throughput) time.Time { return s.When }, func(s *engine.Throughput) []float64 { return []float64{float64(s.Sealed), float64(s.Plain)} })
}
