package policy

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"lockwire/engine"
)

func TestNextChange(t *testing.T) {
	utc := func(text string) time.Time {
		moment, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	all := func(name string, does ...func(*engine.Rule)) engine.Rule { return newRule(name, "any", "any", does...) }
	const work = "000000001111111111000000"
	for _, test := range []struct {
		name  string
		rules []engine.Rule
		after string
		want  string // empty: never
	}{
		{"no schedule", []engine.Rule{all("x", throttles(1))}, "2027-01-20T12:00:00Z", ""},
		{"always on", []engine.Rule{all("x", throttles(1), inZone("UTC"))}, "2027-01-20T12:00:00Z", ""},
		{"the end of the hours", []engine.Rule{all("x", throttles(1), hours("UTC", work))}, "2027-01-20T12:34:56Z", "2027-01-20T18:00:00Z"},
		{"a moment before", []engine.Rule{all("x", throttles(1), hours("UTC", work))}, "2027-01-20T17:59:59.999Z", "2027-01-20T18:00:00Z"},
		{"the moment itself is over", []engine.Rule{all("x", throttles(1), hours("UTC", work))}, "2027-01-20T18:00:00Z", "2027-01-21T08:00:00Z"},
		{"in the rule's zone", []engine.Rule{all("x", throttles(1), hours("Asia/Kathmandu", work))}, "2027-01-20T00:00:00Z", "2027-01-20T02:15:00Z"},
		{"the earliest of several", []engine.Rule{all("x", throttles(1), hours("UTC", work)), all("y", throttles(1), hours("Europe/Berlin", work))}, "2027-01-20T12:00:00Z", "2027-01-20T17:00:00Z"},
		{"the schedule of a rule that does not throttle does not matter", []engine.Rule{all("x", encrypts, hours("UTC", work))}, "2027-01-20T12:00:00Z", ""},
		{"nor that of a disabled one", []engine.Rule{all("x", throttles(1), hours("UTC", work), off)}, "2027-01-20T12:00:00Z", ""},
		{"Internet's does", []engine.Rule{internet(throttles(1), hours("UTC", work))}, "2027-01-20T12:00:00Z", "2027-01-20T18:00:00Z"},
		{"the end of an exemption", []engine.Rule{all("x", exemptsUntil("2027-01-31"))}, "2027-01-20T12:00:00Z", "2027-02-01T00:00:00Z"},
		{"an exemption that has ended", []engine.Rule{all("x", exemptsUntil("2027-01-31"))}, "2027-02-01T00:00:00Z", ""},
		{"the hour that is skipped", []engine.Rule{all("x", throttles(1), hours("Europe/Berlin", "111011111111111111111111"))}, "2027-03-28T00:30:00Z", "2027-03-28T01:00:00Z"},
		{"the hour that comes twice", []engine.Rule{all("x", throttles(1), hours("Europe/Berlin", "110111111111111111111111"))}, "2027-10-31T00:00:00Z", "2027-10-31T02:00:00Z"},
		{"a clock put forward by half an hour", []engine.Rule{all("x", throttles(1), hours("Australia/Lord_Howe", "110111111111111111111111"))}, "2027-10-02T15:10:00Z", "2027-10-02T15:30:00Z"},
		{"a clock put back within the hour", []engine.Rule{all("x", throttles(1), hours("America/St_Johns", "111111111111111111111110"))}, "2010-11-07T02:30:30Z", "2010-11-07T02:31:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := engine.RuleSet{Rules: test.rules}
			if !set.Rules[0].IsInternet() {
				set.Rules = append(set.Rules, internet())
			}
			rules, err := Compile(set, time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			var want time.Time
			if test.want != "" {
				want = utc(test.want)
			}
			if got := rules.NextChange(utc(test.after)); !got.Equal(want) || got.IsZero() != want.IsZero() {
				t.Errorf("%v, not %v", got.UTC(), want)
			}
		})
	}
}

func TestNothingChangesBeforeTheNextChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, pair, moment, names := compile(t, drawRules(t)), drawPair(t), drawMoment(t), drawNames(t)
		next := rules.NextChange(moment)
		span := 9 * 24 * time.Hour
		if !next.IsZero() {
			if !next.After(moment) {
				t.Fatalf("%v is not after %v", next, moment)
			}
			span = next.Sub(moment)
		}
		between := moment.Add(time.Duration(rapid.Int64Range(0, int64(span)-1).Draw(t, "between")))
		if now, then := answerOf(rules.Decide(pair, moment, names)), answerOf(rules.Decide(pair, between, names)); now.Mode != then.Mode || now.By != then.By || now.Limit != then.Limit {
			t.Fatalf("%v at %v, %v at %v; next change %v", now, moment, then, between, next)
		}
	})
}
