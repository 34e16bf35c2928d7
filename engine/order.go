package engine

import (
	"math"
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

// Bytes are those of both ways. What a component reports may be wrong, and more than can be counted.
func (t *Traffic) Bytes() uint64 {
	if t.ToTarget > math.MaxUint64-t.ToSource {
		return math.MaxUint64
	}
	return t.ToTarget + t.ToSource
}
