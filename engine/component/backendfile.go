package component

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lockwire/engine"
	"lockwire/engine/disk"
)

// backendFile keeps an attachment's allow-backend list, beside the attachment's own files: one entry a line, '#' begins a
// comment. It is read again every few seconds, so that a change needs no restart.
const (
	backendFile        = "allow-backend"
	maximumBackendFile = 128 << 10
	backendFileHeader  = "# Backends that routes may dial on this machine, HOST:PORT or CIDR:PORTS. Kept by: lockwire-agent allow-backend\n"
)

// ReadBackends reads the allow-backend list in an attachment's folder. A missing file is an empty list.
func ReadBackends(folder string) (BackendList, error) {
	path := filepath.Join(folder, backendFile)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return BackendList{}, nil
	}
	if err != nil {
		return BackendList{}, fmt.Errorf("read allow-backend list: %w", err)
	}
	defer file.Close()
	text, err := engine.ReadText(file, maximumBackendFile)
	if err != nil {
		return BackendList{}, fmt.Errorf("allow-backend list %s: %w", path, err)
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
		return BackendList{}, fmt.Errorf("allow-backend list %s: %w", path, err)
	}
	list, err := NewBackendList(entries)
	if err != nil {
		return BackendList{}, fmt.Errorf("allow-backend list %s: %w", path, err)
	}
	return list, nil
}

// WriteBackends replaces the allow-backend list in an attachment's folder.
func WriteBackends(folder string, list BackendList) error {
	text := []byte(backendFileHeader)
	for _, entry := range list.entries {
		text = append(text, entry...)
		text = append(text, '\n')
	}
	if err := disk.WriteFile(filepath.Join(folder, backendFile), text); err != nil {
		return fmt.Errorf("write allow-backend list: %w", err)
	}
	return nil
}

// ErrNoEntry: an allow-backend list does not have the entry that was to be removed.
var ErrNoEntry = errors.New("the allow-backend list has no such entry; lockwire-agent allow-backend list shows them")

// AddBackend adds an entry to the list in a folder.
func AddBackend(folder, entry string) error {
	list, err := ReadBackends(folder)
	if err != nil {
		return err
	}
	if list, err = NewBackendList(append(list.entries, entry)); err != nil {
		return err
	}
	return WriteBackends(folder, list)
}

// RemoveBackend removes an entry from the list in a folder, or returns ErrNoEntry. What runs through it goes on; new flows
// are refused.
func RemoveBackend(folder, entry string) error {
	list, err := ReadBackends(folder)
	if err != nil {
		return err
	}
	at := slices.Index(list.entries, entry)
	if at < 0 {
		return fmt.Errorf("%q: %w", shorten(entry), ErrNoEntry)
	}
	if list, err = NewBackendList(slices.Delete(slices.Clone(list.entries), at, at+1)); err != nil {
		return err
	}
	return WriteBackends(folder, list)
}
