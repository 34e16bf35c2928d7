package identity

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/fips140"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"

	"lockwire/engine/secret"
)

// A sealed private key is
//
//	version (1 byte, 1) | derivation (1, 1 = Argon2id) | passes (4) | memory in KiB (4) | lanes (1) | salt (16)
//	| nonce (12) | ciphertext | tag (16)
//
// with numbers big-endian. The key that seals is Argon2id(passphrase, salt, passes, memory, lanes, 32 bytes), the cipher
// AES-256-GCM, the associated data the label "lockwire sealed key v1", the header up to and with the salt, and what the
// caller binds to it. The plaintext is PKCS #8 in DER.
const (
	sealedVersion    = 1
	derivationArgon2 = 1
	saltSize         = 16
	sealedHeader     = 1 + 1 + 4 + 4 + 1 + saltSize
	sealedOverhead   = 12 + 16
	sealedLabel      = "lockwire sealed key v1"

	// The second recommended choice of RFC 9106: three passes over 64 MiB. The first one's 2 GiB would keep a small broker
	// from starting.
	argonPasses = 3
	argonMemory = 64 << 10
	argonLanes  = 4

	// What a file may ask for. An altered header must not be able to exhaust the machine before the tag is checked, nor to
	// weaken the derivation unseen (the header is authenticated, but only after the derivation).
	maxArgonPasses = 10
	minArgonMemory = 8 << 10
	maxArgonMemory = 256 << 10
	maxArgonLanes  = 16
	maxSealedKey   = 4 << 10
)

// UnapprovedDerivation tells whether sealing a key with a passphrase uses an algorithm that the program's FIPS mode does not
// approve. It still works; the broker says so once at start.
func UnapprovedDerivation() bool { return fips140.Enabled() }

// sealKey seals der. It wipes nothing of the caller's.
func sealKey(der, passphrase, bound []byte) ([]byte, error) {
	header := []byte{sealedVersion, derivationArgon2}
	header = binary.BigEndian.AppendUint32(header, argonPasses)
	header = binary.BigEndian.AppendUint32(header, argonMemory)
	header = append(header, argonLanes)
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails
	header = append(header, salt...)
	var sealed []byte
	err := withDerivedKey(passphrase, header, func(aead cipher.AEAD) error {
		sealed = aead.Seal(nil, nil, der, sealedData(header, bound))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("seal private key: %w", err)
	}
	return append(header, sealed...), nil
}

// openKey is the reverse. It returns [ErrPassphrase], [ErrNewerFile], or an error that says what is wrong.
func openKey(sealed, passphrase, bound []byte) ([]byte, error) {
	if len(sealed) < sealedHeader+sealedOverhead || len(sealed) > maxSealedKey {
		return nil, errors.New("sealed private key: its length is wrong")
	}
	if sealed[0] > sealedVersion {
		return nil, fmt.Errorf("sealed private key: %w", ErrNewerFile)
	}
	header, body := sealed[:sealedHeader], sealed[sealedHeader:]
	var der []byte
	err := withDerivedKey(passphrase, header, func(aead cipher.AEAD) error {
		opened, err := aead.Open(nil, nil, body, sealedData(header, bound))
		if err != nil {
			return ErrPassphrase
		}
		der = opened
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("sealed private key: %w", err)
	}
	return der, nil
}

func sealedData(header, bound []byte) []byte {
	return bytes.Join([][]byte{[]byte(sealedLabel), header, bound}, nil) // label and header have fixed lengths
}

// withDerivedKey calls f inside [secret.Do] with the cipher that passphrase and header give.
func withDerivedKey(passphrase, header []byte, f func(cipher.AEAD) error) error {
	if header[0] != sealedVersion || header[1] != derivationArgon2 {
		return errors.New("its header is not one that Lockwire writes")
	}
	passes := binary.BigEndian.Uint32(header[2:])
	memory := binary.BigEndian.Uint32(header[6:])
	lanes, salt := header[10], header[11:]
	if passes < 1 || passes > maxArgonPasses || memory < minArgonMemory || memory > maxArgonMemory || lanes < 1 || lanes > maxArgonLanes {
		return errors.New("its header asks for a derivation that Lockwire does not use")
	}
	// Outside of Do: Argon2 works in goroutines of its own, and Do would erase its 64 MiB page by page. Its blocks hold
	// nothing but what the passphrase and salt give, and the key that comes out is wiped below.
	key := argon2.IDKey(passphrase, salt, passes, memory, lanes, 32)
	defer wipe(key)
	var err error
	secret.Do(func() {
		var block cipher.Block
		if block, err = aes.NewCipher(key); err != nil {
			return
		}
		var aead cipher.AEAD
		if aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return
		}
		err = f(aead)
	})
	return err
}
