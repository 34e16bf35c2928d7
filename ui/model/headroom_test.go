package model

import (
	"testing"

	"lockwire/engine"
)

func TestTheLowestHeadroomThatIsShownDoesNotFlicker(t *testing.T) {
	var shown SteadyRate
	for i, step := range []struct {
		component engine.ID
		rate      uint64
		want      uint64
	}{
		{"a", 1000, 1000}, {"a", 1090, 1000}, {"a", 910, 1000}, {"a", 1101, 1101}, {"a", 0, 0}, {"a", 0, 0}, {"a", 5, 5}, {"b", 5, 5}, {"a", 1000, 1000}, {"b", 1001, 1001},
	} {
		c := &engine.ComponentStatus{Component: engine.Component{ID: step.component}, Headroom: engine.Headroom{BytesPerSecond: step.rate}}
		if got := shown.Of(c); got != step.want {
			t.Errorf("step %d shows %d, want %d", i, got, step.want)
		}
	}
}
