package memorystore

import (
	"math"

	"lockwire/engine"
)

// Add adds a receipt to totals.
func Add(t *engine.ReceiptTotals, r *engine.Receipt) {
	of := &t.Plain
	switch {
	case r.State == engine.SessionRefused:
		t.Refused++
		return
	case r.Decision.Mode == engine.Sealed:
		of = &t.Sealed
	}
	of.Sessions++
	if of.Bytes += r.Traffic.Bytes(); of.Bytes < r.Traffic.Bytes() {
		of.Bytes = math.MaxUint64
	}
}
