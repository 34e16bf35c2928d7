package administration

import (
	"testing"
	"time"

	"lockwire/engine"
)

func TestAWeekHasTheLimitOfEachHour(t *testing.T) {
	f := newFixture(t)
	apply := func(change engine.Change) {
		t.Helper()
		if _, err := f.Apply(t.Context(), change, engine.Confirmation{}); err != nil {
			t.Fatal(err)
		}
	}
	apply(engine.Change{Setting: &engine.SettingChange{Name: "TimeZone", Value: "Europe/Berlin"}})
	schedule := &engine.Schedule{} // the installation's time zone
	for day := range schedule.Days {
		for hour := range schedule.Days[day] {
			schedule.Days[day][hour] = engine.Off
		}
	}
	for hour := 8; hour < 18; hour++ {
		schedule.Days[time.Monday][hour] = engine.On
		schedule.Days[time.Sunday][hour] = engine.Relaxed
	}
	anyone := []engine.Selector{{Kind: engine.SelectAny}}
	relaxed := engine.Limit{Value: 400, Unit: engine.MegabitsPerSecond}
	apply(engine.Change{AddRule: &engine.Rule{Name: "slow", Enabled: true, Encrypt: true, Source: anyone, Target: anyone, Schedule: schedule,
		Throttle: &engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabitsPerSecond}, Relaxed: &relaxed, NeverThrottleRestores: true}}})

	for _, test := range []struct {
		name      string
		at        time.Time
		operation engine.Operation
		monday    string // the first day
		limits    int
	}{
		{"now is a Wednesday", time.Time{}, engine.Backup, "2026-06-01", 2},
		{"a Sunday late in UTC is a Monday there", time.Date(2026, 6, 7, 23, 0, 0, 0, time.UTC), engine.Backup, "2026-06-08", 2},
		{"the week of a change of the clocks", time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC), engine.Backup, "2026-03-23", 2},
		{"a restore is not limited", time.Time{}, engine.Restore, "2026-06-01", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			week, err := f.Week(t.Context(), engine.Question{Source: engine.QuestionParty{Component: "source"}, Target: engine.QuestionParty{Component: "target"}, Operation: test.operation, At: test.at})
			if err != nil {
				t.Fatal(err)
			}
			if week.Mode != engine.Sealed || week.By != engine.ByRule || week.TimeZone != "Europe/Berlin" || week.From.Format(time.DateOnly) != test.monday || len(week.Limits) != test.limits {
				t.Fatalf("%+v", week)
			}
			for day := range week.Hours {
				for hour, place := range week.Hours[day] {
					limit := ""
					if place >= 0 {
						limit = week.Limits[place].Limit().String()
					}
					want := ""
					if test.operation == engine.Backup && hour >= 8 && hour < 18 {
						want = map[int]string{0: "100 Mbit/s", 6: "400 Mbit/s"}[day]
					}
					if limit != want {
						t.Errorf("day %d at %d: %q, want %q", day, hour, limit, want)
					}
				}
			}
		})
	}
	if _, err := f.Week(t.Context(), engine.Question{Source: engine.QuestionParty{Component: "nobody"}}); err == nil {
		t.Error("a week for nobody")
	}
}
