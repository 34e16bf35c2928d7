package engine

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// aRule is one that passes, with every field set.
func aRule() Rule {
	schedule := AlwaysOn()
	schedule.TimeZone = "Europe/Berlin"
	schedule.Days[time.Monday][3] = Relaxed
	return Rule{
		Name: "Branch uplink", Enabled: true, Source: []Selector{{Kind: SelectTag, Name: "branch"}}, Target: []Selector{Public},
		Exempt:   &Exemption{Reason: "leased line", Until: &Date{2027, time.January, 31}},
		Throttle: &Throttle{Limit: Limit{100, MegabitsPerSecond}, Relaxed: &Limit{400, MegabitsPerSecond}},
		Schedule: &schedule, Comment: "two\nlines",
	}
}

func TestRuleCheckNamesTheField(t *testing.T) {
	passing := aRule()
	if err := passing.Check(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		spoil func(*Rule)
		field string
		words string
	}{
		{"no name", func(r *Rule) { r.Name = "" }, "name", "a name is needed"},
		{"a name of 65 characters", func(r *Rule) { r.Name = strings.Repeat("ä", 65) }, "name", "at most 64"},
		{"a name with a line end", func(r *Rule) { r.Name = "a\nb" }, "name", "printable"},
		{"a name that is not UTF-8", func(r *Rule) { r.Name = "a\xff" }, "name", "printable"},
		{"a name with a space at its end", func(r *Rule) { r.Name = "a " }, "name", "space"},
		{"no source", func(r *Rule) { r.Source = nil }, "source", "at least one entry"},
		{"no target", func(r *Rule) { r.Target = nil }, "target", "at least one entry"},
		{"public as a source", func(r *Rule) { r.Source = []Selector{Public} }, "source", "can only be a target"},
		{"too many entries", func(r *Rule) { r.Target = slices.Repeat([]Selector{Any}, 1025) }, "target", "at most 1024"},
		{"a malformed entry", func(r *Rule) { r.Source = []Selector{{}} }, "source", "malformed"},
		{"encrypt and exempt", func(r *Rule) { r.Encrypt = true }, "exempt", "not both"},
		{"an exemption without a reason", func(r *Rule) { r.Exempt.Reason = " " }, "exempt", "needs a reason"},
		{"a reason that is too long", func(r *Rule) { r.Exempt.Reason = strings.Repeat("x", 257) }, "exempt", "at most 256"},
		{"a day that there is not", func(r *Rule) { r.Exempt.Until = &Date{2027, time.February, 30} }, "exempt", "not a day of the calendar"},
		{"a limit of nothing", func(r *Rule) { r.Throttle.Value = 0 }, "throttle", "from 1 to"},
		{"an unknown unit", func(r *Rule) { r.Throttle.Unit = "GB/s" }, "throttle", "is not a unit"},
		{"a relaxed limit of nothing", func(r *Rule) { r.Throttle.Relaxed.Value = 0 }, "throttle", "relaxed"},
		{"relaxed hours without a relaxed limit", func(r *Rule) { r.Throttle.Relaxed = nil }, "schedule", "no relaxed limit"},
		{"relaxed hours without a throttle", func(r *Rule) { r.Throttle = nil }, "schedule", "no relaxed limit"},
		{"an unknown time zone", func(r *Rule) { r.Schedule.TimeZone = "Mars/Olympus" }, "schedule", "timeZone"},
		{"a broken cell", func(r *Rule) { r.Schedule.Days[time.Sunday][0] = 'x' }, "schedule", "sunday"},
		{"a comment that is too long", func(r *Rule) { r.Comment = strings.Repeat("x", 1025) }, "comment", "at most 1024"},
		{"a comment with a control character", func(r *Rule) { r.Comment = "\x1b[31m" }, "comment", "U+001B"},
	} {
		t.Run(test.name, func(t *testing.T) {
			rule := aRule()
			test.spoil(&rule)
			err := rule.Check()
			var field *FieldError
			if !errors.As(err, &field) || field.Field != test.field || !strings.Contains(err.Error(), test.words) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTheRuleInternetIsFixedWhereItMustBe(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Rule)
		field  string // empty: allowed
	}{
		{"encrypt off", func(r *Rule) { r.Encrypt = false }, ""},
		{"off", func(r *Rule) { r.Enabled = false }, ""},
		{"throttle, schedule, comment", func(r *Rule) {
			schedule := AlwaysOn()
			r.Throttle, r.Schedule, r.Comment = &Throttle{Limit: Limit{1, MegabytesPerSecond}}, &schedule, "x"
		}, ""},
		{"its name in another case", func(r *Rule) { r.Name = "internet" }, "name"},
		{"another source", func(r *Rule) { r.Source = []Selector{{Kind: SelectTag, Name: "x"}} }, "source"},
		{"another target", func(r *Rule) { r.Target = []Selector{Any} }, "target"},
		{"exempt", func(r *Rule) { r.Encrypt, r.Exempt = false, &Exemption{Reason: "x"} }, "exempt"},
	} {
		t.Run(test.name, func(t *testing.T) {
			rule := InternetRule()
			test.change(&rule)
			err := rule.Check()
			var field *FieldError
			if test.field == "" && err != nil || test.field != "" && (!errors.As(err, &field) || field.Field != test.field) {
				t.Errorf("%v", err)
			}
			if (test.field == "name" || test.field == "source" || test.field == "target") && !errors.Is(err, ErrPredefined) {
				t.Errorf("%v is not ErrPredefined", err)
			}
		})
	}
}

func TestRuleSetCheck(t *testing.T) {
	rule := func(name string) Rule {
		r := aRule()
		r.Name = name
		return r
	}
	for _, test := range []struct {
		name  string
		set   RuleSet
		words string // empty: passes
	}{
		{"passes", RuleSet{Rules: []Rule{InternetRule(), rule("a"), rule("b")}}, ""},
		{"no Internet", RuleSet{Rules: []Rule{rule("a")}}, "Internet is missing"},
		{"names that differ by case", RuleSet{Rules: []Rule{InternetRule(), rule("Straße"), rule("STRASSE"), rule("a"), rule("A")}}, "name is taken"},
		{"Internet twice", RuleSet{Rules: []Rule{InternetRule(), InternetRule()}}, "name is taken"},
		{"a broken rule", RuleSet{Rules: []Rule{InternetRule(), rule("")}}, "name"},
		{"broken settings", RuleSet{Rules: []Rule{InternetRule()}, Settings: Settings{DisablePublicIPTrafficEncryption: 2}}, "DisablePublicIPTrafficEncryption"},
		{"broken networks", RuleSet{Rules: []Rule{InternetRule()}, PreferredNetworks: PreferredNetworks{Mode: "x"}}, "preferredNetworks: mode"},
		{"too many", RuleSet{Rules: make([]Rule, MaximumRules+1)}, "at most"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.set.Check()
			if test.words == "" && err != nil || test.words != "" && (err == nil || !strings.Contains(err.Error(), test.words)) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestCloneSharesNothing(t *testing.T) {
	original := aRule()
	before, err := json.Marshal(original)
	if err != nil {
		t.Fatal(err)
	}
	c := original.Clone()
	c.Source[0], c.Target[0] = Any, Any
	c.Exempt.Reason, c.Exempt.Until.Day = "x", 1
	c.Throttle.Value, c.Throttle.Relaxed.Value = 1, 1
	c.Schedule.Days[0][0] = Off
	if after, err := json.Marshal(original); err != nil || string(after) != string(before) {
		t.Errorf("%s", after)
	}
}

func TestDate(t *testing.T) {
	if d, err := ParseDate("2028-02-29"); err != nil || d.String() != "2028-02-29" {
		t.Errorf("%v %v", d, err)
	}
	for _, text := range []string{"", "2027-02-29", "2027-2-3", "31.01.2027", "2027-01-31T00:00:00Z", "27-01-31"} {
		if d, err := ParseDate(text); err == nil {
			t.Errorf("%q was read as %v", text, d)
		}
	}
	var exemption Exemption
	if err := json.Unmarshal([]byte(`{"reason":"x","until":"2027-01-31"}`), &exemption); err != nil || *exemption.Until != (Date{2027, time.January, 31}) {
		t.Errorf("%+v %v", exemption, err)
	}
	if text, err := json.Marshal(exemption); err != nil || string(text) != `{"reason":"x","until":"2027-01-31"}` {
		t.Errorf("%s %v", text, err)
	}
}

func TestTheEndOfADayIsTheFirstMomentAfterIt(t *testing.T) {
	for _, test := range []struct{ name, zone, day, want string }{
		{"UTC", "UTC", "2027-01-31", "2027-02-01T00:00:00Z"},
		{"the end of a year", "Europe/Berlin", "2027-12-31", "2027-12-31T23:00:00Z"},
		{"a day of 23 hours", "Europe/Berlin", "2027-03-28", "2027-03-28T22:00:00Z"},
		{"a day of 25 hours", "Europe/Berlin", "2027-10-31", "2027-10-31T23:00:00Z"},
		{"the next day has no 0:00", "America/Sao_Paulo", "2018-11-03", "2018-11-04T03:00:00Z"},
		{"the next day has 0:00 twice", "America/Havana", "2023-11-04", "2023-11-05T04:00:00Z"},
		{"0:00 is put back to 23:00", "America/Sao_Paulo", "2018-02-17", "2018-02-18T03:00:00Z"},
		{"the next day is skipped", "Pacific/Apia", "2011-12-29", "2011-12-30T10:00:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			zone, err := time.LoadLocation(test.zone)
			if err != nil {
				t.Fatal(err)
			}
			day, err := ParseDate(test.day)
			if err != nil {
				t.Fatal(err)
			}
			if got := day.End(zone).UTC().Format(time.RFC3339); got != test.want {
				t.Errorf("%s, not %s", got, test.want)
			}
		})
	}
}
