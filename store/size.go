package store

import (
	"errors"
	"io/fs"
	"os"
)

// Size is what the record takes of its disk, in bytes.
func (s *Store) Size() (size uint64, err error) {
	for _, side := range append([]string{""}, logFiles...) {
		about, err := os.Stat(string(s.file) + side)
		if errors.Is(err, fs.ErrNotExist) && side != "" {
			continue
		}
		if err != nil {
			return 0, err
		}
		size += uint64(about.Size())
	}
	return size, nil
}
