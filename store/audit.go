package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"lockwire/engine"
)

// Audit gives audit entries, the one committed last first. To go on with a listing, ask again with Before set to the last id of the page.
func (s *Store) Audit(ctx context.Context, query engine.AuditQuery) ([]engine.AuditEntry, error) {
	return read(ctx, s, func(r records) ([]engine.AuditEntry, error) { return r.Audit(ctx, query) })
}

func (r records) Audit(ctx context.Context, query engine.AuditQuery) ([]engine.AuditEntry, error) {
	var conditions []string
	var arguments []any
	where := func(condition string, values ...any) {
		conditions = append(conditions, condition)
		arguments = append(arguments, values...)
	}
	if query.Before != "" {
		where("sequence < (SELECT sequence FROM audit WHERE id = ?)", query.Before)
	}
	if query.Thing != "" {
		where("thing = ?", query.Thing)
	}
	if !query.From.IsZero() {
		where("happened >= ?", query.From.UnixMilli())
	}
	if !query.Until.IsZero() {
		where("happened < ?", query.Until.UnixMilli())
	}
	if query.Text != "" {
		condition, words := searchedFor("audit", query.Text)
		where(condition, words...)
	}
	filter := ""
	if len(conditions) > 0 {
		filter = " WHERE " + strings.Join(conditions, " AND ")
	}
	return list(ctx, r, "read the audit", scanAuditEntry,
		`SELECT id, happened, who, what, thing, before, after FROM audit`+filter+` ORDER BY sequence DESC LIMIT ?`,
		append(arguments, pageSize(query.Limit))...)
}

func scanAuditEntry(rows *sql.Rows) (entry engine.AuditEntry, err error) {
	var happened sql.NullInt64
	var before, after sql.NullString
	if err := rows.Scan(&entry.ID, &happened, &entry.Who, &entry.What, &entry.Thing, &before, &after); err != nil {
		return entry, err
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

// AppendAudit gives the entry an id and the place behind all others. Its time is the caller's.
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
	if err := t.execute(doing, `INSERT INTO audit (id, sequence, happened, who, what, thing, before, after)
		SELECT ?, COALESCE(MAX(sequence), 0) + 1, ?, ?, ?, ?, ?, ? FROM audit`,
		entry.ID, entry.When.UnixMilli(), entry.Who, entry.What, entry.Thing, before, after); err != nil {
		return err
	}
	return t.searchable(doing, entry.ID, entry.SearchText())
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
