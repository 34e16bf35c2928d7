package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"lockwire/engine/secret"
)

// A kept secret, such as the key of a webhook, is
//
//	version (1 byte, 1) | salt (16) | nonce (12) | ciphertext | tag (16)
//
// The key that seals is HKDF-SHA-256 of the private key of the authority's root (its 32 bytes), the salt and the label "lockwire kept secret
// v1"; the cipher is AES-256-GCM, the associated data the label, a zero byte and the secret's name. So a secret is kept as the authority's
// key is: where that is sealed under a passphrase, and in a backup, it cannot be read without it.
const (
	keptVersion   = 1
	keptLabel     = "lockwire kept secret v1"
	keptOverhead  = 1 + saltSize + sealedOverhead
	maxKeptSecret = 4 << 10
)

// ErrKeptSecret: a kept secret cannot be opened with the authority's key: it was altered, or is of another installation or an older root.
var ErrKeptSecret = errors.New("what is kept cannot be opened with the key of this installation's authority; set it again")

// SealSecret seals a secret to be kept under a name.
func (a *Authority) SealSecret(name string, clear []byte) ([]byte, error) {
	if len(clear) > maxKeptSecret {
		return nil, fmt.Errorf("seal %s: %d bytes are too many", name, len(clear))
	}
	sealed := make([]byte, 1+saltSize)
	sealed[0] = keptVersion
	rand.Read(sealed[1:]) // never fails
	err := withKeptKey(a.signer().key, sealed[1:], func(aead cipher.AEAD) {
		sealed = aead.Seal(sealed, nil, clear, keptData(name))
	})
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", name, err)
	}
	return sealed, nil
}

// OpenSecret is the reverse. A root that signs no more has no key either: what was sealed under it has to be set again. The caller wipes
// what it gives.
func (a *Authority) OpenSecret(name string, sealed []byte) ([]byte, error) {
	if len(sealed) < keptOverhead || len(sealed) > keptOverhead+maxKeptSecret || sealed[0] != keptVersion {
		return nil, fmt.Errorf("%s: %w", name, ErrKeptSecret)
	}
	var opened []byte
	var wrong error
	err := withKeptKey(a.signer().key, sealed[1:1+saltSize], func(aead cipher.AEAD) {
		opened, wrong = aead.Open(nil, nil, sealed[1+saltSize:], keptData(name))
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("open %s: %w", name, err)
	case wrong != nil:
		return nil, fmt.Errorf("%s: %w", name, ErrKeptSecret)
	}
	return opened, nil
}

func keptData(name string) []byte { return []byte(keptLabel + "\x00" + name) }

// withKeptKey calls f inside [secret.Do] with the cipher that a root's key and a salt give.
func withKeptKey(key *ecdsa.PrivateKey, salt []byte, f func(cipher.AEAD)) (err error) {
	secret.Do(func() {
		var root, derived []byte
		if root, err = key.Bytes(); err != nil {
			return
		}
		defer wipe(root)
		if derived, err = hkdf.Key(sha256.New, root, salt, keptLabel, 32); err != nil {
			return
		}
		defer wipe(derived)
		var block cipher.Block
		if block, err = aes.NewCipher(derived); err != nil {
			return
		}
		var aead cipher.AEAD
		if aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return
		}
		f(aead)
	})
	return err
}
