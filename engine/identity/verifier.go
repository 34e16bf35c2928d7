package identity

import (
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
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
	// Gateway tells that it is a component that may serve tunnels.
	Gateway bool
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
func (v *Verifier) Verify(chain []*x509.Certificate) (Peer, error) {
	return v.verify(chain, 0, new(signatures))
}

// signatures remembers under which roots the signature of a connection's certificate was found good. Checking it again would say
// the same; all else about a certificate can change, and is looked at each time. The zero value has checked none.
type signatures struct {
	mu    sync.Mutex
	under *x509.CertPool
}

// check checks the signature of a certificate, where it was not found good under the same roots before.
func (s *signatures) check(leaf *x509.Certificate, roots Roots, kind Kind) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	pool := roots.pool()
	if s.under == pool {
		return nil
	}
	// As of a moment at which the certificate was good: crypto/x509 has one error for both sides of the dates, and knows no grace.
	if _, err := leaf.Verify(x509.VerifyOptions{
		Roots:         pool,
		Intermediates: x509.NewCertPool(),
		CurrentTime:   leaf.NotAfter,
		KeyUsages:     usages(kind)[:1],
	}); err != nil {
		return err
	}
	s.under = pool
	return nil
}

// verify is Verify for a certificate that ended up to the grace ago, and of whose signature something may be known.
func (v *Verifier) verify(chain []*x509.Certificate, grace time.Duration, known *signatures) (Peer, error) {
	if len(chain) == 0 {
		return Peer{}, ErrNoCertificate
	}
	leaf, roots, now := chain[0], v.roots(), v.now()
	name, gateway, err := nameOf(leaf)
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
	if err := known.check(leaf, roots, name.Kind); err != nil {
		return Peer{}, fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	if now.Before(leaf.NotBefore) {
		return Peer{}, fmt.Errorf("%w (it begins at %s, here it is %s)", ErrNotYetValid, day(leaf.NotBefore), day(now))
	}
	if now.After(leaf.NotAfter.Add(grace)) {
		return Peer{}, fmt.Errorf("%w (it ended at %s, here it is %s)", ErrExpired, day(leaf.NotAfter), day(now))
	}
	return Peer{Kind: name.Kind, ID: name.ID, KeyID: KeyIDOf(leaf.RawSubjectPublicKeyInfo), Gateway: gateway, NotAfter: leaf.NotAfter}, nil
}

// nameOf reads what a certificate says of its holder: one URI with its name, and behind a component's the one of a gateway at most.
func nameOf(leaf *x509.Certificate) (name Name, gateway bool, err error) {
	if len(leaf.URIs) < 1 || len(leaf.URIs) > 2 || len(leaf.DNSNames)+len(leaf.IPAddresses)+len(leaf.EmailAddresses) > 0 {
		return name, false, errors.New("it does not carry exactly one name")
	}
	if name, err = parseName(leaf.URIs[0]); err != nil {
		return name, false, err
	}
	gateway = len(leaf.URIs) == 2
	if gateway && (name.Kind != Component || leaf.URIs[1].String() != gatewayURI(name.Installation).String()) {
		return name, false, errors.New("it carries a second URI that is not a gateway's")
	}
	return name, gateway, nil
}
