package engine

import "testing"

func TestTheLoadOfCores(t *testing.T) {
	load := Load{Cores: []float64{1, 0.5, 0, 0.5}}
	if load.Busy() != 2 || load.Mean() != 0.5 || new(Load).Mean() != 0 {
		t.Errorf("%v busy, mean %v, of nothing %v", load.Busy(), load.Mean(), new(Load).Mean())
	}
}
