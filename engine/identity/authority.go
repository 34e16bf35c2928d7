package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/secret"
)

const (
	// rootLifetime is long because changing a root is a person's decision, never a timer's.
	rootLifetime = 20 * 365 * 24 * time.Hour
	// ClockTolerance is how far behind a peer's clock may be: certificates are valid from that long before they are made.
	ClockTolerance = 24 * time.Hour
)

// Authority is the installation's certification authority. It is safe for concurrent use.
//
// It normally has one root. A change of root takes three steps, each saved with [Authority.Save] and given to the components
// as a new bundle before the next: [Authority.PublishNext] makes the second root, [Authority.Promote] lets it sign, and
// [Authority.RetireOld] drops the first one when no certificate of it is left.
type Authority struct {
	mu sync.RWMutex
	// roots[signing] signs. The other one, if any, is the next root or the old one.
	roots   []root
	signing int
	// bundle is what Roots gives. It is made when the roots change: making one checks the signatures of all.
	bundle Roots
	// record signs receipts; nil where the authority's file is older than receipts that are signed.
	record *RecordKey
}

// root is one root certificate, with its key where this installation may still sign with it.
type root struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey // nil for an old root
}

// NewAuthority makes an installation's first root, valid from a day before now for twenty years.
func NewAuthority(installation engine.ID, now time.Time) (*Authority, error) {
	if _, err := engine.ParseID(string(installation)); err != nil {
		return nil, fmt.Errorf("make authority: installation: %w", err)
	}
	first, err := newRoot(installation, now)
	if err != nil {
		return nil, fmt.Errorf("make authority: %w", err)
	}
	a, err := authorityOf([]root{first})
	if err != nil {
		return nil, err
	}
	if a.record, err = NewRecordKey(); err != nil {
		return nil, fmt.Errorf("make authority: %w", err)
	}
	return a, nil
}

// RecordKey is the key that signs receipts.
func (a *Authority) RecordKey() *RecordKey { return a.record }

// authorityOf makes an authority whose first root signs.
func authorityOf(roots []root) (*Authority, error) {
	a := &Authority{roots: roots}
	if err := a.bundled(); err != nil {
		return nil, err
	}
	return a, nil
}

// bundled makes the bundle of the present roots. a.mu is held, or nobody else has a.
func (a *Authority) bundled() error {
	certificates := []*x509.Certificate{a.roots[a.signing].certificate}
	for i, r := range a.roots {
		if i != a.signing {
			certificates = append(certificates, r.certificate)
		}
	}
	bundle, err := NewRoots(certificates...)
	if err != nil {
		return err
	}
	a.bundle = bundle
	return nil
}

func newRoot(installation engine.ID, now time.Time) (made root, err error) {
	secret.Do(func() {
		var key *ecdsa.PrivateKey
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return
		}
		made.key = key
		var serial *big.Int
		if serial, err = newSerial(); err != nil {
			return
		}
		template := &x509.Certificate{
			SerialNumber:          serial,
			Subject:               pkix.Name{Organization: []string{"Lockwire"}, CommonName: "Lockwire authority " + now.UTC().Format("2006-01-02")},
			NotBefore:             now.Add(-ClockTolerance),
			NotAfter:              now.Add(rootLifetime),
			IsCA:                  true,
			BasicConstraintsValid: true,
			MaxPathLenZero:        true, // it signs the certificates of holders, never another authority
			KeyUsage:              x509.KeyUsageCertSign,
			URIs:                  []*url.URL{{Scheme: scheme, Host: string(installation)}},
		}
		var der []byte
		if der, err = x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key); err != nil {
			return
		}
		made.certificate, err = x509.ParseCertificate(append([]byte(nil), der...))
	})
	if err != nil {
		return root{}, fmt.Errorf("make root: %w", err)
	}
	return made, nil
}

// Installation is the id that the authority was made with.
func (a *Authority) Installation() engine.ID { return a.Roots().Installation() }

// Roots is the bundle to publish, the root that signs first.
func (a *Authority) Roots() Roots {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.bundle
}

// Pin is the key id of the root that signs; join tokens carry it.
func (a *Authority) Pin() engine.KeyID {
	return KeyIDOf(a.signer().certificate.RawSubjectPublicKeyInfo)
}

// Ends is when the root that signs ends, and with it every certificate.
func (a *Authority) Ends() time.Time { return a.signer().certificate.NotAfter }

func (a *Authority) signer() root {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.roots[a.signing]
}

// ErrRootChange is returned by the steps of a change of root that do not fit the present state.
var ErrRootChange = errors.New("the change of root is not at this step")

// PublishNext makes a second root that signs nothing yet, so that all components can learn of it first.
func (a *Authority) PublishNext(now time.Time) error {
	installation := a.Installation()
	next, err := newRoot(installation, now)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.roots) != 1 {
		return fmt.Errorf("publish the next root: %w: there are two already", ErrRootChange)
	}
	a.roots = append(a.roots, next)
	return a.bundled()
}

// Promote lets the next root sign. The old one stays in the bundle and its key is forgotten.
// The caller does this only once every component has the bundle with both.
func (a *Authority) Promote() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	other := 1 - a.signing
	if len(a.roots) != 2 || a.roots[other].key == nil {
		return fmt.Errorf("promote the next root: %w: none is published", ErrRootChange)
	}
	a.roots[a.signing].key = nil
	a.signing = other
	return a.bundled()
}

// RetireOld drops the old root. From then on no certificate that it signed is accepted, not even for renewal.
func (a *Authority) RetireOld() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.roots) != 2 || a.roots[1-a.signing].key != nil {
		return fmt.Errorf("retire the old root: %w: there is none", ErrRootChange)
	}
	a.roots, a.signing = []root{a.roots[a.signing]}, 0
	return a.bundled()
}
