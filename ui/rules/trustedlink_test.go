package rules

import (
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/ui/uitest"
)

func TestATrustedLinkThatEndsSoonIsMarkedInTheTableAsTimePasses(t *testing.T) {
	s := uitest.NewStage(t)
	day := uitest.Moment.AddDate(0, 0, 20)
	until := engine.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()}
	s.Put(t, "Lab line", "10.0.0.0/8", "any", func(r *engine.Rule) {
		r.Encrypt, r.Exempt = false, &engine.Exemption{Reason: "a line of our own", Until: &until}
	})
	page := New(s.Console).(*view)
	s.Show(t, page)
	state := s.State(t)
	said := func(at time.Time) (string, bool) {
		state.When = at
		page.Update(state)
		for _, row := range page.table.Rows() {
			if row.Name == "Lab line" {
				return ruleProtection(row), row.endsSoon
			}
		}
		return "", false
	}
	for _, step := range []struct {
		at    time.Time
		words string
		soon  bool
	}{
		{uitest.Moment, "trusted link", false}, {day.AddDate(0, 0, -3), "days left", true}, {day.AddDate(0, 0, 3), "ended", true},
	} {
		if words, soon := said(step.at); !strings.Contains(words, step.words) || soon != step.soon || !step.soon && words != step.words {
			t.Errorf("at %s the table says %q, marked %v", step.at, words, soon)
		}
	}
}
