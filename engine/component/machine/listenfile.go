package machine

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
)

// listenFile keeps the machine's allow-listen list in the data folder: routes of all attachments listen on one machine.
const (
	listenFile       = "allow-listen"
	listenFileHeader = "# Where routes may listen on this machine, ADDR:PORTS or CIDR:PORTS, besides loopback from port 1024. Kept by: lockwire-agent allow-listen\n"
)

// ReadListens reads the allow-listen list in a data folder. A missing file is an empty list.
func ReadListens(folder string) (ListenList, error) {
	path := filepath.Join(folder, listenFile)
	entries, err := readEntries(path)
	if err != nil {
		return ListenList{}, err
	}
	list, err := NewListenList(entries)
	if err != nil {
		return ListenList{}, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

// AddListens adds entries to the list in a data folder: all of them or none.
func AddListens(folder string, entries ...string) error {
	list, err := ReadListens(folder)
	if err != nil {
		return err
	}
	if list, err = NewListenList(append(list.entries, entries...)); err != nil {
		return err
	}
	return writeEntries(filepath.Join(folder, listenFile), listenFileHeader, list.entries)
}

// RemoveListen removes an entry from the list in a data folder, or returns ErrNoEntry. A running agent closes listeners that
// nothing covers any more; connections that run go on.
func RemoveListen(folder, entry string) error {
	list, err := ReadListens(folder)
	if err != nil {
		return err
	}
	at := slices.Index(list.entries, entry)
	if at < 0 {
		return fmt.Errorf("%q: %w", Shorten(entry), ErrNoEntry)
	}
	return writeEntries(filepath.Join(folder, listenFile), listenFileHeader, slices.Delete(list.entries, at, at+1))
}

// Listens is where routes may listen now: what is always allowed, what the agent was started with, and the kept list.
type Listens struct {
	folder string
	given  []string

	mu   sync.Mutex
	list ListenList
	// version counts the changes, so that a route that failed tries again at once.
	version int
}

// NewListens makes the lists of a data folder, none where it is empty; given are entries that the agent was started with. read fills them.
func NewListens(folder string, given []string) (*Listens, error) {
	if _, err := NewListenList(given); err != nil {
		return nil, err
	}
	return &Listens{folder: folder, given: given}, nil
}

// Read takes up the kept list. One that cannot be read allows nothing.
func (l *Listens) Read() error {
	var kept ListenList
	var failed error
	if l.folder != "" {
		kept, failed = ReadListens(l.folder)
	}
	list, err := NewListenList(slices.Concat(DefaultListenList, l.given, kept.entries))
	if err != nil { // too many together
		failed = err
		if list, err = NewListenList(slices.Concat(DefaultListenList, l.given)); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(list.entries, l.list.entries) {
		l.list = list
		l.version++
	}
	return failed
}

// Now gives the lists as they are now, and their version.
func (l *Listens) Now() (ListenList, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list, l.version
}
