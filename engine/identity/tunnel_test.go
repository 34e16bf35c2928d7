package identity

import (
	"crypto/x509"
	"testing"

	"lockwire/engine"
)

func TestOnlyAGatewaysCertificateSaysThatItIsOne(t *testing.T) {
	authority, id, key := newAuthority(t), engine.NewID(), newKey(t)
	request, err := NewRequest(key)
	if err != nil {
		t.Fatal(err)
	}
	gateway, err := authority.IssueGateway(id, request, today)
	if err != nil {
		t.Fatal(err)
	}
	_, component := issued(t, authority, Component, id, today)
	verifier := NewVerifier(authority.Roots, at(today))
	for name, c := range map[string]struct {
		certificate *x509.Certificate
		want        bool
	}{"a gateway": {gateway, true}, "another component": {component, false}} {
		peer, err := verifier.Verify([]*x509.Certificate{c.certificate})
		if err != nil || peer.Kind != Component || peer.ID != id || peer.Gateway != c.want {
			t.Errorf("%s: %+v, %v", name, peer, err)
		}
	}
	if _, err := authority.IssueGateway(id, []byte("no request"), today); err == nil {
		t.Error("a request that is none was taken")
	}
}

func TestASelfSignedCertificateProvesAKeyAndNothingElse(t *testing.T) {
	authority, key := newAuthority(t), newKey(t)
	own, err := SelfSigned(key, today)
	if err != nil {
		t.Fatal(err)
	}
	if peer, err := NewVerifier(authority.Roots, at(today)).Verify([]*x509.Certificate{own.Leaf}); err == nil {
		t.Errorf("it is taken for %+v", peer)
	}
	if !key.PublicKey.Equal(own.Leaf.PublicKey) {
		t.Error("it is another key's")
	}
}
