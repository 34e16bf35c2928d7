package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/mattn/go-sqlite3"

	"lockwire/engine"
)

func TestWhatFailsSaysWhatToWhichFileAndWhatToDo(t *testing.T) {
	const path = "/var/lib/lockwire/lockwire.db"
	ioError := func(extended int) sqlite3.Error {
		return sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErr.Extend(extended), SystemErrno: syscall.EIO}
	}
	for name, c := range map[string]struct {
		err  error
		want error
		says []string
	}{
		"a full disk":         {sqlite3.Error{Code: sqlite3.ErrFull, SystemErrno: syscall.ENOSPC}, syscall.ENOSPC, []string{path, "free some space", "nothing was changed"}},
		"a read-only disk":    {sqlite3.Error{Code: sqlite3.ErrReadonly}, syscall.EROFS, []string{path, "read-only"}},
		"a failed fsync":      {ioError(4), syscall.EIO, []string{path, "did not confirm", "input/output error"}},
		"a failed folder":     {ioError(5), syscall.EIO, []string{path, "did not confirm"}},
		"a failed read":       {ioError(1), syscall.EIO, []string{path, "the disk failed", "input/output error"}},
		"damage":              {sqlite3.Error{Code: sqlite3.ErrCorrupt}, engine.ErrDamagedData, []string{path, "lockwired restore"}},
		"no database":         {sqlite3.Error{Code: sqlite3.ErrNotADB}, engine.ErrDamagedData, []string{path, "lockwired restore"}},
		"no permission":       {sqlite3.Error{Code: sqlite3.ErrCantOpen, SystemErrno: syscall.EACCES}, syscall.EACCES, []string{path, "owns the data folder", "permission denied"}},
		"a shell beside":      {sqlite3.Error{Code: sqlite3.ErrBusy}, engine.ErrRecordLocked, []string{path, "another program"}},
		"too large":           {sqlite3.Error{Code: sqlite3.ErrTooBig}, nil, []string{path, "too large"}},
		"interrupted":         {sqlite3.Error{Code: sqlite3.ErrInterrupt}, context.Canceled, []string{"save a change"}},
		"the file system":     {syscall.ESTALE, syscall.ESTALE, []string{path, "stale"}},
		"wrapped by database": {fmt.Errorf("pragma: %w", sqlite3.Error{Code: sqlite3.ErrFull}), syscall.ENOSPC, []string{path}},
	} {
		t.Run(name, func(t *testing.T) {
			err := databaseFile(path).failed("save a change", c.err)
			if c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%v is not %v", err, c.want)
			}
			for _, text := range append(c.says, "save a change: ") {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q does not say %q", err, text)
				}
			}
		})
	}
	if err := databaseFile(path).failed("save", nil); err != nil {
		t.Errorf("nothing failed, yet: %v", err)
	}
}

// checkFull fills a store until nothing more fits and checks that the change that did not fit left nothing, and that the store
// goes on when there is room again.
func checkFull(t *testing.T, s *Store, makeRoom func()) {
	t.Helper()
	large := ruleNamed("large")
	large.Comment = strings.Repeat("x", 20_000)
	fitted := 0
	var full error
	for full == nil && fitted < 1000 {
		large.ID, large.Name = engine.NewID(), fmt.Sprintf("large %d", fitted)
		full = s.Write(t.Context(), func(tx engine.Transaction) error {
			return errors.Join(
				tx.AppendAudit(engine.AuditEntry{When: began, Who: "broker", What: "rule.add", Thing: large.Name}),
				tx.PutValue("last", []byte(large.Name)),
				tx.PutRule(large),
			)
		})
		if full == nil {
			fitted++
		}
	}
	if !errors.Is(full, syscall.ENOSPC) || !strings.Contains(full.Error(), string(s.file)) || !strings.Contains(full.Error(), "free some space") {
		t.Fatalf("after %d changes: %v", fitted, full)
	}
	check := func(want int) {
		t.Helper()
		if n := len(must[engine.RuleSet](t)(s.RuleSet(t.Context())).Rules) - 1; n != want {
			t.Errorf("%d rules, want %d", n, want)
		}
		if n := len(must[[]engine.AuditEntry](t)(s.Audit(t.Context(), engine.AuditQuery{Limit: 1000}))); n != want {
			t.Errorf("%d audit entries, want %d", n, want)
		}
	}
	check(fitted)
	if last := must[[]byte](t)(s.Value(t.Context(), "last")); string(last) != fmt.Sprintf("large %d", fitted-1) {
		t.Errorf("the last change is %q", last)
	}
	makeRoom()
	write(t, s, func(tx engine.Transaction) error {
		return errors.Join(tx.AppendAudit(engine.AuditEntry{When: began, Who: "broker", What: "rule.add"}), tx.PutRule(large))
	})
	check(fitted + 1)
	if _, err := inspect(t.Context(), s.file, true); err != nil {
		t.Error(err)
	}
}

func TestAFullDatabaseRefusesAChangeAsAWhole(t *testing.T) {
	s := openNew(t)
	limit := func(pages int) {
		if _, err := s.writer.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(100)
	checkFull(t, s, func() { limit(1_000_000) })
}
