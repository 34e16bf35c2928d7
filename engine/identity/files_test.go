package identity

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A program that is killed while it writes a key leaves the key behind, under a name that nothing reads.
func TestWhatACrashLeftHalfWrittenIsRemoved(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	stays := map[string]bool{
		temporaryPrefix + "old":   false,
		temporaryPrefix + "young": true, // another program may be writing it
		"old":                     true,
	}
	for name := range stays {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("a key"), 0o600); err != nil {
			t.Fatal(err)
		}
		at := now.Add(-2 * leftOverAfter)
		if name == temporaryPrefix+"young" {
			at = now
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeFile(filepath.Join(dir, "new"), []byte("text")); err != nil {
		t.Fatal(err)
	}
	for name, stays := range stays {
		if _, err := os.Stat(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) == stays {
			t.Errorf("%s: %v", name, err)
		}
	}
}
