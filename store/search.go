package store

import (
	"context"
	"database/sql"
	"strings"

	"github.com/pressly/goose/v3"

	"lockwire/engine"
	"lockwire/engine/record"
)

// searchedFor is the condition that a row of a table has all words of a query's text, and its arguments.
func searchedFor(table, text string) (condition string, arguments []any) {
	condition = "EXISTS (SELECT 1 FROM search_texts WHERE search_texts.id = " + table + ".id"
	for _, word := range record.SearchWords(text) {
		condition += ` AND search_texts.text LIKE ? ESCAPE '\'`
		arguments = append(arguments, "%"+literally.Replace(engine.Fold(word))+"%")
	}
	return condition + ")", arguments
}

// literally keeps LIKE from taking what somebody typed for a pattern.
var literally = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

const insertSearchText = `INSERT INTO search_texts (id, text) VALUES (?, ?)`

// searchable stores the search text of a receipt or audit entry.
func (t *transaction) searchable(doing string, id engine.ID, text string) error {
	return t.execute(doing, insertSearchText, id, engine.Fold(text))
}

// searchTextsVersion is the migration after the one that makes their table.
const searchTextsVersion = 3

// fillSearchTexts stores the search texts of rows that an older version wrote. SQL cannot do it: the text is made by package record.
func fillSearchTexts(ctx context.Context, tx *sql.Tx) error {
	type searched struct {
		id   engine.ID
		text string
	}
	receipt := func(rows *sql.Rows) (s searched, err error) {
		var document string
		if err := rows.Scan(&s.id, &document); err != nil {
			return s, err
		}
		var whole engine.Receipt
		if readDocument("receipt", s.id, document, &whole) != nil {
			return searched{s.id, string(s.id)}, nil // what cannot be read keeps nobody from the rest
		}
		return searched{s.id, record.ReceiptText(&whole)}, nil
	}
	entry := func(rows *sql.Rows) (searched, error) {
		whole, err := scanAuditEntry(rows)
		return searched{whole.ID, record.EntryText(&whole)}, err
	}
	for _, of := range []struct {
		query string
		scan  func(*sql.Rows) (searched, error)
	}{
		{`SELECT id, document FROM receipts WHERE id > ? ORDER BY id LIMIT ?`, receipt},
		{`SELECT id, happened, who, what, thing, NULL, NULL, NULL, NULL FROM audit WHERE id > ? ORDER BY id LIMIT ?`, entry},
	} {
		last := engine.ID("")
		for {
			page, err := list(ctx, records{querier: tx}, "read what is searched in", of.scan, of.query, last, maximumPage)
			if err != nil {
				return err
			}
			for _, s := range page {
				if _, err := tx.ExecContext(ctx, insertSearchText, s.id, engine.Fold(s.text)); err != nil {
					return err
				}
				last = s.id
			}
			if len(page) < maximumPage {
				break
			}
		}
	}
	return nil
}

// goMigrations are those that SQL cannot do.
func goMigrations() []*goose.Migration {
	return []*goose.Migration{
		goose.NewGoMigration(searchTextsVersion, &goose.GoFunc{RunTx: fillSearchTexts}, nil),
		goose.NewGoMigration(ordersVersion, &goose.GoFunc{RunTx: fillOrders}, nil),
	}
}
