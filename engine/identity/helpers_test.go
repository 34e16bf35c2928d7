package identity

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/url"
	"testing"
	"time"

	"lockwire/engine"
)

var today = time.Date(2026, 5, 4, 22, 0, 0, 0, time.UTC)

func newAuthority(t testing.TB) *Authority {
	t.Helper()
	authority, err := NewAuthority(engine.NewID(), today.AddDate(-1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	return authority
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issued makes a key with a certificate of the authority, made at a moment.
func issued(t testing.TB, authority *Authority, kind Kind, id engine.ID, at time.Time) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key := newKey(t)
	if kind == Broker {
		certificate, err := authority.signer().issue(Name{authority.Installation(), Broker, ""}, &key.PublicKey, at)
		if err != nil {
			t.Fatal(err)
		}
		return key, certificate
	}
	request, err := NewRequest(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := authority.Issue(kind, id, request, at)
	if err != nil {
		t.Fatal(err)
	}
	return key, certificate
}

// forged makes a certificate that the program itself would never make: edit changes its template before it is signed.
func forged(t testing.TB, signer root, edit func(*x509.Certificate), public any) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "forged"},
		NotBefore: today.Add(-ClockTolerance), NotAfter: today.Add(CertificateLifetime), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: usages(Component),
	}
	edit(template)
	der, err := x509.CreateCertificate(rand.Reader, template, signer.certificate, public, signer.key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func uris(t testing.TB, texts ...string) func(*x509.Certificate) {
	t.Helper()
	var all []*url.URL
	for _, text := range texts {
		uri, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, uri)
	}
	return func(c *x509.Certificate) { c.URIs = all }
}

func at(moment time.Time) func() time.Time { return func() time.Time { return moment } }

func always(certificate *tls.Certificate) func() (*tls.Certificate, error) {
	return func() (*tls.Certificate, error) { return certificate, nil }
}
