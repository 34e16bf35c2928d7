package identity

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"

	"lockwire/engine"
)

// Caller is whoever is at the other end of a connection to the broker, as each of its methods asks. The zero value is refused
// by all of them. Copies of one share what was found out of the certificate's signature.
type Caller struct {
	chain    []*x509.Certificate
	verifier *Verifier
	known    *signatures
}

// Identify gives the caller of a TLS connection. It judges nothing yet: a connection lives long, so each method asks anew, and
// one certificate is good for some methods and not for others.
func (v *Verifier) Identify(connection tls.ConnectionState) Caller {
	return Caller{chain: connection.PeerCertificates, verifier: v, known: new(signatures)}
}

// Component gives the component that calls, or why it is none: a sentinel of [Verifier.Verify] or [ErrNotComponent].
func (c Caller) Component() (Peer, error) { return c.require(Component, ErrNotComponent) }

// Administrator gives the administrator who calls, or why it is none: a sentinel of [Verifier.Verify] or [ErrNotAdministrator].
func (c Caller) Administrator() (Peer, error) { return c.require(Administrator, ErrNotAdministrator) }

// Tenant gives the tenant whose broker calls, or why it is none: a sentinel of [Verifier.Verify] or [ErrNotTenant].
func (c Caller) Tenant() (Peer, error) { return c.require(Tenant, ErrNotTenant) }

// OwnKey gives the key id that the caller has proven to hold, whoever signed its certificate; [ErrNoCertificate] or [ErrMalformed].
func (c Caller) OwnKey() (engine.KeyID, error) {
	if len(c.chain) == 0 {
		return engine.KeyID{}, ErrNoCertificate
	}
	if _, ok := asP256(c.chain[0].PublicKey); !ok {
		return engine.KeyID{}, fmt.Errorf("%w: its key is not on P-256", ErrMalformed)
	}
	return KeyIDOf(c.chain[0].RawSubjectPublicKeyInfo), nil
}

// Renewing gives the component, administrator or tenant that asks for a new certificate; its old one may have expired up to
// [engine.RenewalGrace] ago. The errors are those of [Verifier.Verify]; a broker's certificate gives [ErrNotComponent].
func (c Caller) Renewing() (Peer, error) {
	if c.verifier == nil {
		return Peer{}, ErrNoCertificate
	}
	peer, err := c.verifier.verify(c.chain, engine.RenewalGrace, c.known)
	if err != nil {
		return Peer{}, err
	}
	if peer.Kind != Component && peer.Kind != Administrator && peer.Kind != Tenant {
		return Peer{}, fmt.Errorf("%w (it is a %s's)", ErrNotComponent, peer.Kind)
	}
	return peer, nil
}

func (c Caller) require(kind Kind, otherwise error) (Peer, error) {
	if c.verifier == nil {
		return Peer{}, ErrNoCertificate
	}
	peer, err := c.verifier.verify(c.chain, 0, c.known)
	if err != nil {
		return Peer{}, err
	}
	if peer.Kind != kind {
		return Peer{}, fmt.Errorf("%w (it is a %s's)", otherwise, peer.Kind)
	}
	return peer, nil
}
