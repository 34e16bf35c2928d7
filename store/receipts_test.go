package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

func TestAReceiptIsWrittenOnceAndComesBackWhole(t *testing.T) {
	s := openNew(t)
	receipt := receiptAt(began.Add(123456*time.Nanosecond), engine.NewID(), engine.NewID(), engine.NewID(), engine.Sealed)
	receipt.Traffic.ToTarget = 1<<64 - 1 // what a component reports, right or wrong, must not keep its receipt from being written
	write(t, s, func(tx engine.Transaction) error { return tx.InsertReceipt(receipt) })
	if d := cmp.Diff(receipt, must[engine.Receipt](t)(s.Receipt(t.Context(), receipt.ID)), exactly); d != "" {
		t.Error(d)
	}
	again := receipt
	again.Reason = "another"
	if err := s.Write(t.Context(), func(tx engine.Transaction) error { return tx.InsertReceipt(again) }); err == nil {
		t.Error("a second receipt for one session was taken")
	}
	if d := cmp.Diff(receipt, must[engine.Receipt](t)(s.Receipt(t.Context(), receipt.ID)), exactly); d != "" {
		t.Error(d)
	}
	refused := engine.Receipt{ID: engine.NewID(), Began: began, Ended: began, State: engine.SessionRefused, Reason: "the target is not attached"}
	write(t, s, func(tx engine.Transaction) error { return tx.InsertReceipt(refused) })
	if d := cmp.Diff(refused, must[engine.Receipt](t)(s.Receipt(t.Context(), refused.ID)), exactly); d != "" {
		t.Error(d)
	}
}

// Every query is compared with the same question asked of a plain list, page by page.
func TestReceiptQueriesPickWhatTheySay(t *testing.T) {
	s := openNew(t)
	components := []engine.ID{engine.NewID(), engine.NewID(), engine.NewID()}
	routes := []engine.ID{engine.NewID(), engine.NewID()}
	var all []engine.Receipt
	for i := range 300 {
		mode := engine.Sealed
		if i%3 == 0 {
			mode = engine.Plain
		}
		r := receiptAt(began.Add(time.Duration(i)*time.Minute), components[i%3], components[(i/3)%3], routes[i%2], mode)
		if i%5 == 0 {
			r.State = engine.SessionRefused
		}
		all = append(all, r)
	}
	write(t, s, func(tx engine.Transaction) error {
		for i := range all { // not in their order
			if err := tx.InsertReceipt(all[(i*7)%len(all)]); err != nil {
				return err
			}
		}
		return nil
	})
	slices.Reverse(all)
	queries := map[string]engine.ReceiptQuery{
		"all":                {},
		"a component":        {Component: components[1], Limit: 7},
		"a route":            {Route: routes[1], Limit: 11},
		"a mode":             {Mode: engine.Plain},
		"a state":            {State: engine.SessionRefused, Limit: 13},
		"from":               {From: began.Add(100 * time.Minute), Limit: 10},
		"until, excluded":    {Until: began.Add(100 * time.Minute), Limit: 10},
		"everything at once": {From: began.Add(time.Hour), Until: began.Add(4 * time.Hour), Component: components[0], Route: routes[0], Mode: engine.Sealed, State: engine.SessionEnded, Limit: 2},
		"nothing":            {Component: engine.NewID()},
		"more than allowed":  {Limit: 1 << 40},
	}
	for name, query := range queries {
		t.Run(name, func(t *testing.T) {
			var want []engine.ID
			for _, r := range all {
				if (query.Component == "" || r.Source == query.Component || r.Target == query.Component) &&
					(query.Route == "" || r.Route == query.Route) && (query.Mode == 0 || r.Decision.Mode == query.Mode) &&
					(query.State == "" || r.State == query.State) && (query.From.IsZero() || !r.Began.Before(query.From)) &&
					(query.Until.IsZero() || r.Began.Before(query.Until)) {
					want = append(want, r.ID)
				}
			}
			var got []engine.ID
			for {
				page := must[[]engine.Receipt](t)(s.Receipts(t.Context(), query))
				if len(page) > pageSize(query.Limit) {
					t.Fatalf("a page of %d", len(page))
				}
				if len(page) == 0 {
					break
				}
				got = append(got, ids(page)...)
				query.Before = page[len(page)-1].ID
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAPageHasAHundredAndAtMostAThousand(t *testing.T) {
	for limit, want := range map[int]int{-1: 100, 0: 100, 1: 1, 1000: 1000, 1001: 1000, 1 << 40: 1000} {
		if got := pageSize(limit); got != want {
			t.Errorf("a limit of %d gives %d, want %d", limit, got, want)
		}
	}
}

// However many receipts there are, a page is found through an index: no query reads the table from end to end.
func TestEveryReceiptQueryUsesAnIndex(t *testing.T) {
	s := openNew(t)
	id := engine.NewID()
	for name, query := range map[string]engine.ReceiptQuery{
		"all": {}, "before": {Before: id}, "component": {Component: id, Before: id}, "route": {Route: id, Before: id}, "mode": {Mode: engine.Plain},
		"text": {Text: "web", Before: id}, "bytes": {Order: engine.ReceiptsByBytes, Before: id}, "ended, of a mode": {Order: engine.ReceiptsByEnded, Mode: engine.Plain},
		"source, upward, of everything": {Order: engine.ReceiptsBySource, Upward: true, Component: id, Route: id, Mode: engine.Plain, State: engine.SessionEnded, From: began, Until: began, Before: id},
		"protection":                    {Order: engine.ReceiptsByProtection}, "began, upward": {Upward: true, Before: id}, "state": {State: engine.SessionEnded}, "time": {From: began, Until: began.Add(time.Hour)},
	} {
		statement, arguments := receiptStatement(query)
		rows, err := s.readers.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+statement, arguments...)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var number, parent, unused int
			var detail string
			if err := rows.Scan(&number, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(detail, "SCAN receipts") && query.Order != "" && !strings.Contains(detail, "COVERING INDEX receipts_order") {
				t.Errorf("%s: the documents are read to find the page: %s", name, detail)
			}
			if strings.HasPrefix(detail, "SCAN") && !strings.Contains(detail, "USING") && detail != "SCAN page" {
				t.Errorf("%s: %s", name, detail)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkAPageOfReceiptsAmong100000(b *testing.B) {
	s := openIn(b, filepath.Join(b.TempDir(), "data"))
	components, routes := make([]engine.ID, 50), make([]engine.ID, 20)
	for i := range components {
		components[i] = engine.NewID()
	}
	for i := range routes {
		routes[i] = engine.NewID()
	}
	const many = 100_000
	var middle engine.ID
	for first := 0; first < many; first += 10_000 {
		write(b, s, func(tx engine.Transaction) error {
			for i := first; i < first+10_000; i++ {
				mode := engine.Sealed
				if i%1000 == 0 {
					mode = engine.Plain
				}
				r := receiptAt(began.Add(time.Duration(i)*time.Minute), components[i%50], components[(i+7)%50], routes[i%20], mode)
				r.Traffic.ToTarget, r.Ended = uint64(i)*7919%many, r.Began.Add(time.Duration(i*31%5000)*time.Second)
				r.SourceName = fmt.Sprintf("web-1-%d", i%50)
				if i == many/2 {
					middle = r.ID
				}
				if err := tx.InsertReceipt(r); err != nil {
					return err
				}
			}
			return nil
		})
	}
	day := began.Add(many / 4 * time.Minute)
	for _, c := range []struct {
		name  string
		query engine.ReceiptQuery
	}{
		{"newest", engine.ReceiptQuery{}},
		{"middle", engine.ReceiptQuery{Before: middle}},
		{"component", engine.ReceiptQuery{Component: components[3], Before: middle}},
		{"route", engine.ReceiptQuery{Route: routes[3], Before: middle}},
		{"rare mode", engine.ReceiptQuery{Mode: engine.Plain, Before: middle}},
		{"a day long ago", engine.ReceiptQuery{From: day, Until: day.Add(24 * time.Hour)}},
		{"the first half", engine.ReceiptQuery{Until: began.Add(many / 2 * time.Minute)}},
		{"a component's plain ones on a day long ago", engine.ReceiptQuery{Component: components[0], Mode: engine.Plain, From: day, Until: day.Add(24 * time.Hour)}},
		{"no such state", engine.ReceiptQuery{State: engine.SessionRefused}},
		{"a name that all have", engine.ReceiptQuery{Text: "web-1"}},
		{"a name that none has", engine.ReceiptQuery{Text: "nowhere"}},
		{"by the end", engine.ReceiptQuery{Order: engine.ReceiptsByEnded}},
		{"by the end, the middle", engine.ReceiptQuery{Order: engine.ReceiptsByEnded, Before: middle}},
		{"by bytes", engine.ReceiptQuery{Order: engine.ReceiptsByBytes}},
		{"by bytes, the middle", engine.ReceiptQuery{Order: engine.ReceiptsByBytes, Before: middle}},
		{"by how long they lasted, upward", engine.ReceiptQuery{Order: engine.ReceiptsByLasted, Upward: true, Before: middle}},
		{"by source", engine.ReceiptQuery{Order: engine.ReceiptsBySource, Upward: true}},
		{"by source, the middle", engine.ReceiptQuery{Order: engine.ReceiptsBySource, Upward: true, Before: middle}},
		{"by protection", engine.ReceiptQuery{Order: engine.ReceiptsByProtection, Before: middle}},
		{"by bytes, a component's", engine.ReceiptQuery{Order: engine.ReceiptsByBytes, Component: components[3]}},
		{"by bytes, a rare mode", engine.ReceiptQuery{Order: engine.ReceiptsByBytes, Mode: engine.Plain}},
		{"by bytes, the first half", engine.ReceiptQuery{Order: engine.ReceiptsByBytes, Until: began.Add(many / 2 * time.Minute)}},
		{"by bytes, a name that all have", engine.ReceiptQuery{Order: engine.ReceiptsByBytes, Text: "web-1"}},
		{"by bytes, a name that none has", engine.ReceiptQuery{Order: engine.ReceiptsByBytes, Text: "nowhere"}},
		{"two words that none has", engine.ReceiptQuery{Text: "nowhere else"}},
		{"a component's with a name that none has", engine.ReceiptQuery{Component: components[3], Text: "nowhere"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Receipts(background, c.query); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for name, span := range map[string]engine.Span{"totals of all": {}, "totals of a day": {From: day, Until: day.Add(24 * time.Hour)}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.ReceiptTotals(background, span); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("backup", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			if err := s.Backup(background, filepath.Join(b.TempDir(), fmt.Sprint(n))); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("check at open", func(b *testing.B) {
		for b.Loop() {
			if _, err := inspect(background, s.file, false); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkAnEditWithItsAuditEntry(b *testing.B) {
	s := openIn(b, filepath.Join(b.TempDir(), "data"))
	rule := ruleNamed("uplink")
	for b.Loop() {
		rule.Revision++
		write(b, s, func(tx engine.Transaction) error {
			return errors.Join(tx.PutRule(rule), tx.AppendAudit(engine.AuditEntry{When: began, Who: "broker", What: "rule.edit", Thing: rule.Name}))
		})
	}
}

// BenchmarkSessionFromItsBeginToItsReceipt is what the record of one session costs, where ten of them share each transaction.
func BenchmarkSessionFromItsBeginToItsReceipt(b *testing.B) {
	const shared = 10
	s := openNew(b)
	ctx, cancel := context.WithCancel(b.Context()) // as the broker's, which ends some time
	defer cancel()
	source, target, route := engine.NewID(), engine.NewID(), engine.NewID()
	for done := 0; done < b.N; done += shared {
		var receipts []engine.Receipt
		for range min(shared, b.N-done) {
			receipts = append(receipts, receiptAt(began, source, target, route, engine.Sealed))
		}
		for _, change := range []func(engine.Transaction, *engine.Receipt) error{
			func(tx engine.Transaction, r *engine.Receipt) error {
				return tx.PutSession(engine.Session{ID: r.ID, Route: route, Source: source, Target: target, State: engine.SessionOffered, Decision: r.Decision, Began: began})
			},
			func(tx engine.Transaction, r *engine.Receipt) error {
				return errors.Join(tx.InsertReceipt(*r), tx.RemoveSession(r.ID))
			},
		} {
			if err := s.Write(ctx, func(tx engine.Transaction) error {
				for i := range receipts {
					if err := change(tx, &receipts[i]); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
