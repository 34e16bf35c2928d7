package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

func TestACertificateTakesNothingFromItsRequestButTheKey(t *testing.T) {
	authority, id, key := newAuthority(t), engine.NewID(), newKey(t)
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject:  pkix.Name{CommonName: "broker", Organization: []string{"evil"}},
		DNSNames: []string{"evil.example"}, IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)}, EmailAddresses: []string{"a@evil.example"},
		URIs:            append(Name{authority.Installation(), Broker, ""}.uriList(), Name{authority.Installation(), Administrator, id}.uriList()...),
		ExtraExtensions: []pkix.Extension{{Id: []int{2, 5, 29, 19}, Critical: true, Value: []byte{0x30, 3, 1, 1, 0xff}}}, // CA:TRUE
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := authority.Issue(Component, id, request, today)
	if err != nil {
		t.Fatal(err)
	}
	if len(certificate.URIs) != 1 || certificate.URIs[0].String() != "spiffe://"+string(authority.Installation())+"/component/"+string(id) {
		t.Errorf("URIs %v", certificate.URIs)
	}
	if certificate.IsCA || len(certificate.DNSNames)+len(certificate.IPAddresses)+len(certificate.EmailAddresses) != 0 ||
		certificate.Subject.CommonName != "component "+string(id) || len(certificate.Subject.Organization) != 0 {
		t.Errorf("something of the request came through: %v", certificate.Subject)
	}
	if !key.PublicKey.Equal(certificate.PublicKey) {
		t.Error("another key was certified")
	}
	if !certificate.NotBefore.Equal(today.Add(-24*time.Hour)) || !certificate.NotAfter.Equal(today.Add(7*24*time.Hour)) {
		t.Errorf("valid from %v to %v", certificate.NotBefore, certificate.NotAfter)
	}
}

func (n Name) uriList() []*url.URL { return []*url.URL{n.URI()} }

func TestEachKindHasItsUsages(t *testing.T) {
	authority := newAuthority(t)
	for kind, want := range map[Kind][]x509.ExtKeyUsage{
		Component:     {x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		Administrator: {x509.ExtKeyUsageClientAuth},
		Broker:        {x509.ExtKeyUsageServerAuth},
	} {
		_, certificate := issued(t, authority, kind, engine.NewID(), today)
		if !slices.Equal(certificate.ExtKeyUsage, want) || certificate.KeyUsage != x509.KeyUsageDigitalSignature {
			t.Errorf("%s: %v, %v", kind, certificate.ExtKeyUsage, certificate.KeyUsage)
		}
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	authority := newAuthority(t)
	other, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	request := func(key any) []byte {
		der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	unsigned := request(newKey(t))
	unsigned[len(unsigned)-1] ^= 1
	for name, der := range map[string][]byte{
		"nothing":              nil,
		"garbage":              []byte("no request"),
		"too long":             make([]byte, maxRequest+1),
		"P-384":                request(other),
		"RSA":                  request(rsaKey),
		"an altered signature": unsigned,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := authority.Issue(Component, engine.NewID(), der, today); !errors.Is(err, ErrBadRequest) {
				t.Errorf("%v", err)
			}
		})
	}
	good := request(newKey(t))
	for name, c := range map[string]struct {
		kind Kind
		id   engine.ID
		at   time.Time
	}{
		"a broker's":              {Broker, "", today},
		"no kind":                 {0, engine.NewID(), today},
		"no id":                   {Component, "", today},
		"an id that is none":      {Component, "../broker", today},
		"a clock before the root": {Component, engine.NewID(), today.AddDate(-2, 0, 0)},
		"a clock after the root":  {Component, engine.NewID(), today.Add(rootLifetime + time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			if certificate, err := authority.Issue(c.kind, c.id, good, c.at); err == nil {
				t.Errorf("issued %v", certificate.URIs)
			}
		})
	}
}

func TestKeyIDIsTheHashOfThePublicKey(t *testing.T) {
	key, certificate := issued(t, newAuthority(t), Component, engine.NewID(), today)
	encoded, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	want := engine.KeyID(sha256.Sum256(encoded))
	if got := KeyIDOf(certificate.RawSubjectPublicKeyInfo); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	request, err := NewRequest(key)
	if err != nil {
		t.Fatal(err)
	}
	if _, id, err := ParseRequest(request); err != nil || id != want {
		t.Errorf("of the request: %s, error %v", id, err)
	}
}

func TestNamesThatAreRefused(t *testing.T) {
	installation, id := string(engine.NewID()), string(engine.NewID())
	for _, text := range []string{
		"spiffe://" + installation, "spiffe://" + installation + "/", "spiffe://" + installation + "/component",
		"spiffe://" + installation + "/component/", "spiffe://" + installation + "/component/" + id + "/",
		"spiffe://" + installation + "/component/" + id + "/x", "spiffe://" + installation + "//component/" + id,
		"spiffe://" + installation + "/Component/" + id, "spiffe://" + installation + "/broker/" + id,
		"spiffe://" + installation + "/gateway/" + id, "https://" + installation + "/component/" + id,
		"spiffe://" + installation + ":6170/component/" + id, "spiffe://u@" + installation + "/component/" + id,
		"spiffe://" + installation + "/component/" + id + "?x=1", "spiffe://" + installation + "/component/" + id + "#x",
		"spiffe://example.org/component/" + id, "spiffe://" + installation + "/component/1", "spiffe:///component/" + id,
		"spiffe://" + installation + "/component/%30" + id[1:],
	} {
		template := &x509.Certificate{}
		uris(t, text)(template)
		if name, err := parseName(template.URIs[0]); err == nil {
			t.Errorf("%s was read as %+v", text, name)
		}
	}
	for _, want := range []Name{{engine.ID(installation), Component, engine.ID(id)}, {engine.ID(installation), Broker, ""}} {
		if name, err := parseName(want.URI()); err != nil || !cmp.Equal(want, name) {
			t.Errorf("%s was read as %+v, error %v", want, name, err)
		}
	}
}

func TestRenewalIsDueWithinATenthBeforeHalfLife(t *testing.T) {
	authority := newAuthority(t)
	seen := map[time.Time]bool{}
	for range 8 {
		_, certificate := issued(t, authority, Component, engine.NewID(), today)
		due := RenewAt(certificate)
		seen[due] = true
		half := today.Add(CertificateLifetime / 2)
		if due.After(half) || due.Before(half.Add(-CertificateLifetime/10)) {
			t.Errorf("due at %v, half-life is %v", due, half)
		}
		if !RenewAt(certificate).Equal(due) {
			t.Error("asked twice, it gives two moments")
		}
	}
	if len(seen) < 2 {
		t.Error("all renewals are due at one moment")
	}
}
