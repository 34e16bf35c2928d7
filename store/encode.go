package store

import (
	"bytes"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"

	"lockwire/engine"
)

// milliseconds writes a time; NULL is the zero time.
func milliseconds(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

// moment reads what milliseconds wrote.
func moment(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

// optional writes a text where NULL stands for the empty one.
func optional(text string) sql.NullString { return sql.NullString{String: text, Valid: text != ""} }

// count writes a counter that a component reported. One that does not fit is wrong, but must not keep a receipt from being
// written; the document holds it as it was.
func count(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

// limitColumns writes a limit into its two columns.
func limitColumns(limit *engine.Limit) (value sql.NullInt64, unit sql.NullString) {
	if limit == nil {
		return value, unit
	}
	return sql.NullInt64{Int64: count(limit.Value), Valid: true}, sql.NullString{String: string(limit.Unit), Valid: true}
}

// limitOf reads what limitColumns wrote.
func limitOf(value sql.NullInt64, unit sql.NullString) *engine.Limit {
	if !value.Valid {
		return nil
	}
	return &engine.Limit{Value: uint64(value.Int64), Unit: engine.Unit(unit.String)}
}

// document writes JSON as people read it: <, > and & stay as they are.
func document(value any) (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	return strings.TrimSuffix(text.String(), "\n"), nil
}

// readDocument reads the JSON of a column; the error names whose it is.
func readDocument(of string, id engine.ID, text string, into any) error {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("the record of %s %s cannot be read: %w", of, id, err)
	}
	return nil
}

// keyID reads 64 hexadecimal digits.
func keyID(text string) (key [32]byte, err error) {
	decoded, err := hex.DecodeString(text)
	if err != nil || len(decoded) != len(key) {
		return key, fmt.Errorf("a text of %d characters is no SHA-256 in hexadecimal", len(text))
	}
	return [32]byte(decoded), nil
}

// addressOf reads an address; NULL is none.
func addressOf(text sql.NullString) (netip.Addr, error) {
	if !text.Valid {
		return netip.Addr{}, nil
	}
	return netip.ParseAddr(text.String)
}

// addressColumn writes what addressOf reads.
func addressColumn(address netip.Addr) sql.NullString {
	return sql.NullString{String: address.String(), Valid: address.IsValid()}
}

// checkID refuses what is no id, before it can become a row that nothing finds again.
func checkID(of string, id engine.ID) error {
	if _, err := engine.ParseID(string(id)); err != nil {
		return fmt.Errorf("%s: %w", of, err)
	}
	return nil
}
