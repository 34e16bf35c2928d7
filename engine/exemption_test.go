package engine

import (
	"testing"
	"time"
)

func TestATrustedLinkIsMarkedInItsLastSevenDaysAndOnceItHasEnded(t *testing.T) {
	kiritimati, err := LoadTimeZone("Pacific/Kiritimati") // UTC+14
	if err != nil {
		t.Fatal(err)
	}
	until := Date{2027, time.January, 31}
	end := time.Date(2027, time.February, 1, 0, 0, 0, 0, time.UTC)
	ending, open := &Exemption{Reason: "x", Until: &until}, &Exemption{Reason: "x"}
	elsewhere := AlwaysOn()
	elsewhere.TimeZone = "Pacific/Kiritimati"
	for name, test := range map[string]struct {
		rule  Rule
		at    time.Time
		words string
		soon  bool
	}{
		"no end":                          {Rule{Enabled: true, Exempt: open}, end, "trusted link", false},
		"eight days before":               {Rule{Enabled: true, Exempt: ending}, end.AddDate(0, 0, -8), "trusted link", false},
		"just more than seven days":       {Rule{Enabled: true, Exempt: ending}, end.Add(-ExemptionSoon - time.Second), "trusted link", false},
		"seven days":                      {Rule{Enabled: true, Exempt: ending}, end.Add(-ExemptionSoon), "trusted, 7 days left", true},
		"two days":                        {Rule{Enabled: true, Exempt: ending}, end.Add(-48 * time.Hour), "trusted, 2 days left", true},
		"hours":                           {Rule{Enabled: true, Exempt: ending}, end.Add(-90 * time.Minute), "trusted, 1 hour left", true},
		"the last second":                 {Rule{Enabled: true, Exempt: ending}, end.Add(-time.Second), "trusted, 1 minute left", true},
		"the moment at which it ends":     {Rule{Enabled: true, Exempt: ending}, end, "trusted, ended", true},
		"off, where nobody needs to know": {Rule{Exempt: ending}, end.Add(-time.Hour), "trusted, 1 hour left", false},
		"in a time zone of its own":       {Rule{Enabled: true, Exempt: ending, Schedule: &elsewhere}, until.End(kiritimati), "trusted, ended", true},
	} {
		t.Run(name, func(t *testing.T) {
			if words := test.rule.ExemptionInWords(test.at, time.UTC); words != test.words {
				t.Errorf("it is called %q, not %q", words, test.words)
			}
			if soon := test.rule.EndsSoon(test.at, time.UTC); soon != test.soon {
				t.Errorf("pointed out: %v", soon)
			}
		})
	}
}

func TestAPairIsExemptUntilTheLastOfItsTrustedLinksEnds(t *testing.T) {
	monday := time.Date(2027, time.February, 1, 0, 0, 0, 0, time.UTC)
	tuesday := monday.AddDate(0, 0, 1)
	for name, test := range map[string]struct {
		links []AppliedExemption
		want  time.Time
	}{
		"none":             {nil, time.Time{}},
		"one":              {[]AppliedExemption{{Ends: monday}}, monday},
		"the last":         {[]AppliedExemption{{Ends: tuesday}, {Ends: monday}}, tuesday},
		"one without end":  {[]AppliedExemption{{Ends: monday}, {}}, time.Time{}},
		"alone and no end": {[]AppliedExemption{{}}, time.Time{}},
	} {
		if got := (&Decision{Exemptions: test.links}).ExemptUntil(); !got.Equal(test.want) {
			t.Errorf("%s: %s, not %s", name, got, test.want)
		}
	}
}
