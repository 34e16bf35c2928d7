package store

import (
	"context"

	"lockwire/engine"
)

// EachReceipt calls with each receipt of a session that ended in a span, in the order in which they ended, one at a time and all of them as the
// record was at one moment. It ends with the first error of the function.
func (s *Store) EachReceipt(ctx context.Context, span engine.Span, each func(*engine.Receipt) error) error {
	_, err := read(ctx, s, func(r records) (struct{}, error) { return struct{}{}, r.EachReceipt(ctx, span, each) })
	return err
}

func (r records) EachReceipt(ctx context.Context, span engine.Span, each func(*engine.Receipt) error) error {
	conditions, arguments := endedIn(span)
	rows, err := r.querier.QueryContext(ctx, "SELECT id, document FROM receipts"+joined(conditions)+" ORDER BY ended, id", arguments...)
	if err != nil {
		return r.file.failed("read the receipts", err)
	}
	defer rows.Close()
	for rows.Next() {
		receipt, err := scanReceipt(rows)
		if err != nil {
			return r.file.failed("read the receipts", err)
		}
		if err := each(&receipt); err != nil {
			return err
		}
	}
	return r.file.failed("read the receipts", rows.Err())
}

// endedIn are the conditions that a receipt's session ended in a span.
func endedIn(span engine.Span) (conditions []string, arguments []any) {
	if !span.From.IsZero() {
		conditions, arguments = append(conditions, "ended >= ?"), append(arguments, span.From.UnixMilli())
	}
	if !span.Until.IsZero() {
		conditions, arguments = append(conditions, "ended < ?"), append(arguments, span.Until.UnixMilli())
	}
	return conditions, arguments
}
