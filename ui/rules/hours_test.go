package rules

import (
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/ui/uitest"
)

// noon is a clock that stands.
func noon() (time.Time, *time.Location) {
	return time.Date(2027, 1, 20, 12, 30, 0, 0, time.UTC), time.UTC // a Wednesday
}

// TestTableAndEditorSayWhatHoldsNowAndWhatComesNext: as the clock goes, and as the hours are edited.
func TestTableAndEditorSayWhatHoldsNowAndWhatComesNext(t *testing.T) {
	reader := time.Local
	time.Local = time.UTC
	t.Cleanup(func() { time.Local = reader })
	s := uitest.NewStage(t)
	rule := s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", func(r *engine.Rule) {
		r.Throttle = &engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabitsPerSecond}}
		*r = workingHours(*r)
	})
	page := openRules(t, s)
	at := func(hour int) {
		state := *page.state
		state.When = time.Date(2027, 1, 20, hour, 30, 0, 0, time.UTC)
		state.Rules.Settings.TimeZone = "UTC"
		page.Update(&state)
	}
	limit := func() string {
		for _, row := range page.table.Rows() {
			if row.Name == "Nightly" {
				return limitWords(row)
			}
		}
		t.Fatal("the rule is not in the table")
		return ""
	}
	at(9)
	if got, want := limit(), "100 Mbit/s until 18:00, then 400 Mbit/s"; got != want {
		t.Errorf("the table says %q, want %q", got, want)
	}
	page.table.Select(string(rule.ID))
	page.edit()
	e := page.editor
	says := func(when, want string) {
		t.Helper()
		if e.now.Text != want {
			t.Errorf("%s the editor says %q, want %q", when, e.now.Text, want)
		}
	}
	says("opened", "100 Mbit/s until 18:00, then 400 Mbit/s")
	typed(e.value, "50")
	says("with another limit", "50 Mbit/s until 18:00, then 400 Mbit/s")
	at(19)
	says("in the evening", "400 Mbit/s until Thursday, 00:00, then no limit")
	if got, want := limit(), "400 Mbit/s until Thursday, 00:00, then no limit"; got != want {
		t.Errorf("in the evening the table says %q, want %q", got, want)
	}
	for day := range e.schedule.Days {
		e.schedule.Days[day][20] = engine.On
	}
	e.changed()
	says("with other hours", "400 Mbit/s until 20:00, then 50 Mbit/s")
	typed(e.zone, "Europe/Berlin")
	says("in another zone", "50 Mbit/s until 21:00 (Europe/Berlin), then 400 Mbit/s")
	typed(e.zone, "Nowhere")
	says("with a wrong zone", "once limit and hours are right, this says what holds now and what comes next")
	typed(e.zone, "UTC")
	typed(e.relaxed, "much")
	says("with a wrong limit", "once limit and hours are right, this says what holds now and what comes next")
}
