package identity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"sync"
	"time"

	"lockwire/engine"
)

// base is what all three settings have in common. Session tickets are off: each connection proves both keys anew.
// The group is reported by tls.ConnectionState.CurveID; the two hybrids come first wherever both ends know them, and every
// Lockwire does. The classic one is for a path that loses the larger first packets.
func base() *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		CurvePreferences:       []tls.CurveID{tls.X25519MLKEM768, tls.SecP256r1MLKEM768, tls.CurveP256},
		NextProtos:             []string{"h2"},
		SessionTicketsDisabled: true,
	}
}

// BrokerServerConfig is the broker's side of port 6170. A client certificate is asked for, never required, and not judged
// here: that its holder has the key is proven by the handshake, all else is told by [Verifier.Identify] for each method, so
// that every refusal can say its reason.
func BrokerServerConfig(certificate *BrokerCertificate) *tls.Config {
	config := base()
	config.ClientAuth = tls.RequestClientCert
	config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate.present() }
	return config
}

// ClientConfig is the side of a component or administrator that has joined. It takes a broker of the verifier's installation,
// whatever name or address it was dialled by, and shows the certificate that current gives at that moment.
// A handshake that fails for the broker's certificate gives a sentinel of [Verifier.Verify] or [ErrNotBroker].
func ClientConfig(verifier *Verifier, current func() (*tls.Certificate, error)) *tls.Config {
	config := base()
	config.InsecureSkipVerify = true // crypto/tls would compare DNS names; VerifyConnection does the whole check
	config.VerifyConnection = func(state tls.ConnectionState) error { return requireBroker(verifier, state) }
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return current() }
	return config
}

// JoinConfig is the side of a machine that joins: it takes the broker whose chain holds the authority that pin names, and
// shows no certificate. The roots that such a broker then sends must pass [Roots.Has] for the same pin.
// A handshake that fails for the broker's certificate gives [ErrPin], [ErrNotBroker], or a sentinel of [Verifier.Verify].
func JoinConfig(pin engine.KeyID, now func() time.Time) *tls.Config {
	config := base()
	config.InsecureSkipVerify = true // as above
	config.VerifyConnection = func(state tls.ConnectionState) error {
		roots, err := pinnedRoots(state.PeerCertificates, pin)
		if err != nil {
			return err
		}
		return requireBroker(NewVerifier(func() Roots { return roots }, now), state)
	}
	return config
}

func requireBroker(verifier *Verifier, state tls.ConnectionState) error {
	peer, err := verifier.Verify(state.PeerCertificates)
	if err != nil {
		return fmt.Errorf("the broker is refused: %w", err)
	}
	if peer.Kind != Broker {
		return fmt.Errorf("the broker is refused: %w (it is a %s's)", ErrNotBroker, peer.Kind)
	}
	return nil
}

// pinnedRoots finds the root with the pinned key among what the broker sent.
func pinnedRoots(chain []*x509.Certificate, pin engine.KeyID) (Roots, error) {
	for _, certificate := range chain[min(1, len(chain)):] {
		if KeyIDOf(certificate.RawSubjectPublicKeyInfo) == pin {
			roots, err := NewRoots(certificate)
			if err != nil {
				return Roots{}, fmt.Errorf("%w: %w", ErrPin, err)
			}
			return roots, nil
		}
	}
	return Roots{}, ErrPin
}

// BrokerCertificate is the broker's own certificate, renewed with a fresh key whenever half of its life is over. Its key
// exists in memory only. It is safe for concurrent use.
type BrokerCertificate struct {
	authority *Authority
	now       func() time.Time

	mu      sync.Mutex
	current *tls.Certificate
	renewAt time.Time
}

// NewBrokerCertificate makes the first certificate, so that an authority that cannot sign is noticed at start.
func NewBrokerCertificate(authority *Authority, now func() time.Time) (*BrokerCertificate, error) {
	b := &BrokerCertificate{authority: authority, now: now}
	if _, err := b.present(); err != nil {
		return nil, err
	}
	return b, nil
}

// present gives the certificate to show, making a new one when it is time or when another root signs now.
func (b *BrokerCertificate) present() (*tls.Certificate, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, signer := b.now(), b.authority.signer()
	// A clock that was set back makes the certificate begin in the future; then too a new one is due.
	if b.current != nil && now.Before(b.renewAt) && !now.Before(b.current.Leaf.NotBefore) &&
		bytes.Equal(b.current.Certificate[1], signer.certificate.Raw) {
		return b.current, nil
	}
	key, err := NewKey()
	if err != nil {
		return nil, fmt.Errorf("the broker's certificate: %w", err)
	}
	leaf, err := signer.issue(Name{Installation: b.authority.Installation(), Kind: Broker}, &key.PublicKey, now)
	if err != nil {
		return nil, fmt.Errorf("the broker's certificate: %w", err)
	}
	b.current = TLSCertificate(leaf, key)
	b.current.Certificate = append(b.current.Certificate, signer.certificate.Raw) // whoever joins has the pin only, and finds the root here
	b.renewAt = RenewAt(leaf)
	return b.current, nil
}

// TLSCertificate puts a certificate and its key into the form that crypto/tls takes. The data channel shows the same one.
func TLSCertificate(certificate *x509.Certificate, key *ecdsa.PrivateKey) *tls.Certificate {
	return &tls.Certificate{Certificate: [][]byte{certificate.Raw}, PrivateKey: key, Leaf: certificate}
}
