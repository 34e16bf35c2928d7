package headroom

import (
	"math"
	"time"

	"lockwire/engine"
)

const (
	// halfLife is after how many seconds what was measured counts half.
	halfLife = 120
	// leastInSecond is how many bytes a second must have moved to count: below, what the program does anyway outweighs them.
	leastInSecond = 8e6
	// leastBytes is over how many a cost must have been measured to be known.
	leastBytes = 64e6
	// leastError is the error that is always reckoned with, as a part of the cost: no two runs are equal.
	leastError = 0.05
)

// forgetting is the factor by which a second lets all that was measured before it fade.
var forgetting = math.Exp2(-1.0 / halfLife)

// Meter keeps what the sessions of one mode at one end take of the processor, second by second. What is older than some
// minutes fades, so that a cost that nothing renews becomes unknown. The zero value has measured nothing.
type Meter struct {
	spent, bytes float64 // seconds and bytes, faded
	squares      float64 // bytes x (seconds per byte)^2, faded
}

// Second takes what a second of such sessions took: bytes moved and the processor time for them. A second without them is
// taken too.
func (m *Meter) Second(bytes uint64, spent time.Duration) {
	m.spent *= forgetting
	m.bytes *= forgetting
	m.squares *= forgetting
	if bytes < leastInSecond || spent <= 0 {
		return
	}
	moved, seconds := float64(bytes), spent.Seconds()
	m.spent += seconds
	m.bytes += moved
	m.squares += seconds * seconds / moved
}

// Cost gives the cost and, as its error, how much single seconds differ from it (one standard deviation).
func (m *Meter) Cost() engine.Cost {
	if m.bytes < leastBytes {
		return engine.Cost{}
	}
	mean := m.spent / m.bytes
	deviation := math.Sqrt(max(m.squares/m.bytes-mean*mean, 0))
	return engine.Cost{PerGB: mean * 1e9, Error: max(deviation, leastError*mean) * 1e9, Origin: engine.MeasuredLive, Bytes: uint64(m.bytes)}
}
