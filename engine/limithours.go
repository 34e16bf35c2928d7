package engine

import "time"

// LimitHours is what the hours of a rule make of its limit at a moment: what holds, until when, and what comes then.
type LimitHours struct {
	// Now is the limit that holds; nil where none does.
	Now *Limit
	// Until is when that changes, zero where it never does; Then is what holds from then on, nil for no limit.
	Until time.Time
	Then  *Limit
	// TimeZone is the name of the rule's zone; empty where it has none that is the same on every machine.
	TimeZone string
}

// LimitHours gives what the hours of a rule make of its limit at a moment; broker is the broker's time zone. The zero value is
// that of a rule without a limit.
func (r *Rule) LimitHours(moment time.Time, broker *time.Location) LimitHours {
	if r.Throttle == nil {
		return LimitHours{}
	}
	zone := r.Schedule.Location(broker)
	local := moment.Round(0).In(zone)
	hours := LimitHours{Now: r.Throttle.At(r.Schedule.At(local)), TimeZone: ZoneName(zone)}
	if r.Schedule == nil {
		return hours
	}
	for at, end := local, local.Add(lookAhead); ; {
		if at = r.Schedule.NextCell(at, end); at.IsZero() {
			return hours
		}
		if then := r.Throttle.At(r.Schedule.At(at)); !sameLimit(then, hours.Now) {
			hours.Until, hours.Then = at, then
			return hours
		}
	}
}

// LimitNowInWords says the limit of a rule as it is at a moment, with what comes next where it has hours; empty for a rule without
// one. Of a rule that is off it is the limit that was saved.
func (r *Rule) LimitNowInWords(now time.Time, broker *time.Location) string {
	switch {
	case r.Throttle == nil:
		return ""
	case !r.Enabled:
		return r.Throttle.Limit.String()
	}
	return r.LimitHours(now, broker).InWords(now)
}

// At gives the limit that holds in an hour of a schedule; nil where none does.
func (t *Throttle) At(cell Cell) *Limit {
	switch {
	case cell == Off:
		return nil
	case cell == Relaxed && t.Relaxed != nil:
		return t.Relaxed
	}
	return &t.Limit
}

func sameLimit(a, b *Limit) bool { return a == b || a != nil && b != nil && *a == *b }

// ZoneName is the name of a time zone; empty for the system's and for one without a name.
func ZoneName(zone *time.Location) string {
	if name := zone.String(); name != "Local" {
		return name
	}
	return ""
}

// InWords says what holds, until when and what comes then: "100 Mbit/s until 18:00, then 400 Mbit/s". It is read at a moment, in
// that moment's time zone. The hour is in the rule's zone, which is named where its clocks show another hour than the reader's,
// and so is a day that is not today.
func (h LimitHours) InWords(now time.Time) string {
	text := limitWords(h.Now)
	if next := h.NextInWords(now); next != "" {
		text += " " + next
	}
	return text
}

// NextInWords is InWords without what holds now; empty where that never changes.
func (h LimitHours) NextInWords(now time.Time) string {
	if h.Until.IsZero() {
		return ""
	}
	return "until " + h.untilWords(now) + ", then " + limitWords(h.Then)
}

func limitWords(limit *Limit) string {
	if limit == nil {
		return "no limit"
	}
	return limit.String()
}

// untilWords say when the limit changes: "18:00", or "Monday, 08:00 (Europe/Berlin)".
func (h LimitHours) untilWords(now time.Time) string {
	until := h.Until
	if zone, err := LoadTimeZone(h.TimeZone); err == nil {
		until = until.In(zone)
	}
	today := now.In(until.Location())
	format := "15:04"
	switch days := int(midnightOf(until).Sub(midnightOf(today)).Hours() / 24); {
	case days >= 7 || days < 0: // the name of the day alone would be taken for an earlier one
		format = "Monday, 2 January, 15:04"
	case days > 0:
		format = "Monday, 15:04"
	}
	text := until.Format(format)
	_, there := until.Zone()
	if _, here := until.In(now.Location()).Zone(); here != there {
		text += " (" + zoneWords(until, h.TimeZone) + ")"
	}
	return text
}

// midnightOf is the day of a moment, as one of a calendar whose days all have 24 hours.
func midnightOf(moment time.Time) time.Time {
	year, month, day := moment.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// zoneWords name the zone of a moment, by its offset where it has no name.
func zoneWords(moment time.Time, name string) string {
	if name != "" {
		return name
	}
	if _, offset := moment.Zone(); offset == 0 {
		return "UTC"
	}
	return moment.Format("UTC-07:00")
}

// Hours is what the hours of the limit's rule make of it.
func (c *Cap) Hours() LimitHours {
	limit := c.Limit()
	return LimitHours{Now: &limit, Until: c.Until, Then: c.Then, TimeZone: c.TimeZone}
}
