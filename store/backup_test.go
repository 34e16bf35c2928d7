package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

func TestABackupIsARecordThatCanBeRestored(t *testing.T) {
	s := openNew(t)
	write(t, s, func(tx engine.Transaction) error {
		return errors.Join(tx.PutRule(ruleNamed("uplink")), tx.PutComponent(componentNamed("repo-1")), tx.PutValue("installation", []byte("i")))
	})
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := s.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	want := must[engine.RuleSet](t)(s.RuleSet(t.Context()))
	write(t, s, func(tx engine.Transaction) error { return tx.PutRule(ruleNamed("later")) })
	checkModes(t, s.folder(), filepath.Base(string(s.file)))
	if about := must[os.FileInfo](t)(os.Stat(copied)); about.Mode().Perm() != 0o600 {
		t.Errorf("the copy has mode %o", about.Mode().Perm())
	}
	if entries := must[[]os.DirEntry](t)(os.ReadDir(filepath.Dir(copied))); len(entries) != 1 {
		t.Errorf("beside the copy there is more: %v", entries)
	}

	folder := newFolder(t)
	if err := Restore(t.Context(), copied, folder); err != nil {
		t.Fatal(err)
	}
	restored := openIn(t, folder)
	if d := cmp.Diff(want, must[engine.RuleSet](t)(restored.RuleSet(t.Context())), exactly); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(must[[]engine.Component](t)(s.Components(t.Context())), must[[]engine.Component](t)(restored.Components(t.Context())), exactly); d != "" {
		t.Error(d)
	}
	write(t, restored, func(tx engine.Transaction) error { return tx.PutRule(ruleNamed("after the restore")) })
	checkModes(t, folder, databaseName, databaseName+"-wal", lockName)
}

// The writer keeps two things equal in each change; a copy made meanwhile must have them equal, and be sound.
func TestABackupIsOfOneMomentWhileWritingGoesOn(t *testing.T) {
	s := openNew(t)
	const ballast = 1500 // rows, so that a copy takes several steps
	write(t, s, func(tx engine.Transaction) error {
		for range ballast {
			if err := tx.InsertReceipt(receiptAt(began, engine.NewID(), engine.NewID(), engine.NewID(), engine.Sealed)); err != nil {
				return err
			}
		}
		return nil
	})
	ctx, stop := context.WithCancel(t.Context())
	written := make(chan int, 1)
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			if err := s.Write(t.Context(), func(tx engine.Transaction) error { return countUp(tx, n%600) }); err != nil {
				t.Error(err)
				break
			}
		}
		written <- n
	}()
	for i := range 5 {
		copied := filepath.Join(t.TempDir(), fmt.Sprint(i))
		if err := s.Backup(t.Context(), copied); err != nil {
			t.Fatal(err)
		}
		folder := newFolder(t)
		if err := Restore(t.Context(), copied, folder); err != nil {
			t.Fatal(err)
		}
		checkCounted(t, openIn(t, folder))
	}
	stop()
	if n := <-written; n < 5 {
		t.Errorf("only %d changes were made meanwhile", n)
	}
}

func TestABackupNeverReplacesAFile(t *testing.T) {
	s := openNew(t)
	taken := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(taken, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), taken); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), taken) {
		t.Errorf("the error is %v", err)
	}
	if string(must[[]byte](t)(os.ReadFile(taken))) != "mine" {
		t.Error("the file was changed")
	}
	if err := s.Backup(t.Context(), filepath.Join(taken, "below", "a file")); err == nil {
		t.Error("a copy in a folder that is none")
	}
}

// A copy of several steps is cancelled at each look that it takes at its context, until one gets to the end.
func TestABackupThatIsCancelledLeavesNothing(t *testing.T) {
	s := openNew(t)
	write(t, s, func(tx engine.Transaction) error {
		for range 1500 {
			if err := tx.InsertReceipt(receiptAt(began, engine.NewID(), engine.NewID(), engine.NewID(), engine.Sealed)); err != nil {
				return err
			}
		}
		return nil
	})
	folder := t.TempDir()
	cancelled := 0
	for ; ; cancelled++ {
		ctx := &cancelledAfter{Context: t.Context()}
		ctx.looks.Store(int64(cancelled))
		err := s.Backup(ctx, filepath.Join(folder, "copy"))
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("the error is %v", err)
		}
		if entries := must[[]os.DirEntry](t)(os.ReadDir(folder)); len(entries) != 0 {
			t.Fatalf("left: %v", entries)
		}
	}
	if cancelled < 3 {
		t.Errorf("a copy looked at its context %d times only", cancelled)
	}
}

// cancelledAfter is a context that is cancelled after somebody has looked at its error a number of times.
type cancelledAfter struct {
	context.Context
	looks atomic.Int64
}

func (c *cancelledAfter) Err() error {
	if c.looks.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func TestARestoreRefusesWhatIsNoGoodCopyAndLeavesNothing(t *testing.T) {
	_, good := oldInstallation(t)
	whole := must[[]byte](t)(os.ReadFile(good))
	spoiled := map[string][]byte{"empty": nil, "a text": []byte("hello"), "cut": whole[:len(whole)-4096]}
	for name, b := range spoiled {
		file := filepath.Join(t.TempDir(), "copy")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		checkNotRestored(t, file, engine.ErrDamagedData, name)
	}
	// Every page is sound, but a row refers to one that is missing: only the thorough check notices.
	inconsistent := filepath.Join(t.TempDir(), "copy")
	if err := os.WriteFile(inconsistent, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	pool := openDatabase(inconsistent, toBuild)
	for _, statement := range []string{"PRAGMA foreign_keys = OFF", "INSERT INTO services (id, revision, name, name_folded, target, backend) VALUES ('a', 1, 'b', 'c', 'nobody', 'd')"} {
		if _, err := pool.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	checkNotRestored(t, inconsistent, engine.ErrDamagedData, "a reference that leads nowhere")
	checkNotRestored(t, filepath.Join(t.TempDir(), "missing"), fs.ErrNotExist, "missing")

	newer, err := open(t.Context(), newFolder(t), quiet, withLaterMigrations(later))
	if err != nil {
		t.Fatal(err)
	}
	defer newer.Close()
	copied := filepath.Join(t.TempDir(), "copy")
	if err := newer.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	checkNotRestored(t, copied, engine.ErrNewerData, "newer")
}

func checkNotRestored(t *testing.T, file string, want error, name string) {
	t.Helper()
	folder := newFolder(t)
	if err := Restore(t.Context(), file, folder); !errors.Is(err, want) || !strings.Contains(err.Error(), file) {
		t.Errorf("%s: the error is %v", name, err)
	}
	if left := content(t, folder); len(left) != 0 {
		t.Errorf("%s: left %v", name, left)
	}
}

func TestARestoreRefusesAFolderThatHasADatabaseOrABroker(t *testing.T) {
	_, good := oldInstallation(t)
	folder, file := oldInstallation(t)
	before := content(t, folder)
	if err := Restore(t.Context(), good, folder); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), file) {
		t.Errorf("a folder with a database: %v", err)
	}
	if d := cmp.Diff(before, content(t, folder)); d != "" {
		t.Error(d)
	}
	s := openNew(t)
	if err := Restore(t.Context(), good, s.folder()); !errors.Is(err, engine.ErrFolderInUse) {
		t.Errorf("a folder in use: %v", err)
	}
}

func TestAnOlderCopyIsMigratedWhenItIsOpened(t *testing.T) {
	_, good := oldInstallation(t)
	files := withLaterMigrations(later)
	folder := newFolder(t)
	if err := restore(t.Context(), good, folder, quiet, files); err != nil {
		t.Fatal(err)
	}
	s, err := open(t.Context(), folder, quiet, files)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if version, err := inspect(t.Context(), s.file, true); version != thisVersion+2 {
		t.Errorf("version %d: %v", version, err)
	}
}

// folder is the data folder of a store.
func (s *Store) folder() string { return filepath.Dir(string(s.file)) }
