package identity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"lockwire/engine"
	"lockwire/engine/disk"
)

// The authority's file is a sequence of PEM blocks, the root that signs first: for each root its CERTIFICATE and, unless it
// is an old root that signs no more, its key: a PRIVATE KEY (PKCS #8) or, with a passphrase, a LOCKWIRE SEALED PRIVATE KEY
// (sealedkey.go). The last block is the key that signs receipts, in the same two forms under names of its own. Either all keys of a file are
// sealed or none. The certificates are authenticated with each sealed key.
const (
	pemSealedKey       = "LOCKWIRE SEALED PRIVATE KEY"
	pemRecordKey       = "LOCKWIRE RECEIPTS KEY"
	pemSealedRecordKey = "LOCKWIRE SEALED RECEIPTS KEY"
	// maxAuthorityFile is far above two roots with their keys.
	maxAuthorityFile = 32 << 10
)

// Encode writes the authority with its keys, sealed when passphrase is not empty. The same bytes are the authority's file and,
// under a passphrase of its own, its part of a backup. Without a passphrase they hold the key in clear: the caller keeps them
// to mode 0600 and wipes them.
func (a *Authority) Encode(passphrase []byte) ([]byte, error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	ordered := []root{a.roots[a.signing]}
	for i, r := range a.roots {
		if i != a.signing {
			ordered = append(ordered, r)
		}
	}
	var text bytes.Buffer
	text.Grow(maxAuthorityFile) // no growing copies of a key in clear are left behind
	for _, r := range ordered {
		pem.Encode(&text, &pem.Block{Type: pemCertificate, Bytes: r.certificate.Raw})
		if r.key == nil {
			continue
		}
		if err := appendKey(&text, r.key, passphrase, certificatesOf(ordered), pemPrivateKey, pemSealedKey); err != nil {
			return nil, err
		}
	}
	if a.record != nil {
		if err := appendKey(&text, a.record.key, passphrase, recordBound(ordered), pemRecordKey, pemSealedRecordKey); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

// appendKey writes a key, sealed when passphrase is not empty and then bound to something, as a block of one of two names.
func appendKey(to *bytes.Buffer, key *ecdsa.PrivateKey, passphrase, bound []byte, inClear, sealed string) error {
	encoded, err := marshalKey(key)
	if err != nil {
		return fmt.Errorf("encode authority: %w", err)
	}
	defer wipe(encoded)
	clear, _ := pem.Decode(encoded)
	defer wipe(clear.Bytes)
	block := &pem.Block{Type: inClear, Bytes: clear.Bytes}
	if len(passphrase) > 0 {
		block.Type = sealed
		if block.Bytes, err = sealKey(clear.Bytes, passphrase, bound); err != nil {
			return fmt.Errorf("encode authority: %w", err)
		}
	}
	if err := pem.Encode(to, block); err != nil {
		return fmt.Errorf("encode authority: %w", err)
	}
	return nil
}

// recordBound is what the sealed key for receipts is bound to, so that it cannot stand in the place of a root's.
func recordBound(roots []root) []byte { return append(certificatesOf(roots), pemRecordKey...) }

func wipe(b []byte) { clear(b) }

// certificatesOf is what a sealed key is bound to: all certificates of its file, in order.
func certificatesOf(roots []root) []byte {
	var all []byte
	for _, r := range roots {
		all = append(all, r.certificate.Raw...) // DER carries its own length
	}
	return all
}

// parsedRoot is one root as its file has it.
type parsedRoot struct {
	certificate *x509.Certificate
	key         *pem.Block // nil for an old root
}

// ParseAuthority reads what [Authority.Encode] wrote. Passphrase may be nil where the keys are in clear, and is ignored there.
// It returns [ErrPassphraseNeeded], [ErrPassphrase], [ErrNewerFile], or an error that says what is wrong with the file.
func ParseAuthority(text, passphrase []byte) (*Authority, error) {
	parsed, record, err := splitAuthority(text)
	if err != nil {
		return nil, fmt.Errorf("read authority: %w", err)
	}
	var roots []root
	for _, p := range parsed {
		roots = append(roots, root{certificate: p.certificate})
	}
	authority, err := authorityOf(roots)
	if err != nil {
		return nil, fmt.Errorf("read authority: %w", err)
	}
	bound := certificatesOf(authority.roots)
	for i, p := range parsed {
		if p.key == nil {
			continue
		}
		key, err := openBlock(p.key, passphrase, bound, pemSealedKey)
		if err != nil {
			return nil, fmt.Errorf("read authority: %w", err)
		}
		if !key.PublicKey.Equal(p.certificate.PublicKey) {
			return nil, errors.New("read authority: a key and the certificate before it do not belong together")
		}
		authority.roots[i].key = key
	}
	if record != nil {
		key, err := openBlock(record, passphrase, recordBound(authority.roots), pemSealedRecordKey)
		if err == nil {
			authority.record, err = recordKeyOf(key)
		}
		if err != nil {
			return nil, fmt.Errorf("read authority: %w", err)
		}
	}
	return authority, nil
}

// openBlock reads a key of the file, which is sealed where its block has that name.
func openBlock(block *pem.Block, passphrase, bound []byte, sealed string) (*ecdsa.PrivateKey, error) {
	der := block.Bytes
	if block.Type == sealed {
		if len(passphrase) == 0 {
			return nil, ErrPassphraseNeeded
		}
		var err error
		if der, err = openKey(block.Bytes, passphrase, bound); err != nil {
			return nil, err
		}
	}
	defer wipe(der)
	return parsePKCS8(der)
}

// splitAuthority takes the file apart without opening a key. The record's is nil in the file of an older version.
func splitAuthority(text []byte) (parsed []parsedRoot, record *pem.Block, err error) {
	if len(text) > maxAuthorityFile {
		return nil, nil, fmt.Errorf("%d bytes are too many", len(text))
	}
	for rest := text; len(bytes.TrimSpace(rest)) > 0; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, nil, errors.New("the file is damaged")
		}
		switch block.Type {
		case pemCertificate:
			certificate, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, nil, fmt.Errorf("root certificate: %w", err)
			}
			parsed = append(parsed, parsedRoot{certificate: certificate})
		case pemPrivateKey, pemSealedKey:
			if len(parsed) == 0 || parsed[len(parsed)-1].key != nil {
				return nil, nil, errors.New("a key stands without its certificate")
			}
			parsed[len(parsed)-1].key = block
		case pemRecordKey, pemSealedRecordKey:
			if record != nil {
				return nil, nil, errors.New("it holds two keys for receipts")
			}
			record = block
		default:
			return nil, nil, errors.New("the file holds something else than certificates and keys")
		}
	}
	if len(parsed) == 0 || parsed[0].key == nil {
		return nil, nil, errors.New("it holds no key that could sign")
	}
	sealed := parsed[0].key.Type == pemSealedKey
	if len(parsed) == maxRoots && parsed[1].key != nil && (parsed[1].key.Type == pemSealedKey) != sealed || record != nil && (record.Type == pemSealedRecordKey) != sealed {
		return nil, nil, errors.New("one key is sealed and the other is not")
	}
	return parsed, record, nil
}

// Sealed tells whether the keys of an encoded authority need a passphrase.
func Sealed(text []byte) (bool, error) {
	parsed, _, err := splitAuthority(text)
	if err != nil {
		return false, fmt.Errorf("read authority: %w", err)
	}
	return parsed[0].key.Type == pemSealedKey, nil
}

// Save writes the authority's file at path, mode 0600: whole or not at all, and lasting when it returns.
func (a *Authority) Save(path string, passphrase []byte) error {
	text, err := a.Encode(passphrase)
	if err != nil {
		return err
	}
	defer wipe(text)
	if err := disk.WriteFile(path, text); err != nil {
		return fmt.Errorf("save authority: %w", err)
	}
	return nil
}

// LoadAuthority reads the authority's file. It asks passphrase only where the keys are sealed; passphrase gives nil where it
// has none (which is [ErrPassphraseNeeded]). A file that others can read is refused with [ErrPermissions].
func LoadAuthority(path string, passphrase func() ([]byte, error)) (*Authority, error) {
	text, err := readPrivateFile(path, maxAuthorityFile)
	if err != nil {
		return nil, fmt.Errorf("load authority: %w", err)
	}
	defer wipe(text)
	sealed, err := Sealed(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var phrase []byte
	if sealed && passphrase != nil {
		if phrase, err = passphrase(); err != nil {
			return nil, fmt.Errorf("load authority: passphrase: %w", err)
		}
		defer wipe(phrase)
	}
	authority, err := ParseAuthority(text, phrase)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if authority.record == nil { // the file is of an older version
		if authority.record, err = NewRecordKey(); err != nil {
			return nil, fmt.Errorf("load authority: %w", err)
		}
		if err := authority.Save(path, phrase); err != nil {
			return nil, err
		}
	}
	return authority, nil
}

const (
	// CredentialName is the systemd credential that holds the passphrase of the authority's key
	// (LoadCredentialEncrypted=lockwire-ca-passphrase:… in the unit).
	CredentialName = "lockwire-ca-passphrase"
	// maxPassphrase bounds a passphrase file.
	maxPassphrase = 4 << 10
)

// CredentialPassphrase reads the passphrase that systemd offers in the directory credentials, the value of the environment
// variable CREDENTIALS_DIRECTORY. It gives nil and no error where there is none. Line ends behind it do not count.
func CredentialPassphrase(credentials string) ([]byte, error) {
	if credentials == "" {
		return nil, nil
	}
	dir, err := os.OpenRoot(credentials)
	if err != nil {
		return nil, fmt.Errorf("systemd credentials: %w", err)
	}
	defer dir.Close()
	file, err := dir.Open(CredentialName)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("systemd credential %s: %w", CredentialName, err)
	}
	defer file.Close()
	text, err := engine.ReadText(file, maxPassphrase)
	if err != nil {
		return nil, fmt.Errorf("systemd credential %s: %w", CredentialName, err)
	}
	phrase := bytes.TrimRight(text, "\r\n")
	if len(phrase) == 0 {
		return nil, fmt.Errorf("systemd credential %s is empty", CredentialName)
	}
	return phrase, nil
}
