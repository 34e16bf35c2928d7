package model

import (
	"testing"
	"time"

	"lockwire/engine"
)

func TestThePastIsKeptForFifteenMinutes(t *testing.T) {
	l := NewLive(nil)
	var past []Sample
	for second := range keptSamples + 100 {
		snapshot := engine.Snapshot{When: moment.Add(time.Duration(second) * time.Second), Sessions: []engine.Session{{Decision: engine.SessionDecision{Decision: engine.Decision{Mode: engine.Sealed}}, Traffic: engine.Traffic{RateToTarget: 125_000_000}}}}
		past = l.sample(&snapshot)
	}
	if len(past) != keptSamples || past[0].When != moment.Add(100*time.Second) || past[0].Sealed != 125_000_000 {
		t.Errorf("%d samples, the first %+v", len(past), past[0])
	}
}
