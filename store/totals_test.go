package store

import (
	"math"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/enginetest/memorystore"
)

func TestTotalsAreThoseOfTheReceiptsThatEndedInTheSpan(t *testing.T) {
	s := openNew(t)
	receipts := variedReceipts(300)
	for i := range receipts { // a sum of what no component should report is not exact
		receipts[i].Traffic.ToTarget = min(receipts[i].Traffic.ToTarget, 1<<40)
	}
	insert(t, s, receipts)
	middle := began.Add(20 * time.Minute)
	for name, span := range map[string]engine.Span{
		"all": {}, "from": {From: middle}, "until": {Until: middle}, "between": {From: middle, Until: middle.Add(5 * time.Minute)}, "none": {From: began.AddDate(1, 0, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			var want engine.ReceiptTotals
			for i := range receipts {
				if span.Holds(receipts[i].Ended) {
					memorystore.Add(&want, &receipts[i])
				}
			}
			if got := must[engine.ReceiptTotals](t)(s.ReceiptTotals(t.Context(), span)); got != want {
				t.Errorf("totals are\n%+v, want\n%+v", got, want)
			}
		})
	}
}

func TestTotalsOfMoreThanANumberHoldsAreTheMost(t *testing.T) {
	s := openNew(t)
	receipts := variedReceipts(30)
	for i := range receipts {
		receipts[i].Traffic.ToTarget = math.MaxUint64
	}
	insert(t, s, receipts)
	got := must[engine.ReceiptTotals](t)(s.ReceiptTotals(t.Context(), engine.Span{}))
	if got.Sealed.Bytes < math.MaxInt64 || got.Plain.Bytes < math.MaxInt64 {
		t.Errorf("totals are %+v", got)
	}
}
