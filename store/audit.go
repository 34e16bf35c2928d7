package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"lockwire/engine"
	"lockwire/engine/record"
)

// Audit gives audit entries in the order that is asked for. To go on with a listing, ask again with Before set to the last id of the page.
func (s *Store) Audit(ctx context.Context, query engine.AuditQuery) ([]engine.AuditEntry, error) {
	return read(ctx, s, func(r records) ([]engine.AuditEntry, error) { return r.Audit(ctx, query) })
}

func (r records) Audit(ctx context.Context, query engine.AuditQuery) ([]engine.AuditEntry, error) {
	statement, arguments := auditStatement(query)
	entries, err := list(ctx, r, "read the audit", scanAuditEntry, statement, arguments...)
	if err == nil && grouped(&query) {
		err = r.countParts(ctx, entries)
	}
	return entries, err
}

// grouped reports whether entries stand for the others of their change.
func grouped(query *engine.AuditQuery) bool { return query.Grouped && query.Text == "" }

// countParts counts the entries of the changes that entries stand for.
func (r records) countParts(ctx context.Context, entries []engine.AuditEntry) error {
	at, changes := map[engine.ID]int{}, []any{}
	for i := range entries {
		if change := entries[i].Change; change != "" {
			at[change] = i
			changes = append(changes, change)
		}
	}
	if len(changes) == 0 {
		return nil
	}
	type part struct {
		change engine.ID
		engine.AuditPart
	}
	parts, err := list(ctx, r, "count the entries of changes", func(rows *sql.Rows) (p part, err error) {
		return p, rows.Scan(&p.change, &p.What, &p.Count)
	}, "SELECT change_id, what, COUNT(*) FROM audit WHERE change_id IN (?"+strings.Repeat(", ?", len(changes)-1)+") GROUP BY change_id, what ORDER BY change_id, what", changes...)
	for _, p := range parts {
		entry := &entries[at[p.change]]
		entry.Parts = append(entry.Parts, p.AuditPart)
	}
	for i := range entries {
		if parts := entries[i].Parts; len(parts) == 1 && parts[0].Count == 1 {
			entries[i].Parts = nil // it stands for itself
		}
	}
	return err
}

// auditStatement finds the page in the indexes first and only then reads what entries were before and after, which is large.
func auditStatement(query engine.AuditQuery) (statement string, arguments []any) {
	order := ordering{table: "audit", value: auditValues[query.Order], newest: "sequence", upward: query.Upward}
	text, number := only, onlyNumber
	if query.Order == engine.AuditByWhen {
		text, number = itself, itself
	}
	var conditions []string
	where := func(condition string, values ...any) {
		conditions = append(conditions, condition)
		arguments = append(arguments, values...)
	}
	if query.Before != "" {
		condition, values := order.behind(query.Before)
		where(condition, values...)
	}
	if query.Thing != "" {
		where(text("thing")+" = ?", query.Thing)
	}
	if query.Change != "" {
		where("change_id = ?", query.Change)
	}
	if query.Entry != "" {
		where("id = ?", query.Entry)
	}
	if !query.From.IsZero() {
		where(number("happened")+" >= ?", query.From.UnixMilli())
	}
	if !query.Until.IsZero() {
		where(number("happened")+" < ?", query.Until.UnixMilli())
	}
	if grouped(&query) { // the entries of a change were written one after the other
		where("(change_id IS NULL OR NOT EXISTS (SELECT 1 FROM audit AS later WHERE later.sequence = audit.sequence + 1 AND later.change_id = audit.change_id))")
	}
	if query.Text != "" {
		condition, words := searchedFor("audit", query.Text)
		where(condition, words...)
	}
	page := "SELECT sequence FROM (SELECT sequence FROM audit" + joined(conditions) + " ORDER BY " + order.by() + " LIMIT ?) AS page"
	return "SELECT id, happened, who, what, thing, before, after, change_id, (SELECT document FROM audit_effects AS e WHERE e.change_id = audit.change_id) FROM audit WHERE sequence IN (" + page + ") ORDER BY " + order.by(), append(arguments, pageSize(query.Limit))
}

func scanAuditEntry(rows *sql.Rows) (entry engine.AuditEntry, err error) {
	var happened sql.NullInt64
	var before, after, change, turned sql.NullString
	if err := rows.Scan(&entry.ID, &happened, &entry.Who, &entry.What, &entry.Thing, &before, &after, &change, &turned); err != nil {
		return entry, err
	}
	entry.Change = engine.ID(change.String)
	if turned.Valid {
		if err := json.Unmarshal([]byte(turned.String), &entry.Turned); err != nil {
			return entry, fmt.Errorf("what the change %s made of pairs: %w", entry.Change, err)
		}
	}
	entry.When = moment(happened)
	if before.Valid {
		entry.Before = json.RawMessage(before.String)
	}
	if after.Valid {
		entry.After = json.RawMessage(after.String)
	}
	return entry, nil
}

// AppendAudit gives the entry an id after all others. The caller sets its time.
func (t *transaction) AppendAudit(entry engine.AuditEntry) error {
	doing := fmt.Sprintf("write the audit entry %s", entry.What)
	switch {
	case entry.Who == "" || entry.What == "":
		return fmt.Errorf("%s: %w", doing, errors.New("an audit entry says who did what"))
	case entry.When.IsZero():
		return fmt.Errorf("%s: %w", doing, errors.New("an audit entry says when"))
	}
	before, err := jsonColumn(entry.Before)
	if err != nil {
		return fmt.Errorf("%s: before: %w", doing, err)
	}
	after, err := jsonColumn(entry.After)
	if err != nil {
		return fmt.Errorf("%s: after: %w", doing, err)
	}
	entry.ID = engine.NewID()
	change := sql.NullString{String: string(entry.Change), Valid: entry.Change != ""}
	if err := t.execute(doing, `INSERT INTO audit (id, sequence, happened, who, what, thing, before, after, who_folded, thing_folded, change_id)
		SELECT ?, COALESCE(MAX(sequence), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM audit`,
		entry.ID, entry.When.UnixMilli(), entry.Who, entry.What, entry.Thing, before, after, engine.Fold(string(entry.Who)), engine.Fold(entry.Thing), change); err != nil {
		return err
	}
	if entry.Turned != nil && entry.Change != "" {
		document, err := json.Marshal(entry.Turned)
		if err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
		if err := t.execute(doing, `INSERT INTO audit_effects (change_id, document) VALUES (?, ?) ON CONFLICT (change_id) DO NOTHING`, entry.Change, string(document)); err != nil {
			return err
		}
	}
	return t.searchable(doing, entry.ID, record.EntryText(&entry))
}

// jsonColumn writes a JSON text; NULL is none.
func jsonColumn(text json.RawMessage) (sql.NullString, error) {
	if len(text) == 0 || string(text) == "null" {
		return sql.NullString{}, nil
	}
	if !json.Valid(text) {
		return sql.NullString{}, errors.New("not a JSON text")
	}
	return sql.NullString{String: string(text), Valid: true}, nil
}
