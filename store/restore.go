package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"lockwire/engine/disk"
)

// Restore makes a copy that Backup wrote the database of a data folder, which must have none (fs.ErrExist). The copy is checked
// as a whole first, its version too; a damaged or newer one leaves the folder without a database. Open it afterwards: an older
// copy is then brought to the version of this program.
func Restore(ctx context.Context, copyFile, folder string) error {
	return restore(ctx, copyFile, folder, Options{}, schema())
}

func restore(ctx context.Context, copyFile, folder string, options Options, files fs.FS) (err error) {
	folder, err = filepath.Abs(folder)
	if err != nil {
		return fmt.Errorf("find the data folder: %w", err)
	}
	if err := prepareFolder(folder); err != nil {
		return err
	}
	lock, err := lockFolder(folder, options.program())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	file := filepath.Join(folder, databaseName)
	for _, log := range append([]string{""}, logFiles...) {
		if exists(file + log) {
			return fmt.Errorf("restore the database: the folder holds one already; name an empty folder: %w", &fs.PathError{Op: "create", Path: file + log, Err: fs.ErrExist})
		}
	}
	unfinished := filepath.Join(folder, unfinishedName)
	if err := removeDatabase(unfinished); err != nil {
		return fmt.Errorf("remove what an interrupted start left: %w", err)
	}
	// What is checked is the copy in the folder, so that nobody can exchange it between the check and the use.
	err = copyFileTo(ctx, copyFile, unfinished)
	if err == nil {
		err = checkCopy(ctx, copyFile, databaseFile(unfinished), files)
	}
	if err == nil {
		err = disk.Publish(unfinished, file)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("restore the database: %w", err), removeDatabase(unfinished))
	}
	return nil
}

func checkCopy(ctx context.Context, name string, file databaseFile, files fs.FS) error {
	version, err := inspect(ctx, file, true)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	pool := openDatabase(string(file), toInspect) // goose wants one; it is not used
	defer pool.Close()
	provider, err := migrations(pool, files)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	return checkVersion(databaseFile(name), version, newestVersion(provider))
}

// copyFileTo copies into a new file, some megabytes between two looks at ctx, and never more than the file had when it was opened.
func copyFileTo(ctx context.Context, from, to string) error {
	const chunk = 4 << 20
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	about, err := source.Stat()
	if err != nil {
		return err
	}
	if err := createFile(to); err != nil {
		return err
	}
	target, err := os.OpenFile(to, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for left := about.Size(); left > 0 && err == nil; left -= chunk {
		if err = ctx.Err(); err == nil {
			_, err = io.CopyN(target, source, min(left, chunk))
		}
	}
	return errors.Join(err, target.Close())
}
