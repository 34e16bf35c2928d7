package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"sync"

	"lockwire/engine"
)

// Store is the record of one installation, kept in a data folder that only this process works on.
// Its methods can be called at the same time.
type Store struct {
	file    databaseFile
	lock    *folderLock
	writer  *sql.DB // one connection
	readers *sql.DB // a few, which cannot write
	log     *slog.Logger
	copied  *privateCopy // the files lie in a private copy, and nothing may be written; nil in the data folder itself

	mutex  sync.Mutex
	closed bool
	users  sync.WaitGroup // operations under way; Close waits for them
}

var _ engine.Store = (*Store)(nil)

// errClosed is returned by a closed store.
var errClosed = errors.New("the store is closed")

// enter begins an operation, which ends with leave. While one is under way the database stays open and the folder locked.
func (s *Store) enter() (leave func(), err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return nil, errClosed
	}
	s.users.Add(1)
	return s.users.Done, nil
}

// Write does a change as one transaction, one at a time. When change returns an error, panics or ctx is done, nothing of it
// is kept. The transaction must not be used after change has returned, and change must not call Write.
func (s *Store) Write(ctx context.Context, change func(engine.Transaction) error) error {
	leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	if s.copied != nil {
		return s.copied.refusal()
	}
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return s.file.failed("begin a change", err)
	}
	defer tx.Rollback() // after Commit it does nothing
	// The change as a whole ends with ctx. Its statements, each of which is short, are not watched one by one: the driver would
	// start a goroutine for each.
	if err := change(&transaction{records{tx, s.file}, context.WithoutCancel(ctx), tx}); err != nil {
		return cancelled(ctx, err)
	}
	return s.file.failed("save a change", cancelled(ctx, tx.Commit()))
}

// cancelled gives the cause where a change fails because ctx is done, which has rolled it back.
func cancelled(ctx context.Context, err error) error {
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Close waits for what is under way, closes the database and lets go of the folder. Closing twice is no error.
func (s *Store) Close() error {
	s.mutex.Lock()
	again := s.closed
	s.closed = true
	s.mutex.Unlock()
	if again {
		return nil
	}
	s.users.Wait()
	// The writer goes last: SQLite then moves the write-ahead log into the database and removes it.
	return errors.Join(
		s.file.failed("close", s.readers.Close()),
		s.file.failed("close", s.writer.Close()),
		s.lock.release(),
		s.copied.remove(),
	)
}

// read runs a query of one or several statements on one snapshot of what was committed.
func read[T any](ctx context.Context, s *Store, query func(records) (T, error)) (T, error) {
	var none T
	leave, err := s.enter()
	if err != nil {
		return none, err
	}
	defer leave()
	tx, err := s.readers.BeginTx(ctx, nil)
	if err != nil {
		return none, s.file.failed("begin to read", err)
	}
	defer tx.Rollback()
	return query(records{tx, s.file})
}

// Options for Open. The zero value is usable.
type Options struct {
	// Program names this process to a second one that wants the folder; empty means the name of the executable.
	Program string
	// Logger logs migrations and the copies made before them; nil means slog.Default().
	Logger *slog.Logger
}

func (o Options) logger() *slog.Logger {
	if o.Logger == nil {
		return slog.Default()
	}
	return o.Logger
}

func (o Options) program() string {
	if o.Program == "" {
		return executableName(os.Args)
	}
	return o.Program
}
