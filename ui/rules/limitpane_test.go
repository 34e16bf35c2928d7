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
	var nights engine.Schedule
	for day := range nights.Days {
		for hour := range nights.Days[day] {
			nights.Days[day][hour] = engine.Off
		}
	}
	limited := engine.Rule{Name: "Uplink", Enabled: true, Throttle: &engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabitsPerSecond}, NeverThrottleRestores: true}}
	byHours := workingHours(limited)
	off, atNight := limited, limited
	off.Enabled, atNight.Schedule = false, &nights
	use := model.LimitUse{CapUse: record.CapUse{
		Cap:      engine.Cap{Rule: "Uplink", Value: 100, Unit: engine.MegabitsPerSecond},
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
	facts := limitFacts(&byHours, []model.LimitUse{use}, noon, time.UTC)
	want := []kit.Detail{
		{Name: "Limit now", Value: "100 Mbit/s until 18:00, then 400 Mbit/s"}, {Name: "Backups now", Value: "99.2 Mbit/s of 100 Mbit/s, 3 sessions"},
		{Name: "As saved", Value: "100 (relaxed 400) Mbit/s"}, {Name: "Restores are", Value: "never limited"},
	}
	for i := range want {
		if i >= len(facts) || facts[i] != want[i] {
			t.Errorf("fact %d of %+v is not %+v", i, facts, want[i])
		}
	}
}

// workingHours has a rule's limit hold from 8 to 18 and let 400 Mbit/s through in the evening.
func workingHours(rule engine.Rule) engine.Rule {
	rule = rule.Clone()
	rule.Throttle.Relaxed = &engine.Limit{Value: 400, Unit: engine.MegabitsPerSecond}
	day, err := engine.ParseDay("000000001111111111rrrrrr")
	if err != nil {
		panic(err)
	}
	rule.Schedule = &engine.Schedule{TimeZone: "UTC"}
	for d := range rule.Schedule.Days {
		rule.Schedule.Days[d] = day
	}
	return rule
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
