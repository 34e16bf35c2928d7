package identity

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"lockwire/engine"
	"lockwire/engine/disk"
)

// The files of one attachment, in a directory named for the installation. attachment.json is written last and removed first:
// a directory without it is no attachment.
const (
	attachmentFile = "attachment.json"
	rootsFile      = "roots.pem"
	identityFile   = "identity.pem" // key and certificate together, so that they can never be of two renewals
	previousFile   = "previous.pem" // the pair before it, until the renewed one has attached

	attachmentVersion = 1
	maxAttachmentFile = 16 << 10
	maxIdentityFile   = 16 << 10
)

func (d *Directory) remove(name string) error {
	if err := ignoreMissing(os.Remove(filepath.Join(d.path, name))); err != nil {
		return err
	}
	return disk.SyncFolder(d.path)
}

// attachmentJSON is attachment.json.
type attachmentJSON struct {
	Version      int       `json:"version"`
	Installation engine.ID `json:"installation"`
	Kind         string    `json:"kind"`
	ID           engine.ID `json:"id"`
	Name         string    `json:"name"`
	Brokers      []string  `json:"brokers"`
}

func (d *Directory) writeAttachment(a Attachment) error {
	text, err := json.MarshalIndent(attachmentJSON{
		Version: attachmentVersion, Installation: a.Installation, Kind: a.Kind.String(), ID: a.ID, Name: a.Name, Brokers: a.Brokers,
	}, "", "  ")
	if err != nil {
		return err
	}
	return disk.WriteFile(filepath.Join(d.path, attachmentFile), append(text, '\n'))
}

func (d *Directory) readAttachment() (Attachment, error) {
	path := filepath.Join(d.path, attachmentFile)
	text, err := readPrivateFile(path, maxAttachmentFile)
	if errors.Is(err, fs.ErrNotExist) {
		return Attachment{}, ErrNotJoined
	}
	if err != nil {
		return Attachment{}, err
	}
	var read attachmentJSON
	if err := json.Unmarshal(text, &read); err != nil {
		return Attachment{}, fmt.Errorf("%s is damaged: %w", path, err)
	}
	if read.Version > attachmentVersion {
		return Attachment{}, fmt.Errorf("%s: %w", path, ErrNewerFile)
	}
	a := Attachment{Installation: read.Installation, ID: read.ID, Name: read.Name, Brokers: read.Brokers}
	for _, kind := range []Kind{Component, Administrator, Tenant} {
		if read.Kind == kind.String() {
			a.Kind = kind
		}
	}
	if err := a.check(); err != nil {
		return Attachment{}, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

func (d *Directory) writePair(name string, p pair) error {
	text, err := marshalKey(p.key)
	if err != nil {
		return err
	}
	defer wipe(text)
	certificate := pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: p.certificate.Raw})
	both := slices.Concat(text, certificate)
	defer wipe(both)
	return disk.WriteFile(filepath.Join(d.path, name), both)
}

func (d *Directory) readPair(name string) (pair, error) {
	path := filepath.Join(d.path, name)
	text, err := readPrivateFile(path, maxIdentityFile)
	if err != nil {
		return pair{}, err
	}
	defer wipe(text)
	key, rest := pem.Decode(text)
	if key == nil || key.Type != pemPrivateKey {
		return pair{}, fmt.Errorf("%s is damaged: it has no private key", path)
	}
	defer wipe(key.Bytes)
	certificate, rest := pem.Decode(rest)
	if certificate == nil || certificate.Type != pemCertificate || len(bytes.TrimSpace(rest)) != 0 {
		return pair{}, fmt.Errorf("%s is damaged: it has no certificate", path)
	}
	var p pair
	if p.key, err = parsePKCS8(key.Bytes); err != nil {
		return pair{}, fmt.Errorf("%s: %w", path, err)
	}
	if p.certificate, err = ParseCertificate(certificate.Bytes); err != nil {
		return pair{}, fmt.Errorf("%s: %w", path, err)
	}
	if err := p.check(d.attachment, d.roots); err != nil {
		return pair{}, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}
