//go:build keyscan

package secret

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestTraceWritesDigests(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	t.Setenv("LOCKWIRE_KEYSCAN", path)
	Trace("K", []byte("one"))
	Trace("key", []byte("two"))
	got, err := os.ReadFile(path)
	if want := fmt.Sprintf("keyscan K %x\nkeyscan key %x\n", sha256.Sum256([]byte("one")), sha256.Sum256([]byte("two"))); err != nil || string(got) != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	t.Setenv("LOCKWIRE_KEYSCAN", "")
	Trace("K", []byte("three"))
}
