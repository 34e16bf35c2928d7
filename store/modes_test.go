package store

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// checkModes checks that a folder and files in it are for their owner only.
func checkModes(t *testing.T, folder string, files ...string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		return // there the folder's ACL says it
	}
	check := func(path string, want os.FileMode) {
		about, err := os.Stat(path)
		if err != nil {
			t.Error(err)
		} else if about.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", path, about.Mode().Perm(), want)
		}
	}
	check(folder, 0o700)
	for _, file := range files {
		check(filepath.Join(folder, file), 0o600)
	}
}
