package identity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/url"
	"time"

	"lockwire/engine"
	"lockwire/engine/secret"
)

const (
	// CertificateLifetime is how long a certificate is good from the moment it is made.
	CertificateLifetime = 7 * 24 * time.Hour
	// maxRequest bounds a certificate request in DER; ours have about 200 bytes.
	maxRequest = 4 << 10

	pemPrivateKey = "PRIVATE KEY"
)

// newSerial draws 127 random bits: positive, and never used twice.
func newSerial() (*big.Int, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("draw serial number: %w", err)
	}
	return serial.Add(serial, big.NewInt(1)), nil
}

// NewKey makes a P-256 key for a component, an administrator or a broker.
func NewKey() (key *ecdsa.PrivateKey, err error) {
	secret.Do(func() { key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader) })
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return key, nil
}

// NewRequest makes the certificate request (PKCS #10, DER) that proves possession of key. It says nothing else.
func NewRequest(key *ecdsa.PrivateKey) ([]byte, error) {
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return nil, fmt.Errorf("make certificate request: %w", err)
	}
	return request, nil
}

// NewRequestedKey makes a key, and the request for its certificate.
func NewRequestedKey() (key *ecdsa.PrivateKey, request []byte, err error) {
	if key, err = NewKey(); err != nil {
		return nil, nil, err
	}
	request, err = NewRequest(key)
	return key, request, err
}

// ParseRequest checks a certificate request from outside: its size, that its key is on P-256, and that whoever sent it holds
// that key. It gives the public key and its key id; all else that a request can say is ignored.
// Its errors wrap [ErrBadRequest].
func ParseRequest(der []byte) (*ecdsa.PublicKey, engine.KeyID, error) {
	if len(der) > maxRequest {
		return nil, engine.KeyID{}, fmt.Errorf("%w: it has %d bytes", ErrBadRequest, len(der))
	}
	request, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, engine.KeyID{}, fmt.Errorf("%w: %w", ErrBadRequest, err)
	}
	public, ok := asP256(request.PublicKey)
	if !ok {
		return nil, engine.KeyID{}, fmt.Errorf("%w: its key is not on P-256", ErrBadRequest)
	}
	if err := request.CheckSignature(); err != nil {
		return nil, engine.KeyID{}, fmt.Errorf("%w: no proof of possession: %w", ErrBadRequest, err)
	}
	return public, KeyIDOf(request.RawSubjectPublicKeyInfo), nil
}

// Issue makes a certificate for the key of a certificate request, valid from a day before now until seven days after it.
// Kind must be [Component], [Administrator] or [Tenant]: the broker's is made by [BrokerCertificate] only.
// A request that is not acceptable gives [ErrBadRequest].
func (a *Authority) Issue(kind Kind, id engine.ID, request []byte, now time.Time) (*x509.Certificate, error) {
	if kind != Component && kind != Administrator && kind != Tenant {
		return nil, fmt.Errorf("issue certificate: %s cannot ask for one", kind)
	}
	public, _, err := ParseRequest(request)
	if err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	return a.signer().issue(Name{Installation: a.Installation(), Kind: kind, ID: id}, public, now)
}

// issue signs a certificate. also are URIs that stand behind the name.
func (r root) issue(name Name, public *ecdsa.PublicKey, now time.Time, also ...*url.URL) (*x509.Certificate, error) {
	if err := name.Validate(); err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	if now.After(r.certificate.NotAfter) || now.Before(r.certificate.NotBefore) {
		return nil, fmt.Errorf("issue certificate: the authority's root is valid from %s to %s, and this machine's clock says %s",
			day(r.certificate.NotBefore), day(r.certificate.NotAfter), day(now))
	}
	serial, err := newSerial()
	if err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: name.Kind.String() + " " + string(name.ID)},
		NotBefore:             now.Add(-ClockTolerance),
		NotAfter:              now.Add(CertificateLifetime),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           usages(name.Kind),
		URIs:                  append([]*url.URL{name.URI()}, also...),
	}
	var der []byte
	secret.Do(func() {
		var made []byte
		made, err = x509.CreateCertificate(rand.Reader, template, r.certificate, public, r.key)
		der = made
	})
	if err != nil {
		return nil, fmt.Errorf("issue certificate for %s: %w", name, err)
	}
	certificate, err := x509.ParseCertificate(bytes.Clone(der))
	if err != nil {
		return nil, fmt.Errorf("issue certificate for %s: %w", name, err)
	}
	return certificate, nil
}

// usages are what a certificate of that kind may do in TLS. A component is both ends: a client of the broker, and on the data
// channel now the one that dials and now the one that is dialled.
func usages(kind Kind) []x509.ExtKeyUsage {
	switch kind {
	case Component:
		return []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	case Administrator, Tenant:
		return []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	case Broker:
		return []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	return nil
}

// ParseCertificate reads one certificate in DER that came from outside, of bounded size.
func ParseCertificate(der []byte) (*x509.Certificate, error) {
	if len(der) > maxCertificate {
		return nil, fmt.Errorf("%w: it has %d bytes", ErrMalformed, len(der))
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return certificate, nil
}

// marshalKey writes a private key as PKCS #8 in PEM. The caller wipes what it gets.
func marshalKey(key *ecdsa.PrivateKey) (text []byte, err error) {
	secret.Do(func() {
		var der []byte
		if der, err = x509.MarshalPKCS8PrivateKey(key); err == nil {
			text = pem.EncodeToMemory(&pem.Block{Type: pemPrivateKey, Bytes: der})
			clear(der)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("encode private key: %w", err)
	}
	return text, nil
}

// parsePKCS8 reads a private key that must be on P-256.
func parsePKCS8(der []byte) (key *ecdsa.PrivateKey, err error) {
	secret.Do(func() {
		var parsed any
		if parsed, err = x509.ParsePKCS8PrivateKey(der); err != nil {
			return
		}
		private, ok := parsed.(*ecdsa.PrivateKey)
		if !ok || private.Curve != elliptic.P256() {
			err = fmt.Errorf("it is not on P-256")
			return
		}
		key = private
	})
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	return key, nil
}

func day(t time.Time) string { return t.UTC().Format(time.RFC3339) }
