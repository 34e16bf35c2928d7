package broker

import (
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/wire"
)

var pastMoment = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)

// looked is what somebody saw who looked once a second, from one second to another.
func looked(p *past, from, to int, sealed uint64, load float64) {
	for second := from; second < to; second++ {
		now := pastMoment.Add(time.Duration(second) * time.Second)
		p.begin(now)
		p.sealed += sealed
		if load >= 0 {
			p.load("c", load, load/2)
		}
		p.end(now)
	}
}

func TestTheBrokerRemembersFifteenMinutesAndNoMore(t *testing.T) {
	var p past
	looked(&p, 0, 3000, 1000, 0.5)
	got := p.all()
	if len(got.Moments) != engine.PastMoments || len(got.Loads["c"].Machine) != engine.PastMoments {
		t.Fatalf("%d moments, %d loads", len(got.Moments), len(got.Loads["c"].Machine))
	}
	for i, moment := range got.Moments {
		if moment.Sealed != 1000 || moment.Plain != 0 || got.Loads["c"].Machine[i] != 0.5 || got.Loads["c"].Agent[i] != 0.25 {
			t.Errorf("moment %d is %+v", i, moment)
		}
		if i > 0 && moment.When.Sub(got.Moments[i-1].When) != engine.PastStep {
			t.Errorf("moment %d comes %v after the one before", i, moment.When.Sub(got.Moments[i-1].When))
		}
	}
}

func TestAMomentIsTheMeanOfItsSeconds(t *testing.T) {
	var p past
	looked(&p, 0, 6, 0, -1)
	for second := range 5 {
		looked(&p, 6+second, 7+second, uint64(100*second), float64(second))
	}
	if got := p.all(); len(got.Moments) != 2 || got.Moments[1].Sealed != 200 || got.Loads["c"].Machine[0] != -1 || got.Loads["c"].Machine[1] != 2 {
		t.Errorf("%+v", got)
	}
}

func TestTimeInWhichTheMachineSleptIsInNoMoment(t *testing.T) {
	var p past
	looked(&p, 0, 8, 1000, 1)
	looked(&p, 300, 311, 1000, 1)
	var seconds []int
	for _, moment := range p.all().Moments {
		seconds = append(seconds, int(moment.When.Sub(pastMoment)/time.Second))
		if moment.Sealed != 1000 {
			t.Errorf("%+v", moment)
		}
	}
	if len(seconds) != 4 || seconds[0] != 5 || seconds[1] != 7 || seconds[2] != 305 || seconds[3] != 310 {
		t.Errorf("moments end at %v", seconds)
	}
}

func TestMomentsStayInOrderWhenTheClockIsSetBack(t *testing.T) {
	var p past
	looked(&p, 0, 100, 1000, 1)
	looked(&p, 50, 80, 2000, 1)
	moments := p.all().Moments
	for i := range moments[1:] {
		if !moments[i+1].When.After(moments[i].When) {
			t.Errorf("%v comes after %v", moments[i+1].When, moments[i].When)
		}
	}
	if last := moments[len(moments)-1]; last.Sealed != 2000 {
		t.Errorf("the newest is %+v", last)
	}
}

func TestNothingIsRememberedOfAComponentThatWasAwayForFifteenMinutes(t *testing.T) {
	var p past
	looked(&p, 0, 20, 0, 1)
	looked(&p, 20, 900, 0, -1)
	if got := p.all().Loads; len(got) != 1 {
		t.Fatalf("within the time it remembers %d", len(got))
	}
	looked(&p, 900, 930, 0, -1)
	if got := p.all().Loads; len(got) != 0 {
		t.Errorf("it still remembers %+v", got)
	}
}

func TestTheMemoryForLoadsIsBounded(t *testing.T) {
	var p past
	p.begin(pastMoment)
	for range mostPasts + 50 {
		p.load(engine.NewID(), 1, 1)
	}
	if len(p.loads) != mostPasts {
		t.Errorf("%d components", len(p.loads))
	}
}

// What goes on in a running broker is remembered: the throughput of its sessions, and the load of what is attached.
func TestARunningBrokerRemembersItsSessionsAndLoads(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		id := p.live()
		for second := range 20 {
			p.source.stats(&wire.SessionStats{Session: id, Flows: 1, AllFlows: 1, ToTarget: uint64(3000 * (second + 1))})
			time.Sleep(time.Second)
		}
		past := i.broker.Past()
		if len(past.Moments) < 3 {
			t.Fatalf("it remembers %d moments", len(past.Moments))
		}
		last := len(past.Moments) - 1
		if got := past.Moments[last]; got.Sealed != 0 || got.Plain != 3000 {
			t.Errorf("the newest moment is %+v", got)
		}
		if len(past.Loads) != 1 {
			t.Fatalf("it remembers the loads of %d components", len(past.Loads))
		}
		for _, load := range past.Loads {
			if load.Machine[last] != 0.75 || load.Agent[last] != 0.1 {
				t.Errorf("%v, %v", load.Machine[last], load.Agent[last])
			}
		}
	})
}
