package store

import (
	"context"
	"database/sql"
	"fmt"

	"lockwire/engine"
)

// LiveSessions gives the sessions that had not ended when they were written last, the oldest first.
func (s *Store) LiveSessions(ctx context.Context) ([]engine.Session, error) {
	return read(ctx, s, func(r records) ([]engine.Session, error) { return r.LiveSessions(ctx) })
}

func (r records) LiveSessions(ctx context.Context) ([]engine.Session, error) {
	return list(ctx, r, "read the live sessions", func(rows *sql.Rows) (session engine.Session, err error) {
		return scanDocument[engine.Session](rows, "session")
	}, `SELECT id, document FROM sessions ORDER BY id`)
}

// scanDocument scans a row of an id and its document.
func scanDocument[T any](rows *sql.Rows, of string) (value T, err error) {
	var id engine.ID
	var document string
	if err := rows.Scan(&id, &document); err != nil {
		return value, err
	}
	return value, readDocument(of, id, document, &value)
}

func (t *transaction) PutSession(session engine.Session) error {
	doing := "save session " + string(session.ID)
	if err := checkID(doing, session.ID); err != nil {
		return err
	}
	whole, err := document(session)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return t.execute(doing, `INSERT INTO sessions (id, route, source, target, state, began, document) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET route = excluded.route, source = excluded.source, target = excluded.target,
			state = excluded.state, began = excluded.began, document = excluded.document`,
		session.ID, session.Route, session.Source, session.Target, session.State, session.Began.UnixMilli(), whole)
}

func (t *transaction) RemoveSession(id engine.ID) error {
	return t.changeOne("remove a session", "session "+string(id), `DELETE FROM sessions WHERE id = ?`, id)
}
