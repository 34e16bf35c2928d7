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
	// leastSpread is how much the bytes of a second must have varied, as a part of their mean, for what a session takes anyway to be
	// told from what its bytes take.
	leastSpread = 0.3
)

// forgetting is the factor by which a second lets all that was measured before it fade.
var forgetting = math.Exp2(-1.0 / halfLife)

// Meter keeps what the sessions of one mode at one end take of the processor, second by second: a line through what the
// seconds moved and took. What is older than some minutes fades, so that a cost that nothing renews becomes unknown. The zero
// value has measured nothing.
type Meter struct {
	// Sums over seconds, faded: their number, gigabytes and processor time, and the products.
	count, moved, spent                  float64
	movedMoved, movedSpent, spentSquared float64
}

// Second takes what a second of such sessions took: bytes moved and the processor time for them. A second without them is
// taken too.
func (m *Meter) Second(bytes uint64, spent time.Duration) {
	for _, sum := range []*float64{&m.count, &m.moved, &m.spent, &m.movedMoved, &m.movedSpent, &m.spentSquared} {
		*sum *= forgetting
	}
	if bytes < leastInSecond || spent <= 0 {
		return
	}
	x, y := float64(bytes)/1e9, spent.Seconds()
	m.count++
	m.moved += x
	m.spent += y
	m.movedMoved += x * x
	m.movedSpent += x * y
	m.spentSquared += y * y
}

// Cost gives the cost and, as its error, how much single seconds differ from it (one standard deviation). Where all seconds
// moved about as much, all that they took is taken for the cost of the bytes.
func (m *Meter) Cost() engine.Cost {
	if m.moved*1e9 < leastBytes {
		return engine.Cost{}
	}
	fixed, perGB := 0.0, m.spent/m.moved
	mean := m.moved / m.count
	if variance := m.movedMoved/m.count - mean*mean; variance > leastSpread*mean*leastSpread*mean {
		slope := (m.movedSpent/m.count - mean*m.spent/m.count) / variance
		if intercept := m.spent/m.count - slope*mean; slope > 0 && intercept > 0 {
			fixed, perGB = intercept, slope
		}
	}
	// The mean square of what is left of each second when the line is taken off.
	rest := (m.spentSquared - 2*fixed*m.spent - 2*perGB*m.movedSpent + m.count*fixed*fixed + 2*fixed*perGB*m.moved + perGB*perGB*m.movedMoved) / m.count
	deviation := math.Sqrt(max(rest, 0)) / mean
	return engine.Cost{PerGB: perGB, Fixed: fixed, Error: max(deviation, leastError*perGB), Origin: engine.MeasuredLive, Bytes: uint64(m.moved * 1e9)}
}
