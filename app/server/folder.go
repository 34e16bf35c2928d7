package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/administration"
	"lockwire/engine/disk"
	"lockwire/engine/identity"
	"lockwire/store"
)

// Files of a data folder besides those of the store.
const (
	authorityFile = "authority.pem"
	socketFile    = "lockwired.sock"
	// providersFolder has a directory for each service provider of which the installation is a tenant.
	providersFolder = "providers"
)

// installationValue is the name under which the store keeps the installation's id.
const installationValue = "installation"

// Folder is an opened data folder: the record and the authority of one installation.
type Folder struct {
	Path         string
	Installation engine.ID
	Store        *store.Store

	authority func() (*identity.Authority, error)
}

// Options say how a data folder is opened.
type Options struct {
	Path string
	// Program names this process to a second one that wants the folder.
	Program string
	Logger  *slog.Logger
	// Passphrase is asked for where the authority's key is sealed and systemd offers no credential; nil where nobody can be asked.
	Passphrase func() ([]byte, error)
}

// OpenFolder opens a data folder, and makes a new installation where it is empty. Its errors are those of store.Open and of
// the authority's file.
func OpenFolder(ctx context.Context, options Options) (_ *Folder, err error) {
	if err := closeFolder(options.Path); err != nil {
		return nil, err
	}
	records, err := store.Open(ctx, options.Path, store.Options{Program: options.Program, Logger: options.Logger})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, records.Close())
		}
	}()
	folder := folderOf(records, options)
	if err = folder.identify(ctx); errors.Is(err, engine.ErrNotFound) {
		err = folder.found(ctx)
	}
	if err == nil {
		err = folder.ensureAuthority(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("open the installation in %s: %w", options.Path, err)
	}
	return folder, nil
}

// openToLook opens a data folder in which nothing may be written, because of an error of the file system. The record is a private copy;
// the authority's key stays where it is.
func openToLook(ctx context.Context, options Options, because error) (*Folder, error) {
	records, err := store.OpenReadOnly(ctx, options.Path, administration.ScratchFolder(), because, store.Options{Program: options.Program, Logger: options.Logger})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s: %w", ErrNoInstallation, options.Path, err)
	}
	if err != nil {
		return nil, err
	}
	folder := folderOf(records, options)
	if err := folder.identify(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the installation in %s: %w", options.Path, err), records.Close())
	}
	return folder, nil
}

func folderOf(records *store.Store, options Options) *Folder {
	folder := &Folder{Path: options.Path, Store: records}
	folder.authority = sync.OnceValues(func() (*identity.Authority, error) {
		return loadAuthority(folder.authorityPath(), options.Passphrase)
	})
	return folder
}

// identify reads which installation the record is of; ErrNotFound where it is of none yet.
func (f *Folder) identify(ctx context.Context) error {
	value, err := f.Store.Value(ctx, installationValue)
	if err == nil {
		f.Installation, err = engine.ParseID(string(value))
	}
	return err
}

// found makes a new installation. The id is written first, and the authority only where nobody has enrolled yet: an authority
// that is there is never replaced, for all certificates hang on it.
func (f *Folder) found(ctx context.Context) error {
	if _, err := os.Lstat(f.authorityPath()); err == nil {
		return fmt.Errorf("%s is there, but the record is new: the database was lost; restore a backup in an empty folder (lockwired restore), or move the folder away to begin anew", f.authorityPath())
	}
	f.Installation = engine.NewID()
	return f.Store.Write(ctx, func(tx engine.Transaction) error {
		if err := tx.PutValue(installationValue, []byte(f.Installation)); err != nil {
			return err
		}
		return tx.AppendAudit(engine.AuditEntry{When: time.Now(), Who: "broker", What: "installation.found", Thing: string(f.Installation)})
	})
}

// ensureAuthority makes the authority of an installation in which nobody has enrolled: a new one, or one whose first start was
// interrupted.
func (f *Folder) ensureAuthority(ctx context.Context) error {
	if _, err := os.Lstat(f.authorityPath()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	components, err := f.Store.Components(ctx)
	if err != nil {
		return err
	}
	administrators, err := f.Store.Administrators(ctx)
	if err != nil {
		return err
	}
	if len(components)+len(administrators) > 0 {
		return fmt.Errorf("the authority's file %s is missing: put it back, or restore a backup in an empty folder (lockwired restore)", f.authorityPath())
	}
	authority, err := identity.NewAuthority(f.Installation, time.Now())
	if err != nil {
		return err
	}
	return saveAuthority(authority, f.Path, nil)
}

func (f *Folder) authorityPath() string { return filepath.Join(f.Path, authorityFile) }

// saveAuthority writes the authority's file of a data folder. One that root writes, with sudo, stays the service's.
func saveAuthority(authority *identity.Authority, folder string, passphrase []byte) error {
	return authority.Save(filepath.Join(folder, authorityFile), passphrase)
}

// loadAuthority opens the authority's file. Its passphrase, where it has one, is systemd's credential, or asked for.
func loadAuthority(path string, ask func() ([]byte, error)) (*identity.Authority, error) {
	authority, err := identity.LoadAuthority(path, func() ([]byte, error) {
		phrase, err := identity.CredentialPassphrase(os.Getenv("CREDENTIALS_DIRECTORY"))
		if err != nil || phrase != nil || ask == nil {
			return phrase, err
		}
		return ask()
	})
	if errors.Is(err, identity.ErrPassphraseNeeded) {
		err = fmt.Errorf("%w; run this at a terminal, or give it as the systemd credential %s", err, identity.CredentialName)
	}
	return authority, err
}

// Authority opens the installation's authority, once.
func (f *Folder) Authority() (*identity.Authority, error) { return f.authority() }

// Space gives the room that is free on the folder's disk, and what the record takes of it.
func (f *Folder) Space() (free, record uint64, err error) {
	if free, err = disk.Free(f.Path); err != nil {
		return 0, 0, err
	}
	record, err = f.Store.Size()
	return free, record, err
}

// SealAuthority writes the authority's file anew under a passphrase, or in clear where it is empty.
func (f *Folder) SealAuthority(passphrase []byte) error {
	authority, err := f.Authority()
	if err != nil {
		return err
	}
	return saveAuthority(authority, f.Path, passphrase)
}

// Close closes the record.
func (f *Folder) Close() error { return f.Store.Close() }
