package policy

import (
	"context"
	"slices"
	"time"

	"lockwire/engine"
)

// Faults says of the enabled rules what is wrong with them, engine.MaximumRuleFaults of them at the most, in the order of their names. The
// predefined rule has none. What covers a rule, and what it can match at all, is said for all components that there can be, whatever names
// stand for; which names stand for nothing, and which pairs there are, is said of the state. The error is that of ctx.
func Faults(ctx context.Context, state State, moment time.Time) ([]engine.RuleFault, error) {
	f := faults{field: newField(&state, moment), overlaps: newOverlaps(state.Rules)}
	f.countPairs()
	for i := range state.Rules.all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if rule := &state.Rules.all[i]; rule.Enabled && !rule.IsInternet() {
			f.look(&f.overlaps.reach[i])
		}
		if len(f.found) >= engine.MaximumRuleFaults {
			return f.found[:engine.MaximumRuleFaults], nil
		}
	}
	f.onRoutes(state.Links)
	return f.found[:min(len(f.found), engine.MaximumRuleFaults)], nil
}

// faults are those of one state in the making.
type faults struct {
	field    *field
	overlaps *overlaps
	found    []engine.RuleFault
	// sources and targets count the components on each side of a rule, and alone those that are on both.
	sources, targets, alone []int
}

func (f *faults) add(r *rule, fault engine.RuleFault) {
	fault.Rule, fault.Name, fault.Encrypts = r.ID, r.Name, r.Encrypt
	f.found = append(f.found, fault)
}

// look says what is wrong with a rule: what makes it useless hides what else is.
func (f *faults) look(r *reachable) {
	silent := !r.Encrypt && r.Exempt == nil && r.Throttle == nil
	switch {
	case silent:
		f.add(r.rule, engine.RuleFault{Kind: engine.RuleSilent})
		return
	case r.source.isEmpty() || r.target.isEmpty():
		f.add(r.rule, engine.RuleFault{Kind: engine.RuleUnreachable})
		return
	case !r.Encrypt && r.Exempt == nil && r.hourless():
		f.add(r.rule, engine.RuleFault{Kind: engine.RuleHourless})
		return
	}
	empty := f.emptyNames(r.rule)
	around := f.overlaps.around(r)
	if others := beaten(around); r.Exempt != nil && others != nil {
		f.add(r.rule, engine.RuleFault{Kind: engine.RuleBeaten, Others: others})
		return
	}
	if r.Exempt != nil && !r.both.mayBePublic() {
		f.add(r.rule, engine.RuleFault{Kind: engine.RuleNothingPublic})
		return
	}
	if others := f.overlaps.covered(r, around); others != nil {
		f.add(r.rule, engine.RuleFault{Kind: engine.RuleRepeated, Others: others})
		return
	}
	if !empty && !f.hasPair(r.number) {
		f.add(r.rule, engine.RuleFault{Kind: engine.RuleWithoutPair})
	}
}

// emptyNames notes the names in a rule that stand for no component. Hosts are not among them: DNS has a finding of its own.
func (f *faults) emptyNames(r *rule) (found bool) {
	var seen []engine.Selector
	for _, selector := range slices.Concat(r.Source, r.Target) {
		if !selector.Named() || selector.Kind == engine.SelectHost || slices.Contains(seen, selector) {
			continue
		}
		seen = append(seen, selector)
		if len(f.field.names.of(selector, r.Encrypt).now) == 0 {
			found = true
			f.add(r, engine.RuleFault{Kind: engine.RuleEmptyName, Entry: selector.String()})
		}
	}
	return found
}

// countPairs counts the components on the sides of each rule.
func (f *faults) countPairs() {
	count := len(f.field.rules.all)
	f.sources, f.targets, f.alone = make([]int, count), make([]int, count), make([]int, count)
	for _, e := range f.field.ends {
		for number := range e.inSource.each() {
			f.sources[number]++
			if e.inTarget.has(number) {
				f.alone[number]++
			}
		}
		for number := range e.inTarget.each() {
			f.targets[number]++
		}
	}
}

// hasPair tells whether a rule matches two different components: not where the only one on the one side is the only one on the other.
func (f *faults) hasPair(number uint32) bool {
	s, t := f.sources[number], f.targets[number]
	return s > 0 && t > 0 && !(s == 1 && t == 1 && f.alone[number] == 1)
}

// onRoutes notes the trusted links that would keep the link of a route plain, if no rule encrypted it. One that never acts at all is told
// already.
func (f *faults) onRoutes(links []Link) {
	told := map[string]bool{}
	for _, fault := range f.found {
		if fault.Kind == engine.RuleBeaten {
			told[fault.Name] = true
		}
	}
	for _, link := range links {
		source, target := f.field.ends[link.Source], f.field.ends[link.Target]
		if link.Off || source == nil || target == nil || source == target || len(f.found) >= engine.MaximumRuleFaults {
			continue
		}
		s := f.field.situation(source, target, false)
		if s.rule().by != engine.ByRule || !s.automatic() {
			continue
		}
		var others []string
		for number := range s.matched.both(f.field.rules.encrypting) {
			others = append(others, f.field.rules.all[number].Name)
		}
		for number := range s.matched.both(f.field.rules.exempting) {
			if rule := &f.field.rules.all[number]; !told[rule.Name] && s.exempts(rule) {
				f.add(rule, engine.RuleFault{Kind: engine.RuleBeatenHere, Others: few(others), Route: link.Route, Source: source.label, Target: target.label})
			}
		}
	}
}
