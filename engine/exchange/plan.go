package exchange

import (
	"fmt"
	"reflect"
	"slices"

	"lockwire/engine"
)

// What an import does to a rule, as engine.RuleChange says it.
const (
	add    = "add"
	edit   = "edit"
	remove = "remove"
	keep   = "keep"
)

// Plan says what an import makes of the present rule set: the rule set after it, and what happens to each rule of the file and to each
// that it removes, both sorted by name. Nothing given is changed.
//
// A rule whose name is there, whatever its case, is edited: it keeps its id and its revision grows by one; one that is the same stays
// as it is. A new one gets an id. Rules are removed only where the import replaces, and Internet never is: where a replacing import does not
// have it, it becomes as predefined; where an adding one does not have it, it is left alone.
func Plan(current engine.RuleSet, imported engine.RuleImport) (after engine.RuleSet, changes []engine.RuleChange, err error) {
	wanted := slices.Clone(imported.RuleSet.Rules)
	if imported.Replace {
		wanted = withInternet(wanted)
	}
	if err := checkImported(imported, wanted); err != nil {
		return engine.RuleSet{}, nil, err
	}
	present := make(map[string]*engine.Rule, len(current.Rules))
	for i := range current.Rules {
		present[engine.Fold(current.Rules[i].Name)] = &current.Rules[i]
	}
	after.Prescribed = current.Prescribed
	after.Settings, after.PreferredNetworks = current.Settings, clonePreferred(current.PreferredNetworks)
	if imported.WithSettings {
		after.Settings, after.PreferredNetworks = imported.RuleSet.Settings, clonePreferred(imported.RuleSet.PreferredNetworks)
	}
	for i := range wanted {
		key := engine.Fold(wanted[i].Name)
		change := planRule(present[key], &wanted[i])
		delete(present, key)
		changes = append(changes, change)
		after.Rules = append(after.Rules, change.After.Clone())
	}
	for _, rule := range present {
		if imported.Replace && !rule.IsInternet() {
			before := rule.Clone()
			changes = append(changes, engine.RuleChange{Name: rule.Name, What: remove, Before: &before})
			continue
		}
		after.Rules = append(after.Rules, rule.Clone())
	}
	if len(after.Rules) > engine.MaximumRules {
		return engine.RuleSet{}, nil, fmt.Errorf("the import makes %d rules; an installation has at most %d", len(after.Rules), engine.MaximumRules)
	}
	slices.SortFunc(after.Rules, func(a, b engine.Rule) int { return compareNames(a.Name, b.Name) })
	slices.SortFunc(changes, func(a, b engine.RuleChange) int { return compareNames(a.Name, b.Name) })
	return after, changes, nil
}

// planRule says what becomes of one rule of the file; present is nil where no rule has its name.
func planRule(present, wanted *engine.Rule) engine.RuleChange {
	next := wanted.Clone()
	if present == nil {
		next.ID, next.Revision = engine.NewID(), 1
		return engine.RuleChange{Name: next.Name, What: add, After: &next}
	}
	before := present.Clone()
	next.ID, next.Revision = before.ID, before.Revision
	if reflect.DeepEqual(before, next) {
		return engine.RuleChange{Name: next.Name, What: keep, Before: &before, After: &next}
	}
	next.Revision++
	return engine.RuleChange{Name: next.Name, What: edit, Before: &before, After: &next}
}

// withInternet adds the predefined rule where it is missing.
func withInternet(rules []engine.Rule) []engine.Rule {
	if slices.ContainsFunc(rules, func(rule engine.Rule) bool { return rule.IsInternet() }) {
		return rules
	}
	return append(rules, engine.InternetRule())
}

// checkImported checks what an import brings. An import need not come from a file: it may have been sent by a program.
func checkImported(imported engine.RuleImport, wanted []engine.Rule) error {
	set := engine.RuleSet{Rules: withInternet(slices.Clone(wanted))}
	if imported.WithSettings {
		set.Settings = imported.RuleSet.Settings
		if err := checkPreferred(clonePreferred(imported.RuleSet.PreferredNetworks)); err != nil {
			return of("preferredNetworks", err)
		}
	}
	return set.Check()
}

// clonePreferred copies the preferred networks; no mode is the mode off.
func clonePreferred(preferred engine.PreferredNetworks) engine.PreferredNetworks {
	if preferred.Mode == "" {
		preferred.Mode = engine.PreferredOff
	}
	preferred.Networks = slices.Clone(preferred.Networks)
	return preferred
}
