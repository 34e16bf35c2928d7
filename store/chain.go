package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"lockwire/engine"
)

// ChainHead gives the last entry of the chain of receipts; ErrNotFound where it has not begun.
func (s *Store) ChainHead(ctx context.Context) (engine.ChainLink, error) {
	return read(ctx, s, func(r records) (engine.ChainLink, error) { return r.ChainHead(ctx) })
}

func (r records) ChainHead(ctx context.Context) (engine.ChainLink, error) {
	return one(ctx, r, "read the chain of receipts", "chain of receipts", func(rows *sql.Rows) (link engine.ChainLink, err error) {
		var previous, hash, signature string
		if err := rows.Scan(&link.Sequence, &link.Kind, &previous, &hash, &signature); err != nil {
			return link, err
		}
		readLink(&link, previous, hash, signature)
		return link, nil
	}, `SELECT sequence, kind, previous, link, signature FROM chain ORDER BY sequence DESC LIMIT 1`)
}

// readLink reads the texts of a link. What was made unreadable is left empty, which does not verify.
func readLink(link *engine.ChainLink, previous, hash, signature string) {
	if link.Previous.UnmarshalText([]byte(previous)) != nil {
		link.Previous = engine.ChainHash{}
	}
	if link.Link.UnmarshalText([]byte(hash)) != nil {
		link.Link = engine.ChainHash{}
	}
	link.Signature, _ = base64.StdEncoding.DecodeString(signature)
}

// Chain gives a page of the chain, in its order.
func (s *Store) Chain(ctx context.Context, query engine.ChainQuery) ([]engine.ChainEntry, error) {
	return read(ctx, s, func(r records) ([]engine.ChainEntry, error) { return r.Chain(ctx, query) })
}

func (r records) Chain(ctx context.Context, query engine.ChainQuery) ([]engine.ChainEntry, error) {
	return list(ctx, r, "read the chain of receipts", scanChainEntry, `SELECT c.sequence, c.kind, c.receipt, c.previous, c.link, c.signature, c.document,
		r.document, r.`+strings.Join(receiptColumns, ", r.")+`
		FROM chain c LEFT JOIN receipts r ON r.id = c.receipt WHERE c.sequence > ? ORDER BY c.sequence LIMIT ?`, query.After, pageSize(query.Limit))
}

func scanChainEntry(rows *sql.Rows) (entry engine.ChainEntry, err error) {
	var previous, hash, signature string
	var session, own, receipt sql.NullString
	columns := make([]any, len(receiptColumns))
	into := []any{&entry.Sequence, &entry.Kind, &session, &previous, &hash, &signature, &own, &receipt}
	for i := range columns {
		into = append(into, &columns[i])
	}
	if err := rows.Scan(into...); err != nil {
		return entry, err
	}
	readLink(&entry.ChainLink, previous, hash, signature)
	entry.Session = engine.ID(session.String)
	document := own
	if entry.Kind == engine.EntryReceipt {
		document = receipt
	}
	if document.Valid {
		entry.Document = json.RawMessage(document.String)
	}
	if receipt.Valid {
		var whole engine.Receipt
		if json.Unmarshal([]byte(receipt.String), &whole) == nil {
			entry.Differs = whole.ID != entry.Session || differs(columns, receiptValuesOf(&whole))
		}
	}
	return entry, nil
}

// differs tells whether a row is not what was written of a receipt.
func differs(columns, values []any) bool {
	for i := range columns {
		if text, isText := columns[i].([]byte); isText {
			columns[i] = string(text)
		}
		if fmt.Sprint(columns[i]) != fmt.Sprint(values[i]) {
			return true
		}
	}
	return false
}

// Unchained gives the sessions whose receipts are not in the chain, at most so many.
func (s *Store) Unchained(ctx context.Context, most int) ([]engine.ID, error) {
	return read(ctx, s, func(r records) ([]engine.ID, error) { return r.Unchained(ctx, most) })
}

// Only a row that the check of the chain reads as that of a receipt counts: others are no proof of one.
func (r records) Unchained(ctx context.Context, most int) ([]engine.ID, error) {
	return list(ctx, r, "look for receipts that are not in the chain", func(rows *sql.Rows) (id engine.ID, err error) { return id, rows.Scan(&id) },
		`SELECT id FROM receipts WHERE NOT EXISTS (SELECT 1 FROM chain WHERE chain.receipt = receipts.id AND chain.kind = 'receipt' AND chain.sequence > 0) LIMIT ?`, most)
}

func (t *transaction) AppendToChain(entry engine.ChainEntry) error {
	return t.execute("write the chain of receipts", `INSERT INTO chain (sequence, kind, receipt, previous, link, signature, document) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		entry.Sequence, entry.Kind, optional(string(entry.Session)), entry.Previous.String(), entry.Link.String(), base64.StdEncoding.EncodeToString(entry.Signature),
		optional(string(entry.Document)))
}
