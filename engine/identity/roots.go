package identity

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"lockwire/engine"
)

const (
	// maxRoots is the present root and, while roots are being changed, a second one.
	maxRoots = 2
	// maxCertificate bounds one certificate in DER, ours have about 600 bytes.
	maxCertificate = 4 << 10
	// maxRootsFile bounds a bundle in PEM.
	maxRootsFile = maxRoots * 2 * maxCertificate

	pemCertificate = "CERTIFICATE"
)

// Roots is the bundle of root certificates that one installation is recognised by: one, or two while roots are being changed.
// The zero value trusts nobody. A bundle is never changed once made.
type Roots struct {
	installation engine.ID
	certificates []*x509.Certificate
	// trusted are the certificates in the form that crypto/x509 wants; nil for the zero value.
	trusted *x509.CertPool
}

// NewRoots makes a bundle. Each certificate must be a root that this program made, and all of one installation.
func NewRoots(certificates ...*x509.Certificate) (Roots, error) {
	if len(certificates) == 0 || len(certificates) > maxRoots {
		return Roots{}, fmt.Errorf("a bundle has one or two root certificates, not %d", len(certificates))
	}
	roots := Roots{certificates: certificates, trusted: x509.NewCertPool()}
	for i, certificate := range certificates {
		installation, err := checkRoot(certificate)
		if err != nil {
			return Roots{}, fmt.Errorf("root certificate %d: %w", i+1, err)
		}
		if i > 0 && installation != roots.installation {
			return Roots{}, errors.New("the two root certificates are of different installations")
		}
		if i > 0 && certificate.Equal(certificates[0]) {
			return Roots{}, errors.New("the two root certificates are the same one")
		}
		roots.installation = installation
		roots.trusted.AddCert(certificate)
	}
	return roots, nil
}

// checkRoot tells whether certificate is a root of ours, and of which installation.
func checkRoot(certificate *x509.Certificate) (engine.ID, error) {
	if _, ok := asP256(certificate.PublicKey); !ok {
		return "", errors.New("its key is not on P-256")
	}
	if !certificate.IsCA || !certificate.BasicConstraintsValid || certificate.KeyUsage&x509.KeyUsageCertSign == 0 {
		return "", errors.New("it is not an authority's")
	}
	if err := certificate.CheckSignatureFrom(certificate); err != nil {
		return "", fmt.Errorf("its own signature: %w", err)
	}
	if len(certificate.URIs) != 1 || certificate.URIs[0].Scheme != scheme || certificate.URIs[0].Path != "" {
		return "", errors.New("it names no installation")
	}
	installation, err := engine.ParseID(certificate.URIs[0].Host)
	if err != nil {
		return "", fmt.Errorf("installation: %w", err)
	}
	return installation, nil
}

// ParseRoots reads a bundle in PEM, at most a few kilobytes, with nothing else in it.
func ParseRoots(text []byte) (Roots, error) {
	if len(text) > maxRootsFile {
		return Roots{}, fmt.Errorf("root certificates: %d bytes are too many", len(text))
	}
	var certificates []*x509.Certificate
	for rest := text; len(bytes.TrimSpace(rest)) > 0; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type != pemCertificate {
			return Roots{}, errors.New("root certificates: something else than a certificate is among them")
		}
		if len(certificates) == maxRoots {
			return Roots{}, errors.New("root certificates: more than two")
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return Roots{}, fmt.Errorf("root certificates: %w", err)
		}
		certificates = append(certificates, certificate)
	}
	return NewRoots(certificates...)
}

// ParseRootsDER reads a bundle as the control protocol carries it: one or two certificates in DER.
func ParseRootsDER(ders [][]byte) (Roots, error) {
	if len(ders) > maxRoots {
		return Roots{}, errors.New("root certificates: more than two")
	}
	var certificates []*x509.Certificate
	for _, der := range ders {
		certificate, err := ParseCertificate(der)
		if err != nil {
			return Roots{}, fmt.Errorf("root certificates: %w", err)
		}
		certificates = append(certificates, certificate)
	}
	return NewRoots(certificates...)
}

// DER gives the certificates as [ParseRootsDER] reads them. The caller must not change them.
func (r Roots) DER() [][]byte {
	var ders [][]byte
	for _, certificate := range r.certificates {
		ders = append(ders, certificate.Raw)
	}
	return ders
}

// PEM writes the bundle as [ParseRoots] reads it.
func (r Roots) PEM() []byte {
	var text bytes.Buffer
	for _, certificate := range r.certificates {
		pem.Encode(&text, &pem.Block{Type: pemCertificate, Bytes: certificate.Raw}) // a Buffer takes all
	}
	return text.Bytes()
}

// Installation is the id that all roots of the bundle carry; empty for the zero value.
func (r Roots) Installation() engine.ID { return r.installation }

// Has tells whether one of the roots has the key that pin names (the key id of a join token).
func (r Roots) Has(pin engine.KeyID) bool {
	for _, certificate := range r.certificates {
		if KeyIDOf(certificate.RawSubjectPublicKeyInfo) == pin {
			return true
		}
	}
	return false
}

// Equal tells whether both bundles hold the same certificates in the same order.
func (r Roots) Equal(other Roots) bool { return bytes.Equal(r.PEM(), other.PEM()) }

// pool gives the roots in the form that crypto/x509 wants.
func (r Roots) pool() *x509.CertPool {
	if r.trusted == nil {
		return x509.NewCertPool() // a nil pool would be the system's
	}
	return r.trusted
}
