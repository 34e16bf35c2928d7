package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"lockwire/engine"
)

func TestVerifyTellsWhoItIs(t *testing.T) {
	authority := newAuthority(t)
	verifier := NewVerifier(authority.Roots, at(today))
	for _, kind := range []Kind{Component, Administrator, Broker} {
		id := engine.NewID()
		if kind == Broker {
			id = ""
		}
		_, certificate := issued(t, authority, kind, id, today)
		peer, err := verifier.Verify([]*x509.Certificate{certificate})
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if want := (Peer{Kind: kind, ID: id, KeyID: KeyIDOf(certificate.RawSubjectPublicKeyInfo), NotAfter: certificate.NotAfter}); peer != want {
			t.Errorf("%s: %+v, want %+v", kind, peer, want)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	authority, stranger := newAuthority(t), newAuthority(t)
	twin, err := NewAuthority(authority.Installation(), today) // claims our installation with a key of its own
	if err != nil {
		t.Fatal(err)
	}
	id, key := engine.NewID(), newKey(t)
	ours := "spiffe://" + string(authority.Installation())
	component := ours + "/component/" + string(id)
	componentKey, good := issued(t, authority, Component, id, today)
	forge := func(edits ...func(*x509.Certificate)) *x509.Certificate {
		return forged(t, authority.signer(), func(c *x509.Certificate) {
			uris(t, component)(c)
			for _, edit := range edits {
				edit(c)
			}
		}, &key.PublicKey)
	}
	of := func(a *Authority, moment time.Time) *x509.Certificate {
		_, certificate := issued(t, a, Component, id, moment)
		return certificate
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	late := today.Add(-CertificateLifetime)
	for name, c := range map[string]struct {
		certificate *x509.Certificate
		want        error
		renewal     error // for renewal; nil when it passes there
	}{
		"no certificate":                     {nil, ErrNoCertificate, ErrNoCertificate},
		"another installation's":             {of(stranger, today), ErrOtherInstallation, ErrOtherInstallation},
		"another authority of the same name": {of(twin, today), ErrUntrusted, ErrUntrusted},
		"one that a component signed":        {forged(t, root{good, componentKey}, uris(t, component), &key.PublicKey), ErrUntrusted, ErrUntrusted},
		"one that signed itself":             {forged(t, root{&x509.Certificate{}, key}, uris(t, component), &key.PublicKey), ErrUntrusted, ErrUntrusted},
		"expired a second ago":               {of(authority, late.Add(-time.Second)), ErrExpired, nil},
		"expired 30 days ago":                {of(authority, today.Add(-CertificateLifetime-engine.RenewalGrace)), ErrExpired, nil},
		"expired more than 30 days ago": {forge(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = today.Add(-50*24*time.Hour), today.Add(-engine.RenewalGrace-time.Second)
		}), ErrExpired, ErrExpired},
		"of tomorrow":                            {of(authority, today.Add(ClockTolerance+time.Second)), ErrNotYetValid, ErrNotYetValid},
		"no URI":                                 {forge(uris(t)), ErrMalformed, ErrMalformed},
		"two URIs":                               {forge(uris(t, component, ours+"/broker")), ErrMalformed, ErrMalformed},
		"a gateway that is a broker":             {forge(uris(t, ours+"/broker", ours+"/gateway")), ErrMalformed, ErrMalformed},
		"a gateway of another installation":      {forge(uris(t, component, "spiffe://"+string(stranger.Installation())+"/gateway")), ErrMalformed, ErrMalformed},
		"a gateway twice":                        {forge(uris(t, component, ours+"/gateway", ours+"/gateway")), ErrMalformed, ErrMalformed},
		"a gateway that names itself last":       {forge(uris(t, ours+"/gateway", component)), ErrMalformed, ErrMalformed},
		"a URI of no kind":                       {forge(uris(t, ours+"/gateway/"+string(id))), ErrMalformed, ErrMalformed},
		"a DNS name beside the URI":              {forge(func(c *x509.Certificate) { c.DNSNames = []string{"a.example"} }), ErrMalformed, ErrMalformed},
		"an authority of our own":                {forge(func(c *x509.Certificate) { c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign }), ErrMalformed, ErrMalformed},
		"the root itself":                        {authority.signer().certificate, ErrMalformed, ErrMalformed},
		"a key on P-384":                         {forged(t, authority.signer(), uris(t, component), &p384.PublicKey), ErrMalformed, ErrMalformed},
		"a usage that is not a component's":      {forge(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning} }), ErrUntrusted, ErrUntrusted},
		"a component's with a broker's usage":    {forge(func(c *x509.Certificate) { c.ExtKeyUsage = usages(Broker) }), ErrUntrusted, ErrUntrusted},
		"an altered one":                         {altered(t, good), ErrUntrusted, ErrUntrusted},
		"good, to see that this table can do so": {good, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			// The order of a chain must not help: a good certificate behind a bad one counts for nothing.
			chain := []*x509.Certificate{c.certificate, good, authority.signer().certificate}
			if c.certificate == nil {
				chain = nil
			}
			verifier := NewVerifier(authority.Roots, at(today))
			if peer, err := verifier.Verify(chain); !errors.Is(err, c.want) || err != nil && peer != (Peer{}) {
				t.Errorf("%+v, %v; want %v", peer, err, c.want)
			}
			if _, err := verifier.verify(chain, engine.RenewalGrace, new(signatures)); !errors.Is(err, c.renewal) {
				t.Errorf("for renewal: %v, want %v", err, c.renewal)
			}
		})
	}
	t.Run("nobody is trusted without roots", func(t *testing.T) {
		if _, err := NewVerifier(func() Roots { return Roots{} }, at(today)).Verify([]*x509.Certificate{good}); !errors.Is(err, ErrOtherInstallation) {
			t.Error(err)
		}
	})
}

// altered changes the last byte of the signature.
func altered(t *testing.T, certificate *x509.Certificate) *x509.Certificate {
	t.Helper()
	der := append([]byte(nil), certificate.Raw...)
	der[len(der)-1] ^= 1
	changed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func TestACallerIsJudgedByEachMethod(t *testing.T) {
	authority := newAuthority(t)
	verifier := NewVerifier(authority.Roots, at(today))
	chain := func(kind Kind, moment time.Time) []*x509.Certificate {
		_, certificate := issued(t, authority, kind, engine.NewID(), moment)
		return []*x509.Certificate{certificate}
	}
	expired := today.Add(-CertificateLifetime - time.Hour)
	for name, c := range map[string]struct {
		chain                              []*x509.Certificate
		component, administrator, renewing error
	}{
		"no certificate":           {nil, ErrNoCertificate, ErrNoCertificate, ErrNoCertificate},
		"a component":              {chain(Component, today), nil, ErrNotAdministrator, nil},
		"an administrator":         {chain(Administrator, today), ErrNotComponent, nil, nil},
		"a broker":                 {chain(Broker, today), ErrNotComponent, ErrNotAdministrator, ErrNotComponent},
		"an expired component":     {chain(Component, expired), ErrExpired, ErrExpired, nil},
		"an expired administrator": {chain(Administrator, expired), ErrExpired, ErrExpired, nil},
	} {
		t.Run(name, func(t *testing.T) {
			caller := verifier.Identify(tls.ConnectionState{PeerCertificates: c.chain})
			if _, err := caller.Component(); !errors.Is(err, c.component) {
				t.Errorf("component: %v, want %v", err, c.component)
			}
			if _, err := caller.Administrator(); !errors.Is(err, c.administrator) {
				t.Errorf("administrator: %v, want %v", err, c.administrator)
			}
			if _, err := caller.Renewing(); !errors.Is(err, c.renewing) {
				t.Errorf("renewing: %v, want %v", err, c.renewing)
			}
		})
	}
	t.Run("the zero caller", func(t *testing.T) {
		var nobody Caller
		for _, ask := range []func() (Peer, error){nobody.Component, nobody.Administrator, nobody.Renewing} {
			if _, err := ask(); !errors.Is(err, ErrNoCertificate) {
				t.Error(err)
			}
		}
	})
}

func TestAChangeOfRoot(t *testing.T) {
	authority := newAuthority(t)
	verifier := NewVerifier(authority.Roots, at(today))
	verify := func(c *x509.Certificate) error {
		_, err := verifier.Verify([]*x509.Certificate{c})
		return err
	}
	first := authority.Pin()
	_, before := issued(t, authority, Component, engine.NewID(), today)
	// What is remembered of a connection's certificate holds for the roots of then only.
	connected := verifier.Identify(tls.ConnectionState{PeerCertificates: []*x509.Certificate{before}})
	if _, err := connected.Component(); err != nil {
		t.Fatal(err)
	}
	for name, step := range map[string]func() error{"promote": authority.Promote, "retire": authority.RetireOld} {
		if err := step(); !errors.Is(err, ErrRootChange) {
			t.Errorf("%s with one root: %v", name, err)
		}
	}
	if err := authority.PublishNext(today); err != nil {
		t.Fatal(err)
	}
	if err := authority.PublishNext(today); !errors.Is(err, ErrRootChange) {
		t.Errorf("a third root: %v", err)
	}
	if err := authority.RetireOld(); !errors.Is(err, ErrRootChange) {
		t.Errorf("retired the next root: %v", err)
	}
	ahead := authority.Roots()
	if authority.Pin() != first || len(ahead.DER()) != 2 {
		t.Error("the next root signs already, or is not published")
	}
	if err := authority.Promote(); err != nil {
		t.Fatal(err)
	}
	if authority.Pin() == first || !authority.Roots().Has(first) {
		t.Error("the root did not change, or the old one is not published any more")
	}
	_, after := issued(t, authority, Component, engine.NewID(), today)
	_, known := connected.Component()
	if err := errors.Join(verify(before), verify(after), known); err != nil {
		t.Errorf("while both roots count: %v", err)
	}
	// A component that learned of the next root ahead takes certificates of both.
	learned := NewVerifier(func() Roots { return ahead }, at(today))
	for _, c := range []*x509.Certificate{before, after} {
		if _, err := learned.Verify([]*x509.Certificate{c}); err != nil {
			t.Errorf("by the bundle published ahead: %v", err)
		}
	}
	if err := authority.Promote(); !errors.Is(err, ErrRootChange) {
		t.Errorf("promoted the old root: %v", err)
	}
	if err := authority.RetireOld(); err != nil {
		t.Fatal(err)
	}
	if err := verify(after); err != nil || authority.Roots().Has(first) {
		t.Errorf("after the old root is retired: %v", err)
	}
	if err := verify(before); !errors.Is(err, ErrUntrusted) {
		t.Errorf("a certificate of the old root: %v", err)
	}
	if _, err := connected.Component(); !errors.Is(err, ErrUntrusted) {
		t.Errorf("a connection with a certificate of the old root: %v", err)
	}
}

func TestRootsThatAreRefused(t *testing.T) {
	authority, stranger := newAuthority(t), newAuthority(t)
	ours := authority.signer().certificate
	_, leaf := issued(t, authority, Component, engine.NewID(), today)
	pem := authority.Roots().PEM()
	for name, certificates := range map[string][]*x509.Certificate{
		"none":                 {},
		"three":                {ours, ours, ours},
		"the same twice":       {ours, ours},
		"two installations'":   {ours, stranger.signer().certificate},
		"a component's":        {leaf},
		"an altered signature": {altered(t, ours)},
	} {
		if _, err := NewRoots(certificates...); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for name, text := range map[string]string{
		"nothing":        "",
		"garbage":        "x",
		"garbage behind": string(pem) + "x",
		"too long":       string(make([]byte, maxRootsFile+1)),
		"a key":          "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		"bad DER":        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	} {
		if _, err := ParseRoots([]byte(text)); err == nil {
			t.Errorf("%s: read", name)
		}
	}
	if roots, err := ParseRoots(pem); err != nil || !roots.Equal(authority.Roots()) {
		t.Errorf("its own: %v", err)
	}
	if roots, err := ParseRootsDER(authority.Roots().DER()); err != nil || !roots.Equal(authority.Roots()) {
		t.Errorf("its own in DER: %v", err)
	}
	if _, err := ParseRootsDER([][]byte{nil}); err == nil {
		t.Error("read an empty certificate")
	}
}
