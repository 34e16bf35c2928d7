package record

import (
	"slices"

	"lockwire/engine"
)

// undoable are the kinds of entries whose change can be taken back.
var undoable = []string{
	"rule.add", "rule.edit", "rule.remove", "settings.set", "settings.import", "preferred-networks.set", "preferred-networks.import",
	"component.tag", "component.rename", "component.limit", "route.add", "route.edit", "route.remove",
}

// Undoable tells whether the change of an entry can be taken back, as far as the entry tells: something else may have changed since.
func Undoable(e *engine.AuditEntry) bool {
	return slices.Contains(undoable, e.What) && (e.Before != nil || e.After != nil)
}
