package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"lockwire/app/host"
	"lockwire/engine/administration"
	"lockwire/engine/disk"
	"lockwire/engine/identity"
	"lockwire/store"
)

// takenOver is the suffix of a data folder whose installation was taken over.
const takenOver = ".taken-over"

// TakeOver brings the installation of a data folder, on which no broker runs, to one that has none. The old folder stays, under
// a name at which no broker looks for it: one installation must not run twice. It gives that name.
func TakeOver(ctx context.Context, from, to, program string) (kept string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("take over the installation in %s: %w", from, err)
		}
	}()
	kept = filepath.Clean(from) + takenOver
	if _, err := os.Lstat(kept); err == nil {
		return "", fmt.Errorf("%s is there already; move it away", kept)
	}
	if _, err := os.Stat(filepath.Join(from, authorityFile)); err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoInstallation, err)
	}
	records, err := store.Open(ctx, from, store.Options{Program: program})
	if err != nil {
		return "", err
	}
	// The lock is held until the folder has its other name.
	defer func() { err = errors.Join(err, records.Close()) }()
	authority, err := os.ReadFile(filepath.Join(from, authorityFile))
	if err != nil {
		return "", err
	}
	defer clear(authority)
	if _, err := identity.Sealed(authority); err != nil {
		return "", fmt.Errorf("%s: %w", authorityFile, err)
	}
	scratch, err := os.MkdirTemp(administration.ScratchFolder(), "lockwire-take-over-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	database := filepath.Join(scratch, "database")
	if err := records.Backup(ctx, database); err != nil {
		return "", err
	}
	if err := host.MakeFolder(to); err != nil {
		return "", err
	}
	// The record comes first: it refuses a folder that has one.
	if err := store.Restore(ctx, database, to); err != nil {
		return "", err
	}
	if err := copyAuthority(authority, filepath.Join(to, authorityFile)); err != nil {
		return "", err
	}
	return kept, os.Rename(from, kept)
}

// copyAuthority writes the authority's file as it is, sealed or not, and never over another one.
func copyAuthority(text []byte, path string) error {
	return disk.Write(path, disk.Options{New: true, FolderOwner: true}, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}
