//go:build linux

package hosts

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// newMarker makes a plaintext that nothing else holds.
func newMarker() string { return "LOCKWIRE-MARKER-" + rand.Text() }

// marked gives size bytes of text, in every line of which the marker stands: no way of cutting it into packets hides it.
func marked(marker string, size int) []byte {
	line := marker + " and nothing but text that everybody could read\n"
	return bytes.Repeat([]byte(line), size/len(line)+1)[:size]
}

const (
	largeFile = 8 << 20
	smallFile = 3000
)

// writeTree makes what is backed up: files large and small, of marked text and of random bytes, an empty one and a link.
func writeTree(t *testing.T, marker string) string {
	t.Helper()
	root := newFolder(t, "tree")
	random := make([]byte, largeFile/2)
	rand.Read(random)
	for name, content := range map[string][]byte{
		"large/text": marked(marker, largeFile), "large/random": random, "empty": {}, "one": {0},
	} {
		writeFile(t, filepath.Join(root, name), content)
	}
	for i := range 40 {
		writeFile(t, filepath.Join(root, "small", fmt.Sprintf("%02d", i)), marked(marker, smallFile+i))
	}
	if err := os.Symlink("../one", filepath.Join(root, "small", "link")); err != nil {
		t.Fatal(err)
	}
	return root
}

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// compareTrees fails unless two folders hold the same files, byte for byte.
func compareTrees(t *testing.T, want, got string) {
	t.Helper()
	wanted, found := listTree(t, want), listTree(t, got)
	if len(wanted) < 40 {
		t.Fatalf("%s has only %d entries", want, len(wanted))
	}
	for path, entry := range wanted {
		if found[path] != entry {
			t.Errorf("%s: backed up %q, restored %q", path, entry, found[path])
		}
	}
	for path := range found {
		if _, known := wanted[path]; !known {
			t.Errorf("%s was restored and never backed up", path)
		}
	}
}

// listTree gives, for each path below a folder, what is there: mode and the digest of the content.
func listTree(t *testing.T, root string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		text := info.Mode().String()
		switch {
		case info.Mode().IsRegular():
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text += fmt.Sprintf(" %d %x", len(content), sha256.Sum256(content))
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(path)
			if err != nil {
				return err
			}
			text += " -> " + to
		}
		all[strings.TrimPrefix(path, root)] = text
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
