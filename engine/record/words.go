package record

import (
	"strings"

	"lockwire/engine"
)

// InWords says what was done, such as "rule edited" for rule.edit.
func InWords(e *engine.AuditEntry) string {
	noun, verb, found := strings.Cut(e.What, ".")
	done, known := map[string]string{
		"add": "added", "edit": "edited", "remove": "removed", "make": "made", "set": "changed", "prescribe": "prescribed", "import": "imported", "tag": "tagged", "revoke": "revoked", "rename": "renamed",
		"limit": "limited", "join": "joined", "cut": "cut", "found": "set up", "restore": "restored", "backup": "backed up", "drain": "drained", "link": "link made", "relink": "linked again", "redeem": "link redeemed", "confirm": "confirmed", "component": "component added", "drain-undo": "taking sessions again",
	}[verb]
	if !found || !known {
		return e.What
	}
	return noun + " " + done
}
