package store

import (
	"context"
	"database/sql"
	"fmt"

	"lockwire/engine"
)

// querier is what reads have in common inside and outside a change.
type querier interface {
	QueryContext(ctx context.Context, query string, arguments ...any) (*sql.Rows, error)
}

// records reads on one snapshot: a reader's, or that of the change under way.
type records struct {
	querier querier
	file    databaseFile
}

// transaction is a change under way. It reads what it has written.
type transaction struct {
	records
	ctx context.Context
	tx  *sql.Tx
}

// list reads all rows of a query.
func list[T any](ctx context.Context, r records, doing string, scan func(*sql.Rows) (T, error), query string, arguments ...any) ([]T, error) {
	rows, err := r.querier.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, r.file.failed(doing, err)
	}
	defer rows.Close()
	all := []T{}
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, r.file.failed(doing, err)
		}
		all = append(all, one)
	}
	return all, r.file.failed(doing, rows.Err())
}

// one reads the row of a query that gives at most one; ErrNotFound where there is none.
func one[T any](ctx context.Context, r records, doing, of string, scan func(*sql.Rows) (T, error), query string, arguments ...any) (T, error) {
	var none T
	found, err := list(ctx, r, doing, scan, query, arguments...)
	if err != nil {
		return none, err
	}
	if len(found) == 0 {
		return none, fmt.Errorf("%s: %w", of, engine.ErrNotFound)
	}
	return found[0], nil
}

// text scans a row of one text.
func text(rows *sql.Rows) (value string, err error) { return value, rows.Scan(&value) }

// execute runs a statement of the change.
func (t *transaction) execute(doing, statement string, arguments ...any) error {
	_, err := t.tx.ExecContext(t.ctx, statement, arguments...)
	return t.file.failed(doing, err)
}

// changeOne runs a statement that changes or removes one row; ErrNotFound where it did none.
func (t *transaction) changeOne(doing, of, statement string, arguments ...any) error {
	result, err := t.tx.ExecContext(t.ctx, statement, arguments...)
	if err != nil {
		return t.file.failed(doing, err)
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return t.file.failed(doing, err)
	}
	return fmt.Errorf("%s: %w", of, engine.ErrNotFound)
}
