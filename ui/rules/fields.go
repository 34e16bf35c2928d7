package rules

import (
	"fmt"

	"lockwire/engine"
)

// ruleDifferences name the fields in which two rules differ, before and after.
func ruleDifferences(before, after *engine.Rule) []string {
	var changed []string
	for _, d := range engine.RuleDifferences(before, after) {
		changed = append(changed, fmt.Sprintf("%s from %q to %q", d.Field, d.Mine, d.Theirs))
	}
	return changed
}
