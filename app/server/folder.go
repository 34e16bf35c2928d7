package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/store"
)

// Files of a data folder besides those of the store.
const (
	authorityFile = "authority.pem"
	socketFile    = "lockwired.sock"
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
	records, err := store.Open(ctx, options.Path, store.Options{Program: options.Program, Logger: options.Logger})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, records.Close())
		}
	}()
	folder := &Folder{Path: options.Path, Store: records}
	value, err := records.Value(ctx, installationValue)
	switch {
	case errors.Is(err, engine.ErrNotFound):
		err = folder.found(ctx)
	case err == nil:
		folder.Installation, err = engine.ParseID(string(value))
	}
	if err != nil {
		return nil, fmt.Errorf("open the installation in %s: %w", options.Path, err)
	}
	folder.authority = sync.OnceValues(func() (*identity.Authority, error) {
		return loadAuthority(filepath.Join(options.Path, authorityFile), options.Passphrase)
	})
	return folder, nil
}

// found makes a new installation. The authority is written first: an installation whose id is in the record always has one.
func (f *Folder) found(ctx context.Context) error {
	f.Installation = engine.NewID()
	authority, err := identity.NewAuthority(f.Installation, time.Now())
	if err != nil {
		return err
	}
	if err := authority.Save(filepath.Join(f.Path, authorityFile), nil); err != nil {
		return err
	}
	return f.Store.Write(ctx, func(tx engine.Transaction) error {
		if err := tx.PutValue(installationValue, []byte(f.Installation)); err != nil {
			return err
		}
		return tx.AppendAudit(engine.AuditEntry{When: time.Now(), Who: "broker", What: "installation.found", Thing: string(f.Installation)})
	})
}

func loadAuthority(path string, ask func() ([]byte, error)) (*identity.Authority, error) {
	return identity.LoadAuthority(path, func() ([]byte, error) {
		phrase, err := identity.CredentialPassphrase(os.Getenv("CREDENTIALS_DIRECTORY"))
		if err != nil || phrase != nil || ask == nil {
			return phrase, err
		}
		return ask()
	})
}

// Authority opens the installation's authority, once.
func (f *Folder) Authority() (*identity.Authority, error) { return f.authority() }

// SealAuthority writes the authority's file anew under a passphrase, or in clear where it is empty.
func (f *Folder) SealAuthority(passphrase []byte) error {
	authority, err := f.Authority()
	if err != nil {
		return err
	}
	return authority.Save(filepath.Join(f.Path, authorityFile), passphrase)
}

// Close closes the record.
func (f *Folder) Close() error { return f.Store.Close() }
