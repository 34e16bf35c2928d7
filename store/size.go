package store

import "path/filepath"

// Size is what the record takes of its disk, in bytes.
func (s *Store) Size() (size uint64, err error) {
	files, err := filesOfRecord(filepath.Dir(string(s.file)))
	for _, file := range files {
		size += uint64(file.size)
	}
	return size, err
}
