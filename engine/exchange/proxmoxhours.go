package exchange

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"lockwire/engine"
)

// A timeframe has days or none, and a time of day from and to: "mon..fri 8-12", "sat,sun 8:30 - 19", "22-24".
//
// Source: Proxmox Backup Server's manual, "Traffic Control" and "Calendar Events".
var timeframe = regexp.MustCompile(`^(?:([a-z,. ]+?)\s+)?(\d{1,2})(?::(\d{1,2}))?\s*-\s*(\d{1,2})(?::(\d{1,2}))?$`)

// decodeTimeframes makes a schedule of the times in which a rule holds; a rule without any always does. An hour that is only partly inside
// one counts as inside.
func (p *proxmox) decodeTimeframes(rule *engine.Rule, timeframes []string) error {
	if len(timeframes) == 0 || rule.Throttle == nil {
		return nil
	}
	p.hours = true
	schedule := engine.AlwaysOn()
	for day := range schedule.Days {
		for hour := range schedule.Days[day] {
			schedule.Days[day][hour] = engine.Off
		}
	}
	for _, text := range timeframes {
		days, first, last, rounded, err := readTimeframe(text)
		if err != nil {
			return err
		}
		if rounded {
			p.notes.add(rule.Name, "timeframe", "%s is read in whole hours, from %d to %d o'clock", short(text), first, last)
		}
		for _, day := range days {
			for hour := first; hour < last; hour++ {
				schedule.Days[day][hour] = engine.On
			}
		}
	}
	if schedule != engine.AlwaysOn() {
		rule.Schedule = &schedule
	}
	return nil
}

// readTimeframe gives the days and the hours from first up to, not including, last.
func readTimeframe(text string) (days []time.Weekday, first, last int, rounded bool, err error) {
	wrong := fmt.Errorf("%q is not a time such as mon..fri 8-12:30", short(text))
	parts := timeframe.FindStringSubmatch(strings.ToLower(text))
	if parts == nil {
		return nil, 0, 0, false, wrong
	}
	from, fromFine := minutesOfDay(parts[2], parts[3])
	to, toFine := minutesOfDay(parts[4], parts[5])
	if !fromFine || !toFine || from > to {
		return nil, 0, 0, false, wrong
	}
	days, fine := readDays(parts[1])
	if !fine {
		return nil, 0, 0, false, wrong
	}
	first, last = from/60, (to+59)/60
	return days, first, last, from%60 != 0 || to%60 != 0, nil
}

func minutesOfDay(hour, minute string) (int, bool) {
	hours, _ := strconv.Atoi(hour) // digits only, by the expression
	minutes, _ := strconv.Atoi(minute)
	return 60*hours + minutes, minutes < 60 && 60*hours+minutes <= 24*60
}

// readDays reads days and ranges of days with commas between; none are all.
func readDays(text string) (days []time.Weekday, fine bool) {
	if text == "" {
		for day := time.Sunday; day <= time.Saturday; day++ {
			days = append(days, day)
		}
		return days, true
	}
	for entry := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(entry), "..")
		first, known := readDay(from)
		last := first
		if isRange {
			var lastKnown bool
			last, lastKnown = readDay(to)
			known = known && lastKnown
		}
		// Proxmox counts the week from Monday, and a range never goes over its end.
		if !known || fromMonday(first) > fromMonday(last) {
			return nil, false
		}
		for day := fromMonday(first); day <= fromMonday(last); day++ {
			days = append(days, time.Weekday((day+1)%7))
		}
	}
	return days, true
}

func fromMonday(day time.Weekday) int { return (int(day) + 6) % 7 }

// readDay reads a day's name, or its first three letters.
func readDay(text string) (time.Weekday, bool) {
	text = strings.TrimSpace(text)
	for name, day := range weekdays {
		if text == name || text == name[:3] {
			return day, true
		}
	}
	return 0, false
}
