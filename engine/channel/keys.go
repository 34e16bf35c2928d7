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

// channelKeys are what a handshake gives: the first secret of each direction, and the chain that it founds.
type channelKeys struct {
	toTarget, toSource *secret.Key
	chain              *chain
}

func (k *channelKeys) destroy() {
	k.toTarget.Destroy()
	k.toSource.Destroy()
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
	used := k.Use(func(k []byte) { // inside secret.Do
		var ekm, prk []byte
		secret.Trace("K", k)
		if ekm, err = export(exporterLabel, context, keySize); err != nil {
			return
		}
		defer clear(ekm)
		secret.Trace("ekm", ekm)
		if prk, err = hkdf.Extract(sha256.New, ekm, k); err != nil {
			return
		}
		defer clear(prk)
		secret.Trace("prk", prk)
		if keys.toTarget, err = expand("secret", prk, sourceToTargetLabel); err != nil {
			return
		}
		if keys.toSource, err = expand("secret", prk, targetToSourceLabel); err != nil {
			return
		}
		keys.chain, err = newChain(prk, group)
	})
	if used != nil {
		err = used
	}
	if err != nil {
		keys.destroy()
		return nil, fmt.Errorf("derive the channel's keys: %w", err)
	}
	return keys, nil
}

// expand is HKDF-Expand into locked memory. It must be called inside secret.Do.
func expand(kind string, from []byte, label string) (*secret.Key, error) {
	out, err := expandBytes(kind, from, label)
	if err != nil {
		return nil, err
	}
	return secret.FromBytes(out)
}

// expandBytes is HKDF-Expand into ordinary memory, which the caller clears; kind is for the key scan. It must be called inside
// secret.Do.
func expandBytes(kind string, from []byte, label string) ([]byte, error) {
	out, err := hkdf.Expand(sha256.New, from, label, keySize)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	secret.Trace(kind, out)
	return out, nil
}

// newAEAD makes the cipher of the key that belongs to a direction's secret. It must be called inside secret.Do.
func newAEAD(c engine.Cipher, from []byte) (cipher.AEAD, error) {
	key, err := expandBytes("key", from, keyLabel)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	return newCipher(c, key)
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
