package policy

import (
	"fmt"
	"slices"

	"lockwire/engine"
)

// warnings says what else of a change an administrator should know: components that leave, and names that stand for
// nothing, because a rule that names them protects nobody.
func warnings(before, after *State, change *Change, was, is *field) []string {
	var words []string
	for i := range before.Components {
		component := &before.Components[i]
		if was.ends[component.ID] != nil && is.ends[component.ID] == nil {
			words = append(words, leaving(component, before, after, change))
		}
	}
	for i := range after.Rules.all {
		rule := &after.Rules.all[i]
		if !rule.Enabled {
			continue
		}
		for _, selector := range slices.Concat(rule.Source, rule.Target) {
			if !selector.Named() {
				continue
			}
			meaning := is.names.of(selector, rule.Encrypt)
			if rule.Exempt != nil && selector.Kind == engine.SelectHost && engine.SameName(rule.Name, change.Rule) {
				words = append(words, fmt.Sprintf("rule %q: whoever can forge an answer of DNS for %s can widen this trusted link; addresses or component: are safer", rule.Name, selector))
			}
			if len(meaning.now)+len(meaning.lately) > 0 {
				continue
			}
			old := nameFor(selector, rule.Encrypt).look(&before.Names)
			isNew := len(old.now)+len(old.lately) > 0
			if isNew || engine.SameName(rule.Name, change.Rule) {
				words = append(words, emptyName(rule, selector, meaning))
			}
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// leaving says what a component that is revoked takes with it.
func leaving(component *engine.Component, before, after *State, change *Change) string {
	var routes, rules []string
	for _, link := range before.Links {
		if (link.Source == component.ID || link.Target == component.ID) && !slices.Contains(routes, link.Route) {
			routes = append(routes, link.Route)
		}
	}
	slices.Sort(routes)
	sessions := 0
	for i := range change.Live {
		if change.Live[i].Source == component.ID || change.Live[i].Target == component.ID {
			sessions++
		}
	}
	for i := range after.Rules.all {
		rule := &after.Rules.all[i]
		if slices.ContainsFunc(slices.Concat(rule.Source, rule.Target), func(s engine.Selector) bool {
			return s.Kind == engine.SelectComponent && engine.SameName(s.Name, component.Name) ||
				s.Kind == engine.SelectTag && slices.Contains(component.Tags, s.Name) ||
				s.Kind == engine.SelectRole && s.Name == string(component.Role)
		}) {
			rules = append(rules, rule.Name)
		}
	}
	text := fmt.Sprintf("component %q no longer takes part", component.Name)
	if sessions == 1 {
		text += "; its live session is cut"
	} else if sessions > 1 {
		text += fmt.Sprintf("; its %d live sessions are cut", sessions)
	}
	if len(routes) > 0 {
		text += plural(routes, "; it is an end of route ", "; it is an end of routes ")
	}
	if len(rules) > 0 {
		text += plural(rules, "; a rule names it, its role or a tag of it: ", "; rules name it, its role or a tag of it: ")
	}
	return text
}

// emptyName says what it means that a name in a rule stands for no address.
func emptyName(rule *rule, selector engine.Selector, m *meaning) string {
	switch {
	case m.everything:
		return fmt.Sprintf("rule %q: %s has never resolved; until it does, the rule counts it as matching everything, and from then on only its addresses", rule.Name, selector)
	case selector.Kind == engine.SelectHost:
		return fmt.Sprintf("rule %q: %s has never resolved; until it does, it matches nothing", rule.Name, selector)
	case selector.Kind == engine.SelectRole:
		return fmt.Sprintf("rule %q: no component of %s has an address, so that it matches nothing", rule.Name, selector)
	case selector.Kind == engine.SelectTag:
		return fmt.Sprintf("rule %q: no component with an address carries %s, so that it matches nothing", rule.Name, selector)
	}
	return fmt.Sprintf("rule %q: there is no %s with an address, so that it matches nothing", rule.Name, selector)
}
