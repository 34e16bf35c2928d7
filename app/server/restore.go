package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"lockwire/engine"
	"lockwire/engine/administration"
	"lockwire/engine/broker"
	"lockwire/engine/identity"
	"lockwire/engine/record"
	"lockwire/store"
)

// Restore brings an archive of `lockwired backup` up in a data folder that has no installation yet. The authority's key stays
// sealed under the passphrase where keepSealed is set; otherwise its file is in clear and 0600, as a new installation's is.
func Restore(ctx context.Context, from io.Reader, path string, passphrase []byte, keepSealed bool) (_ administration.Manifest, err error) {
	scratch, err := os.MkdirTemp(administration.ScratchFolder(), "lockwire-restore-")
	if err != nil {
		return administration.Manifest{}, fmt.Errorf("restore: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	database := filepath.Join(scratch, "database")
	archive, err := administration.ReadArchive(from, database)
	manifest := archive.Manifest
	if err != nil {
		return manifest, err
	}
	authority, err := identity.ParseAuthority(archive.Authority, passphrase)
	if err != nil {
		return manifest, fmt.Errorf("open the authority in the backup: %w", err)
	}
	if err := archive.Verify(authority); err != nil {
		return manifest, err
	}
	if authority.Installation() != manifest.Installation {
		return manifest, errors.New("the backup's authority is of another installation than its manifest says")
	}
	if err := closeFolder(path); err != nil {
		return manifest, err
	}
	// The record comes first: it refuses a folder that has one.
	if err := store.Restore(ctx, database, path); err != nil {
		return manifest, err
	}
	if err := noteRestored(ctx, path, authority.RecordKey(), manifest.Made); err != nil {
		return manifest, err
	}
	if !keepSealed {
		passphrase = nil
	}
	return manifest, saveAuthority(authority, path, passphrase)
}

// noteRestored keeps the moment of the backup: components that renewed their certificate after it are let in all the same.
// The chain of receipts says so, too: it forks there.
func noteRestored(ctx context.Context, path string, key *identity.RecordKey, made time.Time) (err error) {
	records, err := store.Open(ctx, path, store.Options{Program: "lockwired restore"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, records.Close()) }()
	return records.Write(ctx, func(tx engine.Transaction) error {
		if err := tx.PutValue(broker.RestoredValue, []byte(made.UTC().Format(time.RFC3339))); err != nil {
			return err
		}
		if err := chainRestored(ctx, tx, key, made); err != nil {
			return err
		}
		return tx.AppendAudit(engine.AuditEntry{When: time.Now(), Who: engine.Actor(thisUser()), What: "installation.restore", Thing: "installation"})
	})
}

// chainRestored adds the restore to the chain of receipts, where the backup has one.
func chainRestored(ctx context.Context, tx engine.Transaction, key *identity.RecordKey, made time.Time) error {
	chain, err := record.ContinueChain(ctx, tx, key)
	if errors.Is(err, engine.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return chain.Append(engine.EntryRestore, "", record.Restoration{When: time.Now().UTC(), Made: made.UTC(), Who: engine.Actor(thisUser())})
}
