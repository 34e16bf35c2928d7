package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

func TestASecondProcessIsRefusedAndToldWhoHasTheFolder(t *testing.T) {
	folder := newFolder(t)
	first := openIn(t, folder)
	second := helper(t, helperOpens, folder)
	output, err := second.Output()
	if err == nil {
		t.Fatal("the second process opened the folder")
	}
	if want := fmt.Sprintf("%s is open in test (pid %d)", folder, os.Getpid()); !strings.Contains(string(output), want) {
		t.Errorf("the second process said %q, not %q", output, want)
	}
	if _, err := Open(t.Context(), folder, quiet); !errors.Is(err, engine.ErrFolderInUse) {
		t.Errorf("a second time in one process: %v", err)
	}
	write(t, first, func(tx engine.Transaction) error { return tx.PutValue("a", []byte("b")) })
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	openIn(t, folder)
}

func TestTheFolderIsFreeWhenTheProcessThatHadItDies(t *testing.T) {
	folder := newFolder(t)
	first := helper(t, helperOpens, folder)
	input, err := first.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	output, err := first.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	if lines := bufio.NewScanner(output); !lines.Scan() || lines.Text() != "open" {
		t.Fatalf("the first process said %q", lines.Text())
	}
	_, err = Open(t.Context(), folder, quiet)
	if !errors.Is(err, engine.ErrFolderInUse) || !strings.Contains(err.Error(), fmt.Sprintf("(pid %d)", first.Process.Pid)) {
		t.Errorf("while it lives: %v", err)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := first.Wait(); err == nil {
		t.Fatal("it was not killed")
	}
	openIn(t, folder)
}

func TestWhatTheLockFileSaysIsBoundedAndPrintable(t *testing.T) {
	for content, want := range map[string]string{
		"lockwired\npid 12\n":             "lockwired (pid 12)",
		"lockwired":                       "lockwired",
		"":                                "another process",
		"a\x1b[31mb\xff\npid \x071":       "a [31mb (pid  1)",
		strings.Repeat("x", 1000) + "\ny": strings.Repeat("x", 256),
	} {
		path := filepath.Join(t.TempDir(), "lock")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		file := must[*os.File](t)(os.Open(path))
		if got := readHolder(file); got != want {
			t.Errorf("%q is read as %q, want %q", content, got, want)
		}
		file.Close()
	}
}

// oldInstallation makes a folder with some records, closed in order, and gives the database's path.
func oldInstallation(t *testing.T) (folder, file string) {
	t.Helper()
	folder = newFolder(t)
	s := openIn(t, folder)
	write(t, s, func(tx engine.Transaction) error {
		for i := range 50 {
			if err := errors.Join(
				tx.PutRule(ruleNamed(fmt.Sprintf("rule %d", i))),
				tx.PutComponent(componentNamed(fmt.Sprintf("component %d", i))),
				tx.InsertReceipt(receiptAt(began, engine.NewID(), engine.NewID(), engine.NewID(), engine.Sealed)),
			); err != nil {
				return err
			}
		}
		return nil
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return folder, filepath.Join(folder, databaseName)
}

// content gives the sums of the files in a folder, those left out that say nothing lasting.
func content(t *testing.T, folder string) map[string][32]byte {
	t.Helper()
	sums := map[string][32]byte{}
	for _, entry := range must[[]os.DirEntry](t)(os.ReadDir(folder)) {
		if entry.IsDir() || entry.Name() == lockName || strings.HasSuffix(entry.Name(), "-shm") {
			continue
		}
		sums[entry.Name()] = sha256.Sum256(must[[]byte](t)(os.ReadFile(filepath.Join(folder, entry.Name()))))
	}
	return sums
}

func TestADamagedDatabaseIsReportedAndLeftAsItIs(t *testing.T) {
	flip := func(offsets ...int) func([]byte) []byte {
		return func(b []byte) []byte {
			for _, offset := range offsets {
				b[offset] ^= 0xff
			}
			return b
		}
	}
	const page = 4096
	for name, damage := range map[string]func([]byte) []byte{
		"empty":                     func([]byte) []byte { return nil },
		"a text":                    func([]byte) []byte { return []byte("rules: none\n") },
		"zeroes":                    func(b []byte) []byte { return make([]byte, len(b)) },
		"cut in the middle":         func(b []byte) []byte { return b[:len(b)/2] },
		"cut in a page":             func(b []byte) []byte { return b[:len(b)-page/2] },
		"the last page missing":     func(b []byte) []byte { return b[:len(b)-page] },
		"the magic flipped":         flip(3),
		"the page size flipped":     flip(16),
		"the write version flipped": flip(18),
		"the read version flipped":  flip(19),
		"the encoding flipped":      flip(56, 57, 58, 59),
		"the first page's type":     flip(100),
		"every second page's type": func(b []byte) []byte {
			for i := page; i < len(b); i += 2 * page {
				b[i] ^= 0xff
			}
			return b
		},
		"a page of noise": func(b []byte) []byte {
			for i := 5 * page; i < 6*page; i++ {
				b[i] = byte(rand.Uint32())
			}
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder, file := oldInstallation(t)
			if err := os.WriteFile(file, damage(must[[]byte](t)(os.ReadFile(file))), 0o600); err != nil {
				t.Fatal(err)
			}
			checkReported(t, folder, engine.ErrDamagedData)
		})
	}
}

// checkReported checks that opening fails in a certain way, names the database, and changes nothing; twice, for what a first
// attempt leaves must not mislead a second.
func checkReported(t *testing.T, folder string, want error) {
	t.Helper()
	before := content(t, folder)
	for range 2 {
		s, err := Open(t.Context(), folder, quiet)
		if err == nil {
			s.Close()
		}
		if !errors.Is(err, want) || !strings.Contains(err.Error(), filepath.Join(folder, databaseName)) {
			t.Fatalf("the error is %v, want %v with the path", err, want)
		}
		if d := cmp.Diff(before, content(t, folder)); d != "" {
			t.Fatalf("the folder was changed: %s", d)
		}
	}
}

// After a crash the newest changes lie in the write-ahead log. A damaged database beside it must not swallow it.
func TestTheLogOfADamagedDatabaseIsLeftAsItIs(t *testing.T) {
	folder := newFolder(t)
	s := openIn(t, folder)
	write(t, s, func(tx engine.Transaction) error { return tx.PutRule(ruleNamed("uplink")) })
	crashed := newFolder(t)
	if err := os.Mkdir(crashed, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{databaseName, databaseName + "-wal"} {
		b := must[[]byte](t)(os.ReadFile(filepath.Join(folder, name)))
		if len(b) == 0 {
			t.Fatalf("%s is empty", name)
		}
		if name == databaseName {
			for i := 20 * 4096; i < len(b); i += 4096 {
				b[i] ^= 0xff
			}
		}
		if err := os.WriteFile(filepath.Join(crashed, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	checkReported(t, crashed, engine.ErrDamagedData)
	if err := os.Remove(filepath.Join(crashed, databaseName)); err != nil {
		t.Fatal(err)
	}
	checkReported(t, crashed, engine.ErrDamagedData)
}

func TestASchemaWithAnotherNameIsDamage(t *testing.T) {
	folder, file := oldInstallation(t)
	whole := must[[]byte](t)(os.ReadFile(file))
	altered := bytes.ReplaceAll(whole, []byte("is_applied"), []byte("is_appliex"))
	if bytes.Equal(altered, whole) {
		t.Fatal("the schema does not stand in the file")
	}
	if err := os.WriteFile(file, altered, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), folder, quiet); !errors.Is(err, engine.ErrDamagedData) {
		t.Error(err)
	}
}

func TestASchemaFormatThatNobodyWroteIsDamage(t *testing.T) {
	folder, file := oldInstallation(t)
	whole := must[[]byte](t)(os.ReadFile(file))
	whole[47] = 0xae
	if err := os.WriteFile(file, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), folder, quiet); !errors.Is(err, engine.ErrDamagedData) {
		t.Error(err)
	}
}

// Not every flipped byte can be noticed, for SQLite keeps no sums. But whatever is refused is left as it was, and for a reason
// that says what to do.
func TestAnyFlippedByteIsEitherReportedOrHarmlessToOpening(t *testing.T) {
	folder, file := oldInstallation(t)
	whole := must[[]byte](t)(os.ReadFile(file))
	reported := 0
	for range 150 {
		offset := rand.IntN(len(whole))
		if rand.IntN(3) == 0 {
			offset = rand.IntN(200) // the header, where most can go wrong
		}
		bad := bytes.Clone(whole)
		bad[offset] ^= byte(1 + rand.IntN(255))
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), folder, quiet)
		if err == nil {
			if err := s.Close(); err != nil {
				t.Errorf("offset %d: %v", offset, err)
			}
			continue
		}
		reported++
		if !errors.Is(err, engine.ErrDamagedData) && !errors.Is(err, engine.ErrNewerData) {
			t.Errorf("offset %d, %#x for %#x: %v", offset, bad[offset], whole[offset], err)
		}
		if !bytes.Equal(bad, must[[]byte](t)(os.ReadFile(file))) {
			t.Fatalf("offset %d: the database was changed", offset)
		}
	}
	if reported == 0 {
		t.Error("nothing was reported")
	}
}

func TestWhatIsNoFileOrNotOursIsReported(t *testing.T) {
	t.Run("a folder", func(t *testing.T) {
		folder := newFolder(t)
		if err := os.MkdirAll(filepath.Join(folder, databaseName), 0o700); err != nil {
			t.Fatal(err)
		}
		checkReported(t, folder, engine.ErrDamagedData)
	})
	t.Run("a link that leads nowhere", func(t *testing.T) {
		folder := newFolder(t)
		if err := errors.Join(os.Mkdir(folder, 0o700), os.Symlink("nowhere", filepath.Join(folder, databaseName))); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), folder, quiet); !errors.Is(err, engine.ErrDamagedData) {
			t.Error(err)
		}
	})
	t.Run("another program's database", func(t *testing.T) {
		folder := newFolder(t)
		file := filepath.Join(folder, databaseName)
		if err := errors.Join(os.Mkdir(folder, 0o700), createFile(file)); err != nil {
			t.Fatal(err)
		}
		other := openDatabase(file, toBuild)
		if _, err := other.ExecContext(t.Context(), `CREATE TABLE bookmarks (url TEXT)`); err != nil {
			t.Fatal(err)
		}
		if err := other.Close(); err != nil {
			t.Fatal(err)
		}
		checkReported(t, folder, engine.ErrDamagedData)
	})
}

// withLaterMigrations is the schema of a later version of the program.
func withLaterMigrations(later map[string]string) fs.FS {
	files := fstest.MapFS{}
	names := must[[]string](panics{})(fs.Glob(schema(), "*.sql"))
	for _, name := range names {
		files[name] = &fstest.MapFile{Data: must[[]byte](panics{})(fs.ReadFile(schema(), name))}
	}
	for name, statements := range later {
		files[name] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + statements)}
	}
	return files
}

// panics is a testing.TB for helpers outside a test.
type panics struct{ testing.TB }

func (panics) Helper()                {}
func (panics) Fatal(arguments ...any) { panic(fmt.Sprint(arguments...)) }

// thisVersion is the version of the program's own tables; the later ones follow it.
const thisVersion = 15

// numbered names a migration so many versions later.
func numbered(later int, name string) string {
	return fmt.Sprintf("%05d_%s.sql", thisVersion+later, name)
}

var later = map[string]string{
	numbered(1, "colours"): `ALTER TABLE rules ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue';`,
	numbered(2, "shapes"):  `CREATE TABLE shapes (name TEXT PRIMARY KEY);`,
}

func TestADatabaseOfANewerVersionIsRefusedAndLeftAsItIs(t *testing.T) {
	folder := newFolder(t)
	s, err := open(t.Context(), folder, quiet, withLaterMigrations(later))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	checkReported(t, folder, engine.ErrNewerData)
	_, err = Open(t.Context(), folder, quiet)
	if want := fmt.Sprintf("its version is %d, this program knows versions up to %d", thisVersion+2, thisVersion); !strings.Contains(err.Error(), want) {
		t.Errorf("%q does not say %q", err, want)
	}
}

func TestAnOlderDatabaseIsKeptBesideBeforeItIsMigrated(t *testing.T) {
	folder, file := oldInstallation(t)
	rules := rulesIn(t, file)
	s, err := open(t.Context(), folder, quiet, withLaterMigrations(later))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	colours := must[[]string](t)(list(t.Context(), records{s.readers, s.file}, "read", text, `SELECT DISTINCT colour FROM rules`))
	if d := cmp.Diff([]string{"blue"}, colours); d != "" {
		t.Error(d)
	}
	kept := fmt.Sprintf("%s.version-%d", file, thisVersion)
	if version, err := inspect(t.Context(), databaseFile(kept), true); err != nil || version != thisVersion {
		t.Errorf("the copy has version %d: %v", version, err)
	}
	if d := cmp.Diff(rules, rulesIn(t, kept)); d != "" {
		t.Error(d)
	}
	checkModes(t, folder, databaseName, filepath.Base(kept))
}

func TestAMigrationThatFailsLeavesTheVersionBeforeIt(t *testing.T) {
	folder, file := oldInstallation(t)
	rules := rulesIn(t, file)
	broken := map[string]string{
		numbered(1, "colours"): `ALTER TABLE rules ADD COLUMN colour TEXT; DELETE FROM rules; INSERT INTO nowhere VALUES (1);`,
	}
	for range 2 {
		if _, err := open(t.Context(), folder, quiet, withLaterMigrations(broken)); err == nil {
			t.Fatal("a broken migration passed")
		}
	}
	for _, kept := range []string{file, fmt.Sprintf("%s.version-%d", file, thisVersion), fmt.Sprintf("%s.version-%d-2", file, thisVersion)} {
		if d := cmp.Diff(rules, rulesIn(t, kept)); d != "" {
			t.Errorf("%s: %s", kept, d)
		}
	}
	openIn(t, folder)
}

// rulesIn reads the names of the rules in a database file without opening it as a store.
func rulesIn(t *testing.T, file string) []string {
	t.Helper()
	pool := openDatabase(file, toInspect)
	defer pool.Close()
	return must[[]string](t)(list(t.Context(), records{pool, databaseFile(file)}, "read", text, `SELECT name FROM rules ORDER BY name`))
}

func TestAnInterruptedFirstStartIsDoneAgain(t *testing.T) {
	folder := newFolder(t)
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, side := range append([]string{""}, sideFiles...) {
		if err := os.WriteFile(filepath.Join(folder, unfinishedName+side), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := openIn(t, folder)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := content(t, folder); len(got) != 1 {
		t.Errorf("the folder holds %v", maps.Keys(got))
	}
}

func TestAFolderOpenToOthersIsClosedIfItIsOurs(t *testing.T) {
	folder, file := oldInstallation(t)
	if err := errors.Join(os.Chmod(folder, 0o755), os.Chmod(file, 0o644)); err != nil {
		t.Fatal(err)
	}
	openIn(t, folder)
	checkModes(t, folder, databaseName)

	foreign := filepath.Join(newFolder(t))
	if err := errors.Join(os.Mkdir(foreign, 0o755), os.WriteFile(filepath.Join(foreign, "passwd"), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), foreign, quiet); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("a folder of others: %v", err)
	}
	if entries := must[[]os.DirEntry](t)(os.ReadDir(foreign)); len(entries) != 1 {
		t.Errorf("something was left in a folder of others: %v", entries)
	}
}

func TestConnectionsAreSetAsPromised(t *testing.T) {
	s := openNew(t)
	want := map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1", "trusted_schema": "0", "temp_store": "2",
	}
	for name, pool := range map[string]*sql.DB{"writer": s.writer, "readers": s.readers} {
		want["query_only"] = "0"
		if name == "readers" {
			want["query_only"] = "1"
		}
		for pragma, value := range want {
			got := must[string](t)(one(t.Context(), records{pool, s.file}, "read", pragma, text, "PRAGMA "+pragma))
			if got != value {
				t.Errorf("%s of the %s is %s, want %s", pragma, name, got, value)
			}
		}
	}
	if _, err := s.readers.ExecContext(t.Context(), `DELETE FROM rules`); err == nil {
		t.Error("a reader could write")
	}
}

func TestAfterCloseEverythingIsRefused(t *testing.T) {
	s := openNew(t)
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.RuleSet(t.Context()); !errors.Is(err, errClosed) {
		t.Error(err)
	}
	if err := s.Write(t.Context(), func(engine.Transaction) error { t.Error("a change was done"); return nil }); !errors.Is(err, errClosed) {
		t.Error(err)
	}
	if err := s.Backup(t.Context(), filepath.Join(t.TempDir(), "copy")); !errors.Is(err, errClosed) {
		t.Error(err)
	}
}

func TestADoneContextEndsWhatIsAsked(t *testing.T) {
	s := openNew(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Write(ctx, func(tx engine.Transaction) error {
		err := tx.PutRule(ruleNamed("uplink"))
		cancel()
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a change that was cancelled: %v", err)
	}
	if _, err := s.RuleSet(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	midway, cancel := context.WithCancel(t.Context())
	if err := s.Write(midway, func(tx engine.Transaction) error {
		for cancel(); ; { // it does not look at the context itself
			if err := tx.PutValue("written meanwhile", nil); err != nil {
				return err
			}
		}
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("a change that was cancelled midway: %v", err)
	}
	if _, err := s.Value(t.Context(), "written meanwhile"); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("of a change that was cancelled there is %v", err)
	}
	write(t, s, func(tx engine.Transaction) error { return tx.PutRule(ruleNamed("uplink")) })
}
