package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Cell is what one hour of the week does to a rule's throttle.
type Cell byte

const (
	On      Cell = '1' // the limit holds
	Off     Cell = '0' // no limit of this rule holds
	Relaxed Cell = 'r' // the second, looser limit holds
)

// Day is one day of a schedule, hour 0 first.
type Day [24]Cell

// Schedule says in which hours a rule throttles. Encryption has no hours.
type Schedule struct {
	// TimeZone is a name of the IANA database, such as Europe/Berlin; empty means the broker's.
	TimeZone string
	// Days are indexed by time.Weekday: 0 is Sunday.
	Days [7]Day
}

// weekdays are the days' names in files, in the order in which they are written.
var weekdays = []struct {
	name string
	day  time.Weekday
}{
	{"monday", time.Monday}, {"tuesday", time.Tuesday}, {"wednesday", time.Wednesday}, {"thursday", time.Thursday},
	{"friday", time.Friday}, {"saturday", time.Saturday}, {"sunday", time.Sunday},
}

// AlwaysOn is a schedule whose every hour is on, in the broker's time zone.
func AlwaysOn() Schedule {
	var s Schedule
	for d := range s.Days {
		s.Days[d] = allOn
	}
	return s
}

var allOn = func() (day Day) {
	for hour := range day {
		day[hour] = On
	}
	return day
}()

// ParseDay reads 24 characters, hour 0 first: 1 on, 0 off, r relaxed.
func ParseDay(text string) (Day, error) {
	var day Day
	if len(text) != len(day) {
		return day, fmt.Errorf("a day has 24 characters, one for each hour; this one has %d", len(text))
	}
	for hour := range day {
		switch cell := Cell(text[hour]); cell {
		case On, Off, Relaxed:
			day[hour] = cell
		default:
			return day, fmt.Errorf("%q at hour %d: use 1 (on), 0 (off) or r (relaxed)", text[hour], hour)
		}
	}
	return day, nil
}

// String writes the day as ParseDay reads it.
func (d Day) String() string {
	var text [24]byte
	for hour, cell := range d {
		text[hour] = byte(cell)
	}
	return string(text[:])
}

// Location gives the schedule's time zone, or the broker's where it names none. A nil schedule has the broker's.
func (s *Schedule) Location(broker *time.Location) *time.Location {
	if s == nil || s.TimeZone == "" {
		return broker
	}
	location, err := LoadTimeZone(s.TimeZone)
	if err != nil {
		return broker // Check refused it before it could be stored; a database of an older system may not know it
	}
	return location
}

// LoadTimeZone finds a time zone by its IANA name. Local is refused: it means another zone on every machine.
func LoadTimeZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" || len(name) > 64 {
		return nil, fmt.Errorf("%q is not a time zone; write one such as Europe/Berlin or UTC", abbreviate(name, 64))
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time zone; write one such as Europe/Berlin or UTC", name)
	}
	return location, nil
}

// WithKnownZones gives the rule set without the time zones that this system does not know, and names those, each once: a record
// may come from a system with another database of them. Where one is left out, the zone of the system or of the broker holds.
func (s RuleSet) WithKnownZones() (known RuleSet, unknown []string) {
	seen := map[string]bool{"": true}
	knows := func(zone string) bool {
		if _, before := seen[zone]; !before {
			_, err := LoadTimeZone(zone)
			if seen[zone] = err == nil; err != nil {
				unknown = append(unknown, zone)
			}
		}
		return seen[zone]
	}
	if !knows(s.Settings.TimeZone) {
		s.Settings.TimeZone = ""
	}
	rules := s.Rules
	for i := range rules {
		if schedule := rules[i].Schedule; schedule == nil || knows(schedule.TimeZone) {
			continue
		}
		if &s.Rules[0] == &rules[0] {
			s.Rules = slices.Clone(rules)
		}
		s.Rules[i] = rules[i].Clone()
		s.Rules[i].Schedule.TimeZone = ""
	}
	return s, unknown
}

// At gives the cell for a moment, which must already be in the schedule's time zone. A nil schedule is always on.
func (s *Schedule) At(moment time.Time) Cell {
	if s == nil {
		return On
	}
	return s.Days[moment.Weekday()][moment.Hour()]
}

// lookAhead is a week, after which the cells repeat, and a day for an hour that a change of the clocks leaves out.
const lookAhead = 8 * 24 * time.Hour

// NextCell gives the first moment after another, which must already be in the schedule's time zone, at which the cell differs. It
// looks no further than limit, where that is not zero, nor further than the cells repeat; zero where it finds none.
func (s *Schedule) NextCell(after, limit time.Time) time.Time {
	cell := s.At(after)
	end := after.Add(lookAhead)
	for moment := nextHour(after); moment.Before(end); moment = nextHour(moment) {
		if !limit.IsZero() && !moment.Before(limit) {
			break
		}
		if s.At(moment) != cell {
			return moment
		}
	}
	return time.Time{}
}

// nextHour gives the next moment at which the local clock begins an hour, or is put forward or back.
func nextHour(moment time.Time) time.Time {
	into := time.Duration(moment.Minute())*time.Minute + time.Duration(moment.Second())*time.Second + time.Duration(moment.Nanosecond())
	next := moment.Add(time.Hour - into)
	if _, end := moment.ZoneBounds(); !end.IsZero() && end.After(moment) && end.Before(next) {
		return end.In(moment.Location())
	}
	return next
}

// UsesRelaxed tells whether any hour is relaxed.
func (s *Schedule) UsesRelaxed() bool {
	if s == nil {
		return false
	}
	for _, day := range s.Days {
		if strings.ContainsRune(day.String(), rune(Relaxed)) {
			return true
		}
	}
	return false
}

// check checks cells and time zone.
func (s *Schedule) check() error {
	if s.TimeZone != "" {
		if _, err := LoadTimeZone(s.TimeZone); err != nil {
			return &FieldError{Field: "timeZone", Err: err}
		}
	}
	for _, weekday := range weekdays {
		if _, err := ParseDay(s.Days[weekday.day].String()); err != nil {
			return &FieldError{Field: weekday.name, Err: err}
		}
	}
	return nil
}

// MarshalJSON writes the form of a rule set's file: the time zone, then monday to sunday, days that are all on left out.
func (s Schedule) MarshalJSON() ([]byte, error) {
	var out strings.Builder
	separator := "{"
	field := func(name, value string) error {
		text, err := json.Marshal(value)
		fmt.Fprintf(&out, "%s%q:%s", separator, name, text)
		separator = ","
		return err
	}
	if s.TimeZone != "" {
		if err := field("timeZone", s.TimeZone); err != nil {
			return nil, err
		}
	}
	for _, weekday := range weekdays {
		if day := s.Days[weekday.day]; day != allOn {
			if err := field(weekday.name, day.String()); err != nil {
				return nil, err
			}
		}
	}
	if separator == "{" {
		return []byte("{}"), nil
	}
	return []byte(out.String() + "}"), nil
}

// set sets the time zone or a day from its field.
func (s *Schedule) set(name, value string) (err error) {
	if name == "timeZone" {
		s.TimeZone = value
		return nil
	}
	for _, weekday := range weekdays {
		if weekday.name == name {
			s.Days[weekday.day], err = ParseDay(value)
		}
	}
	return err
}

// InWords writes the hours in which a limit holds; nil is all the time.
func (s *Schedule) InWords() string {
	if s == nil {
		return "all the time"
	}
	words := HoursInWords(s.Days)
	if s.TimeZone != "" {
		words += " (" + s.TimeZone + ")"
	}
	return words
}

// HoursInWords writes a week, with similar days together.
func HoursInWords(days [7]Day) string {
	var parts []string
	for first := 0; first < 7; {
		last := first
		for last < 6 && days[weekdays[last+1].day] == days[weekdays[first].day] {
			last++
		}
		name := weekdays[first].day.String()[:3]
		if last > first {
			name += "–" + weekdays[last].day.String()[:3]
		}
		parts = append(parts, name+" "+hoursOfDay(days[weekdays[first].day]))
		first = last + 1
	}
	return strings.Join(parts, " · ")
}

// hoursOfDay writes when a day's limit holds.
func hoursOfDay(day Day) string {
	var spans []string
	for first := 0; first < 24; {
		last := first
		for last < 23 && day[last+1] == day[first] {
			last++
		}
		switch {
		case day[first] == On && first == 0 && last == 23:
			return "all day"
		case day[first] == On:
			spans = append(spans, fmt.Sprintf("%02d–%02d", first, last+1))
		case day[first] == Relaxed:
			spans = append(spans, fmt.Sprintf("%02d–%02d relaxed", first, last+1))
		}
		first = last + 1
	}
	if len(spans) == 0 {
		return "off"
	}
	return strings.Join(spans, ", ")
}
