package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Value gives a fact of the installation by its name.
func (s *Store) Value(ctx context.Context, name string) ([]byte, error) {
	return read(ctx, s, func(r records) ([]byte, error) { return r.Value(ctx, name) })
}

func (r records) Value(ctx context.Context, name string) ([]byte, error) {
	return one(ctx, r, "read a value", fmt.Sprintf("value %q", name), func(rows *sql.Rows) ([]byte, error) {
		var encoding, value string
		if err := rows.Scan(&encoding, &value); err != nil {
			return nil, err
		}
		if encoding == "text" {
			return []byte(value), nil
		}
		return base64.StdEncoding.DecodeString(value)
	}, `SELECT encoding, value FROM installation_values WHERE name = ?`, name)
}

// PutValue keeps what is text as text, so that people can read it, and other bytes as base64.
func (t *transaction) PutValue(name string, value []byte) error {
	if name == "" {
		return errors.New("save a value: a name is needed")
	}
	encoding, encoded := "text", string(value)
	if !utf8.Valid(value) || bytes.IndexByte(value, 0) >= 0 {
		encoding, encoded = "base64", base64.StdEncoding.EncodeToString(value)
	}
	return t.execute(fmt.Sprintf("save value %q", name), `INSERT INTO installation_values (name, encoding, value) VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET encoding = excluded.encoding, value = excluded.value`, name, encoding, encoded)
}
