package engine

import (
	"cmp"
	"fmt"
	"math"
	"strings"
)

// ReceiptOrder is by what receipts are listed.
type ReceiptOrder string

const (
	ReceiptsByBegan      ReceiptOrder = "" // when the session began
	ReceiptsByEnded      ReceiptOrder = "ended"
	ReceiptsByLasted     ReceiptOrder = "lasted"     // how long the session lasted
	ReceiptsByBytes      ReceiptOrder = "bytes"      // both ways together
	ReceiptsBySource     ReceiptOrder = "source"     // its name, whatever its case
	ReceiptsByTarget     ReceiptOrder = "target"     // likewise
	ReceiptsByRoute      ReceiptOrder = "route"      // likewise
	ReceiptsByProtection ReceiptOrder = "protection" // the mode, or refused
)

// ReceiptOrders are all that there are.
var ReceiptOrders = []ReceiptOrder{ReceiptsByBegan, ReceiptsByEnded, ReceiptsByLasted, ReceiptsByBytes, ReceiptsBySource, ReceiptsByTarget, ReceiptsByRoute, ReceiptsByProtection}

// AuditOrder is by what audit entries are listed.
type AuditOrder string

const (
	AuditByWhen  AuditOrder = ""    // in the order in which they were committed
	AuditByWho   AuditOrder = "who" // whatever its case
	AuditByWhat  AuditOrder = "what"
	AuditByThing AuditOrder = "thing" // whatever its case
)

// AuditOrders are all that there are.
var AuditOrders = []AuditOrder{AuditByWhen, AuditByWho, AuditByWhat, AuditByThing}

// Compare says which of two receipts is listed first. Of those that are equal the one that began last is, which way round the
// listing may be.
func (q *ReceiptQuery) Compare(a, b *Receipt) int {
	order := 0
	switch q.Order {
	case ReceiptsByEnded:
		order = cmp.Compare(a.Ended.UnixMilli(), b.Ended.UnixMilli())
	case ReceiptsByLasted:
		order = cmp.Compare(a.Ended.UnixMilli()-a.Began.UnixMilli(), b.Ended.UnixMilli()-b.Began.UnixMilli())
	case ReceiptsByBytes:
		order = cmp.Compare(a.Traffic.Bytes(), b.Traffic.Bytes())
	case ReceiptsBySource:
		order = strings.Compare(Fold(a.SourceName), Fold(b.SourceName))
	case ReceiptsByTarget:
		order = strings.Compare(Fold(a.TargetName), Fold(b.TargetName))
	case ReceiptsByRoute:
		order = strings.Compare(Fold(a.RouteName), Fold(b.RouteName))
	case ReceiptsByProtection:
		order = strings.Compare(a.protection(), b.protection())
	default:
		order = cmp.Compare(a.ID, b.ID)
	}
	return listed(order, q.Upward, a.ID, b.ID)
}

// Compare says which of two entries is listed first. Of those that are equal the newest is.
func (q *AuditQuery) Compare(a, b *AuditEntry) int {
	order := 0
	switch q.Order {
	case AuditByWho:
		order = strings.Compare(Fold(string(a.Who)), Fold(string(b.Who)))
	case AuditByWhat:
		order = strings.Compare(a.What, b.What)
	case AuditByThing:
		order = strings.Compare(Fold(a.Thing), Fold(b.Thing))
	default:
		order = cmp.Compare(a.ID, b.ID)
	}
	return listed(order, q.Upward, a.ID, b.ID)
}

func listed(order int, upward bool, a, b ID) int {
	switch {
	case order == 0:
		return cmp.Compare(b, a)
	case upward:
		return order
	}
	return -order
}

// protection is the mode, or refused.
func (r *Receipt) protection() string {
	if r.State == SessionRefused {
		return string(SessionRefused)
	}
	return r.Decision.Mode.String()
}

// Bytes are those of both ways. What a component reports may be wrong, and more than can be counted.
func (t *Traffic) Bytes() uint64 {
	if t.ToTarget > math.MaxUint64-t.ToSource {
		return math.MaxUint64
	}
	return t.ToTarget + t.ToSource
}

// checkOrder refuses an order that there is not.
func checkOrder[O ~string](order O, known []O) error {
	for _, o := range known {
		if o == order {
			return nil
		}
	}
	return fmt.Errorf("%q is not an order", abbreviate(string(order), MaximumNameLength))
}
