package component

import (
	"testing"
	"time"

	"lockwire/engine/component/componenttest"
	"lockwire/engine/component/control"
	"lockwire/engine/component/machine"
	"lockwire/engine/wire"
)

func TestQuietComponentReportsRarely(t *testing.T) {
	first, second := &control.Stream{}, &control.Stream{}
	start := time.Now()
	var before told
	const quiet = wire.QuietStatsInterval
	for n, step := range []struct {
		after    time.Duration
		stream   *control.Stream
		sessions bool
		due      bool
	}{
		{0, first, false, true},           // it has just attached
		{time.Second, first, false, true}, // and knows the load of a second
		{2 * time.Second, first, false, false},
		{quiet, first, false, false},
		{quiet + 1*time.Second, first, false, true},
		{quiet + 2*time.Second, first, true, true}, // a session begins
		{quiet + 3*time.Second, first, true, true},
		{quiet + 4*time.Second, first, false, true}, // and has ended
		{quiet + 5*time.Second, first, false, false},
		{quiet + 6*time.Second, second, false, true}, // it attached again
		{quiet + 7*time.Second, second, false, true},
		{quiet + 8*time.Second, second, false, false},
		{2*quiet + 7*time.Second, second, false, true},
	} {
		if due := before.due(step.stream, step.sessions, start.Add(step.after)); due != step.due {
			t.Errorf("step %d: due %v", n, due)
		}
	}
}

func TestNothingIsSaidOfWhatSessionsTakeInASharedProcess(t *testing.T) {
	for _, shared := range []bool{false, true} {
		system := &componenttest.System{}
		c := &Component{config: Config{System: system, Clock: machine.SystemClock{}, ProcessShared: shared}, sampler: &machine.Sampler{System: system}}
		c.sample()
		system.Used.CPU += time.Second
		if _, spent := c.sample(); (spent == 0) != shared || (c.spent() == 0) != shared {
			t.Errorf("shared %v: %v in the second, %v in all", shared, spent, c.spent())
		}
	}
}
