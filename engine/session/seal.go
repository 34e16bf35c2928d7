package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hpke"
	"encoding/binary"
	"fmt"

	"lockwire/engine"
	"lockwire/engine/secret"
)

// SPEC.md describes these bytes for a second implementation; the two are kept equal by the vectors in testdata.
const (
	sealVersion = 1
	// encapsulatedSize is ML-KEM-768's ciphertext (1,088 bytes) and an X25519 public key (32 bytes).
	encapsulatedSize = 1120
	nonceSize        = 12
	tagSize          = 16
	// SealedSize is the length of [SealedKey.Bytes].
	SealedSize = 1 + encapsulatedSize + nonceSize + secret.Size + tagSize

	sealLabel   = "lockwire session key v1"
	exportLabel = "lockwire session key v1 aes-256-gcm"
)

// SealedKey is a session key that only one component can open, and only once.
type SealedKey struct {
	// OneTimeKey is the one-time key that it is sealed to.
	OneTimeKey OneTimeID
	// Bytes is version (1) | encapsulated key (1,120) | nonce (12) | encrypted key (32) | tag (16).
	Bytes []byte
}

// ParseSealedKey checks the lengths of a sealed key that came from a broker.
func ParseSealedKey(oneTimeKey, sealed []byte) (SealedKey, error) {
	if len(oneTimeKey) != OneTimeIDSize || len(sealed) != SealedSize {
		return SealedKey{}, fmt.Errorf("sealed session key: %d and %d bytes, not %d and %d", len(oneTimeKey), len(sealed), OneTimeIDSize, SealedSize)
	}
	return SealedKey{OneTimeKey: OneTimeID(oneTimeKey), Bytes: sealed}, nil
}

// Binding is what a session's key is for: one session of one installation, in one mode. Ids are unique within an installation only.
type Binding struct {
	Installation, Session engine.ID
	Mode                  engine.Mode
}

// sealingContext is HPKE's info and the AEAD's associated data: what the key is for. Each part has its length before it, so
// that no two different contexts are written alike.
func sealingContext(b Binding, component engine.ID) ([]byte, error) {
	i, err := b.Installation.Bytes()
	if err != nil {
		return nil, fmt.Errorf("installation: %w", err)
	}
	s, err := b.Session.Bytes()
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	c, err := component.Bytes()
	if err != nil {
		return nil, fmt.Errorf("component: %w", err)
	}
	if !b.Mode.Valid() {
		return nil, fmt.Errorf("%s is none that a session can have", b.Mode)
	}
	var context []byte
	for _, part := range [][]byte{[]byte(sealLabel), i[:], s[:], c[:], {byte(b.Mode)}} {
		context = binary.BigEndian.AppendUint16(context, uint16(len(part)))
		context = append(context, part...)
	}
	return context, nil
}

// seal encrypts key for one component.
func seal(key *secret.Key, to OneTimePublic, binding Binding, component engine.ID) (SealedKey, error) {
	context, err := sealingContext(binding, component)
	if err != nil {
		return SealedKey{}, err
	}
	if len(to.Key) != PublicKeySize || oneTimeID(to.Key) != to.ID {
		return SealedKey{}, fmt.Errorf("the one-time public key and its id do not belong together")
	}
	sealed := make([]byte, 1, SealedSize) // outside of Do: it is no secret, and outlives the call
	sealed[0] = sealVersion
	var failed error
	public, err := kem().NewPublicKey(to.Key) // no secret either; inside of Do it would take longer
	if err != nil {
		return SealedKey{}, fmt.Errorf("%w: %w", errPublicKey, err)
	}
	err = key.Use(func(k []byte) {
		encapsulated, sender, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.ExportOnly(), context)
		if err != nil {
			failed = err
			return
		}
		aead, err := exportedAEAD(sender)
		if err != nil {
			failed = err
			return
		}
		sealed = append(sealed, encapsulated...)
		sealed = append(sealed, aead.Seal(nil, nil, k, context)...)
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return SealedKey{}, err
	}
	return SealedKey{OneTimeKey: to.ID, Bytes: sealed}, nil
}

// open is the reverse of seal; seed is the one-time private key.
func open(seed *secret.Key, sealed []byte, binding Binding, component engine.ID) (*secret.Key, error) {
	context, err := sealingContext(binding, component)
	if err != nil {
		return nil, err
	}
	if len(sealed) != SealedSize || sealed[0] != sealVersion {
		return nil, fmt.Errorf("%w: unknown version or length", ErrSealed)
	}
	encapsulated, ciphertext := sealed[1:1+encapsulatedSize], sealed[1+encapsulatedSize:]
	var key *secret.Key
	var failed error
	err = seed.Use(func(bytes []byte) {
		private, err := kem().NewPrivateKey(bytes)
		if err != nil {
			failed = err
			return
		}
		recipient, err := hpke.NewRecipient(encapsulated, private, hpke.HKDFSHA256(), hpke.ExportOnly(), context)
		if err != nil {
			failed = ErrSealed
			return
		}
		aead, err := exportedAEAD(recipient)
		if err != nil {
			failed = err
			return
		}
		plain, err := aead.Open(nil, nil, ciphertext, context)
		if err != nil {
			failed = ErrSealed
			return
		}
		secret.Trace("session key", plain)
		key, failed = secret.FromBytes(plain)
	})
	if err != nil {
		return nil, err
	}
	return key, failed
}

// exporter is what both ends of an HPKE context have in common.
type exporter interface {
	Export(context string, length int) ([]byte, error)
}

// exportedAEAD makes the cipher that carries the session key. HPKE's own one is refused under GODEBUG=fips140=only with the
// certified module; AES-256-GCM with a random nonce is the form that is taken there. The exported key encrypts one message.
// Call it inside [secret.Do].
func exportedAEAD(from exporter) (cipher.AEAD, error) {
	key, err := from.Export(exportLabel, 32)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	secret.Trace("sealing key", key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
