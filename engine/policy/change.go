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
			take(rule.Schedule.NextCell(after.In(rule.zone), next))
		}
	}
	return next
}
