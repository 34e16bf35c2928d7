package component

import (
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/componenttest"
	"lockwire/engine/component/machine"
)

func TestProcessorTimeIsApportionedByBytes(t *testing.T) {
	one, two, idle := &liveSession{side: sourceSide, offer: &offer{}}, &liveSession{side: targetSide, offer: &offer{}}, &liveSession{side: sourceSide, offer: &offer{}}
	one.counters.ToRemote.Add(300)
	two.counters.ToLocal.Add(50)
	two.counters.ToRemote.Add(50)
	apportion([]*liveSession{one, two, idle}, 4*time.Second)
	if one.cpu != 3*time.Second || two.cpu != time.Second || idle.cpu != 0 {
		t.Errorf("%v, %v, %v", one.cpu, two.cpu, idle.cpu)
	}
	apportion([]*liveSession{one, two, idle}, time.Second) // nothing moved: nobody's
	two.counters.ToLocal.Add(1)
	apportion([]*liveSession{one, two, idle}, time.Second)
	if one.cpu != 3*time.Second || two.cpu != 2*time.Second {
		t.Errorf("%v, %v", one.cpu, two.cpu)
	}
	if toTarget, toSource := two.bytes(); toTarget != 51 || toSource != 50 {
		t.Errorf("at the target %d bytes came and %d went", toTarget, toSource)
	}
}

func TestNothingIsSaidOfWhatSessionsTakeInASharedProcess(t *testing.T) {
	for _, shared := range []bool{false, true} {
		system := &componenttest.System{}
		c := &Component{config: Config{System: system, Clock: machine.SystemClock{}, ProcessShared: shared}, reporter: &machine.Reporter{}, sampler: &machine.Sampler{System: system}}
		a := &attachment{c: c, sessions: newSessionTable()}
		c.attachments, c.calibrator = []*attachment{a}, machine.NewCalibrator(machine.CalibratorConfig{Reporter: c.reporter})
		s := &liveSession{a: a, id: engine.NewID(), offer: &offer{mode: engine.Sealed}}
		a.sessions.add(s)
		c.measure()
		s.counters.ToRemote.Add(1e9)
		system.Used.CPU += time.Second
		c.measure()
		if (s.cpu == 0) != shared || (c.spent() == 0) != shared || (len(c.costs.Known()) == 0) != shared {
			t.Errorf("shared %v: %v for the session, %v in all, %+v", shared, s.cpu, c.spent(), c.costs.Known())
		}
	}
}
