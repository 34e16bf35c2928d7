package component

import (
	"testing"
	"time"

	"lockwire/engine/component/componenttest"
	"lockwire/engine/component/machine"
)

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
