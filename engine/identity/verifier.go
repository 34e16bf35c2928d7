package identity

import (
	"crypto/x509"
	"fmt"
	"time"

	"lockwire/engine"
)

// Peer is who a certificate proved to be.
type Peer struct {
	Kind Kind
	// ID names the component or administrator; empty for the broker.
	ID engine.ID
	// KeyID is the SHA-256 of the public key's SubjectPublicKeyInfo.
	KeyID engine.KeyID
	// NotAfter is the certificate's last moment. It lies in the past for a renewal within the grace.
	NotAfter time.Time
}

// Verifier checks certificates against one installation's roots. It is safe for concurrent use.
type Verifier struct {
	roots func() Roots
	now   func() time.Time
}

// NewVerifier makes one. Both functions are asked anew at each check: the roots because they can change while a program runs,
// the time because tests have their own.
func NewVerifier(roots func() Roots, now func() time.Time) *Verifier {
	return &Verifier{roots: roots, now: now}
}

// Verify tells whose certificate chain[0] is. The rest of the chain is ignored, as roots sign holders directly.
// The errors are the sentinels of this package, wrapped: [ErrNoCertificate], [ErrMalformed], [ErrOtherInstallation],
// [ErrUntrusted], [ErrNotYetValid], [ErrExpired].
func (v *Verifier) Verify(chain []*x509.Certificate) (Peer, error) { return v.verify(chain, 0) }

// VerifyForRenewal is [Verifier.Verify], but takes a certificate until 30 days after its last.
func (v *Verifier) VerifyForRenewal(chain []*x509.Certificate) (Peer, error) {
	return v.verify(chain, engine.RenewalGrace)
}

func (v *Verifier) verify(chain []*x509.Certificate, grace time.Duration) (Peer, error) {
	if len(chain) == 0 {
		return Peer{}, ErrNoCertificate
	}
	leaf, roots, now := chain[0], v.roots(), v.now()
	if len(leaf.URIs) != 1 || len(leaf.DNSNames)+len(leaf.IPAddresses)+len(leaf.EmailAddresses) > 0 {
		return Peer{}, fmt.Errorf("%w: it does not carry exactly one URI", ErrMalformed)
	}
	name, err := parseName(leaf.URIs[0])
	if err != nil {
		return Peer{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if name.Installation != roots.Installation() {
		return Peer{}, ErrOtherInstallation
	}
	if _, ok := asP256(leaf.PublicKey); !ok {
		return Peer{}, fmt.Errorf("%w: its key is not on P-256", ErrMalformed)
	}
	if leaf.IsCA {
		return Peer{}, fmt.Errorf("%w: it is an authority's own", ErrMalformed)
	}
	// The signature is checked as of a moment at which the certificate was good, the dates by ourselves below: crypto/x509 has
	// one error for both sides of the dates and knows no grace.
	if _, err := leaf.Verify(x509.VerifyOptions{
		Roots:         roots.pool(),
		Intermediates: x509.NewCertPool(),
		CurrentTime:   leaf.NotAfter,
		KeyUsages:     usages(name.Kind)[:1],
	}); err != nil {
		return Peer{}, fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	if now.Before(leaf.NotBefore) {
		return Peer{}, fmt.Errorf("%w (it begins at %s, here it is %s)", ErrNotYetValid, day(leaf.NotBefore), day(now))
	}
	if now.After(leaf.NotAfter.Add(grace)) {
		return Peer{}, fmt.Errorf("%w (it ended at %s, here it is %s)", ErrExpired, day(leaf.NotAfter), day(now))
	}
	return Peer{Kind: name.Kind, ID: name.ID, KeyID: KeyIDOf(leaf.RawSubjectPublicKeyInfo), NotAfter: leaf.NotAfter}, nil
}
