package rules

import (
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/ui/text"
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

func TestTheLastDayOfATrustedLinkIsShownAndReadAsTheLocaleWritesDays(t *testing.T) {
	text.Use(text.NewLocale("de_DE", "de_DE", "de_DE"))
	t.Cleanup(func() { text.Use(text.NewLocale("", "", "")) })
	s := uitest.NewStage(t)
	until := engine.Date{Year: 2027, Month: time.February, Day: 1}
	stored := s.Put(t, "Lab line", "10.0.0.0/8", "any", func(r *engine.Rule) {
		r.Encrypt, r.Exempt = false, &engine.Exemption{Reason: "a line of our own", Until: &until}
	})
	e := showRuleEditor(s.Console, noon, stored, func(_, _ engine.Rule) {})
	if e.until.Text != "01.02.2027" {
		t.Errorf("the field says %q", e.until.Text)
	}
	for typed, want := range map[string]engine.Date{"": {}, "01.02.2027": until, "3.12.2027": {Year: 2027, Month: time.December, Day: 3}, "2027-12-03": {Year: 2027, Month: time.December, Day: 3}} {
		e.until.SetText(typed)
		rule, problems := e.read()
		if got := rule.Exempt.Until; len(problems) != 0 || (got == nil) != (typed == "") || got != nil && *got != want {
			t.Errorf("%q is read as %v, %v", typed, got, problems)
		}
	}
	e.until.SetText("12/03/2027")
	if _, problems := e.read(); problems["until"] == nil {
		t.Error("a day in the order of another locale was taken")
	}
}
