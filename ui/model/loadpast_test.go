package model

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"lockwire/engine"
)

// moment is when these tests take place.
var moment = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)

// loaded is a snapshot of one component that has so many cores in use, a quarter of them by the agent.
func loaded(when time.Time, busy float64) *engine.Snapshot {
	c := engine.ComponentStatus{Component: engine.Component{ID: "c"}, Online: true, Load: engine.Load{Cores: []float64{busy}, Agent: busy / 4}}
	return &engine.Snapshot{When: when, Components: []engine.ComponentStatus{c}}
}

func TestTheLoadOfFifteenMinutesIsKeptAndNoMore(t *testing.T) {
	var past loadPast
	var kept map[engine.ID][]LoadSample
	for second := range 2000 {
		kept = past.add(loaded(moment.Add(time.Duration(second)*time.Second), 0.5))
	}
	samples := kept["c"]
	last := samples[len(samples)-1]
	if span := last.When.Sub(samples[0].When); span > 15*time.Minute || span < 14*time.Minute {
		t.Errorf("%d samples over %v", len(samples), span)
	}
	if last.Machine != 0.5 || last.Agent != 0.125 {
		t.Errorf("the newest sample is %+v", last)
	}
}

func TestASampleIsTheMeanOfItsSeconds(t *testing.T) {
	var past loadPast
	var kept map[engine.ID][]LoadSample
	for second, busy := range []float64{0, 0.2, 0.4, 0.6, 0.8, 1} {
		kept = past.add(loaded(moment.Add(time.Duration(second)*time.Second), busy))
	}
	if samples := kept["c"]; len(samples) != 1 || samples[0].Machine != 0.5 {
		t.Errorf("%+v", samples)
	}
}

func TestWhatWasHandedOutOfThePastIsNeverChanged(t *testing.T) {
	var past loadPast
	var kept map[engine.ID][]LoadSample
	for second := range 1000 {
		kept = past.add(loaded(moment.Add(time.Duration(second)*time.Second), float64(second)))
	}
	before, n := slices.Clone(kept["c"]), len(kept)
	for second := range 1000 {
		past.add(loaded(moment.Add(time.Duration(1000+second)*time.Second), 0))
	}
	if !slices.Equal(before, kept["c"]) || len(kept) != n {
		t.Error("it was changed")
	}
}

func TestThePastOfWhatIsGoneIsForgotten(t *testing.T) {
	for name, then := range map[string]*engine.Snapshot{
		"a component that is gone":  {When: moment.Add(10 * time.Second)},
		"days without the broker":   loaded(moment.Add(72*time.Hour), 0),
		"a clock that was set back": loaded(moment.Add(-time.Hour), 0),
	} {
		t.Run(name, func(t *testing.T) {
			var past loadPast
			for second := range 8 {
				past.add(loaded(moment.Add(time.Duration(second)*time.Second), 1))
			}
			kept := past.add(then)
			if samples := kept["c"]; len(samples) > 0 && samples[0].When.Before(then.When.Add(-time.Hour)) || len(samples) > 1 {
				t.Errorf("kept is %+v", samples)
			}
		})
	}
}

func TestTimeWithoutAComponentIsSeenInItsPast(t *testing.T) {
	at := func(steps int, machine float32) LoadSample {
		return LoadSample{When: moment.Add(time.Duration(steps) * LoadStep), Machine: machine, Agent: machine / 2}
	}
	values := LoadValues([]LoadSample{at(0, 2), at(1, 2), at(4, 2), at(6, 4)})
	if got := fmt.Sprint(values); got != "[[1 1] [1 1] [] [] [1 1] [1 1] [2 2]]" || values[2] != nil || values[3] != nil {
		t.Errorf("%v", values)
	}
	if LoadValues(nil) != nil {
		t.Error("nothing has values")
	}
}

func TestNoMoreComponentsAreKeptThanThereIsMemoryFor(t *testing.T) {
	var past loadPast
	snapshot := loaded(moment, 1)
	for range keptComponents + 50 {
		c := snapshot.Components[0]
		c.ID = engine.NewID()
		snapshot.Components = append(snapshot.Components, c)
	}
	past.add(snapshot)
	snapshot.When = moment.Add(LoadStep)
	if n := len(past.add(snapshot)); n != keptComponents {
		t.Errorf("the past of %d components is kept", n)
	}
}
