package administration

import (
	"slices"
	"testing"
	"time"

	"lockwire/engine"
)

func TestAWeekHasTheLimitOfEachHour(t *testing.T) {
	f := newFixture(t)
	apply := func(change engine.Change) {
		t.Helper()
		if _, err := f.Apply(t.Context(), f.reread(t, change), engine.Confirmation{}); err != nil {
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

func TestAWeekKnowsHoursThatTheClocksLeaveOutOrRepeat(t *testing.T) {
	hour := func(day time.Weekday, hour int) engine.WeekHour {
		return engine.WeekHour{Day: (int(day) + 6) % 7, Hour: hour}
	}
	for _, test := range []struct {
		name, zone, at string
		want           []engine.WeekClock
	}{
		{"no change", "Europe/Berlin", "2026-06-03", nil},
		{"put forward", "Europe/Berlin", "2026-03-27", []engine.WeekClock{{WeekHour: hour(time.Sunday, 2)}}},
		{"put back", "Europe/Berlin", "2026-10-25", []engine.WeekClock{{WeekHour: hour(time.Sunday, 2), Twice: true}}},
		{"half an hour forward leaves a half", "Australia/Lord_Howe", "2026-10-02", nil},
		{"half an hour back", "Australia/Lord_Howe", "2026-04-03", []engine.WeekClock{{WeekHour: hour(time.Sunday, 1), Twice: true}}},
		{"no midnight", "Africa/Cairo", "2026-04-21", []engine.WeekClock{{WeekHour: hour(time.Friday, 0)}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			f.apply(t, engine.Change{Setting: &engine.SettingChange{Name: "TimeZone", Value: test.zone}})
			rule := encryptRule("limited")
			rule.Throttle = &engine.Throttle{Limit: engine.Limit{Value: 1, Unit: engine.MegabytesPerSecond}}
			f.apply(t, engine.Change{AddRule: &rule})
			question := theTwo()
			question.At, _ = time.Parse(time.DateOnly, test.at)
			week, err := newClient(t, f.Local, engine.MayView).Week(t.Context(), question)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(week.Clocks, test.want) {
				t.Errorf("%+v, wanted %+v", week.Clocks, test.want)
			}
			for day := range week.Hours {
				for hour := range week.Hours[day] {
					at := engine.WeekHour{Day: day, Hour: hour}
					clock, special := week.Clock(at)
					if held := week.Limit(at) != nil; held == (special && !clock.Twice) {
						t.Errorf("%+v: limited %v", at, held)
					}
				}
			}
		})
	}
}

func TestAWeekSaysWhenATrustedLinkEnds(t *testing.T) {
	f := newFixture(t)
	web := component(t, "web", "203.0.113.7")
	if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(web) }); err != nil {
		t.Fatal(err)
	}
	f.apply(t, engine.Change{Setting: &engine.SettingChange{Name: "TimeZone", Value: "Europe/Berlin"}})
	until, _ := engine.ParseDate("2026-06-03")
	anyone := []engine.Selector{{Kind: engine.SelectAny}}
	f.apply(t, engine.Change{AddRule: &engine.Rule{Name: "fibre", Enabled: true, Source: anyone, Target: anyone, Exempt: &engine.Exemption{Reason: "own fibre", Until: &until}}})
	question := theTwo()
	question.Target.Component = "web"
	week, err := f.Week(t.Context(), question)
	if err != nil {
		t.Fatal(err)
	}
	thursday := engine.WeekHour{Day: 3}
	want := []engine.WeekPhase{
		{Mode: engine.Plain, By: engine.ByExempt, Because: "trusted link fibre"},
		{WeekHour: thursday, Mode: engine.Sealed, By: engine.ByAutomatic, Because: "automatic (public address)"},
	}
	if !slices.Equal(week.Phases, want) {
		t.Errorf("%+v", week.Phases)
	}
	for at, phase := range map[engine.WeekHour]engine.WeekPhase{{Day: 2, Hour: 23}: want[0], thursday: want[1], {Day: 6, Hour: 23}: want[1]} {
		if got := week.Phase(at); got != phase {
			t.Errorf("%+v: %+v", at, got)
		}
	}
}
