package disk

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// unfinishedPrefix begins the name of a file that is being written. Nothing reads one that a crash leaves.
	unfinishedPrefix = ".lockwire-new-"
	// leftOverAfter is the age from which nobody is still writing an unfinished file. It may hold a key.
	leftOverAfter = time.Hour
)

// createUnfinished makes a new file under a name of its own, mode 0600.
func createUnfinished(folder *os.Root) (file *os.File, name string, err error) {
	name = unfinishedPrefix + rand.Text()
	file, err = folder.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	return file, name, err
}

// removeLeftOver removes the unfinished files of programs that crashed. What cannot be removed now is tried with the next file.
func removeLeftOver(folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !strings.HasPrefix(entry.Name(), unfinishedPrefix) {
			continue
		}
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > leftOverAfter {
			_ = os.Remove(filepath.Join(folder, entry.Name()))
		}
	}
}
