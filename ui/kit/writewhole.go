package kit

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteWhole writes a file that is there as a whole or not at all: beside its place first, and then moved.
func WriteWhole(path string, mode fs.FileMode, write func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".lockwire-*.part") // only its owner can read it
	if err != nil {
		return err
	}
	fail := func(err error) error {
		return errors.Join(err, os.Remove(file.Name()))
	}
	if err := write(file); err != nil {
		return fail(errors.Join(err, file.Close()))
	}
	if err := errors.Join(file.Chmod(mode), file.Sync(), file.Close()); err != nil {
		return fail(err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fail(err)
	}
	return nil
}
