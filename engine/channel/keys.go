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
	exporterLabel       = "EXPORTER-lockwire-data-1"
	sourceToTargetLabel = "lockwire-data-1 source to target"
	targetToSourceLabel = "lockwire-data-1 target to source"
	keyLabel            = "lockwire-data-1 key"
	nextLabel           = "lockwire-data-1 next"
	keySize             = 32
)

// exporterContext is the SHA-256 of the protocol's name and of all terms, each with its length in two bytes before it.
func exporterContext(t Terms) ([]byte, error) {
	installation, err := t.Installation.Bytes()
	if err != nil {
		return nil, err
	}
	session, err := t.Session.Bytes()
	if err != nil {
		return nil, err
	}
	route, err := t.Route.Bytes()
	if err != nil {
		return nil, err
	}
	var message []byte
	for _, field := range [][]byte{[]byte(protocol), installation[:], session[:], route[:], {byte(t.Mode)}, {byte(t.Cipher)}, t.Source[:], t.Target[:]} {
		message = binary.BigEndian.AppendUint16(message, uint16(len(field)))
		message = append(message, field...)
	}
	digest := sha256.Sum256(message)
	return digest[:], nil
}

// channelKeys are what a handshake gives: the first secret of each direction, and the chain that it founds.
type channelKeys struct {
	directions
	chain *chain
}

func (k *channelKeys) destroy() {
	k.directions.destroy()
	k.chain.wipe()
}

// deriveKeys makes the keys of a handshake. export is the TLS exporter, called with label, context and length; group is the key
// exchange. Everything between happens inside secret.Do; only the results leave it, in locked memory.
func deriveKeys(t Terms, k *secret.Key, group string, export func(label string, context []byte, length int) ([]byte, error)) (*channelKeys, error) {
	context, err := exporterContext(t)
	if err != nil {
		return nil, err
	}
	keys := new(channelKeys)
	if keys.directions, err = reserveDirections(); err == nil {
		keys.chain, err = reserveChain(group)
	}
	if err == nil {
		used := k.Use(func(k []byte) { err = keys.fill(k, context, export) }) // inside secret.Do
		if used != nil {
			err = used
		}
	}
	if err != nil {
		keys.destroy()
		return nil, fmt.Errorf("derive the channel's keys: %w", err)
	}
	return keys, nil
}

// fill must be called inside secret.Do.
func (k *channelKeys) fill(key, context []byte, export func(label string, context []byte, length int) ([]byte, error)) error {
	secret.Trace("K", key)
	ekm, err := export(exporterLabel, context, keySize)
	if err != nil {
		return err
	}
	defer clear(ekm)
	secret.Trace("ekm", ekm)
	prk, err := hkdf.Extract(sha256.New, ekm, key)
	if err != nil {
		return err
	}
	defer clear(prk)
	secret.Trace("prk", prk)
	if err := expand(k.toTarget, "secret", prk, sourceToTargetLabel); err != nil {
		return err
	}
	if err := expand(k.toSource, "secret", prk, targetToSourceLabel); err != nil {
		return err
	}
	return k.chain.found(prk)
}

// newAEAD makes the cipher of the key that belongs to a direction's secret. It must be called inside secret.Do.
func newAEAD(c engine.Cipher, from []byte) (cipher.AEAD, error) {
	var key [keySize]byte
	if err := expandInto(key[:], "key", from, keyLabel); err != nil {
		return nil, err
	}
	return newCipher(c, key[:])
}

// newCipher makes the cipher of a key. It must be called inside secret.Do.
func newCipher(c engine.Cipher, key []byte) (cipher.AEAD, error) {
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
