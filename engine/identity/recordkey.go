package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"

	"lockwire/engine"
)

// RecordKey signs the chain of receipts. It lies in the authority's file, sealed as the authority's key is, and signs nothing else.
type RecordKey struct {
	key    *ecdsa.PrivateKey
	public []byte // SubjectPublicKeyInfo in DER
}

// NewRecordKey makes one.
func NewRecordKey() (*RecordKey, error) {
	key, err := NewKey()
	if err != nil {
		return nil, err
	}
	return recordKeyOf(key)
}

func recordKeyOf(key *ecdsa.PrivateKey) (*RecordKey, error) {
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("the key that signs receipts: %w", err)
	}
	return &RecordKey{key, public}, nil
}

// Sign gives the ECDSA signature over the SHA-256 of a message, in ASN.1. It is the deterministic one of RFC 6979, which needs no randomness.
func (k *RecordKey) Sign(message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	return k.key.Sign(nil, digest[:], crypto.SHA256)
}

// Public is the SubjectPublicKeyInfo in DER.
func (k *RecordKey) Public() []byte { return k.public }

// ID is the fingerprint of the public key.
func (k *RecordKey) ID() engine.KeyID { return KeyIDOf(k.public) }
