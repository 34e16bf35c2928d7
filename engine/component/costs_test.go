package component

import (
	"math"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/session"
)

func TestOnlySecondsOfOneKindTellWhatItCosts(t *testing.T) {
	live := func(side session.Side, mode engine.Mode, test bool) *liveSession {
		return &liveSession{side: side, offer: &offer{mode: mode, test: test}}
	}
	source, target := live(session.Source, engine.Sealed, false), live(session.Target, engine.Sealed, false)
	plain, test := live(session.Target, engine.Plain, false), live(session.Source, engine.Sealed, true)
	for _, one := range []struct {
		name  string
		live  []*liveSession
		moved []uint64
		want  *engine.EndCost // nil: nothing is learned
	}{
		{"one session", []*liveSession{source}, []uint64{1e9}, &engine.EndCost{Side: engine.SourceEnd, Mode: engine.Sealed}},
		{"two of a kind", []*liveSession{plain, plain}, []uint64{4e8, 6e8}, &engine.EndCost{Side: engine.TargetEnd, Mode: engine.Plain}},
		{"hardly anything of another kind", []*liveSession{source, plain}, []uint64{99e7, 1e7}, &engine.EndCost{Side: engine.SourceEnd, Mode: engine.Sealed}},
		{"both ends", []*liveSession{source, target}, []uint64{5e8, 5e8}, nil},
		{"sealed and plain", []*liveSession{target, plain}, []uint64{5e8, 5e8}, nil},
		{"a test of the route", []*liveSession{test}, []uint64{1e9}, nil},
		{"a test beside a session", []*liveSession{source, test}, []uint64{99e7, 1e7}, nil},
		{"nothing moves", []*liveSession{source}, []uint64{0}, nil},
	} {
		t.Run(one.name, func(t *testing.T) {
			var c costs
			for range 10 {
				c.second(one.live, one.moved, 400*time.Millisecond)
			}
			known := c.known()
			if one.want == nil {
				if len(known) != 0 {
					t.Errorf("it took %+v for the cost", known)
				}
				return
			}
			if len(known) != 1 || known[0].Side != one.want.Side || known[0].Mode != one.want.Mode || math.Abs(known[0].PerGB-0.4) > 1e-9 {
				t.Errorf("got %+v", known)
			}
		})
	}
}

func TestNothingIsSaidOfWhatSessionsTakeInASharedProcess(t *testing.T) {
	for _, shared := range []bool{false, true} {
		system := &fakeSystem{}
		c := &Component{config: Config{System: system, Clock: machine.SystemClock{}, ProcessShared: shared}, reporter: &reporter{}, sampler: &machine.Sampler{System: system}}
		a := &attachment{c: c, sessions: newSessionTable()}
		c.attachments, c.calibrator = []*attachment{a}, newCalibrator(c)
		s := &liveSession{a: a, id: engine.NewID(), offer: &offer{mode: engine.Sealed}}
		a.sessions.add(s)
		c.measure()
		s.counters.ToRemote.Add(1e9)
		system.usage.CPU += time.Second
		c.measure()
		if (s.cpu == 0) != shared || (c.spent() == 0) != shared || (len(c.costs.known()) == 0) != shared {
			t.Errorf("shared %v: %v for the session, %v in all, %+v", shared, s.cpu, c.spent(), c.costs.known())
		}
	}
}
