package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/mattn/go-sqlite3"

	"lockwire/engine"
	"lockwire/engine/disk"
)

// Backup writes a consistent copy of the database, as it is at one moment, to a new file that only its owner can read. Writing
// goes on meanwhile. The file appears under its name when it is whole and on the disk; one that is there already is an error
// (fs.ErrExist). When ctx is done nothing is left.
func (s *Store) Backup(ctx context.Context, file string) error {
	leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	if file, err = filepath.Abs(file); err != nil {
		return fmt.Errorf("back up the database: %w", err)
	}
	if exists(file) {
		return fmt.Errorf("back up the database: %w", &fs.PathError{Op: "create", Path: file, Err: fs.ErrExist})
	}
	// The name is new each time, so that two backups to one file do not meet before the end.
	unfinished := fmt.Sprintf("%s.%s.unfinished", file, engine.NewID())
	err = createFile(unfinished)
	if err == nil {
		err = s.copyTo(ctx, databaseFile(unfinished))
	}
	if err == nil {
		err = disk.Publish(unfinished, file)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("back up the database: %w", err), removeDatabase(unfinished))
	}
	return nil
}

// pagesPerStep is how much is copied between two looks at ctx: 1 MiB with pages of 4 KiB.
const pagesPerStep = 256

// copyTo copies the database page by page into an empty file.
//
// The reader holds one snapshot from the first page to the last: what is written meanwhile neither shows in the copy nor makes
// SQLite begin again, as it does when a copy follows a database that changes.
func (s *Store) copyTo(ctx context.Context, file databaseFile) (err error) {
	source, err := s.readers.Conn(ctx)
	if err != nil {
		return s.file.failed("read", err)
	}
	defer source.Close()
	snapshot, err := source.BeginTx(ctx, nil)
	if err != nil {
		return s.file.failed("read", err)
	}
	defer snapshot.Rollback()
	// A transaction takes its snapshot with its first read.
	if _, err := list(ctx, records{snapshot, s.file}, "read", text, `SELECT name FROM sqlite_master LIMIT 1`); err != nil {
		return err
	}

	pool := openDatabase(string(file), toBuild)
	defer func() { err = errors.Join(err, file.failed("close", pool.Close())) }()
	target, err := pool.Conn(ctx)
	if err != nil {
		return file.failed("open", err)
	}
	defer target.Close()
	if err := raw(target, func(to *sqlite3.SQLiteConn) error {
		return raw(source, func(from *sqlite3.SQLiteConn) error {
			return copyPages(ctx, from, to)
		})
	}); err != nil {
		return file.failed("copy the database", err)
	}
	// The copy is one file, which needs no write-ahead log beside it.
	mode, err := one(ctx, records{target, file}, "finish the copy", "journal mode", text, "PRAGMA journal_mode = DELETE")
	if err == nil && mode != "delete" {
		err = fmt.Errorf("finish the copy: its journal mode is %s", mode)
	}
	return err
}

func copyPages(ctx context.Context, from, to *sqlite3.SQLiteConn) (err error) {
	backup, err := to.Backup("main", from, "main")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, backup.Finish()) }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if done, err := backup.Step(pagesPerStep); err != nil || done {
			return err
		}
	}
}

// raw lends SQLite's own connection.
func raw(connection *sql.Conn, use func(*sqlite3.SQLiteConn) error) error {
	return connection.Raw(func(driver any) error {
		own, right := driver.(*sqlite3.SQLiteConn)
		if !right {
			return fmt.Errorf("a connection of type %T", driver)
		}
		return use(own)
	})
}

// keepCopy keeps the database beside itself before its tables are changed, and says under which name.
func (s *Store) keepCopy(ctx context.Context, version int64) (name string, err error) {
	for attempt := 1; ; attempt++ {
		name = fmt.Sprintf("%s.version-%d", s.file, version)
		if attempt > 1 {
			name = fmt.Sprintf("%s-%d", name, attempt)
		}
		if err := s.Backup(ctx, name); !errors.Is(err, fs.ErrExist) {
			return name, err
		}
	}
}
