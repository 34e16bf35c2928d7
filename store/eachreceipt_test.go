package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"lockwire/engine"
)

func TestEachReceiptOfASpanIsGivenOnceInTheOrderInWhichTheyEnded(t *testing.T) {
	s := openNew(t)
	began := time.Date(2027, 1, 30, 12, 0, 0, 0, time.UTC)
	var ids []engine.ID
	for minute := range 5 {
		r := engine.Receipt{ID: engine.NewID(), State: engine.SessionEnded, Began: began, Ended: began.Add(time.Duration(4-minute) * time.Minute)}
		r.Decision.Mode = engine.Plain
		if err := s.Write(t.Context(), func(tx engine.Transaction) error { return tx.InsertReceipt(r) }); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.ID)
	}
	slices.Reverse(ids)
	var got []engine.ID
	// A second read goes on meanwhile: the first holds none of it up.
	err := s.EachReceipt(t.Context(), engine.Span{From: began.Add(time.Minute), Until: began.Add(4 * time.Minute)}, func(r *engine.Receipt) error {
		got = append(got, r.ID)
		_, err := s.Receipt(t.Context(), r.ID)
		return err
	})
	if err != nil || !slices.Equal(got, ids[1:4]) {
		t.Errorf("%v, wanted %v: %v", got, ids[1:4], err)
	}
	stop := errors.New("enough")
	count := 0
	if err := s.EachReceipt(t.Context(), engine.Span{}, func(*engine.Receipt) error { count++; return stop }); err != stop || count != 1 {
		t.Errorf("%d, %v", count, err)
	}
}
