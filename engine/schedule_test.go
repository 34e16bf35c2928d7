package engine

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestParseDay(t *testing.T) {
	const text = "000000001111111111rrrr01"
	day, err := ParseDay(text)
	if err != nil || day.String() != text || day[0] != Off || day[8] != On || day[18] != Relaxed || day[23] != On {
		t.Errorf("%v %v", day, err)
	}
	for text, words := range map[string]string{
		"":                            "this one has 0",
		strings.Repeat("1", 23):       "this one has 23",
		strings.Repeat("1", 25):       "this one has 25",
		strings.Repeat("1", 23) + "R": "at hour 23",
		"2" + strings.Repeat("1", 23): "at hour 0",
	} {
		if _, err := ParseDay(text); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestScheduleInJSON(t *testing.T) {
	night := strings.Repeat("1", 8) + strings.Repeat("0", 12) + "rrrr"
	for _, test := range []struct{ name, text, want string }{
		{"nothing is always on", `{}`, `{}`},
		{"a day that is null is all on", `{"sunday":null}`, `{}`},
		{"days in their order, those that are all on left out", `{"sunday":"` + night + `","monday":"` + night + `","friday":"` + strings.Repeat("1", 24) + `","timeZone":"UTC"}`, `{"timeZone":"UTC","monday":"` + night + `","sunday":"` + night + `"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var s Schedule
			if err := json.Unmarshal([]byte(test.text), &s); err != nil {
				t.Fatal(err)
			}
			if text, err := json.Marshal(s); err != nil || string(text) != test.want {
				t.Errorf("%s %v", text, err)
			}
		})
	}
	for text, field := range map[string]string{
		`{"monday":"1"}`: "monday", `{"Monday":"1"}`: `"Monday"`, `{"tuesday":7}`: "tuesday", `{"zone":"UTC"}`: `"zone"`, `{"friday":"","friday":""}`: "friday",
	} {
		var s Schedule
		if err := json.Unmarshal([]byte(text), &s); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", text, err)
		}
	}
	var rule Rule
	if err := json.Unmarshal([]byte(`{"name":"x","schedule":null}`), &rule); err != nil || rule.Schedule != nil {
		t.Errorf("%+v %v", rule, err)
	}
}

func TestScheduleAt(t *testing.T) {
	var none *Schedule
	moment := time.Date(2027, 1, 20, 13, 59, 59, 999_999_999, time.UTC) // a Wednesday
	if none.At(moment) != On || none.UsesRelaxed() || none.Location(time.UTC) != time.UTC {
		t.Error("no schedule is not always on")
	}
	s := AlwaysOn()
	s.Days[time.Wednesday][13], s.Days[time.Wednesday][14] = Off, Relaxed
	if s.At(moment) != Off || s.At(moment.Add(1)) != Relaxed || s.At(moment.Add(24*time.Hour)) != On || !s.UsesRelaxed() {
		t.Error("the cells are not those of the moments")
	}
}

func TestScheduleLocation(t *testing.T) {
	broker := time.FixedZone("broker", 3600)
	for zone, want := range map[string]string{"": "broker", "Europe/Berlin": "Europe/Berlin", "UTC": "UTC", "Mars/Olympus": "broker"} {
		s := Schedule{TimeZone: zone}
		if got := s.Location(broker).String(); got != want {
			t.Errorf("%q: %s", zone, got)
		}
	}
}

func TestUnknownZonesAreLeftOutOfACopy(t *testing.T) {
	rule := func(zone string) Rule {
		rule := InternetRule()
		rule.Schedule = &Schedule{TimeZone: zone}
		return rule
	}
	set := RuleSet{Settings: Settings{TimeZone: "Mars/Olympus"}, Rules: []Rule{rule("Europe/Berlin"), rule("Mars/Olympus"), InternetRule(), rule("Mars/Tharsis"), rule("")}}
	known, unknown := set.WithKnownZones()
	if strings.Join(unknown, " ") != "Mars/Olympus Mars/Tharsis" {
		t.Errorf("unknown are %v", unknown)
	}
	for name, of := range map[string]struct {
		set  RuleSet
		want string
	}{"the copy": {known, " Europe/Berlin - - - -"}, "what was given": {set, "Mars/Olympus Europe/Berlin Mars/Olympus - Mars/Tharsis -"}} {
		zones := []string{of.set.Settings.TimeZone}
		for _, rule := range of.set.Rules {
			zone := "-"
			if rule.Schedule != nil && rule.Schedule.TimeZone != "" {
				zone = rule.Schedule.TimeZone
			}
			zones = append(zones, zone)
		}
		if got := strings.Join(zones, " "); got != of.want {
			t.Errorf("%s has %q, not %q", name, got, of.want)
		}
	}
}

func TestLoadTimeZoneRefuses(t *testing.T) {
	for _, name := range []string{"", "Local", "Europe/Atlantis", "../etc/passwd", "/etc/passwd", strings.Repeat("a", 65)} {
		if zone, err := LoadTimeZone(name); err == nil {
			t.Errorf("%q: %v", name, zone)
		}
	}
}

func TestHoursInWords(t *testing.T) {
	day := func(text string) Day {
		parsed, err := ParseDay(text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	weekdays := AlwaysOn()
	for d := time.Monday; d <= time.Friday; d++ {
		weekdays.Days[d] = day("rrrrrr" + strings.Repeat("0", 12) + "111111")
	}
	weekdays.Days[time.Sunday] = day(strings.Repeat("0", 24))
	weekdays.TimeZone = "UTC"
	always := AlwaysOn()
	for want, schedule := range map[string]*Schedule{
		"all the time": nil, "Mon–Sun all day": &always, "Mon–Fri 00–06 relaxed, 18–24 · Sat all day · Sun off (UTC)": &weekdays,
	} {
		if got := schedule.InWords(); got != want {
			t.Errorf("%q, wanted %q", got, want)
		}
	}
}
