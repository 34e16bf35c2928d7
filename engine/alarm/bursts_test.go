package alarm

import (
	"testing"
	"time"

	"lockwire/engine"
)

func TestABurstIsOneAlarmAtOnceAndThenOneForAllThatFollow(t *testing.T) {
	b := newBursts()
	refused := func() { b.add(found(engine.SessionsRefused, "refused"), at(0)) }
	refused()
	alarms := b.due(at(0))
	if len(alarms) != 1 || alarms[0].Count != 1 || alarms[0].Severity != engine.Critical || alarms[0].Means == "" {
		t.Fatalf("the first: %+v", alarms)
	}
	for second := 1; second < 60; second++ {
		b.add(found(engine.SessionsRefused, "refused"), at(second))
		if early := b.due(at(second)); len(early) != 0 {
			t.Fatalf("after %d s: %+v", second, early)
		}
	}
	if next := b.next(); !next.Equal(at(60)) {
		t.Errorf("it looks again at %s", next)
	}
	alarms = b.due(at(60))
	if len(alarms) != 1 || alarms[0].Count != 59 || !alarms[0].First.Equal(at(1)) || !alarms[0].Last.Equal(at(59)) {
		t.Fatalf("the rest: %+v", alarms)
	}
	if words := alarms[0].Words(); words != "refused is wrong. It is the newest of 59 findings like it within 58s." {
		t.Error(words)
	}
	b.add(found(engine.SessionsRefused, "refused"), at(61))
	if early := b.due(at(179)); len(early) != 0 {
		t.Errorf("while it goes on, the time doubles: %+v", early)
	}
	if alarms = b.due(at(180)); len(alarms) != 1 {
		t.Errorf("after twice the time: %+v", alarms)
	}
	// Once nothing more came in a whole time, the burst is over, and the next one is told at once.
	b.due(at(180 + 240))
	if !b.next().IsZero() {
		t.Error("the burst never ends")
	}
	b.add(found(engine.SessionsRefused, "refused"), at(500))
	if alarms = b.due(at(500)); len(alarms) != 1 {
		t.Errorf("after the end: %+v", alarms)
	}
}

func TestAnEndlessBurstIsToldOnceAnHour(t *testing.T) {
	b := newBursts()
	count, told := 0, 0
	for minute := range 24 * 60 {
		b.add(found(engine.SessionsRefused, "refused"), noon.Add(time.Duration(minute)*time.Minute))
		for _, a := range b.due(noon.Add(time.Duration(minute) * time.Minute)) {
			count, told = count+1, told+a.Count
		}
	}
	if count < 24 || count > 32 {
		t.Errorf("%d alarms in a day", count)
	}
	if told < 24*60-60 {
		t.Errorf("%d of %d refusals are counted", told, 24*60)
	}
}

func TestEachKindHasItsOwnBurstAndTheWorstComesFirst(t *testing.T) {
	b := newBursts()
	b.add(found(engine.ExemptionEnding, "rule"), at(0))
	b.add(found(engine.PlainOnPublic, "session a"), at(0))
	b.add(found(engine.PlainOnPublic, "session b"), at(0))
	alarms := b.due(at(0))
	if len(alarms) != 2 || alarms[0].Kind != engine.PlainOnPublic || alarms[0].Count != 2 || alarms[1].Kind != engine.ExemptionEnding {
		t.Errorf("%+v", alarms)
	}
	if words := alarms[0].Words(); words != "session b is wrong. It is the newest of 2 findings like it." {
		t.Error(words)
	}
}

func TestPausesGrowToABound(t *testing.T) {
	for failures, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 9: 256 * time.Second, 10: 5 * time.Minute, 1 << 30: 5 * time.Minute} {
		if got := pauseAfter(failures); got != want {
			t.Errorf("after %d failures: %s", failures, got)
		}
	}
}
