package channel

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"lockwire/engine"
	"lockwire/engine/secret"
)

// Labels and lengths of the key schedule; SPEC.md, "Keys".
const (
	protocol            = "lockwire/1"
	exporterLabel       = "EXPORTER-lockwire-data-1"
	sourceToTargetLabel = "lockwire-data-1 source to target"
	targetToSourceLabel = "lockwire-data-1 target to source"
	keyLabel            = "lockwire-data-1 key"
	nextLabel           = "lockwire-data-1 next"
	keySize             = 32
)

// exporterContext is the SHA-256 of the protocol's name and of all terms, each with its length in two bytes before it.
func exporterContext(t Terms) ([]byte, error) {
	session, err := t.Session.Bytes()
	if err != nil {
		return nil, err
	}
	route, err := t.Route.Bytes()
	if err != nil {
		return nil, err
	}
	var message []byte
	for _, field := range [][]byte{[]byte(protocol), session[:], route[:], {byte(t.Mode)}, {byte(t.Cipher)}, t.Source[:], t.Target[:]} {
		message = binary.BigEndian.AppendUint16(message, uint16(len(field)))
		message = append(message, field...)
	}
	digest := sha256.Sum256(message)
	return digest[:], nil
}

// deriveSecrets makes the first secret of each direction. export is the TLS exporter, called with label, context and length.
// Everything between happens inside secret.Do; only the two results leave it, in locked memory.
func deriveSecrets(t Terms, key *secret.Key, export func(label string, context []byte, length int) ([]byte, error)) (sourceToTarget, targetToSource *secret.Key, err error) {
	context, err := exporterContext(t)
	if err != nil {
		return nil, nil, err
	}
	used := key.Use(func(k []byte) { // inside secret.Do
		var ekm, prk []byte
		secret.Trace("K", k)
		if ekm, err = export(exporterLabel, context, keySize); err != nil {
			return
		}
		secret.Trace("ekm", ekm)
		if prk, err = hkdf.Extract(sha256.New, ekm, k); err != nil {
			return
		}
		secret.Trace("prk", prk)
		if sourceToTarget, err = expand(prk, sourceToTargetLabel); err != nil {
			return
		}
		targetToSource, err = expand(prk, targetToSourceLabel)
		clear(ekm)
		clear(prk)
	})
	if used != nil {
		err = used
	}
	if err != nil {
		sourceToTarget.Destroy()
		targetToSource.Destroy()
		return nil, nil, fmt.Errorf("derive the channel's keys: %w", err)
	}
	return sourceToTarget, targetToSource, nil
}

// expand is HKDF-Expand into locked memory. It must be called inside secret.Do.
func expand(from []byte, label string) (*secret.Key, error) {
	out, err := hkdf.Expand(sha256.New, from, label, keySize)
	if err != nil {
		return nil, err
	}
	secret.Trace("secret", out)
	return secret.FromBytes(out)
}

// newAEAD makes the cipher of the key that belongs to a direction's secret. It must be called inside secret.Do.
func newAEAD(c engine.Cipher, from []byte) (cipher.AEAD, error) {
	key, err := hkdf.Expand(sha256.New, from, keyLabel, keySize)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	secret.Trace("key", key)
	switch c {
	case engine.AES256GCM:
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		// The only form of GCM that strict FIPS 140 mode takes.
		return cipher.NewGCMWithRandomNonce(block)
	case engine.ChaCha20Poly1305:
		aead, err := chacha20poly1305.New(key)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCipher, err)
		}
		return aead, nil
	}
	return nil, fmt.Errorf("%w: %v", ErrCipher, c)
}
