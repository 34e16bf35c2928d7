package policy

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"lockwire/engine"
)

// oneWay is one way in which a session's data flows. Each is limited by itself.
type oneWay struct {
	operation engine.Operation // what data that flows this way is
	toTarget  bool             // the source sends
}

// opposite is the other way, which is a restore where this one is a backup.
func (d oneWay) opposite() oneWay {
	if d.operation == engine.Restore {
		return oneWay{engine.Backup, !d.toTarget}
	}
	return oneWay{engine.Restore, !d.toTarget}
}

// wayOf gives the way in which data of an operation flows: a backup to the target, a restore back.
func wayOf(operation engine.Operation) oneWay {
	if operation == engine.Restore {
		return oneWay{engine.Restore, false}
	}
	return oneWay{engine.Backup, true}
}

// waysOf gives the ways to the target and to the source of a session.
func waysOf(direction engine.Direction) (toTarget, toSource oneWay) {
	toTarget = oneWay{engine.Backup, true}
	if direction == engine.Pull {
		toTarget.operation = engine.Restore
	}
	return toTarget, toTarget.opposite()
}

// timedLimit is a rule's limit at one moment.
type timedLimit struct {
	limit engine.Limit
	cell  engine.Cell // Off: no limit holds
}

// limitAt gives the limit of a rule that throttles.
func (r *rule) limitAt(moment time.Time) timedLimit {
	cell := r.Schedule.At(moment.In(r.zone))
	limit := r.Throttle.At(cell)
	switch {
	case limit == nil:
		return timedLimit{cell: engine.Off}
	case limit == r.Throttle.Relaxed:
		return timedLimit{*limit, engine.Relaxed}
	}
	return timedLimit{*limit, engine.On}
}

// quarter divides every change of the clocks and every offset from UTC that is in use, so that no hour of a schedule begins between two.
const quarter = 15 * time.Minute

// nextLimit gives the first moment after one at which a limit of the rule holds; false where none does in the week that follows.
func (r *rule) nextLimit(moment time.Time) (next time.Time, found bool) {
	end := moment.Add(8 * 24 * time.Hour) // a day more, for an hour that a change of the clocks leaves out
	for next = moment.Truncate(quarter).Add(quarter); next.Before(end); next = next.Add(quarter) {
		if local := next.In(r.zone); r.Schedule.At(local) != engine.Off {
			return local, true
		}
	}
	return time.Time{}, false
}

// nextWords say when a rule whose time period does not contain the moment throttles again.
func (r *rule) nextWords(moment time.Time) string {
	next, found := r.nextLimit(moment)
	if !found {
		return "nor at any other hour of the week"
	}
	return "next on " + next.Format("Monday, 2 January, 15:04 MST")
}

// limitsAt gives the limits of all rules at one moment.
func (r *Rules) limitsAt(moment time.Time) []timedLimit {
	limits := make([]timedLimit, len(r.all))
	for i := range r.all {
		limits[i].cell = engine.Off
		if r.all[i].Throttle != nil {
			limits[i] = r.all[i].limitAt(moment)
		}
	}
	return limits
}

func (s *situation) limitOf(rule *rule) timedLimit {
	if s.limits != nil {
		return s.limits[rule.number]
	}
	return rule.limitAt(s.moment)
}

// holder is whose limit applies: a rule's, or a component's own.
type holder struct {
	name  string // as a decision gives it
	limit engine.Limit
	rule  *rule // nil for a component's own
}

// componentLimitPrefix begins the name under which a component's own limit appears among the rules'.
const componentLimitPrefix = "component "

// sender is the component that sends data in a direction.
func (s *situation) sender(d oneWay) *end {
	if d.toTarget {
		return s.source
	}
	return s.target
}

// internetThrottles tells whether Internet's throttle is among the candidates.
func (s *situation) internetThrottles() bool {
	return s.rules.internet.Enabled && s.rules.internet.Throttle != nil && s.hasPublic()
}

// spared tells whether a rule's limit does not hold because the data is a restore.
func (r *rule) spared(d oneWay) bool {
	return d.operation == engine.Restore && r.Throttle.NeverThrottleRestores
}

// mayThrottle tells whether any limit can hold of the pair, in whichever direction.
func (s *situation) mayThrottle() bool {
	return s.matched.meets(s.rules.throttling) || s.internetThrottles() || s.source.LocalLimit != nil || s.target.LocalLimit != nil
}

// limitsOn gives all limits that hold in a direction. None holds within one machine.
func (s *situation) limitsOn(d oneWay) iter.Seq[holder] {
	return func(yield func(holder) bool) {
		if s.oneMachine() {
			return
		}
		consider := func(rule *rule) bool {
			timed := s.limitOf(rule)
			return timed.cell == engine.Off || rule.spared(d) || yield(holder{name: rule.Name, limit: timed.limit, rule: rule})
		}
		for number := range s.matched.both(s.rules.throttling) {
			if !consider(&s.rules.all[number]) {
				return
			}
		}
		if s.internetThrottles() && !consider(s.rules.internet) {
			return
		}
		if sender := s.sender(d); sender.LocalLimit != nil {
			yield(holder{name: sender.limitName, limit: *sender.LocalLimit})
		}
	}
}

// compare puts the lower limit first, and of equal ones the first by name.
func (h holder) compare(other holder) int {
	return cmp.Or(cmp.Compare(h.limit.BytesPerSecond(), other.limit.BytesPerSecond()), cmp.Compare(h.name, other.name))
}

// lowest gives the limit that a decision names for a direction.
func (s *situation) lowest(d oneWay) (lowest holder, found bool) {
	for h := range s.limitsOn(d) {
		if !found || h.compare(lowest) < 0 {
			lowest, found = h, true
		}
	}
	return lowest, found
}

// caps gives all limits that hold in a direction, the lowest first, each with what its schedule makes of it next.
func (s *situation) caps(d oneWay) (caps []engine.Cap) {
	for _, h := range slices.SortedFunc(s.limitsOn(d), holder.compare) {
		limit := engine.Cap{Rule: h.name, Value: h.limit.Value, Unit: h.limit.Unit}
		if h.rule == nil {
			limit.Component = s.sender(d).ID
		} else {
			limit.Restores = d.operation == engine.Restore
			if hours := h.rule.hours(s.moment); !hours.Until.IsZero() {
				limit.Until, limit.Then, limit.TimeZone = hours.Until, hours.Then, hours.TimeZone
			}
		}
		caps = append(caps, limit)
	}
	return caps
}

// upcoming is the next change of a rule's limit, which holds for all moments from one to another.
type upcoming struct {
	from  time.Time
	hours engine.LimitHours
}

// hours gives what the hours of a rule that throttles make of its limit at a moment.
func (r *rule) hours(moment time.Time) engine.LimitHours {
	moment = moment.Round(0) // the hours are those of the clock on the wall
	if r.Schedule == nil {
		return r.LimitHours(moment, r.zone)
	}
	known := r.upcoming.Load()
	if known == nil || moment.Before(known.from) || !known.hours.Until.IsZero() && !moment.Before(known.hours.Until) { // walking the hours is what costs here
		known = &upcoming{moment, r.LimitHours(moment, r.zone)}
		r.upcoming.Store(known)
	}
	return known.hours
}

// apply makes the limit that a decision states. Fewer than one live session counts as one.
func (h holder) apply(live int) *engine.AppliedThrottle {
	return &engine.AppliedThrottle{
		Rule:                     h.name,
		Value:                    h.limit.Value,
		Unit:                     h.limit.Unit,
		PerSessionBytesPerSecond: h.limit.BytesPerSecond() / uint64(max(live, 1)),
	}
}
