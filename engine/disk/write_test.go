package disk

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

var allSteps = []step{stepCreate, stepContent, stepOwner, stepFlush, stepName, stepFlushNames}

const oldText, newText = "the old one", "the new one, which is longer"

// TestMain is also the program that is killed: with a path in the environment it writes there and dies before a step.
func TestMain(m *testing.M) {
	if path := os.Getenv("LOCKWIRE_TEST_WRITE"); path != "" {
		deadly := step(os.Getenv("LOCKWIRE_TEST_DIES_BEFORE"))
		_ = write(path, Options{}, writeBytes([]byte(newText)), func(s step) error {
			if s == deadly {
				process, _ := os.FindProcess(os.Getpid())
				_ = process.Kill()
				select {} // until the signal arrives
			}
			return nil
		})
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func oldFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(oldText), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAProgramThatIsKilledLeavesTheOldFileOrTheNewOne(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, deadly := range append(allSteps, "none") {
		path := oldFile(t)
		program := exec.CommandContext(t.Context(), self)
		program.Env = append(os.Environ(), "LOCKWIRE_TEST_WRITE="+path, "LOCKWIRE_TEST_DIES_BEFORE="+string(deadly))
		if err := program.Run(); (err == nil) != (deadly == "none") {
			t.Fatalf("killed before %s: %v", deadly, err)
		}
		want := oldText
		if deadly == stepFlushNames || deadly == "none" {
			want = newText
		}
		if got := content(t, path); got != want {
			t.Errorf("killed before %s: the file says %q, want %q", deadly, got, want)
		}
	}
}

// The bytes must be on the disk before the name points at them, and the name before the caller goes on.
func TestAFileIsFlushedBeforeItGetsItsName(t *testing.T) {
	var did []step
	if err := write(oldFile(t), Options{}, writeBytes(nil), func(s step) error { did = append(did, s); return nil }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(did, allSteps) {
		t.Errorf("it did %v", did)
	}
}

func TestWhatFailsLeavesTheOldFileAndNothingBeside(t *testing.T) {
	broken := errors.New("broken")
	for _, failing := range allSteps {
		path := oldFile(t)
		err := write(path, Options{}, writeBytes([]byte(newText)), func(s step) error {
			if s == failing {
				return broken
			}
			return nil
		})
		if !errors.Is(err, broken) {
			t.Errorf("%s failed: %v", failing, err)
		}
		if failing != stepFlushNames && content(t, path) != oldText {
			t.Errorf("%s failed: the file says %q", failing, content(t, path))
		}
		if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
			t.Errorf("%s failed: the folder has %v, %v", failing, entries, err)
		}
	}
}

func TestWriteTakesModeAndContent(t *testing.T) {
	path := oldFile(t)
	if err := WriteFile(path, []byte(newText)); err != nil || content(t, path) != newText {
		t.Fatalf("%q, %v", content(t, path), err)
	}
	if err := WriteVolatile(path, nil); err != nil || content(t, path) != "" {
		t.Fatalf("%q, %v", content(t, path), err)
	}
	if err := Write(path, Options{Mode: 0o755}, func(w io.Writer) error { _, err := io.WriteString(w, newText); return err }); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || content(t, path) != newText || runtime.GOOS != "windows" && info.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", info, err)
	}
	if err := WriteFile(filepath.Join(t.TempDir(), "missing", "file"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a missing folder: %v", err)
	}
}

func TestANewFileNeverReplacesOne(t *testing.T) {
	path := oldFile(t)
	if err := Write(path, Options{New: true}, writeBytes([]byte(newText))); !errors.Is(err, fs.ErrExist) || content(t, path) != oldText {
		t.Errorf("%q, %v", content(t, path), err)
	}
	fresh := filepath.Join(t.TempDir(), "fresh")
	if err := Write(fresh, Options{New: true}, writeBytes([]byte(newText))); err != nil || content(t, fresh) != newText {
		t.Errorf("%v", err)
	}
	unfinished := filepath.Join(filepath.Dir(path), "unfinished")
	if err := os.WriteFile(unfinished, []byte(newText), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Publish(unfinished, path); !errors.Is(err, fs.ErrExist) || content(t, path) != oldText {
		t.Errorf("published over a file: %v", err)
	}
	if err := Publish(unfinished, path+".2"); err != nil || content(t, path+".2") != newText {
		t.Errorf("published: %v", err)
	}
}

// A program that is killed while it writes a key leaves the key behind, under a name that nothing reads.
func TestWhatACrashLeftHalfWrittenIsRemoved(t *testing.T) {
	folder := t.TempDir()
	now := time.Now()
	stays := map[string]bool{
		unfinishedPrefix + "old":   false,
		unfinishedPrefix + "young": true, // another program may be writing it
		"old":                      true,
	}
	for name := range stays {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte("a key"), 0o600); err != nil {
			t.Fatal(err)
		}
		at := now.Add(-2 * leftOverAfter)
		if strings.HasSuffix(name, "young") {
			at = now
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteFile(filepath.Join(folder, "new"), bytes.Repeat([]byte("text"), 4)); err != nil {
		t.Fatal(err)
	}
	for name, stays := range stays {
		if _, err := os.Stat(filepath.Join(folder, name)); errors.Is(err, fs.ErrNotExist) == stays {
			t.Errorf("%s: %v", name, err)
		}
	}
}
