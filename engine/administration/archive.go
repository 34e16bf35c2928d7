package administration

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
)

// What `lockwired backup` writes is a tar file with four members in this order.
//
//   - manifest.json: the Manifest
//   - lockwire.db: a consistent copy of the database, which holds no token, and of keys only that of a webhook, sealed with the authority's
//   - authority.pem: the installation's authority, its keys sealed under the backup's passphrase
//   - signature: the authority's, over the three before it. A backup lies for years where others write, too, and a rule that
//     were taken out of it would be traffic in plain
const (
	manifestMember  = "manifest.json"
	databaseMember  = "lockwire.db"
	authorityMember = "authority.pem"
	signatureMember = "signature"

	archiveVersion = 1

	maximumManifest  = 64 << 10
	maximumAuthority = 64 << 10
	maximumDatabase  = 64 << 30
	maximumSignature = 1 << 10
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

// ScratchFolder is where temporary copies of a database are stored. Unless $TMPDIR names a folder, it is one on a disk: /tmp is memory on many
// systems, too small for the record of years.
func ScratchFolder() string {
	if about, err := os.Stat(diskFolder); err == nil && about.IsDir() && os.Getenv("TMPDIR") == "" {
		return diskFolder
	}
	return os.TempDir()
}

// diskFolder is the folder of the Filesystem Hierarchy Standard for large temporary files.
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
	// The moment is taken before the copy is made: later changes may not be in it.
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
	// The audit entry is written before the first byte is sent: a caller who hangs up before the last one still has the record.
	if err := l.Store.Write(ctx, func(tx engine.Transaction) error { return l.audit(tx, "installation.backup", "installation", nil, nil) }); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := writeArchive(ctx, tar.NewWriter(to), authority, manifest.Made, text, database, sealed); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

func writeArchive(ctx context.Context, archive *tar.Writer, authority *identity.Authority, made time.Time, manifest []byte, database string, sealed []byte) error {
	sum := newArchiveSum()
	if err := addBytes(archive, sum, manifestMember, manifest, made); err != nil {
		return err
	}
	if err := addFile(ctx, archive, sum, databaseMember, database, made); err != nil {
		return err
	}
	if err := addBytes(archive, sum, authorityMember, sealed, made); err != nil {
		return err
	}
	signature, err := authority.SignArchive(sum.value())
	if err != nil {
		return err
	}
	if err := addBytes(archive, sum, signatureMember, signature, made); err != nil {
		return err
	}
	return archive.Close()
}

// archiveSum adds up what members hold. Each begins with its length, so that no byte can move from one to the next.
type archiveSum struct{ hash.Hash }

func newArchiveSum() archiveSum { return archiveSum{sha256.New()} }

func (s archiveSum) begin(size int64) {
	s.Write(binary.BigEndian.AppendUint64(nil, uint64(size)))
}

func (s archiveSum) value() [sha256.Size]byte { return [sha256.Size]byte(s.Sum(nil)) }

func addBytes(archive *tar.Writer, sum archiveSum, name string, content []byte, made time.Time) error {
	if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content)), ModTime: made}); err != nil {
		return err
	}
	sum.begin(int64(len(content)))
	_, err := io.MultiWriter(archive, sum).Write(content)
	return err
}

func addFile(ctx context.Context, archive *tar.Writer, sum archiveSum, name, path string, made time.Time) error {
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
	sum.begin(info.Size())
	_, err = io.Copy(io.MultiWriter(archive, sum), cancellable{ctx, file})
	return err
}

// cancellable is a reader that stops when its context is done.
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

// Archive is a backup without its database.
type Archive struct {
	Manifest Manifest
	// Authority is its file, sealed under the backup's passphrase.
	Authority []byte

	sum       [sha256.Size]byte
	signature []byte
}

// Verify gives [identity.ErrArchiveAltered] unless all of the archive is as the installation wrote it.
func (a Archive) Verify(authority *identity.Authority) error {
	return authority.VerifyArchive(a.sum, a.signature)
}

// ReadArchive unpacks an archive and writes its copy of the database to a new file. Trust nothing in it before Verify succeeds with the authority,
// which the passphrase opens.
func ReadArchive(from io.Reader, database string) (Archive, error) {
	var read Archive
	archive, sum := tar.NewReader(from), newArchiveSum()
	text, err := readMember(archive, sum, manifestMember, maximumManifest)
	if err != nil {
		return read, err
	}
	if err := json.Unmarshal(text, &read.Manifest); err != nil {
		return read, notAnArchive(err)
	}
	if read.Manifest.Version > archiveVersion {
		return read, fmt.Errorf("the backup: %w", engine.ErrNewerData)
	}
	if err := extractDatabase(archive, sum, database); err != nil {
		return read, err
	}
	if read.Authority, err = readMember(archive, sum, authorityMember, maximumAuthority); err != nil {
		return read, err
	}
	read.sum = sum.value()
	read.signature, err = readMember(archive, sum, signatureMember, maximumSignature)
	return read, err
}

func notAnArchive(err error) error {
	return fmt.Errorf("this is not a whole Lockwire backup: %w", err)
}

// nextMember reads the next member and checks that it is the expected one.
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

func readMember(archive *tar.Reader, sum archiveSum, name string, most int64) ([]byte, error) {
	header, err := nextMember(archive, name, most)
	if err != nil {
		return nil, err
	}
	content := make([]byte, header.Size)
	if _, err := io.ReadFull(archive, content); err != nil {
		return nil, notAnArchive(err)
	}
	sum.begin(header.Size)
	sum.Write(content)
	return content, nil
}

func extractDatabase(archive *tar.Reader, sum archiveSum, path string) error {
	header, err := nextMember(archive, databaseMember, maximumDatabase)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	sum.begin(header.Size)
	if _, err := io.CopyN(io.MultiWriter(file, sum), archive, header.Size); err != nil {
		return errors.Join(notAnArchive(err), file.Close())
	}
	return errors.Join(file.Sync(), file.Close())
}
