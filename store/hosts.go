package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"lockwire/engine"
)

// Hosts gives what is kept of hosts, sorted by name.
func (s *Store) Hosts(ctx context.Context) ([]engine.HostRecord, error) {
	return read(ctx, s, func(r records) ([]engine.HostRecord, error) { return r.Hosts(ctx) })
}

func (r records) Hosts(ctx context.Context) ([]engine.HostRecord, error) {
	return list(ctx, r, "read what hosts stand for", func(rows *sql.Rows) (engine.HostRecord, error) {
		return scanDocument[engine.HostRecord](rows, "host")
	}, `SELECT name, document FROM hosts ORDER BY name`)
}

func (t *transaction) PutHost(host engine.HostRecord) error {
	doing := "save what host " + host.Name + " stands for"
	if host.Name == "" {
		return errors.New("save a host: a name is needed")
	}
	whole, err := document(host)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return t.execute(doing, `INSERT INTO hosts (name, document) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET document = excluded.document`, host.Name, whole)
}

func (t *transaction) RemoveHost(name string) error {
	return t.execute("forget a host", `DELETE FROM hosts WHERE name = ?`, name)
}
