package machine

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lockwire/engine"
	"lockwire/engine/disk"
)

// maximumEntryFile bounds the file of an allow-list.
const maximumEntryFile = 128 << 10

// ErrNoEntry: an allow-list does not have the entry that was to be removed.
var ErrNoEntry = errors.New("the list has no such entry; its command list shows those that it has")

// readEntries reads the file of an allow-list: one entry a line, '#' begins a comment. A missing file has none.
func readEntries(path string) ([]string, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s list: %w", filepath.Base(path), err)
	}
	defer file.Close()
	text, err := engine.ReadText(file, maximumEntryFile)
	if err != nil {
		return nil, fmt.Errorf("%s list %s: %w", filepath.Base(path), path, err)
	}
	var entries []string
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		entry, _, _ := strings.Cut(lines.Text(), "#")
		if entry = strings.TrimSpace(entry); entry != "" {
			entries = append(entries, entry)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s list %s: %w", filepath.Base(path), path, err)
	}
	return entries, nil
}

// writeEntries replaces the file of an allow-list.
func writeEntries(path, header string, entries []string) error {
	text := []byte(header)
	for _, entry := range entries {
		text = append(text, entry...)
		text = append(text, '\n')
	}
	if err := disk.WriteFile(path, text); err != nil {
		return fmt.Errorf("write %s list: %w", filepath.Base(path), err)
	}
	return nil
}
