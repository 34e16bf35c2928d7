package record

import (
	"fmt"
	"slices"
	"strings"

	"lockwire/engine"
)

// InWords says what was done, such as "rule edited" for rule.edit, or "3 rules added, 1 rule edited" for an entry that stands for several.
func InWords(e *engine.AuditEntry) string {
	if len(e.Parts) == 0 {
		return inWords(e.What, "")
	}
	parts := slices.Clone(e.Parts)
	slices.SortStableFunc(parts, func(a, b engine.AuditPart) int { return b.Count - a.Count })
	words := make([]string, len(parts))
	for i, part := range parts {
		if words[i] = inWords(part.What, ""); part.Count > 1 {
			words[i] = fmt.Sprint(part.Count) + " " + inWords(part.What, "s")
		}
	}
	return strings.Join(words, ", ")
}

// OfWhat is the thing of an entry; of one that stands for several, the thing of the newest and how many others there are.
func OfWhat(e *engine.AuditEntry) string {
	others := -1
	for _, part := range e.Parts {
		others += part.Count
	}
	if others <= 0 {
		return e.Thing
	}
	return fmt.Sprintf("%s and %d more", e.Thing, others)
}

// inWords are the words for one kind of entry, with an ending for its noun.
func inWords(what, ending string) string {
	noun, verb, found := strings.Cut(what, ".")
	done, known := map[string]string{
		"add": "added", "edit": "edited", "remove": "removed", "make": "made", "set": "changed", "prescribe": "prescribed", "import": "imported", "declare": "made what a file says", "tag": "tagged", "revoke": "revoked", "rename": "renamed",
		"limit": "limited", "join": "joined", "cut": "cut", "found": "set up", "restore": "restored", "backup": "backed up", "drain": "drained", "link": "link made", "relink": "linked again", "redeem": "link redeemed", "confirm": "confirmed", "component": "component added", "drain-undo": "taking sessions again",
	}[verb]
	if !found || !known {
		return what
	}
	if strings.HasSuffix(noun, "s") {
		ending = ""
	}
	return noun + ending + " " + done
}
