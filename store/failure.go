package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/mattn/go-sqlite3"

	"lockwire/engine"
)

// databaseFile is the path of a database. Its method failed is where errors of SQLite and of the operating system become words: what happened, to
// which file, and what to do next.
type databaseFile string

// Damage that SQLite reports as a plain error.
const (
	// unsupportedFormat: the header has a schema format that no version of SQLite ever wrote.
	unsupportedFormat = "unsupported file format"
	// missingName: a table or column that the migrations made is not there under its name. All statements are fixed texts, so
	// it is the schema that was altered.
	missingName = "no such "
)

// failed says which operation on the file failed. Errors that a caller decides on can be found with errors.Is: the
// sentinels of engine, context errors, and syscall.ENOSPC and syscall.EROFS where the disk was the cause.
func (f databaseFile) failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	var cause sqlite3.Error
	if !errors.As(err, &cause) {
		return fmt.Errorf("%s: %s: %w", doing, string(f), err)
	}
	var sentinel error
	hint := ""
	if cause.Code == sqlite3.ErrError && (strings.Contains(cause.Error(), unsupportedFormat) || strings.Contains(cause.Error(), missingName)) {
		cause.Code = sqlite3.ErrCorrupt
	}
	switch cause.Code {
	case sqlite3.ErrConstraint:
		return constraintFailed(doing, cause)
	case sqlite3.ErrInterrupt:
		return fmt.Errorf("%s: %w", doing, context.Canceled)
	case sqlite3.ErrFull:
		sentinel, hint = syscall.ENOSPC, "nothing was changed; free some space on that disk and try again"
	case sqlite3.ErrReadonly:
		sentinel, hint = syscall.EROFS, "nothing was changed; the file or its file system is read-only, or belongs to another user"
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		sentinel = engine.ErrDamagedData
	case sqlite3.ErrIoErr:
		hint = "the disk failed; see the system's log, and restore a backup if the file is damaged"
		if cause.ExtendedCode == sqlite3.ErrIoErrFsync || cause.ExtendedCode == sqlite3.ErrIoErrDirFsync {
			hint = "the disk did not confirm the write, so the change does not count; see the system's log"
		}
	case sqlite3.ErrCantOpen, sqlite3.ErrPerm, sqlite3.ErrAuth:
		hint = "check that this user owns the data folder and may read and write it"
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		sentinel, hint = engine.ErrRecordLocked, "another program, perhaps sqlite3, holds the database; end it and try again"
	case sqlite3.ErrTooBig:
		hint = "it is too large to be stored"
	}
	// SQLite keeps the operating system's reason apart from its own text.
	reason := cause.Error()
	if cause.SystemErrno != 0 && !strings.Contains(reason, cause.SystemErrno.Error()) {
		reason += ": " + cause.SystemErrno.Error()
	}
	text := fmt.Sprintf("%s: %s: %s", doing, string(f), reason)
	switch {
	case sentinel == engine.ErrDamagedData:
		return &failure{text + "; " + sentinel.Error(), sentinel, err}
	case sentinel == nil && cause.SystemErrno != 0:
		sentinel = cause.SystemErrno
	}
	if hint != "" {
		text += "; " + hint
	}
	return &failure{text, sentinel, err}
}

// failure is a worded error that still answers errors.Is for its sentinel and its cause.
type failure struct {
	text            string
	sentinel, cause error
}

func (e *failure) Error() string { return e.text }

func (e *failure) Unwrap() []error {
	if e.sentinel == nil {
		return []error{e.cause}
	}
	return []error{e.sentinel, e.cause}
}

// constraintFailed words what the tables refuse.
func constraintFailed(doing string, cause sqlite3.Error) error {
	switch cause.ExtendedCode {
	case sqlite3.ErrConstraintUnique, sqlite3.ErrConstraintPrimaryKey:
		if strings.Contains(cause.Error(), ".name_folded") {
			return fmt.Errorf("%s: %w", doing, engine.ErrNameTaken)
		}
		return fmt.Errorf("%s: it is there already: %w", doing, cause)
	case sqlite3.ErrConstraintForeignKey:
		return fmt.Errorf("%s: %w", doing, engine.ErrInUse)
	}
	return fmt.Errorf("%s: %w", doing, cause)
}
