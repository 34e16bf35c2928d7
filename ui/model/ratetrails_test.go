package model

import (
	"testing"

	"lockwire/engine"
)

func TestARateTrailForgetsWhatIsOldAndGone(t *testing.T) {
	trails := newRateTrails()
	a, b := engine.Session{ID: "a"}, engine.Session{ID: "b"}
	for i := range trailLength + 10 {
		a.Traffic.RateToTarget = uint64(i) * 1000
		trails.add([]engine.Session{a, b}, 1)
	}
	values := trails.Of(a.ID)
	if len(values) != trailLength || values[0][0] != 10_000 || values[trailLength-1][0] != float64(trailLength+9)*1000 {
		t.Errorf("%d values from %v", len(values), values[0])
	}
	trails.add([]engine.Session{b}, 1)
	if len(trails.rates) != 1 {
		t.Errorf("%d trails are kept", len(trails.rates))
	}
}
