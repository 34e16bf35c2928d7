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
	restores := held
	restores.Restores = true
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
		"it holds back both ways, of the same sessions": {limited, []model.LimitUse{held, restores}, "holds back 3 sessions"},
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

// TestABarIsFullWhereBackupsUseTheWholeLimit: backups and restores have a limit each, and one that is idle does not make room for the other.
func TestABarIsFullWhereBackupsUseTheWholeLimit(t *testing.T) {
	limit := engine.Cap{Rule: "Uplink", Value: 100, Unit: engine.MegabitsPerSecond}
	idle := limit
	idle.Restores = true
	backups := model.LimitUse{CapUse: record.CapUse{Cap: limit, Sessions: 1, Rate: 12_500_000}, Past: []float64{12_500_000}}
	restores := model.LimitUse{CapUse: record.CapUse{Cap: idle, Sessions: 1}, Past: []float64{0}}
	var row ruleRow
	row.draw([]model.LimitUse{backups, restores})
	if level, ok := drawnBar(row); !ok || level.Parts[0].Share != 1 {
		t.Errorf("the bar shows %v", level)
	}
	if words := drawnWords(row); words != "100.0 Mbit/s" {
		t.Errorf("the words are %q", words)
	}
	if _, ok := drawnBar(ruleRow{}); ok || drawnWords(ruleRow{}) != "–" {
		t.Error("a limit on which nobody draws has a bar")
	}
}

func TestTheTopOfTheChartIsTheLimitOnWhichIsDrawn(t *testing.T) {
	of := func(restores bool, past ...float64) model.LimitUse {
		return model.LimitUse{CapUse: record.CapUse{Cap: engine.Cap{Value: 8, Unit: engine.MegabitsPerSecond, Restores: restores}}, Past: past}
	}
	const limit = 1_000_000
	for name, test := range map[string]struct {
		uses []model.LimitUse
		want float64
	}{
		"backups alone":                {[]model.LimitUse{of(false, limit), of(true, 0)}, limit},
		"both":                         {[]model.LimitUse{of(false, limit), of(true, limit/2)}, 2 * limit},
		"restores alone":               {[]model.LimitUse{of(false, 0), of(true, limit)}, limit},
		"nothing yet":                  {[]model.LimitUse{of(false)}, limit},
		"a looser limit an hour ago":   {[]model.LimitUse{of(false, 4*limit, limit)}, 0},
		"a little more than the limit": {[]model.LimitUse{of(false, 1.03*limit)}, limit},
	} {
		if got := limitTop(test.uses, limitValues(test.uses)); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
