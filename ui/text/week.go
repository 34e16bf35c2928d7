package text

import (
	"fmt"
	"strings"
	"time"

	"lockwire/engine"
)

// Weekdays is the order in which days are shown.
var Weekdays = [7]time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}

// Hours writes a week, with similar days together.
func Hours(days [7]engine.Day) string {
	var parts []string
	for first := 0; first < 7; {
		last := first
		for last < 6 && days[Weekdays[last+1]] == days[Weekdays[first]] {
			last++
		}
		name := Weekdays[first].String()[:3]
		if last > first {
			name += "–" + Weekdays[last].String()[:3]
		}
		parts = append(parts, name+" "+hoursOfDay(days[Weekdays[first]]))
		first = last + 1
	}
	return strings.Join(parts, " · ")
}

// hoursOfDay writes when a day's limit holds.
func hoursOfDay(day engine.Day) string {
	var spans []string
	for first := 0; first < 24; {
		last := first
		for last < 23 && day[last+1] == day[first] {
			last++
		}
		switch {
		case day[first] == engine.On && first == 0 && last == 23:
			return "all day"
		case day[first] == engine.On:
			spans = append(spans, fmt.Sprintf("%02d–%02d", first, last+1))
		case day[first] == engine.Relaxed:
			spans = append(spans, fmt.Sprintf("%02d–%02d relaxed", first, last+1))
		}
		first = last + 1
	}
	if len(spans) == 0 {
		return "off"
	}
	return strings.Join(spans, ", ")
}
