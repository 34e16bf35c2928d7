package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lockwire/engine"
	"lockwire/engine/disk"
)

// because is why nothing may be written in these tests.
var because = &fs.PathError{Op: "write to", Path: "data", Err: syscall.EROFS}

// leftOpen is a data folder as a broker leaves it that was killed: the newest changes stand in the write-ahead log alone.
func leftOpen(t *testing.T) string {
	t.Helper()
	running := newFolder(t)
	s := openIn(t, running)
	write(t, s, func(tx engine.Transaction) error { return tx.PutRule(ruleNamed("committed to the log")) })
	left := newFolder(t)
	if err := os.Mkdir(left, folderMode); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{databaseName, databaseName + "-wal", lockName} {
		if err := copyFileTo(t.Context(), filepath.Join(running, name), filepath.Join(left, name)); err != nil {
			t.Fatal(err)
		}
	}
	return left
}

func ruleNames(t *testing.T, s *Store) string {
	t.Helper()
	var names []string
	for _, rule := range must[engine.RuleSet](t)(s.RuleSet(t.Context())).Rules {
		names = append(names, rule.Name)
	}
	return strings.Join(names, ", ")
}

func TestAFolderIsLookedAtWithoutAChangeToIt(t *testing.T) {
	folder, scratch := leftOpen(t), t.TempDir()
	before, names := content(t, folder), must[[]os.DirEntry](t)(os.ReadDir(folder))
	s, err := OpenReadOnly(t.Context(), folder, scratch, because, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := ruleNames(t, s); !strings.Contains(got, "committed to the log") {
		t.Errorf("the rules are %s", got)
	}
	err = refuse(t, s, syscall.EROFS, func(engine.Transaction) error { t.Error("a change was begun"); return nil })
	for _, words := range []string{"write to data: read-only file system", "can be looked at"} {
		if !strings.Contains(err.Error(), words) {
			t.Errorf("%q does not say %q", err, words)
		}
	}
	copies := must[[]os.DirEntry](t)(os.ReadDir(scratch))
	if len(copies) != 1 {
		t.Fatalf("the scratch folder holds %v", copies)
	}
	checkModes(t, filepath.Join(scratch, copies[0].Name()), databaseName, databaseName+"-wal")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left := must[[]os.DirEntry](t)(os.ReadDir(scratch)); len(left) > 0 {
		t.Errorf("%v is left of the copy", left)
	}
	after := content(t, folder)
	for name, sum := range before {
		if after[name] != sum {
			t.Errorf("%s was changed", name)
		}
	}
	if now := must[[]os.DirEntry](t)(os.ReadDir(folder)); len(now) != len(names) {
		t.Errorf("the folder held %v and holds %v", names, now)
	}
}

// What an older version wrote is read in the copy, which is brought to this version.
func TestAnOlderRecordIsLookedAt(t *testing.T) {
	folder := leftOpen(t)
	before := content(t, folder)
	s, err := openReadOnly(t.Context(), folder, t.TempDir(), because, quiet, withLaterMigrations(later), disk.Free)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if colours := must[[]string](t)(list(t.Context(), records{s.readers, s.file}, "read", text, `SELECT DISTINCT colour FROM rules`)); len(colours) != 1 {
		t.Errorf("the copy was not brought to the newer version: %v", colours)
	}
	if after := content(t, folder); after[databaseName] != before[databaseName] || len(after) != len(before) {
		t.Error("the older record was changed")
	}
}

func TestAFolderThatCannotBeLookedAtSaysWhyAndLeavesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, folder string)
		free  func(string) (uint64, error)
		is    error
		says  []string
	}{
		"no record": {func(t *testing.T, folder string) { removeOne(t, filepath.Join(folder, databaseName)) }, disk.Free, fs.ErrNotExist, nil},
		"no database": {func(t *testing.T, folder string) {
			if err := os.WriteFile(filepath.Join(folder, databaseName), []byte("rules: none"), fileMode); err != nil {
				t.Fatal(err)
			}
		}, disk.Free, engine.ErrDamagedData, nil},
		"a log that is no file": {func(t *testing.T, folder string) {
			log := filepath.Join(folder, databaseName+"-wal")
			removeOne(t, log)
			if err := os.Symlink("/etc/passwd", log); err != nil {
				t.Skip(err)
			}
		}, disk.Free, engine.ErrDamagedData, []string{"no regular file"}},
		"no room": {nil, func(string) (uint64, error) { return spareRoom, nil }, syscall.ENOSPC, []string{"TMPDIR", "has 67 MB"}},
		"another process has it": {func(t *testing.T, folder string) {
			lock := must[*folderLock](t)(lockFolder(folder, "lockwired serve"))
			t.Cleanup(func() { lock.release() })
		}, disk.Free, engine.ErrFolderInUse, []string{"lockwired serve"}},
		"it is written without a lock": {func(t *testing.T, folder string) { removeOne(t, filepath.Join(folder, lockName)) }, nil, nil, []string{"was written while it was copied"}},
	} {
		t.Run(name, func(t *testing.T) {
			folder, scratch := leftOpen(t), t.TempDir()
			if c.spoil != nil {
				c.spoil(t, folder)
			}
			free := c.free
			if free == nil {
				// Between the look at the files and the copy.
				free = func(string) (uint64, error) {
					log, err := os.OpenFile(filepath.Join(folder, databaseName+"-wal"), os.O_APPEND|os.O_WRONLY, 0)
					if err != nil {
						return 0, err
					}
					_, err = log.Write([]byte{0})
					return 1 << 40, errors.Join(err, log.Close())
				}
			}
			s, err := openReadOnly(t.Context(), folder, scratch, because, quiet, schema(), free)
			if err == nil {
				s.Close()
			}
			if err == nil || c.is != nil && !errors.Is(err, c.is) {
				t.Fatalf("%v, wanted %v", err, c.is)
			}
			for _, words := range c.says {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("%q does not say %q", err, words)
				}
			}
			if left := must[[]os.DirEntry](t)(os.ReadDir(scratch)); len(left) > 0 {
				t.Errorf("%v is left", left)
			}
		})
	}
}

// Two look at one folder at the same time.
func TestReadersDoNotShutOneAnotherOut(t *testing.T) {
	folder := leftOpen(t)
	first, err := lockToRead(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	s, err := OpenReadOnly(t.Context(), folder, t.TempDir(), because, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func removeOne(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
