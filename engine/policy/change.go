package policy

import (
	"time"

	"lockwire/engine"
)

// NextChange gives the first moment after another at which the clock alone may change a decision: a schedule's cell that
// differs from the one before it, or the end of an exemption. It is zero where no such moment will come.
func (r *Rules) NextChange(after time.Time) time.Time {
	var next time.Time
	take := func(moment time.Time) {
		if moment.After(after) && (next.IsZero() || moment.Before(next)) {
			next = moment
		}
	}
	// Many rules share one schedule, and walking the hours is what costs here.
	type clock struct {
		schedule engine.Schedule
		zone     *time.Location
	}
	seen := map[clock]bool{}
	for i := range r.all {
		rule := &r.all[i]
		if !rule.Enabled {
			continue
		}
		if !rule.until.IsZero() {
			take(rule.until)
		}
		if rule.Throttle == nil || rule.Schedule == nil {
			continue
		}
		if key := (clock{*rule.Schedule, rule.zone}); !seen[key] {
			seen[key] = true
			take(nextCell(rule.Schedule, after.In(rule.zone), next))
		}
	}
	return next
}

// nextCell gives the first moment after another at which a schedule's cell differs. It looks no further than limit, where
// that is not zero, nor further than a week and a day, after which the cells repeat; zero where it finds none.
func nextCell(schedule *engine.Schedule, after, limit time.Time) time.Time {
	cell := schedule.At(after)
	week := after.Add(8 * 24 * time.Hour)
	for moment := nextHour(after); moment.Before(week); moment = nextHour(moment) {
		if !limit.IsZero() && !moment.Before(limit) {
			break
		}
		if schedule.At(moment) != cell {
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
