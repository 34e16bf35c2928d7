package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"lockwire/engine"
	"lockwire/engine/record"
)

// Receipt gives the receipt of a session.
func (s *Store) Receipt(ctx context.Context, id engine.ID) (engine.Receipt, error) {
	return read(ctx, s, func(r records) (engine.Receipt, error) { return r.Receipt(ctx, id) })
}

// Receipts gives receipts in the order that is asked for. To go on with a listing, ask again with Before set to the last id of the page.
func (s *Store) Receipts(ctx context.Context, query engine.ReceiptQuery) ([]engine.Receipt, error) {
	return read(ctx, s, func(r records) ([]engine.Receipt, error) { return r.Receipts(ctx, query) })
}

func scanReceipt(rows *sql.Rows) (engine.Receipt, error) {
	return scanDocument[engine.Receipt](rows, "receipt")
}

func (r records) Receipt(ctx context.Context, id engine.ID) (engine.Receipt, error) {
	return one(ctx, r, "read a receipt", fmt.Sprintf("receipt %q", id), scanReceipt, `SELECT id, document FROM receipts WHERE id = ?`, id)
}

func (r records) Receipts(ctx context.Context, query engine.ReceiptQuery) ([]engine.Receipt, error) {
	statement, arguments := receiptStatement(query)
	return list(ctx, r, "read the receipts", scanReceipt, statement, arguments...)
}

// receiptStatement finds the page's ids in the indexes first and only then reads its documents, which are large.
func receiptStatement(query engine.ReceiptQuery) (statement string, arguments []any) {
	most := pageSize(query.Limit)
	order := ordering{table: "receipts", value: receiptValues[query.Order], newest: "id", upward: query.Upward}
	// Any order other than by id has to read every receipt, unless it is the one that the index receipts_order starts with.
	text, number := only, onlyNumber
	if query.Order == engine.ReceiptsByBegan {
		text, number = itself, itself
	}
	var conditions []string
	var values []any
	where := func(condition string, value ...any) {
		conditions = append(conditions, condition)
		values = append(values, value...)
	}
	if query.Before != "" {
		if query.Order == engine.ReceiptsByBegan {
			where("id "+map[bool]string{false: "<", true: ">"}[query.Upward]+" ?", query.Before)
		} else {
			condition, value := order.behind(query.Before)
			where(condition, value...)
		}
	}
	if query.Route != "" {
		where(text("route")+" = ?", query.Route)
	}
	if query.Mode != 0 {
		where(text("mode")+" = ?", query.Mode.String())
	}
	if query.State != "" {
		where(text("state")+" = ?", query.State)
	}
	if !query.From.IsZero() {
		where(number("began")+" >= ?", query.From.UnixMilli())
	}
	if !query.Until.IsZero() {
		where(number("began")+" < ?", query.Until.UnixMilli())
	}
	if query.Text != "" {
		condition, words := searchedFor("receipts", query.Text)
		where(condition, words...)
	}
	ids := func(side string) string {
		own := conditions
		if side != "" {
			own = append([]string{side + " = ?"}, conditions...)
			arguments = append(arguments, query.Component)
		}
		arguments = append(append(arguments, values...), most)
		return "SELECT id FROM (SELECT id FROM receipts" + joined(own) + " ORDER BY " + order.by() + " LIMIT ?) AS page"
	}
	page := ""
	switch {
	case query.Component == "":
		page = ids("")
	case query.Order == engine.ReceiptsByBegan:
		// Source and target are queried apart: SQLite uses no index for an OR of two columns that also gives the newest first.
		page = ids("source") + " UNION " + ids("target")
	default:
		values = append([]any{query.Component, query.Component}, values...)
		conditions = append([]string{"(" + only("source") + " = ? OR " + only("target") + " = ?)"}, conditions...)
		page = ids("")
	}
	return "SELECT id, document FROM receipts WHERE id IN (" + page + ") ORDER BY " + order.by() + " LIMIT ?", append(arguments, most)
}

// Sizes of a page of receipts or audit entries.
const (
	usualPage   = 100
	maximumPage = 1000
)

// pageSize reads the limit of a query.
func pageSize(limit int) int {
	if limit <= 0 {
		return usualPage
	}
	return min(limit, maximumPage)
}

func (t *transaction) InsertReceipt(receipt engine.Receipt) error {
	doing := "write the receipt of session " + string(receipt.ID)
	if err := checkID(doing, receipt.ID); err != nil {
		return err
	}
	whole, err := document(receipt)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	values := append([]any{receipt.ID, whole}, receiptValuesOf(&receipt)...)
	if err := t.execute(doing, "INSERT INTO receipts (id, document, "+strings.Join(receiptColumns, ", ")+") VALUES (?"+strings.Repeat(", ?", len(values)-1)+")", values...); err != nil {
		return err
	}
	return t.searchable(doing, receipt.ID, record.ReceiptText(&receipt))
}

// receiptColumns are what receipts are picked, ordered and summed up by, besides their document; receiptValuesOf gives the values of one.
var receiptColumns = []string{"began", "ended", "source", "target", "route", "mode", "state", "bytes_to_target", "bytes_to_source",
	"source_folded", "target_folded", "route_folded", "bytes"}

func receiptValuesOf(r *engine.Receipt) []any {
	mode := "" // refused before it was decided
	if r.Decision.Mode != 0 {
		mode = r.Decision.Mode.String()
	}
	return append([]any{r.Began.UnixMilli(), r.Ended.UnixMilli(), string(r.Source), string(r.Target), string(r.Route), mode, string(r.State),
		count(r.Traffic.ToTarget), count(r.Traffic.ToSource)}, receiptOrderValues(r)...)
}
