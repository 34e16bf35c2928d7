package machine

import (
	"fmt"
	"path/filepath"
	"slices"
)

// backendFile keeps an attachment's allow-backend list, beside the attachment's own files. It is read again every few seconds,
// so that a change needs no restart.
const (
	backendFile       = "allow-backend"
	backendFileHeader = "# Backends that routes may dial on this machine, HOST:PORT or CIDR:PORTS. Kept by: lockwire-agent allow-backend\n"
)

// ReadBackends reads the allow-backend list in an attachment's folder. A missing file is an empty list.
func ReadBackends(folder string) (BackendList, error) {
	path := filepath.Join(folder, backendFile)
	entries, err := readEntries(path)
	if err != nil {
		return BackendList{}, err
	}
	list, err := NewBackendList(entries)
	if err != nil {
		return BackendList{}, fmt.Errorf("allow-backend list %s: %w", path, err)
	}
	return list, nil
}

// WriteBackends replaces the allow-backend list in an attachment's folder.
func WriteBackends(folder string, list BackendList) error {
	return writeEntries(filepath.Join(folder, backendFile), backendFileHeader, list.entries)
}

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
		return fmt.Errorf("%q: %w", Shorten(entry), ErrNoEntry)
	}
	if list, err = NewBackendList(slices.Delete(slices.Clone(list.entries), at, at+1)); err != nil {
		return err
	}
	return WriteBackends(folder, list)
}
