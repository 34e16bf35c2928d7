package disk

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Options say how Write writes. The zero value writes a lasting file of mode 0600 over one that may be there.
type Options struct {
	// Mode is the file's; 0 is 0600.
	Mode fs.FileMode
	// New refuses to replace a file (fs.ErrExist).
	New bool
	// Volatile skips flushing to the disk: the file is whole or absent after a crash of the program, but a power cut may lose it.
	Volatile bool
	// FolderOwner gives the file to the owner of its folder where the caller is root.
	FolderOwner bool
}

// WriteFile writes a file of a data folder: mode 0600, lasting, for the folder's owner. It also removes what a crash left behind.
func WriteFile(path string, content []byte) error {
	err := Write(path, Options{FolderOwner: true}, writeBytes(content))
	if err == nil {
		removeLeftOver(filepath.Dir(path))
	}
	return err
}

// WriteVolatile writes a file that can be made again, such as a status: like WriteFile, without flushing it to the disk.
func WriteVolatile(path string, content []byte) error {
	return Write(path, Options{FolderOwner: true, Volatile: true}, writeBytes(content))
}

func writeBytes(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(content))
		return err
	}
}

// Write writes a file whole or not at all: content goes into a new file beside it, which then takes its name. Where Write fails,
// the old file is as it was.
func Write(path string, options Options, content func(io.Writer) error) error {
	return write(path, options, content, func(step) error { return nil })
}

// step names what write is about to do; tests fail or stop the program there.
type step string

const (
	stepCreate     step = "create"
	stepContent    step = "content"
	stepOwner      step = "owner"
	stepFlush      step = "flush"
	stepName       step = "name"
	stepFlushNames step = "flush names"
)

// write works in the folder that path names when it begins: who exchanges the folder meanwhile does not lead it elsewhere.
func write(path string, options Options, content func(io.Writer) error, before func(step) error) (err error) {
	folder, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	if options.Mode == 0 {
		options.Mode = 0o600
	}
	if err := before(stepCreate); err != nil {
		return err
	}
	file, unfinished, err := createUnfinished(folder)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignore(file.Close(), os.ErrClosed), ignore(folder.Remove(unfinished), fs.ErrNotExist))
		}
	}()
	for _, do := range []struct {
		step step
		run  func() error
	}{
		{stepContent, func() error { return content(file) }},
		{stepOwner, func() error {
			if !options.FolderOwner {
				return file.Chmod(options.Mode)
			}
			return errors.Join(giveToOwnerOf(folder, file), file.Chmod(options.Mode))
		}},
		{stepFlush, func() error {
			if options.Volatile {
				return file.Close()
			}
			return errors.Join(file.Sync(), file.Close())
		}},
		{stepName, func() error { return giveName(folder, unfinished, filepath.Base(path), options.New) }},
		{stepFlushNames, func() error {
			if options.Volatile {
				return nil
			}
			return SyncFolder(filepath.Dir(path))
		}},
	} {
		if err := before(do.step); err != nil {
			return err
		}
		if err := do.run(); err != nil {
			return err
		}
	}
	return nil
}

// giveName gives a finished file its name, over another one unless the name must be free.
func giveName(folder *os.Root, unfinished, name string, free bool) error {
	if !free {
		return folder.Rename(unfinished, name)
	}
	err := folder.Link(unfinished, name) // a link never replaces a file, as a rename would
	switch {
	case err == nil:
		return folder.Remove(unfinished)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	if _, taken := folder.Lstat(name); !errors.Is(taken, fs.ErrNotExist) { // a file system without links
		return &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	return folder.Rename(unfinished, name)
}

// Publish flushes a file that another program has written, such as a database, and gives it a name that must be free.
func Publish(unfinished, path string) error {
	if err := syncFile(unfinished); err != nil {
		return err
	}
	folder, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := giveName(folder, filepath.Base(unfinished), filepath.Base(path), true); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

func ignore(err, harmless error) error {
	if errors.Is(err, harmless) {
		return nil
	}
	return err
}
