package record

import (
	"strings"

	"lockwire/engine"
)

// Bounds of the text that receipts or audit entries are searched for. Every word costs a look at each of them.
const (
	MaximumSearchLength = 200 // characters
	MaximumSearchWords  = 16
)

// SearchWords are the words of a query's text, all of which have to be found.
func SearchWords(text string) []string { return strings.Fields(text) }

// ReceiptText is where a query's text is searched in: what names the session, and in words what became of it.
func ReceiptText(r *engine.Receipt) string {
	kind := []string{r.Decision.Mode.String()}
	if r.State == engine.SessionRefused {
		kind = []string{string(engine.SessionRefused)}
	}
	if r.Test {
		kind = append(kind, "test")
	}
	if r.Cipher.Valid() {
		kind = append(kind, r.Cipher.String())
	}
	return searchText(append(kind, r.SourceName, r.TargetName, r.RouteName, r.ServiceName, r.Backend, r.Endpoint, r.Decision.Because(), r.Group, r.Reason, string(r.ID))...)
}

// EntryText is where a query's text is searched in: who did what to what, not what it was before and after.
func EntryText(e *engine.AuditEntry) string {
	return searchText(string(e.Who), e.What, InWords(e), e.Thing)
}

// searchText keeps each text on a line of its own, so that no word is found over the border of two.
func searchText(texts ...string) string { return strings.Join(texts, "\n") }
