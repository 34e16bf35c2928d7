package store

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/record"
)

// inOrder reads all pages of a query.
func inOrder(t *testing.T, s *Store, query engine.ReceiptQuery) []engine.ID {
	t.Helper()
	var got []engine.ID
	for {
		page := must[[]engine.Receipt](t)(s.Receipts(t.Context(), query))
		if len(page) == 0 {
			return got
		}
		got = append(got, ids(page)...)
		query.Before = page[len(page)-1].ID
	}
}

// checkReceiptOrders checks that a query in each order gives receipts as engine says, page by page.
func checkReceiptOrders(t *testing.T, s *Store, receipts []engine.Receipt, query engine.ReceiptQuery) {
	t.Helper()
	query.Limit = 7
	for _, order := range engine.ReceiptOrders {
		for _, upward := range []bool{false, true} {
			query.Order, query.Upward = order, upward
			want := slices.Clone(receipts)
			slices.SortFunc(want, func(a, b engine.Receipt) int { return record.CompareReceipts(&query, &a, &b) })
			if got := inOrder(t, s, query); !slices.Equal(got, ids(want)) {
				t.Errorf("by %q, upward %v: %d of %d, or in another order", order, upward, len(got), len(want))
			}
		}
	}
}

// variedReceipts are receipts with many equal values, and some that no component should report.
func variedReceipts(n int) []engine.Receipt {
	random := rand.New(rand.NewPCG(3, 4))
	components := []engine.ID{engine.NewID(), engine.NewID(), engine.NewID()}
	names := []string{"alpha", "Beta", "ärchiv", "Ärchiv", "zulu", "ZULU"}
	receipts := make([]engine.Receipt, n)
	for i := range receipts {
		r := receiptAt(began.Add(time.Duration(random.IntN(40))*time.Minute+time.Duration(i)*time.Millisecond), components[i%3], components[(i+1)%3], engine.NewID(), engine.Mode(1+i%2))
		r.Ended = r.Began.Add(time.Duration(random.IntN(5)) * time.Minute)
		r.SourceName, r.TargetName, r.RouteName = names[random.IntN(6)], names[random.IntN(6)], names[random.IntN(6)]
		r.Traffic.ToTarget, r.Traffic.ToSource = random.Uint64N(4), random.Uint64N(4)
		switch i % 11 {
		case 3:
			r.State = engine.SessionRefused
		case 5:
			r.Traffic.ToTarget = math.MaxUint64
		}
		receipts[i] = r
	}
	return receipts
}

func insert(t testing.TB, s *Store, receipts []engine.Receipt) {
	t.Helper()
	write(t, s, func(tx engine.Transaction) error {
		for i := range receipts {
			if err := tx.InsertReceipt(receipts[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestReceiptsAreListedInEveryOrderOverAllPages(t *testing.T) {
	s := openNew(t)
	receipts := variedReceipts(200)
	insert(t, s, receipts)
	checkReceiptOrders(t, s, receipts, engine.ReceiptQuery{})
	of := receipts[4].Source
	checkReceiptOrders(t, s, slices.DeleteFunc(receipts, func(r engine.Receipt) bool {
		return r.Source != of && r.Target != of || r.Decision.Mode != engine.Plain || r.Began.Before(began.Add(5*time.Minute)) || !r.Began.Before(began.Add(30*time.Minute))
	}), engine.ReceiptQuery{Component: of, Mode: engine.Plain, From: began.Add(5 * time.Minute), Until: began.Add(30 * time.Minute), Text: "rest"})
}

// Whatever is added while somebody scrolls, nothing that was there is left out or comes twice.
func TestAListingGoesOnWhereItWasWhileReceiptsAreAdded(t *testing.T) {
	for _, order := range engine.ReceiptOrders {
		s := openNew(t)
		receipts := variedReceipts(60)
		insert(t, s, receipts[:30])
		query := engine.ReceiptQuery{Order: order, Upward: order == engine.ReceiptsBySource, Limit: 10}
		first := must[[]engine.Receipt](t)(s.Receipts(t.Context(), query))
		insert(t, s, receipts[30:])
		query.Before = first[9].ID
		all := append(ids(first), inOrder(t, s, query)...)
		for _, r := range receipts[:30] {
			if n := len(slices.DeleteFunc(slices.Clone(all), func(id engine.ID) bool { return id != r.ID })); n != 1 {
				t.Errorf("by %q: a receipt came %d times", order, n)
			}
		}
	}
}

func TestAuditEntriesAreListedInEveryOrderOverAllPages(t *testing.T) {
	s := openNew(t)
	actors, whats, things := []engine.Actor{"uid 0 (root)", "administrator Zoë", "ADMINISTRATOR zoë"}, []string{"rule.edit", "rule.add", "session.cut"}, []string{"Ärchiv", "ärchiv", "b"}
	write(t, s, func(tx engine.Transaction) error {
		var err error
		for i := range 40 {
			err = errors.Join(err, tx.AppendAudit(engine.AuditEntry{When: began, Who: actors[i*7%3], What: whats[i*5/3%3], Thing: things[i/2%3]}))
		}
		return err
	})
	committed := must[[]engine.AuditEntry](t)(s.Audit(t.Context(), engine.AuditQuery{Upward: true}))
	for _, order := range engine.AuditOrders {
		for _, upward := range []bool{false, true} {
			query := engine.AuditQuery{Order: order, Upward: upward, Limit: 7}
			want := slices.Clone(committed)
			if order != engine.AuditByWhen || !upward {
				slices.Reverse(want)
			}
			if order != engine.AuditByWhen {
				slices.SortStableFunc(want, func(a, b engine.AuditEntry) int {
					a.ID, b.ID = "", "" // of those that are equal the one that was committed last comes first, also within a millisecond
					return record.CompareEntries(&query, &a, &b)
				})
			}
			var got []engine.AuditEntry
			for {
				page := must[[]engine.AuditEntry](t)(s.Audit(t.Context(), query))
				if len(page) == 0 {
					break
				}
				got = append(got, page...)
				query.Before = page[len(page)-1].ID
			}
			if !slices.EqualFunc(got, want, func(a, b engine.AuditEntry) bool { return a.ID == b.ID }) {
				t.Errorf("by %q, upward %v: wrong order", order, upward)
			}
		}
	}
}

func BenchmarkAPageOfTheAuditAmong100000(b *testing.B) {
	s := openIn(b, filepath.Join(b.TempDir(), "data"))
	for range 10 {
		write(b, s, func(tx engine.Transaction) error {
			for i := range 10_000 {
				entry := engine.AuditEntry{When: began, Who: engine.Actor(fmt.Sprintf("administrator %d", i%20)), What: "rule.edit", Thing: fmt.Sprintf("rule %d", i%3000), Before: []byte(`{"comment": "a rule as it was"}`), After: []byte(`{"comment": "a rule as it is"}`)}
				if err := tx.AppendAudit(entry); err != nil {
					return err
				}
			}
			return nil
		})
	}
	middle := must[[]engine.AuditEntry](b)(s.Audit(background, engine.AuditQuery{Thing: "rule 1500", Limit: 5}))[4].ID
	for _, order := range engine.AuditOrders {
		b.Run("by "+string(order), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Audit(background, engine.AuditQuery{Order: order, Before: middle}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
