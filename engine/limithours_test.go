package engine

import (
	"testing"
	"time"
)

// schedule has the same day all week.
func schedule(t *testing.T, zone, cells string) *Schedule {
	t.Helper()
	day, err := ParseDay(cells)
	if err != nil {
		t.Fatal(err)
	}
	s := &Schedule{TimeZone: zone}
	for d := range s.Days {
		s.Days[d] = day
	}
	return s
}

func zoneOf(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := LoadTimeZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestLimitHoursSayWhatHoldsAndWhatComesNext(t *testing.T) {
	berlin, newYork := zoneOf(t, "Europe/Berlin"), zoneOf(t, "America/New_York")
	const (
		work  = "000000001111111111rrrrrr" // on from 8 to 18, relaxed to 24, off to 8
		early = "r00000000000000000000000"
	)
	workdays := schedule(t, "", work)
	workdays.Days[time.Saturday], workdays.Days[time.Sunday] = Day{}, Day{}
	for d := range workdays.Days {
		for hour := range workdays.Days[d] {
			if workdays.Days[d][hour] != On {
				workdays.Days[d][hour] = Off
			}
		}
	}
	once := schedule(t, "", "111111111111111111111111")
	once.Days[time.Wednesday][9] = Relaxed
	limits := Throttle{Limit: Limit{100, MegabitsPerSecond}, Relaxed: &Limit{400, MegabitsPerSecond}}
	same := limits
	same.Relaxed = &limits.Limit
	at := func(zone *time.Location, day, hour, minute int) time.Time { // of January 2027, whose 20th is a Wednesday
		return time.Date(2027, 1, day, hour, minute, 0, 0, zone)
	}
	for name, test := range map[string]struct {
		throttle *Throttle
		schedule *Schedule
		now      time.Time // with the reader's zone
		want     string
	}{
		"no schedule":                         {&limits, nil, at(berlin, 20, 9, 30), "100 Mbit/s"},
		"on all the time":                     {&limits, schedule(t, "", "111111111111111111111111"), at(berlin, 20, 9, 30), "100 Mbit/s"},
		"off all the time":                    {&limits, schedule(t, "", "000000000000000000000000"), at(berlin, 20, 9, 30), "no limit"},
		"on, then relaxed":                    {&limits, schedule(t, "", work), at(berlin, 20, 9, 30), "100 Mbit/s until 18:00, then 400 Mbit/s"},
		"the last moment":                     {&limits, schedule(t, "", work), at(berlin, 20, 18, 0).Add(-1), "100 Mbit/s until 18:00, then 400 Mbit/s"},
		"the hour itself":                     {&limits, schedule(t, "", work), at(berlin, 20, 18, 0), "400 Mbit/s until Thursday, 00:00, then no limit"},
		"off, then on":                        {&limits, schedule(t, "", work), at(berlin, 20, 3, 0), "no limit until 08:00, then 100 Mbit/s"},
		"over a weekend":                      {&limits, workdays, at(berlin, 22, 18, 0), "no limit until Monday, 08:00, then 100 Mbit/s"},
		"a week later":                        {&limits, once, at(berlin, 20, 10, 0), "100 Mbit/s until Wednesday, 27 January, 09:00, then 400 Mbit/s"},
		"relaxed to the same changes nothing": {&same, schedule(t, "", "1r1r1r1r1r1r1r1r1r1r1r1r"), at(berlin, 20, 9, 30), "100 Mbit/s"},
		"a rule elsewhere":                    {&limits, schedule(t, "America/New_York", work), at(berlin, 20, 15, 0), "100 Mbit/s until 18:00 (America/New_York), then 400 Mbit/s"},
		"a rule elsewhere, on another day":    {&limits, schedule(t, "America/New_York", early), at(berlin, 20, 2, 0), "no limit until Wednesday, 00:00 (America/New_York), then 400 Mbit/s"},
		"a reader elsewhere":                  {&limits, schedule(t, "", work), at(newYork, 20, 3, 0), "100 Mbit/s until 18:00 (Europe/Berlin), then 400 Mbit/s"},
		"another name of the same clock":      {&limits, schedule(t, "Europe/Paris", work), at(berlin, 20, 9, 30), "100 Mbit/s until 18:00, then 400 Mbit/s"},
		// In the night to 28 March 2027 the clocks go from 2 to 3; in that to 31 October the hour from 2 to 3 comes twice.
		"an hour that is left out":    {&limits, schedule(t, "", "11rrrrrrrrrrrrrrrrrrrrrr"), time.Date(2027, 3, 28, 1, 59, 0, 0, berlin), "100 Mbit/s until 03:00, then 400 Mbit/s"},
		"an hour that comes twice":    {&limits, schedule(t, "", "111rrrrrrrrrrrrrrrrrrrrr"), time.Date(2027, 10, 31, 1, 30, 0, 0, berlin), "100 Mbit/s until 03:00, then 400 Mbit/s"},
		"no limit at all":             {nil, nil, at(berlin, 20, 9, 30), "no limit"},
		"relaxed hours without limit": {&Throttle{Limit: limits.Limit}, schedule(t, "", "rrrrrrrrrrrrrrrrrrrrrrrr"), at(berlin, 20, 9, 30), "100 Mbit/s"},
	} {
		t.Run(name, func(t *testing.T) {
			rule := Rule{Throttle: test.throttle, Schedule: test.schedule}
			if got := rule.LimitHours(test.now, berlin).InWords(test.now); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// A zone that came over a wire as an offset is named by that.
func TestHoursOfAZoneWithoutANameAreNamedByTheirOffset(t *testing.T) {
	now := time.Date(2027, 1, 20, 9, 0, 0, 0, time.UTC)
	hours := LimitHours{Now: &Limit{1, MegabytesPerSecond}, Until: time.Date(2027, 1, 20, 18, 0, 0, 0, time.FixedZone("", 5*3600+45*60))}
	if got, want := hours.InWords(now), "1 MB/s until 18:00 (UTC+05:45), then no limit"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	hours.Until = time.Date(2027, 1, 20, 18, 0, 0, 0, time.UTC)
	if got, want := hours.InWords(now.In(time.FixedZone("", 3600))), "1 MB/s until 18:00 (UTC), then no limit"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
