package engine

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds of the text that receipts or audit entries are searched for. Every word costs a look at each of them.
const (
	MaximumSearchLength = 200 // characters
	MaximumSearchWords  = 16
)

// SearchWords are the words of a query's text, all of which have to be found.
func SearchWords(text string) []string { return strings.Fields(text) }

// Check refuses, with the name of the field, what would take too long to search for and orders that there are not.
func (q *ReceiptQuery) Check() error {
	if err := checkSearch(q.Text); err != nil {
		return fieldError("", "text", err)
	}
	return fieldError("", "order", checkOrder(q.Order, ReceiptOrders))
}

// Check refuses, with the name of the field, what would take too long to search for and orders that there are not.
func (q *AuditQuery) Check() error {
	if err := checkSearch(q.Text); err != nil {
		return fieldError("", "text", err)
	}
	return fieldError("", "order", checkOrder(q.Order, AuditOrders))
}

func checkSearch(text string) error {
	if count := utf8.RuneCountInString(text); count > MaximumSearchLength {
		return fmt.Errorf("what is searched for has at most %d characters, this has %d", MaximumSearchLength, count)
	}
	if count := len(SearchWords(text)); count > MaximumSearchWords {
		return fmt.Errorf("what is searched for has at most %d words, this has %d", MaximumSearchWords, count)
	}
	return nil
}

// SearchText is where a query's text is searched in: what names the session, and in words what became of it.
func (r *Receipt) SearchText() string {
	kind := []string{r.Decision.Mode.String()}
	if r.State == SessionRefused {
		kind = []string{string(SessionRefused)}
	}
	if r.Test {
		kind = append(kind, "test")
	}
	if r.Cipher.Valid() {
		kind = append(kind, r.Cipher.String())
	}
	return searchText(append(kind, r.SourceName, r.TargetName, r.RouteName, r.ServiceName, r.Backend, r.Endpoint, r.Decision.Because(), r.Group, r.Reason, string(r.ID))...)
}

// SearchText is where a query's text is searched in: who did what to what, not what it was before and after.
func (e *AuditEntry) SearchText() string {
	return searchText(string(e.Who), e.What, e.InWords(), e.Thing)
}

// searchText keeps each text on a line of its own, so that no word is found over the border of two.
func searchText(texts ...string) string { return strings.Join(texts, "\n") }
