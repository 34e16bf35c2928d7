package administration

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"lockwire/engine"
)

// An archive is what `lockwired backup` writes: a tar file with three members in this order.
//
//   - manifest.json: the Manifest
//   - lockwire.db: a consistent copy of the database, which holds no key and no token
//   - authority.pem: the installation's authority, its keys sealed under the backup's passphrase
const (
	manifestMember  = "manifest.json"
	databaseMember  = "lockwire.db"
	authorityMember = "authority.pem"

	archiveVersion = 1

	maximumManifest  = 64 << 10
	maximumAuthority = 64 << 10
	maximumDatabase  = 64 << 30
)

// Manifest says what an archive is of.
type Manifest struct {
	Version      int       `json:"version"`
	Installation engine.ID `json:"installation"`
	Made         time.Time `json:"made"`
	Program      string    `json:"program"`
	// Brokers are the addresses at which the components look for the broker.
	Brokers []string `json:"brokers"`
}

// minimumPassphrase is in bytes. The archive leaves the broker's machine, so that a guessable passphrase would give the authority away.
const minimumPassphrase = 12

// ScratchFolder is where a copy of a database lies while it is packed or unpacked. Where $TMPDIR says nothing that is a folder
// on a disk: /tmp is memory on many systems, and a record of years is larger than that.
func ScratchFolder() string {
	if about, err := os.Stat(diskFolder); err == nil && about.IsDir() && os.Getenv("TMPDIR") == "" {
		return diskFolder
	}
	return os.TempDir()
}

// diskFolder is what the Filesystem Hierarchy Standard has for it.
const diskFolder = "/var/tmp"

// Backup writes an archive of the installation while it is in use.
func (l *Local) Backup(ctx context.Context, passphrase []byte, to io.Writer) error {
	if len(passphrase) < minimumPassphrase {
		return &engine.FieldError{Field: "passphrase", Err: fmt.Errorf("at least %d characters are needed: it protects the authority's key", minimumPassphrase)}
	}
	authority, err := l.Authority()
	if err != nil {
		return err
	}
	sealed, err := authority.Encode(passphrase)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp(ScratchFolder(), "lockwire-backup-")
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer os.RemoveAll(folder)
	// The moment is that before the copy: what happens while it is made is not in it.
	manifest := Manifest{Version: archiveVersion, Installation: l.Config.Installation, Made: l.Now().UTC(), Program: l.Version, Brokers: []string{}}
	database := filepath.Join(folder, databaseMember)
	if err := l.Store.Backup(ctx, database); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if l.Broker != nil {
		manifest.Brokers = l.Broker.Addresses()
	}
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return err
	}
	// Before the first byte is given away: whoever hangs up before the last one has the record all the same.
	if err := l.Store.Write(ctx, func(tx engine.Transaction) error { return l.audit(tx, "installation.backup", "installation", nil, nil) }); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	archive := tar.NewWriter(to)
	if err := addBytes(archive, manifestMember, text, manifest.Made); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := addFile(ctx, archive, databaseMember, database, manifest.Made); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := addBytes(archive, authorityMember, sealed, manifest.Made); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

func addBytes(archive *tar.Writer, name string, content []byte, made time.Time) error {
	if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content)), ModTime: made}); err != nil {
		return err
	}
	_, err := archive.Write(content)
	return err
}

func addFile(ctx context.Context, archive *tar.Writer, name, path string, made time.Time) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: made}); err != nil {
		return err
	}
	_, err = io.Copy(archive, cancellable{ctx, file})
	return err
}

// cancellable is a reader that ends with its context.
type cancellable struct {
	ctx context.Context
	io.Reader
}

func (c cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.Reader.Read(p)
}

// ReadArchive takes an archive apart: it writes the copy of the database to a new file and gives the manifest and the sealed
// authority. Nothing of it is trusted yet; the store checks the database, the authority's passphrase the authority.
func ReadArchive(from io.Reader, database string) (Manifest, []byte, error) {
	archive := tar.NewReader(from)
	var manifest Manifest
	text, err := readMember(archive, manifestMember, maximumManifest)
	if err != nil {
		return manifest, nil, err
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return manifest, nil, notAnArchive(err)
	}
	if manifest.Version > archiveVersion {
		return manifest, nil, fmt.Errorf("the backup: %w", engine.ErrNewerData)
	}
	if err := extractDatabase(archive, database); err != nil {
		return manifest, nil, err
	}
	authority, err := readMember(archive, authorityMember, maximumAuthority)
	return manifest, authority, err
}

func notAnArchive(err error) error {
	return fmt.Errorf("this is not a whole Lockwire backup: %w", err)
}

// nextMember finds the member that has to come now.
func nextMember(archive *tar.Reader, name string, most int64) (*tar.Header, error) {
	header, err := archive.Next()
	if err != nil {
		return nil, notAnArchive(err)
	}
	if header.Name != name || header.Typeflag != tar.TypeReg || header.Size > most {
		return nil, notAnArchive(fmt.Errorf("%s was expected", name))
	}
	return header, nil
}

func readMember(archive *tar.Reader, name string, most int64) ([]byte, error) {
	header, err := nextMember(archive, name, most)
	if err != nil {
		return nil, err
	}
	content := make([]byte, header.Size)
	if _, err := io.ReadFull(archive, content); err != nil {
		return nil, notAnArchive(err)
	}
	return content, nil
}

func extractDatabase(archive *tar.Reader, path string) error {
	header, err := nextMember(archive, databaseMember, maximumDatabase)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.CopyN(file, archive, header.Size); err != nil {
		return errors.Join(notAnArchive(err), file.Close())
	}
	return errors.Join(file.Sync(), file.Close())
}
