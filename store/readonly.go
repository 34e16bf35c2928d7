package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"lockwire/engine/disk"
)

// OpenReadOnly opens the record of a data folder in which nothing may be written, to look at it. Write refuses every change with
// syscall.EROFS, and says why nothing may be written: because.
//
// What it opens is a private copy in a new folder under scratch, which Close removes. SQLite cannot read the folder itself there: a
// database with a write-ahead log needs files beside it, and immutable=1, which needs none, leaves out what was committed to the log.
//
// Its errors are fs.ErrNotExist where the folder holds no record, syscall.ENOSPC where scratch has no room for the copy, and those of Open.
func OpenReadOnly(ctx context.Context, folder, scratch string, because error, options Options) (*Store, error) {
	return openReadOnly(ctx, folder, scratch, because, options, schema(), disk.Free)
}

func openReadOnly(ctx context.Context, folder, scratch string, because error, options Options, files fs.FS, free func(string) (uint64, error)) (_ *Store, err error) {
	if folder, err = filepath.Abs(folder); err != nil {
		return nil, fmt.Errorf("find the data folder: %w", err)
	}
	own, err := os.MkdirTemp(scratch, "lockwire-look-") // for this user alone
	if err != nil {
		return nil, fmt.Errorf("make a folder for a copy of the record: %w", err)
	}
	copied := &privateCopy{of: folder, own: own, because: because}
	defer func() {
		if err != nil {
			err = errors.Join(err, copied.remove())
		}
	}()
	if err := copied.fill(ctx, free); err != nil {
		return nil, err
	}
	s, err := openStore(ctx, own, copied, options, files)
	if err != nil {
		return nil, fmt.Errorf("look at a copy of the record in %s: %w", folder, err)
	}
	return s, nil
}

// privateCopy is a copy of the record of a data folder in which nothing may be written.
type privateCopy struct {
	of, own string // the data folder, and the folder of the copy
	because error
}

// spareRoom is left free on the disk on which a copy is made.
const spareRoom = 64 << 20

// fill copies the database and its logs. The folder is locked meanwhile; where it has no file to lock, a change of what is copied
// is noticed.
func (c *privateCopy) fill(ctx context.Context, free func(string) (uint64, error)) (err error) {
	lock, err := lockToRead(c.of)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := checkHeader(databaseFile(filepath.Join(c.of, databaseName))); err != nil {
		return err
	}
	before, err := filesOfRecord(c.of)
	if err != nil {
		return err
	}
	if err := c.checkRoom(before, free); err != nil {
		return err
	}
	for name := range before {
		if err := copyFileTo(ctx, filepath.Join(c.of, name), filepath.Join(c.own, name)); err != nil {
			return fmt.Errorf("copy the record in %s to look at it: %w", c.of, err)
		}
	}
	after, err := filesOfRecord(c.of)
	if err != nil {
		return err
	}
	if len(after) != len(before) {
		return c.changed()
	}
	for name, state := range after {
		if before[name] != state {
			return c.changed()
		}
	}
	return nil
}

func (c *privateCopy) changed() error {
	return fmt.Errorf("the record in %s was written while it was copied to look at it: another machine works on it; ask the broker there, or try again", c.of)
}

// checkRoom refuses a copy for which there is no room.
func (c *privateCopy) checkRoom(files map[string]fileState, free func(string) (uint64, error)) error {
	needed := uint64(spareRoom)
	for name, state := range files {
		needed += uint64(state.size)
		if name != databaseName {
			needed += uint64(state.size) // what is in a log goes into the database, too
		}
	}
	room, err := free(c.own)
	if err != nil {
		return fmt.Errorf("find out how much room %s has: %w", filepath.Dir(c.own), err)
	}
	if room < needed {
		return &failure{fmt.Sprintf("%v, so that its record is copied to be looked at; that takes %d MB, and %s has %d MB; name a folder with more room in TMPDIR",
			c.because, needed/1e6, filepath.Dir(c.own), room/1e6), syscall.ENOSPC, c.because}
	}
	return nil
}

// refusal is the error of Write.
func (c *privateCopy) refusal() error {
	return &failure{fmt.Sprintf("%v: the data folder can be looked at, and nothing in it can be changed; make it writable to this user, or use the folder on which the broker runs", c.because),
		syscall.EROFS, c.because}
}

// remove removes the copy; nil is none.
func (c *privateCopy) remove() error {
	if c == nil {
		return nil
	}
	return os.RemoveAll(c.own)
}

// fileState tells whether a file was written meanwhile.
type fileState struct {
	size     int64
	modified time.Time
}

// filesOfRecord gives the files of a data folder that hold a part of the record.
func filesOfRecord(folder string) (map[string]fileState, error) {
	files := map[string]fileState{}
	for _, side := range append([]string{""}, logFiles...) {
		name := databaseName + side
		about, err := os.Lstat(filepath.Join(folder, name))
		if errors.Is(err, fs.ErrNotExist) && side != "" {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("open the database: %w", err)
		}
		if !about.Mode().IsRegular() {
			return nil, damaged(databaseFile(filepath.Join(folder, name)), "it is no regular file")
		}
		files[name] = fileState{about.Size(), about.ModTime()}
	}
	return files, nil
}
