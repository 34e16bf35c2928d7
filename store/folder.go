package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"lockwire/engine/disk"
)

// Names inside the data folder.
const (
	databaseName = "lockwire.db"
	lockName     = "lockwire.lock"
	// unfinishedName is a database that is being made. It gets its name when it is whole, so that a database that is there
	// is always a whole one, and an empty file is damage and not a new installation.
	unfinishedName = "lockwire.db.unfinished"
)

const (
	folderMode = 0o700
	fileMode   = 0o600
)

// sideFiles are what SQLite keeps beside a database; logFiles those of them that hold a part of the record.
var (
	sideFiles = []string{"-wal", "-shm", "-journal"}
	logFiles  = []string{"-wal", "-journal"}
)

// hasLog tells whether a part of a database may lie beside it.
func hasLog(database string) bool {
	return slices.ContainsFunc(logFiles, func(log string) bool { return exists(database + log) })
}

// prepareFolder makes the data folder if it is missing, and closes it to other users.
func prepareFolder(folder string) error {
	if err := os.MkdirAll(folder, folderMode); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	about, err := os.Stat(folder)
	if err != nil {
		return fmt.Errorf("open the data folder: %w", err)
	}
	if !openToOthers(about) {
		return nil
	}
	// A folder of our own is closed. One that holds other things is left alone: it may be /etc, named by mistake.
	if !exists(filepath.Join(folder, databaseName)) && !exists(filepath.Join(folder, lockName)) {
		content, err := os.ReadDir(folder)
		if err != nil {
			return fmt.Errorf("open the data folder: %w", err)
		}
		if len(content) > 0 {
			return fmt.Errorf("the data folder %s is open to other users and holds other files; name a folder of its own, or close it with chmod 700", folder)
		}
	}
	if err := os.Chmod(folder, folderMode); err != nil {
		return fmt.Errorf("close the data folder to other users: %w", err)
	}
	return nil
}

// exists tells whether something has the name, be it what it may.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// createFile makes a new empty file for the owner of its folder alone; an existing one is an error.
func createFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	return errors.Join(disk.GiveToFolderOwner(file), file.Close())
}

// removeDatabase removes a database file and what SQLite keeps beside it.
func removeDatabase(path string) error {
	err := removeFile(path)
	for _, side := range sideFiles {
		err = errors.Join(err, removeFile(path+side))
	}
	return err
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
