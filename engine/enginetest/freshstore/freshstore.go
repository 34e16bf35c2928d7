// Package freshstore gives each test a record of its own in a real database. The tables are made once in a process and copied from
// then on: making them takes longer than most tests do.
package freshstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"lockwire/store"
)

// Open opens the record of a new installation in a folder of the test's own. Closing it is the caller's.
func Open(t testing.TB) *store.Store {
	t.Helper()
	made, err := empty()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "data")
	if err := errors.Join(os.Mkdir(folder, 0o700), os.WriteFile(filepath.Join(folder, made.name), made.text, 0o600)); err != nil {
		t.Fatal(err)
	}
	records, err := store.Open(context.Background(), folder, store.Options{Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// database is a file with all tables and what a new installation has in them.
type database struct {
	name string
	text []byte
}

var empty = sync.OnceValues(func() (made database, err error) {
	folder, err := os.MkdirTemp("", "lw")
	if err != nil {
		return database{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	records, err := store.Open(context.Background(), folder, store.Options{Program: "test"})
	if err != nil {
		return database{}, err
	}
	if err := records.Close(); err != nil {
		return database{}, err
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.db*"))
	if err != nil || len(files) != 1 { // with a log beside it the file would not be all
		return database{}, fmt.Errorf("a record that was closed leaves %q, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	return database{filepath.Base(files[0]), text}, err
})
