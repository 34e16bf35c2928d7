package machine_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"lockwire/engine/component/componenttest"
	"lockwire/engine/component/machine"
)

func TestSamplerMeasuresWhatLiesBetweenTwoSamples(t *testing.T) {
	system := &componenttest.System{Used: machine.Usage{CPU: time.Second, Memory: 100}, CoreTimes: []machine.CoreTime{{Busy: 10, Total: 100}, {Busy: 50, Total: 100}}}
	s := &machine.Sampler{System: system}
	now := time.Now()
	if load, spent, err := s.Sample(now); err != nil || spent != 0 || load.Agent != 0 || load.Memory != 100 || load.Cores != nil {
		t.Errorf("the first sample: %+v, %v, %v", load, spent, err)
	}
	system.Used, system.CoreTimes = machine.Usage{CPU: 2500 * time.Millisecond, Memory: 200}, []machine.CoreTime{{Busy: 11, Total: 104}, {Busy: 50, Total: 104}, {Busy: 1, Total: 2}}
	load, spent, err := s.Sample(now.Add(2 * time.Second))
	if err != nil || spent != 1500*time.Millisecond || load.Agent != 0.75 || load.Memory != 200 || !slices.Equal(load.Cores, []float64{0.25, 0, 0}) {
		t.Errorf("the second sample: %+v, %v, %v", load, spent, err)
	}
	// What was taken while nothing was carried counts as load, and not as what sessions took.
	system.Used.CPU += time.Second
	s.Rest()
	system.Used.CPU += 500 * time.Millisecond
	if load, spent, err := s.Sample(now.Add(4 * time.Second)); err != nil || spent != 500*time.Millisecond || load.Agent != 0.75 {
		t.Errorf("after a rest: %+v, %v, %v", load, spent, err)
	}
	system.Fails = errors.New("no /proc")
	if _, _, err := s.Sample(now); err == nil {
		t.Error("a system that does not say is no error")
	}
}
