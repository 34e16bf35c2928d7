package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"lockwire/engine"
)

// ReceiptTotals sums up the receipts of sessions that ended in a span. The index receipts_order alone answers it.
func (s *Store) ReceiptTotals(ctx context.Context, span engine.Span) (engine.ReceiptTotals, error) {
	return read(ctx, s, func(r records) (engine.ReceiptTotals, error) { return r.ReceiptTotals(ctx, span) })
}

func (r records) ReceiptTotals(ctx context.Context, span engine.Span) (totals engine.ReceiptTotals, err error) {
	conditions, arguments := endedIn(span)
	type group struct {
		mode, state string
		sessions    int
		bytes       float64 // SQLite's SUM fails where the sum has no place in 64 bits; TOTAL is exact up to 9 PB
	}
	groups, err := list(ctx, r, "sum up the receipts", func(rows *sql.Rows) (g group, err error) {
		err = rows.Scan(&g.mode, &g.state, &g.sessions, &g.bytes)
		return g, err
	}, "SELECT mode, state, COUNT(*), TOTAL(bytes) FROM receipts INDEXED BY receipts_order"+joined(conditions)+" GROUP BY mode, state", arguments...)
	for _, g := range groups {
		of := engine.SessionTotals{Sessions: g.sessions, Bytes: uint64(min(g.bytes, math.MaxInt64))}
		switch {
		case g.state == string(engine.SessionRefused):
			totals.Refused += g.sessions
		case g.mode == engine.Sealed.String():
			totals.Sealed = of
		case g.mode == engine.Plain.String():
			totals.Plain = of
		default:
			return totals, fmt.Errorf("sum up the receipts: mode %q is not known", g.mode)
		}
	}
	return totals, err
}
