package identity

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/disk"
)

// MaxName is how many bytes a component's or administrator's name may have here; the broker's own limit is narrower.
const MaxName = 256

// Attachment is what a machine knows of its place in one installation, besides key and certificates.
type Attachment struct {
	Installation engine.ID
	// Kind is [Component], [Administrator] or [Tenant], ID the id that it keeps for life.
	Kind Kind
	ID   engine.ID
	// Name is what the broker calls it; for screens and logs only.
	Name string
	// Brokers are the broker's addresses, "host:port", in the order to try them; those of a provider's gateways where the way to its
	// broker leads through them.
	Brokers []string
}

func (a Attachment) check() error {
	name := Name{Installation: a.Installation, Kind: a.Kind, ID: a.ID}
	if err := name.Validate(); err != nil {
		return err
	}
	if a.Kind == Broker {
		return errors.New("a broker does not attach to itself")
	}
	if len(a.Name) > MaxName {
		return fmt.Errorf("a name of %d bytes is too long", len(a.Name))
	}
	return CheckBrokers(a.Brokers)
}

// pair is a private key with its certificate.
type pair struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
}

// Directory keeps one attachment on disk, in files of mode 0600. Each change is on the disk before it is seen in memory.
// It is safe for concurrent use within one process.
type Directory struct {
	path string

	mu         sync.RWMutex
	attachment Attachment
	roots      Roots
	current    pair
	previous   *pair
	givenUp    bool // another one, or none, is in its place on the disk
}

// Join keeps a new attachment in the directory of its installation under base, which is made where it is missing. An earlier
// attachment to the same installation is replaced; when Join fails half-way, neither is left and the machine has to join again.
func Join(base string, attachment Attachment, roots Roots, key *ecdsa.PrivateKey, certificate *x509.Certificate) (*Directory, error) {
	d := &Directory{path: filepath.Join(base, string(attachment.Installation)), attachment: attachment, roots: roots}
	d.attachment.Brokers = slices.Clone(attachment.Brokers)
	if err := d.attachment.check(); err != nil {
		return nil, fmt.Errorf("keep attachment: %w", err)
	}
	d.current = pair{key, certificate}
	if err := d.current.check(d.attachment, roots); err != nil {
		return nil, fmt.Errorf("keep attachment: %w", err)
	}
	if err := d.write(); err != nil {
		return nil, fmt.Errorf("keep attachment: %w", err)
	}
	return d, nil
}

func (d *Directory) write() error {
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return err
	}
	for _, name := range []string{attachmentFile, previousFile} {
		if err := d.remove(name); err != nil {
			return err
		}
	}
	if err := d.writePair(identityFile, d.current); err != nil {
		return err
	}
	if err := disk.WriteFile(filepath.Join(d.path, rootsFile), d.roots.PEM()); err != nil {
		return err
	}
	return d.writeAttachment(d.attachment)
}

// check tells whether the pair is whole, of that attachment and signed by one of the roots. Dates do not count: a machine
// whose clock is wrong is told so when it attaches.
func (p pair) check(attachment Attachment, roots Roots) error {
	if !p.key.PublicKey.Equal(p.certificate.PublicKey) {
		return ErrOtherKey
	}
	always := NewVerifier(func() Roots { return roots }, func() time.Time { return p.certificate.NotAfter })
	peer, err := always.Verify([]*x509.Certificate{p.certificate})
	if err != nil {
		return err
	}
	if roots.Installation() != attachment.Installation || peer.Kind != attachment.Kind || peer.ID != attachment.ID {
		return errors.New("the certificate is another's")
	}
	return nil
}

// OpenDirectory reads the attachment in the directory at path. It returns [ErrNotJoined] where there is none, [ErrPermissions]
// where others can read the key, [ErrNewerFile], or an error that names the file and what is wrong with it.
func OpenDirectory(path string) (*Directory, error) {
	d := &Directory{path: path}
	var err error
	if d.attachment, err = d.readAttachment(); err != nil {
		return nil, fmt.Errorf("open attachment: %w", err)
	}
	text, err := readPrivateFile(filepath.Join(path, rootsFile), maxRootsFile)
	if err != nil {
		return nil, fmt.Errorf("open attachment: %w", err)
	}
	if d.roots, err = ParseRoots(text); err != nil {
		return nil, fmt.Errorf("open attachment: %s: %w", filepath.Join(path, rootsFile), err)
	}
	if d.current, err = d.readPair(identityFile); err != nil {
		return nil, fmt.Errorf("open attachment: %w", err)
	}
	switch previous, err := d.readPair(previousFile); {
	case err == nil:
		d.previous = &previous
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("open attachment: %w", err)
	}
	return d, nil
}

// Directories opens all attachments under base, in the order of their installations' ids. A base that is missing has none.
func Directories(base string) ([]*Directory, error) {
	entries, err := os.ReadDir(base)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list attachments: %w", err)
	}
	var all []*Directory
	for _, entry := range entries {
		if _, err := engine.ParseID(entry.Name()); err != nil || !entry.IsDir() {
			continue
		}
		switch d, err := OpenDirectory(filepath.Join(base, entry.Name())); {
		case err == nil:
			all = append(all, d)
		case !errors.Is(err, ErrNotJoined):
			return nil, err
		}
	}
	return all, nil
}

// Attachment tells what is kept besides keys.
func (d *Directory) Attachment() Attachment {
	d.mu.RLock()
	defer d.mu.RUnlock()
	attachment := d.attachment
	attachment.Brokers = slices.Clone(attachment.Brokers)
	return attachment
}

// Path is the directory itself; the agent keeps its own settings for this attachment beside ours.
func (d *Directory) Path() string { return d.path }

// Roots is the bundle that the broker is recognised by.
func (d *Directory) Roots() Roots {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.roots
}

// Certificate gives the present certificate with its key, for [ClientConfig] and the data channel.
func (d *Directory) Certificate() (*tls.Certificate, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return TLSCertificate(d.current.certificate, d.current.key), nil
}

// Previous gives the certificate before the present one, or nil once the present one has attached. Sessions that were offered
// before a renewal still prove its key.
func (d *Directory) Previous() *tls.Certificate {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.previous == nil {
		return nil
	}
	return TLSCertificate(d.previous.certificate, d.previous.key)
}

// KeyID is the key id of the present certificate.
func (d *Directory) KeyID() engine.KeyID {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return KeyIDOf(d.current.certificate.RawSubjectPublicKeyInfo)
}

// Renew makes certificate, issued for the fresh key, the present one. The pair before it is kept until [Directory.Attached].
func (d *Directory) Renew(key *ecdsa.PrivateKey, certificate *x509.Certificate) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.givenUp {
		return fmt.Errorf("renew certificate: %w", errGivenUp)
	}
	fresh := pair{key, certificate}
	if err := fresh.check(d.attachment, d.roots); err != nil {
		return fmt.Errorf("renew certificate: %w", err)
	}
	if key.Equal(d.current.key) {
		return fmt.Errorf("renew certificate: %w: a renewal needs a fresh one", ErrOtherKey)
	}
	// Where a renewal never attached, the pair before it stays the one to go back to.
	keep := d.current
	if d.previous != nil {
		keep = *d.previous
	}
	if err := d.writePair(previousFile, keep); err != nil {
		return fmt.Errorf("renew certificate: %w", err)
	}
	d.previous = &keep
	if err := d.writePair(identityFile, fresh); err != nil {
		return fmt.Errorf("renew certificate: %w", err)
	}
	d.current = fresh
	return nil
}

// Attached is told that the broker has taken the certificate of a key. Where that is the present one, the previous pair is
// removed from the disk; a certificate that was renewed meanwhile is still to be taken, and the broker knows the previous key.
func (d *Directory) Attached(key engine.KeyID) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.givenUp || d.previous == nil || KeyIDOf(d.current.certificate.RawSubjectPublicKeyInfo) != key {
		return nil
	}
	if err := d.remove(previousFile); err != nil {
		return fmt.Errorf("drop previous key: %w", err)
	}
	d.previous = nil
	return nil
}

// SetRoots keeps a new bundle. It must share a root with the present one and hold the root of the present certificate's
// installation, so that no single message can move the machine to other roots altogether.
func (d *Directory) SetRoots(roots Roots) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.givenUp {
		return fmt.Errorf("keep root certificates: %w", errGivenUp)
	}
	shared := slices.ContainsFunc(roots.certificates, func(c *x509.Certificate) bool {
		return slices.ContainsFunc(d.roots.certificates, c.Equal)
	})
	if roots.Installation() != d.attachment.Installation || !shared {
		return errors.New("keep root certificates: none of them was known before")
	}
	if err := disk.WriteFile(filepath.Join(d.path, rootsFile), roots.PEM()); err != nil {
		return fmt.Errorf("keep root certificates: %w", err)
	}
	d.roots = roots
	return nil
}

// SetBrokers keeps other addresses of the broker.
func (d *Directory) SetBrokers(brokers []string) error {
	return d.change(func(a *Attachment) { a.Brokers = slices.Clone(brokers) })
}

// SetName keeps another name.
func (d *Directory) SetName(name string) error {
	return d.change(func(a *Attachment) { a.Name = name })
}

func (d *Directory) change(edit func(*Attachment)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.givenUp {
		return fmt.Errorf("keep attachment: %w", errGivenUp)
	}
	changed := d.attachment
	edit(&changed)
	if err := changed.check(); err != nil {
		return fmt.Errorf("keep attachment: %w", err)
	}
	if err := d.writeAttachment(changed); err != nil {
		return fmt.Errorf("keep attachment: %w", err)
	}
	d.attachment = changed
	return nil
}
