package disk

import (
	"errors"
	"io/fs"
	"os"
)

// Writable tells by making a file and removing it whether this user can write in a folder: modes, access lists, mounts and media
// each have a say. Its error is the file system's: syscall.EROFS or fs.ErrPermission where nothing may be written.
func Writable(folder string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	file, name, err := createUnfinished(root)
	if path, is := errors.AsType[*fs.PathError](err); is {
		return &fs.PathError{Op: "write to", Path: folder, Err: path.Err}
	}
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), root.Remove(name))
}
