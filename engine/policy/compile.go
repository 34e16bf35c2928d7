package policy

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"lockwire/engine"
)

// Rules is a rule set made ready for decisions. It never changes and can be used from many goroutines at once.
type Rules struct {
	all      []rule // every rule, disabled ones and Internet too, sorted by name
	internet *rule  // the predefined one, which is matched by its own step and is not in the sides
	override bool   // DisablePublicIPTrafficEncryption
	// overrideWords say that the override is set, and by what.
	overrideWords string
	// names are the named entries of the enabled rules; a name's number is its index here, which numbers finds.
	names   []name
	numbers map[name]uint32
	sources side
	targets side
	// What the enabled rules other than Internet do.
	encrypting, exempting, throttling set
}

// rule is a rule with what it needs of calendar and clock worked out.
type rule struct {
	engine.Rule
	number uint32 // its position in Rules.all
	zone   *time.Location
	until  time.Time // the first moment at which its exemption no longer holds; zero where it has no end
	// upcoming is what was found out last of when its limit changes.
	upcoming *atomic.Pointer[upcoming]
}

// side finds the enabled rules whose source, or whose target, covers an address.
type side struct {
	ranges intervals
	any    set
	public set
	named  [][]uint32 // by the names' numbers
}

// Compile checks a rule set and makes it ready for decisions. Schedules without a time zone, and exemptions of rules
// without one, are read in installationZone; nil takes the one of the settings. A time zone that this system does not know
// counts as none. The error is that of [engine.RuleSet.Check].
func Compile(ruleSet engine.RuleSet, installationZone *time.Location) (*Rules, error) {
	ruleSet, _ = ruleSet.WithKnownZones()
	if err := ruleSet.Check(); err != nil {
		return nil, err
	}
	if installationZone == nil {
		installationZone = ruleSet.Settings.Location()
	}
	r := &Rules{
		all:      make([]rule, len(ruleSet.Rules)),
		override: ruleSet.InForce().DisablePublicIPTrafficEncryption == 1, overrideWords: "Settings > automatic encryption is off (" + engine.OverrideSetting + " is 1)",
		numbers: map[name]uint32{},
	}
	if by := ruleSet.OverrideSetBy(); by != "" {
		r.overrideWords = "automatic encryption is off (" + engine.OverrideSetting + " is 1, " + by + ")"
	}
	for i := range ruleSet.Rules {
		r.all[i] = rule{Rule: ruleSet.Rules[i].Clone(), upcoming: new(atomic.Pointer[upcoming])}
	}
	slices.SortFunc(r.all, func(a, b rule) int { return strings.Compare(a.Name, b.Name) })

	count := len(r.all)
	r.encrypting, r.exempting, r.throttling = newSet(count), newSet(count), newSet(count)
	sources, targets := newSideBuilder(r), newSideBuilder(r)
	for i := range r.all {
		rule := &r.all[i]
		rule.number = uint32(i)
		rule.zone = rule.Schedule.Location(installationZone)
		rule.until = rule.ExemptionEnds(installationZone)
		if rule.IsInternet() {
			r.internet = rule
			continue
		}
		if !rule.Enabled {
			continue
		}
		r.note(rule)
		sources.add(rule, rule.Source)
		targets.add(rule, rule.Target)
	}
	if r.internet == nil { // RuleSet.Check promises it; without it automatic encryption would silently be gone
		return nil, fmt.Errorf("rule %s: %w", engine.InternetRuleName, engine.ErrNotFound)
	}
	r.sources, r.targets = sources.side(), targets.side()
	return r, nil
}

func (r *Rules) note(rule *rule) {
	if rule.Encrypt {
		r.encrypting.add(rule.number)
	}
	if rule.Exempt != nil {
		r.exempting.add(rule.number)
	}
	if rule.Throttle != nil {
		r.throttling.add(rule.number)
	}
}

// find gives a rule by its name, whatever its case; nil where there is none.
func (r *Rules) find(name string) *rule {
	for i := range r.all {
		if engine.SameName(r.all[i].Name, name) {
			return &r.all[i]
		}
	}
	return nil
}

// expired tells whether the rule's exemption has ended.
func (r *rule) expired(moment time.Time) bool {
	return !r.until.IsZero() && !moment.Before(r.until)
}

// sideBuilder gathers one side of all rules.
type sideBuilder struct {
	rules  *Rules
	ranges []interval
	any    set
	public set
	named  map[uint32][]uint32
}

func newSideBuilder(r *Rules) *sideBuilder {
	return &sideBuilder{rules: r, any: newSet(len(r.all)), public: newSet(len(r.all)), named: map[uint32][]uint32{}}
}

func (b *sideBuilder) add(rule *rule, selectors []engine.Selector) {
	for _, selector := range selectors {
		switch {
		case selector.Kind == engine.SelectAny:
			b.any.add(rule.number)
		case selector.Kind == engine.SelectPublic:
			b.public.add(rule.number)
		case selector.Named():
			name := nameFor(selector, rule.Encrypt)
			number, known := b.rules.numbers[name]
			if !known {
				number = uint32(len(b.rules.names))
				b.rules.names = append(b.rules.names, name)
				b.rules.numbers[name] = number
			}
			b.named[number] = append(b.named[number], rule.number)
		default:
			b.ranges = append(b.ranges, interval{selector.First, selector.Last, rule.number})
		}
	}
}

func (b *sideBuilder) side() side {
	s := side{ranges: newIntervals(b.ranges, len(b.rules.all)), any: b.any, public: b.public}
	s.named = make([][]uint32, len(b.rules.names))
	for name, rules := range b.named {
		s.named[name] = rules
	}
	return s
}
