package rules

import (
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"

	"lockwire/engine/record"
)

func TestALimitSaysWhetherItHoldsAndWhatIsDrawnOnIt(t *testing.T) {
	noon := time.Date(2026, 6, 3, 12, 30, 0, 0, time.UTC) // a Wednesday
	evening := time.Date(2026, 6, 3, 18, 0, 0, 0, time.Local)
	var nights engine.Schedule
	for day := range nights.Days {
		for hour := range nights.Days[day] {
			nights.Days[day][hour] = engine.Off
		}
	}
	limited := engine.Rule{Name: "Uplink", Enabled: true, Throttle: &engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabitsPerSecond}, NeverThrottleRestores: true}}
	off, atNight := limited, limited
	off.Enabled, atNight.Schedule = false, &nights
	use := model.LimitUse{CapUse: record.CapUse{
		Cap:      engine.Cap{Rule: "Uplink", Value: 100, Unit: engine.MegabitsPerSecond, Until: evening, Then: &engine.Limit{Value: 400, Unit: engine.MegabitsPerSecond}},
		Sessions: 3, Rate: 12_400_000,
	}}
	held := use
	held.HeldBack = 2
	tests := map[string]struct {
		rule engine.Rule
		uses []model.LimitUse
		want string
	}{
		"off":               {off, nil, "the rule is off"},
		"at another hour":   {atNight, nil, "no limit at this hour"},
		"nobody draws":      {limited, nil, "no session draws on it"},
		"drawn on":          {limited, []model.LimitUse{use}, "3 sessions draw on it"},
		"and it holds back": {limited, []model.LimitUse{held}, "holds back 2 of 3 sessions"},
	}
	for name, test := range tests {
		if got, _ := limitState(&test.rule, test.uses, noon, time.UTC); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	facts := limitFacts(&limited, []model.LimitUse{use})
	want := []kit.Detail{
		{Name: "Backups now", Value: "99.2 Mbit/s of 100 Mbit/s, 3 sessions"}, {Name: "Backups, next", Value: "400 Mbit/s from 2026-06-03 18:00:00"},
		{Name: "As saved", Value: "100 Mbit/s"}, {Name: "Restores are", Value: "never limited"},
	}
	for i := range want {
		if i >= len(facts) || facts[i] != want[i] {
			t.Errorf("fact %d of %+v is not %+v", i, facts, want[i])
		}
	}
}

func TestThePastOfBackupsAndOfRestoresEndsNow(t *testing.T) {
	uses := []model.LimitUse{
		{Past: []float64{1, 2, 3}},
		{CapUse: record.CapUse{Cap: engine.Cap{Restores: true}}, Past: []float64{9}},
	}
	values := limitValues(uses)
	if len(values) != 3 || values[0][0] != 1 || values[0][1] != 0 || values[2][0] != 3 || values[2][1] != 9 {
		t.Errorf("%v", values)
	}
}
