package identity

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"lockwire/engine"
	"lockwire/engine/secret"
)

// ErrProviderSignature: a tenant's component did not sign what it has to, or another key did. From [ProviderKey.Check].
var ErrProviderSignature = errors.New("the component's signature does not fit its key and the provider's challenge")

// ProviderChallengeSize is how many bytes a provider's challenge has.
const ProviderChallengeSize = 32

// ProviderKey is what a tenant's component signs with the key that it has made for a provider: so that the tenant's broker, which
// passes the key on, can pass on no other component's, and none from another time or for another provider.
type ProviderKey struct {
	// Provider is the provider's installation, Tenant the tenant's id there.
	Provider, Tenant engine.ID
	// Component is the component's id in its own installation.
	Component engine.ID
	// Challenge is what the provider's broker has drawn for it.
	Challenge []byte
}

const providerLabel = "lockwire-provider-1"

// digest is SHA-256(label | provider | tenant | component | challenge); all but the label are of fixed length.
func (k ProviderKey) digest() ([32]byte, error) {
	if len(k.Challenge) != ProviderChallengeSize {
		return [32]byte{}, fmt.Errorf("a challenge of %d bytes", len(k.Challenge))
	}
	h := sha256.New()
	h.Write([]byte(providerLabel))
	for _, id := range []engine.ID{k.Provider, k.Tenant, k.Component} {
		bytes, err := id.Bytes()
		if err != nil {
			return [32]byte{}, err
		}
		h.Write(bytes[:])
	}
	h.Write(k.Challenge)
	return [32]byte(h.Sum(nil)), nil
}

// Sign signs with the component's key: ECDSA on P-256, in ASN.1.
func (k ProviderKey) Sign(key *ecdsa.PrivateKey) (signature []byte, err error) {
	digest, err := k.digest()
	if err != nil {
		return nil, fmt.Errorf("sign for a provider: %w", err)
	}
	secret.Do(func() { signature, err = ecdsa.SignASN1(rand.Reader, key, digest[:]) })
	if err != nil {
		return nil, fmt.Errorf("sign for a provider: %w", err)
	}
	return signature, nil
}

// Check tells whether a signature is by the key of a certificate request ([ParseRequest] gives it); otherwise it is [ErrProviderSignature].
func (k ProviderKey) Check(key *ecdsa.PublicKey, signature []byte) error {
	digest, err := k.digest()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrProviderSignature, err)
	}
	if !ecdsa.VerifyASN1(key, digest[:], signature) {
		return ErrProviderSignature
	}
	return nil
}
