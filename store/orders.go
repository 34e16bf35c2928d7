package store

import (
	"context"
	"database/sql"
	"strings"

	"lockwire/engine"
)

// receiptValues are what receipts are ordered by, in SQL.
var receiptValues = map[engine.ReceiptOrder]string{
	engine.ReceiptsByBegan:      "id", // ids sort by the time they were made
	engine.ReceiptsByEnded:      "ended",
	engine.ReceiptsByLasted:     "ended - began",
	engine.ReceiptsByBytes:      "bytes",
	engine.ReceiptsBySource:     "source_folded",
	engine.ReceiptsByTarget:     "target_folded",
	engine.ReceiptsByRoute:      "route_folded",
	engine.ReceiptsByProtection: "CASE WHEN state = 'refused' THEN state ELSE mode END",
}

// auditValues are what audit entries are ordered by.
var auditValues = map[engine.AuditOrder]string{
	engine.AuditByWhen:  "sequence",
	engine.AuditByWho:   "who_folded",
	engine.AuditByWhat:  "what",
	engine.AuditByThing: "thing_folded",
}

// ordering is an order in SQL: by a value, and of those that are equal the newest first.
type ordering struct {
	table, value, newest string // newest is the column that grows with each row
	upward               bool
}

// by is what stands after ORDER BY.
func (o ordering) by() string {
	way := " DESC"
	if o.upward {
		way = " ASC"
	}
	if o.value == o.newest {
		return o.newest + way
	}
	return o.value + way + ", " + o.newest + " DESC"
}

// behind gives the condition for rows that follow the one with an id. Rows never change, so that an id marks a position in a listing even if rows
// were added.
func (o ordering) behind(id engine.ID) (condition string, arguments []any) {
	of := func(column string) string { return "(SELECT " + column + " FROM " + o.table + " WHERE id = ?)" }
	arguments = []any{id}
	switch {
	case o.value == o.newest && o.upward:
		return o.newest + " > " + of(o.newest), arguments
	case o.value == o.newest:
		return o.newest + " < " + of(o.newest), arguments
	case o.upward:
		return "(" + o.value + " > " + of(o.value) + " OR " + o.value + " = " + of(o.value) + " AND " + o.newest + " < " + of(o.newest) + ")", []any{id, id, id}
	}
	return "(" + o.value + ", " + o.newest + ") < (SELECT " + o.value + ", " + o.newest + " FROM " + o.table + " WHERE id = ?)", arguments
}

// only keeps SQLite from using an index on a text column: scanning one covering index is faster than looking up every row that another index finds.
func only(column string) string { return column + " || ''" }

// itself is a column for which an index may be used.
func itself(column string) string { return column }

// onlyNumber is the same for a column of numbers.
func onlyNumber(column string) string { return column + " + 0" }

// ordersVersion is the migration after the one that makes the columns that rows are ordered by.
const ordersVersion = 5

// fillOrders stores the sort values of rows that an older version wrote. SQL cannot do it: it folds the case of ASCII letters only.
func fillOrders(ctx context.Context, tx *sql.Tx) error {
	type ordered struct {
		id     engine.ID
		values []any
	}
	receipt := func(rows *sql.Rows) (o ordered, err error) {
		var document string
		if err := rows.Scan(&o.id, &document); err != nil {
			return o, err
		}
		var whole engine.Receipt
		if readDocument("receipt", o.id, document, &whole) != nil {
			whole = engine.Receipt{} // what cannot be read keeps nobody from the rest
		}
		o.values = receiptOrderValues(&whole)
		return o, nil
	}
	entry := func(rows *sql.Rows) (o ordered, err error) {
		var who, thing string
		if err := rows.Scan(&o.id, &who, &thing); err != nil {
			return o, err
		}
		o.values = []any{engine.Fold(who), engine.Fold(thing)}
		return o, nil
	}
	for _, of := range []struct {
		query, update string
		scan          func(*sql.Rows) (ordered, error)
	}{
		{`SELECT id, document FROM receipts WHERE id > ? ORDER BY id LIMIT ?`,
			`UPDATE receipts SET source_folded = ?, target_folded = ?, route_folded = ?, bytes = ? WHERE id = ?`, receipt},
		{`SELECT id, who, thing FROM audit WHERE id > ? ORDER BY id LIMIT ?`, `UPDATE audit SET who_folded = ?, thing_folded = ? WHERE id = ?`, entry},
	} {
		last := engine.ID("")
		for {
			page, err := list(ctx, records{querier: tx}, "read what is ordered by", of.scan, of.query, last, maximumPage)
			if err != nil {
				return err
			}
			for _, o := range page {
				if _, err := tx.ExecContext(ctx, of.update, append(o.values, o.id)...); err != nil {
					return err
				}
				last = o.id
			}
			if len(page) < maximumPage {
				break
			}
		}
	}
	return nil
}

// receiptOrderValues are what a receipt is ordered by, beyond what it is picked by.
func receiptOrderValues(r *engine.Receipt) []any {
	return []any{engine.Fold(r.SourceName), engine.Fold(r.TargetName), engine.Fold(r.RouteName), count(r.Traffic.Bytes())}
}

// joined puts conditions together.
func joined(conditions []string) string {
	if len(conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}
