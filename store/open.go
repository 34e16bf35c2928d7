package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"lockwire/engine"
	"lockwire/engine/disk"
)

// Open opens the record in a data folder, and makes folder and record where they are missing.
//
// Its errors are engine.ErrFolderInUse where another process has the folder, engine.ErrDamagedData, engine.ErrNewerData, and
// those of the file system. After any of them the folder's database is as it was.
func Open(ctx context.Context, folder string, options Options) (*Store, error) {
	return open(ctx, folder, options, schema())
}

func open(ctx context.Context, folder string, options Options, files fs.FS) (*Store, error) {
	return openStore(ctx, folder, nil, options, files)
}

// openStore opens the record in a folder; copied says so where that is a private copy.
func openStore(ctx context.Context, folder string, copied *privateCopy, options Options, files fs.FS) (_ *Store, err error) {
	folder, err = filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("find the data folder: %w", err)
	}
	if err := prepareFolder(folder); err != nil {
		return nil, err
	}
	lock, err := lockFolder(folder, options.program())
	if err != nil {
		return nil, err
	}
	s := &Store{file: databaseFile(filepath.Join(folder, databaseName)), lock: lock, log: options.logger(), copied: copied}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.abandon())
		}
	}()
	if err := removeDatabase(filepath.Join(folder, unfinishedName)); err != nil {
		return nil, fmt.Errorf("remove what an interrupted start left: %w", err)
	}
	if err := createWhereMissing(ctx, s.file, files); err != nil {
		return nil, err
	}
	version, err := inspect(ctx, s.file, false)
	if err != nil {
		return nil, err
	}
	s.writer = openDatabase(string(s.file), toWrite)
	provider, err := migrations(s.writer, files)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	newest := newestVersion(provider)
	if err := checkVersion(s.file, version, newest); err != nil {
		return nil, err
	}
	if err := os.Chmod(string(s.file), fileMode); err != nil {
		return nil, fmt.Errorf("close the database to other users: %w", err)
	}
	if err := checkLogging(ctx, s.writer, s.file); err != nil {
		return nil, err
	}
	s.readers = openDatabase(string(s.file), toRead)
	if version < newest {
		if copied == nil {
			kept, err := s.keepCopy(ctx, version)
			if err != nil {
				return nil, fmt.Errorf("copy the database before it is brought to a newer version: %w", err)
			}
			s.log.Info("bringing the database to a newer version", "from", version, "to", newest, "copy", kept)
		}
		if err := migrate(ctx, provider, s.file); err != nil {
			return nil, err
		}
	}
	return s, s.file.failed("open the database", s.readers.PingContext(ctx))
}

// checkLogging makes sure of the write-ahead log, on which readers beside the writer depend. SQLite says nothing where it cannot have one.
func checkLogging(ctx context.Context, writer *sql.DB, file databaseFile) error {
	mode, err := one(ctx, records{writer, file}, "open the database", "journal mode", text, "PRAGMA journal_mode")
	if err == nil && mode != "wal" {
		err = fmt.Errorf("open the database: %s: this file system cannot have its write-ahead log (the journal mode is %s); name a data folder on a local disk", file, mode)
	}
	return err
}

// abandon gives up a store that could not be opened.
func (s *Store) abandon() error {
	var err error
	for _, pool := range []*sql.DB{s.readers, s.writer} {
		if pool != nil {
			err = errors.Join(err, pool.Close())
		}
	}
	return errors.Join(err, s.lock.release())
}

// createWhereMissing makes the database of a new installation.
func createWhereMissing(ctx context.Context, file databaseFile, files fs.FS) error {
	if exists(string(file)) {
		return nil
	}
	if hasLog(string(file)) {
		return damaged(file, "it is missing, but its log is there, "+strings.Join(logFiles, " or "))
	}
	unfinished := filepath.Join(filepath.Dir(string(file)), unfinishedName)
	err := create(ctx, databaseFile(unfinished), files)
	if err == nil {
		err = disk.Publish(unfinished, string(file))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("make the database: %w", err), removeDatabase(unfinished))
	}
	return nil
}

// create makes a whole database: tables, the predefined rule and the defaults.
func create(ctx context.Context, file databaseFile, files fs.FS) (err error) {
	if err := createFile(string(file)); err != nil {
		return err
	}
	writer := openDatabase(string(file), toBuild)
	defer func() { err = errors.Join(err, writer.Close()) }()
	provider, err := migrations(writer, files)
	if err != nil {
		return err
	}
	if err := migrate(ctx, provider, file); err != nil {
		return err
	}
	tx, err := writer.BeginTx(ctx, nil)
	if err != nil {
		return file.failed("begin", err)
	}
	defer tx.Rollback()
	t := &transaction{records{tx, file}, ctx, tx}
	internet := engine.InternetRule()
	internet.ID, internet.Revision = engine.NewID(), 1
	if err := errors.Join(
		t.PutRule(internet),
		t.PutSettings(engine.Settings{}),
		t.PutPreferredNetworks(engine.PreferredNetworks{Mode: engine.PreferredOff, Networks: []netip.Prefix{}}),
	); err != nil {
		return err
	}
	return file.failed("save", tx.Commit())
}
