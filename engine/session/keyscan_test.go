//go:build keyscan

package session

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lockwire/engine"
)

// The scan of a process's memory can only find keys that it was told of: every kind that brings K from the broker to an end.
func TestTheScanIsToldOfEveryKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	t.Setenv("LOCKWIRE_KEYSCAN", path)
	source, target, of := newSide(t), newSide(t), bindingOf(engine.Sealed)
	minted, err := Mint(of, source.recipient(), target.recipient(), steps(start))
	if err != nil {
		t.Fatal(err)
	}
	for end, sealed := range map[*side]SealedKey{&source: minted.Source, &target: minted.Target} {
		key, err := end.ring.Open(sealed, of, end.id)
		if err != nil {
			t.Fatal(err)
		}
		key.Destroy()
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	distinct := make(map[string]int)
	seen := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if !seen[line] {
			seen[line] = true
			distinct[strings.Join(words[1:len(words)-1], " ")]++
		}
	}
	want := map[string]int{"one-time key": 2, "sealing key": 2, "session key": 1}
	if !maps.Equal(distinct, want) {
		t.Errorf("traced %v, want %v (%q)", distinct, want, slices.Sorted(maps.Keys(seen)))
	}
}
