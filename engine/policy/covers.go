package policy

import (
	"slices"

	"lockwire/engine"
)

// reachable is a rule with all pairs that it can ever match.
type reachable struct {
	*rule
	source, target, both extent
}

// matchesAllOf tells whether a rule matches every pair that another one matches, whatever components there are and whatever names stand
// for. A rule matches by one address of each end, either way round, so it is enough that it does for each two addresses of the other's
// sides: p of the source and q of the target need p in one side and q in the other. A p that lies in one side only leaves q no choice.
func (r *reachable) matchesAllOf(other *reachable) bool {
	return other.source.in(&r.both) && other.target.in(&r.both) &&
		(other.source.in(&r.target) || other.target.in(&r.target)) &&
		(other.source.in(&r.source) || other.target.in(&r.source))
}

// overlaps finds rules of which others do everything.
type overlaps struct {
	rules *Rules
	reach []reachable // by the rules' numbers; those of rules that are off are empty
	// one and two are scratch: the rules that have something of the one side of a rule, and of the other.
	one, two set
}

// newOverlaps works out what each rule reaches.
func newOverlaps(r *Rules) *overlaps {
	c := &overlaps{rules: r, reach: make([]reachable, len(r.all)), one: newSet(len(r.all)), two: newSet(len(r.all))}
	for i := range r.all {
		rule := &r.all[i]
		if !rule.Enabled {
			continue
		}
		reach := reachable{rule: rule, source: rule.extentOf(rule.Source), target: rule.extentOf(rule.Target)}
		reach.both = reach.source.with(&reach.target)
		c.reach[i] = reach
	}
	return c
}

// around gives the other rules that match all that a rule matches, in the order of their names; Internet may be among them.
func (c *overlaps) around(of *reachable) (around []*reachable) {
	clear(c.one)
	clear(c.two)
	c.reaching(&of.source, c.one)
	c.reaching(&of.target, c.two)
	consider := func(number uint32) {
		if other := &c.reach[number]; number != of.number && other.rule != nil && other.matchesAllOf(of) {
			around = append(around, other)
		}
	}
	for number := range c.one.both(c.two) {
		consider(number)
	}
	if internet := c.rules.internet; internet.Enabled {
		consider(internet.number)
		slices.SortFunc(around, func(a, b *reachable) int { return int(a.number) - int(b.number) })
	}
	return around
}

// reaching adds the rules that have something of an extent on either side: its lowest address, or else its first name. A rule that does
// not, contains not all of it.
func (c *overlaps) reaching(e *extent, into set) {
	for _, s := range []*side{&c.rules.sources, &c.rules.targets} {
		into.or(s.any)
		if address, found := e.ranges.lowest(); found {
			if engine.Classify(address) == engine.PublicAddress {
				into.or(s.public)
			}
			s.inRanges(address, into)
		} else if len(e.names) > 0 {
			c.named(s, e.names[0].selector, into)
			address, _ := everything.ranges.lowest() // ranges that contain all there is contain the name, too
			s.inRanges(address, into)
		}
	}
}

// named adds the rules that have a name on a side, whatever they do and however it is written.
func (c *overlaps) named(s *side, selector engine.Selector, into set) {
	for number, name := range c.rules.names {
		if name.selector.Kind == selector.Kind && engine.SameName(name.selector.Name, selector.Name) {
			into.addAll(s.named[number])
		}
	}
}

// covered gives the rules that do all that a rule does; none where it does something of its own, or nothing at all. Of rules that do the
// same the first by name is left, so that all that are covered can be removed at once.
func (c *overlaps) covered(of *reachable, around []*reachable) []string {
	var others []string
	effects := 0
	for _, effect := range []struct {
		has  bool
		does func(by, of *reachable) bool
	}{
		{of.Encrypt, func(by, _ *reachable) bool { return by.Encrypt && !by.IsInternet() }},
		{of.Exempt != nil, lastsAsLong},
		{of.Throttle != nil && !of.hourless(), limitsAsMuch},
	} {
		if !effect.has {
			continue
		}
		effects++
		at := slices.IndexFunc(around, func(by *reachable) bool {
			if !effect.does(by, of) {
				return false
			}
			mutual := of.matchesAllOf(by) && effect.does(of, by)
			return !mutual || by.number < of.number
		})
		if at < 0 {
			return nil
		}
		others = append(others, around[at].Name)
	}
	if effects == 0 {
		return nil
	}
	slices.Sort(others)
	return slices.Compact(others)
}

// beaten gives the rules that encrypt all that a trusted link is about.
func beaten(around []*reachable) []string {
	for _, by := range around {
		if by.Encrypt && !by.IsInternet() {
			return []string{by.Name}
		}
	}
	return nil
}

// lastsAsLong tells whether a trusted link holds whenever another one does. What contains all of the other's two sides contains each public
// interface that those contain.
func lastsAsLong(by, of *reachable) bool {
	return by.Exempt != nil && (by.until.IsZero() || !of.until.IsZero() && !by.until.Before(of.until))
}

// limitsAsMuch tells whether a rule limits at least as much as another one, at every hour and in each direction in which that one does. Both
// limits are shared by all that the rules match, and it matches at least as much.
func limitsAsMuch(by, of *reachable) bool {
	if by.Throttle == nil || by.Throttle.NeverThrottleRestores && !of.Throttle.NeverThrottleRestores {
		return false
	}
	// Hours in two time zones are apart by what their clocks are, which changes over the year: then each hour is compared with all.
	together := by.Schedule == nil || of.Schedule == nil || by.zone.String() == of.zone.String()
	loosest := by.loosestLimit()
	for hour := range hoursOfWeek {
		held, limit := of.limitOfHour(hour), loosest
		if together {
			limit = by.limitOfHour(hour)
		}
		if held != nil && (limit == nil || limit.BytesPerSecond() > held.BytesPerSecond()) {
			return false
		}
	}
	return true
}

const hoursOfWeek = 7 * 24

// limitOfHour gives the limit of a rule that throttles in an hour of its week; nil where none holds.
func (r *rule) limitOfHour(hour int) *engine.Limit {
	cell := engine.On
	if r.Schedule != nil {
		cell = r.Schedule.Days[hour/24][hour%24]
	}
	return r.Throttle.At(cell)
}

// loosestLimit gives the highest limit of a rule that throttles; nil where none holds in one of the hours.
func (r *rule) loosestLimit() (loosest *engine.Limit) {
	for hour := range hoursOfWeek {
		limit := r.limitOfHour(hour)
		if limit == nil {
			return nil
		}
		if loosest == nil || limit.BytesPerSecond() > loosest.BytesPerSecond() {
			loosest = limit
		}
	}
	return loosest
}

// hourless tells whether the limit of a rule that throttles holds at no hour.
func (r *rule) hourless() bool {
	for hour := range hoursOfWeek {
		if r.limitOfHour(hour) != nil {
			return false
		}
	}
	return true
}
