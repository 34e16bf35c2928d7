package model

import (
	"slices"
	"testing"
	"time"

	"lockwire/engine"
)

// drawing is a snapshot of one session that sends so fast under a limit.
func drawing(when time.Time, rate uint64) *engine.Snapshot {
	s := engine.Session{
		Traffic:    engine.Traffic{RateToTarget: rate},
		Allotments: []engine.Allotment{{From: engine.SourceEnd, Caps: []engine.CapShare{{Cap: engine.Cap{Rule: "Uplink", Value: 1, Unit: engine.MegabytesPerSecond}}}}},
	}
	return &engine.Snapshot{When: when, Sessions: []engine.Session{s}}
}

func TestALimitKeepsFifteenMinutesOfWhatWasDrawnOnIt(t *testing.T) {
	var past limitPast
	var now map[string][]LimitUse
	for second := range 2000 {
		now = past.add(drawing(moment.Add(time.Duration(second)*time.Second), uint64(second)))
	}
	uplink := now["Uplink"]
	if len(uplink) != 1 || uplink[0].Rate != 1999 || uplink[0].Sessions != 1 || len(uplink[0].Past) != KeptLimits {
		t.Fatalf("%d limits, of which the first is %+v", len(uplink), uplink)
	}
	if last := uplink[0].Past[KeptLimits-1]; last < 1990 || last > 1998 {
		t.Errorf("the last value is %v", last)
	}
	before := slices.Clone(uplink[0].Past)
	for second := range 100 {
		past.add(drawing(moment.Add(time.Duration(2000+second)*time.Second), 0))
	}
	if !slices.Equal(before, uplink[0].Past) {
		t.Error("what was handed out was changed")
	}
}

func TestALimitOnWhichNothingIsDrawnAnyMoreIsForgottenAfterItsPast(t *testing.T) {
	var past limitPast
	at := moment
	step := func(n int, rate uint64) (now map[string][]LimitUse) {
		for range n {
			now = past.add(drawing(at, rate))
			at = at.Add(time.Second)
		}
		return now
	}
	step(20, 1000)
	for range 60 { // no session draws
		past.add(&engine.Snapshot{When: at})
		at = at.Add(time.Second)
	}
	if uplink := step(1, 1000)["Uplink"][0]; len(uplink.Past) < 14 || uplink.Past[0] != 1000 || uplink.Past[len(uplink.Past)-2] != 0 {
		t.Errorf("the past has no gap: %v", uplink.Past)
	}
	for range 2000 {
		past.add(&engine.Snapshot{When: at})
		at = at.Add(time.Second)
	}
	if len(past.kept) != 0 {
		t.Errorf("%d limits are still kept", len(past.kept))
	}
}

func TestAMachineThatSleptBeginsAnew(t *testing.T) {
	var past limitPast
	past.add(drawing(moment, 1))
	done := make(chan struct{})
	go func() {
		defer close(done)
		past.add(drawing(moment.Add(1000*time.Hour), 1))
		past.add(drawing(moment.Add(-time.Hour), 1)) // and a clock that was set back
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("it makes a value for each step of the time that it slept")
	}
}
