package text

import (
	"fmt"
	"strings"
	"time"

	"lockwire/engine"
)

// layout is how package time writes and reads days in the locale.
func (l *Locale) layout() string { return layouts[l.days] }

// clock is the layout of a time of day: to the minute, or with what follows it, such as ":05".
func (l *Locale) clock(seconds string) string {
	if l.twelveHours {
		return "03:04" + seconds + " PM"
	}
	return "15:04" + seconds
}

// Time writes a time in the local zone, to the second; nothing for the zero time.
func Time(t time.Time) string {
	l := inUse.Load()
	return written(t, l.layout()+" "+l.clock(":05"))
}

// ZonedTime writes a time with its zone, to the millisecond.
func ZonedTime(t time.Time) string {
	l := inUse.Load()
	return written(t, l.layout()+" "+l.clock(":05.000")+" MST (-07:00)")
}

// Day writes the day of a time in the local zone; nothing for the zero time.
func Day(t time.Time) string { return written(t, inUse.Load().layout()) }

// Clock writes the time of day, to the second.
func Clock(t time.Time) string { return written(t, inUse.Load().clock(":05")) }

// ExactClock writes the time of day, to the millisecond.
func ExactClock(t time.Time) string { return written(t, inUse.Load().clock(":05.000")) }

// DayOfYear writes the day of a time in the time's zone, in words and without its year: "2 January".
func DayOfYear(t time.Time) string {
	if inUse.Load().days == monthFirst {
		return t.Format("January 2")
	}
	return t.Format("2 January")
}

// LongDay writes the day of a time in the time's zone, in words: "2 January 2027".
func LongDay(t time.Time) string {
	if inUse.Load().days == monthFirst {
		return t.Format("January 2, 2006")
	}
	return t.Format("2 January 2006")
}

func written(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(layout)
}

// TimeWidth is the width of a column of what Time writes, where 2027-01-31 18:00:00 takes a width.
func TimeWidth(width float32) float32 {
	if inUse.Load().twelveHours {
		return width * 22 / 19
	}
	return width
}

// Minute writes a time of a zone as ParseMinute reads it.
func Minute(t time.Time) string {
	l := inUse.Load()
	return t.Format(l.layout() + " " + l.clock(""))
}

// ParseMinute reads a moment of a zone that somebody typed: a day as the locale writes it or as 2027-01-31, and a time of day.
func ParseMinute(typed string, zone *time.Location) (time.Time, error) {
	l := inUse.Load()
	typed = strings.ToUpper(strings.TrimSpace(typed))
	for _, day := range []string{l.layout(), time.DateOnly} {
		for _, clock := range []string{"15:04", "3:04 PM", "3:04PM"} {
			if moment, err := time.ParseInLocation(typable(day)+" "+clock, typed, zone); err == nil {
				return moment, nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("%.40q is not a time; write one such as %s", typed, Minute(time.Now()))
}

// typable has a layout read days and months of one digit, too.
func typable(layout string) string {
	return strings.NewReplacer("01", "1", "02", "2").Replace(layout)
}

// Date writes a day that somebody set.
func Date(d engine.Date) string {
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC).Format(inUse.Load().layout())
}

// ExampleDay is a day as somebody may type it.
func ExampleDay() string { return Date(engine.Date{Year: 2027, Month: time.January, Day: 31}) }

// ParseDate reads a day that somebody typed, as the locale writes it or as 2027-01-31.
func ParseDate(typed string) (engine.Date, error) {
	typed = strings.TrimSpace(typed)
	for _, layout := range []string{inUse.Load().layout(), time.DateOnly} {
		if t, err := time.Parse(typable(layout), typed); err == nil {
			return engine.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}, nil
		}
	}
	return engine.Date{}, fmt.Errorf("%.32q is not a day; write one as %s", typed, ExampleDay())
}
