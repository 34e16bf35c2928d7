package record

import (
	"cmp"
	"strings"

	"lockwire/engine"
)

// CompareReceipts says which of two receipts a query lists first. Of those that are equal the one that began last is, which way round the
// listing may be.
func CompareReceipts(q *engine.ReceiptQuery, a, b *engine.Receipt) int {
	order := 0
	switch q.Order {
	case engine.ReceiptsByEnded:
		order = cmp.Compare(a.Ended.UnixMilli(), b.Ended.UnixMilli())
	case engine.ReceiptsByLasted:
		order = cmp.Compare(a.Ended.UnixMilli()-a.Began.UnixMilli(), b.Ended.UnixMilli()-b.Began.UnixMilli())
	case engine.ReceiptsByBytes:
		order = cmp.Compare(a.Traffic.Bytes(), b.Traffic.Bytes())
	case engine.ReceiptsBySource:
		order = strings.Compare(engine.Fold(a.SourceName), engine.Fold(b.SourceName))
	case engine.ReceiptsByTarget:
		order = strings.Compare(engine.Fold(a.TargetName), engine.Fold(b.TargetName))
	case engine.ReceiptsByRoute:
		order = strings.Compare(engine.Fold(a.RouteName), engine.Fold(b.RouteName))
	case engine.ReceiptsByProtection:
		order = strings.Compare(protection(a), protection(b))
	default:
		order = cmp.Compare(a.ID, b.ID)
	}
	return listed(order, q.Upward, a.ID, b.ID)
}

// CompareEntries says which of two audit entries a query lists first. Of those that are equal the newest is.
func CompareEntries(q *engine.AuditQuery, a, b *engine.AuditEntry) int {
	order := 0
	switch q.Order {
	case engine.AuditByWho:
		order = strings.Compare(engine.Fold(string(a.Who)), engine.Fold(string(b.Who)))
	case engine.AuditByWhat:
		order = strings.Compare(a.What, b.What)
	case engine.AuditByThing:
		order = strings.Compare(engine.Fold(a.Thing), engine.Fold(b.Thing))
	default:
		order = cmp.Compare(a.ID, b.ID)
	}
	return listed(order, q.Upward, a.ID, b.ID)
}

func listed(order int, upward bool, a, b engine.ID) int {
	switch {
	case order == 0:
		return cmp.Compare(b, a)
	case upward:
		return order
	}
	return -order
}

// protection is the mode, or refused.
func protection(r *engine.Receipt) string {
	if r.State == engine.SessionRefused {
		return string(engine.SessionRefused)
	}
	return r.Decision.Mode.String()
}
