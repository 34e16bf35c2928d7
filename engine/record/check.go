package record

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"lockwire/engine"
)

// CheckReceiptQuery rejects, with the name of the field, what would take too long to search for and unknown orders.
func CheckReceiptQuery(q *engine.ReceiptQuery) error {
	return check(q.Text, q.Order, engine.ReceiptOrders)
}

// CheckAuditQuery rejects, with the name of the field, what would take too long to search for and unknown orders.
func CheckAuditQuery(q *engine.AuditQuery) error { return check(q.Text, q.Order, engine.AuditOrders) }

func check[Order ~string](text string, order Order, known []Order) error {
	if count := utf8.RuneCountInString(text); count > MaximumSearchLength {
		return &engine.FieldError{Field: "text", Err: fmt.Errorf("what is searched for has at most %d characters, this has %d", MaximumSearchLength, count)}
	}
	if count := len(SearchWords(text)); count > MaximumSearchWords {
		return &engine.FieldError{Field: "text", Err: fmt.Errorf("what is searched for has at most %d words, this has %d", MaximumSearchWords, count)}
	}
	if !slices.Contains(known, order) {
		return &engine.FieldError{Field: "order", Err: fmt.Errorf("%.100q is not an order", string(order))}
	}
	return nil
}
