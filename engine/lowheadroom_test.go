package engine

import (
	"testing"
	"time"
)

func TestHeadroomIsLowByThePartThatIsLeft(t *testing.T) {
	const megabit = 125_000
	for name, test := range map[string]struct {
		headroom Headroom
		want     bool
	}{
		"little of much, and nothing carried":   {Headroom{BytesPerSecond: 15 * megabit, Whole: 8000 * megabit, LimitedBy: LimitedByProcessor}, true},
		"more of much":                          {Headroom{BytesPerSecond: 326 * megabit, Whole: 8000 * megabit, LimitedBy: LimitedByProcessor}, true},
		"the same of a small machine":           {Headroom{BytesPerSecond: 326 * megabit, Whole: 400 * megabit, LimitedBy: LimitedByProcessor}, false},
		"nothing":                               {Headroom{Whole: 8000 * megabit, LimitedBy: LimitedByProcessor}, true},
		"a network that is full":                {Headroom{BytesPerSecond: 5 * megabit, Whole: 100 * megabit, LimitedBy: LimitedByNetwork}, true},
		"a slow network that is idle":           {Headroom{BytesPerSecond: 100 * megabit, Whole: 100 * megabit, LimitedBy: LimitedByNetwork}, false},
		"a tenth":                               {Headroom{BytesPerSecond: 100 * megabit, Whole: 1000 * megabit}, false},
		"from a broker that does not say whole": {Headroom{}, false},
	} {
		test.headroom.Cost = Cost{PerGB: 1}
		if got := test.headroom.IsLow(); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if unknown := (Headroom{Whole: 1000}); unknown.IsLow() {
		t.Error("what is not known is low")
	}
}

func TestHeadroomCountsAsLowOnceItWasSoForAWhile(t *testing.T) {
	low, enough := Headroom{Whole: 1000, Cost: Cost{PerGB: 1}}, Headroom{BytesPerSecond: 500, Whole: 1000, Cost: Cost{PerGB: 1}}
	var follow LowHeadroom
	for _, step := range []struct {
		after    time.Duration
		headroom Headroom
		offline  bool
		want     bool
	}{
		{0, low, false, false}, {lowFor - 1, low, false, false}, {lowFor, low, false, true},
		{lowFor + time.Second, enough, false, false}, {lowFor + 2*time.Second, low, false, false},
		{2*lowFor + 2*time.Second, low, false, true}, {3 * lowFor, low, true, false}, {4 * lowFor, low, false, false}, {5 * lowFor, low, false, true},
		{-time.Hour, low, false, false}, {lowFor - time.Hour, low, false, true},
	} {
		snapshot := &Snapshot{When: findingMoment.Add(step.after), Components: []ComponentStatus{{Component: Component{ID: "a"}, Online: !step.offline, Headroom: step.headroom}}}
		if got := follow.Take(snapshot)["a"]; got != step.want {
			t.Errorf("after %v it is %v", step.after, got)
		}
	}
}
