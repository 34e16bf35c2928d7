package identity

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net/url"
	"time"

	"lockwire/engine"
)

const (
	// tunnelProtocol is the protocol's name in TLS.
	tunnelProtocol = "lockwire-tunnel/1"
	// tunnelServerName is what each client names, so that it tells an onlooker nothing.
	tunnelServerName = "gateway.lockwire.invalid"
)

// ErrNotGateway: the certificate is good, but its holder may not serve tunnels.
var ErrNotGateway = errors.New("the certificate is not a provider gateway's")

// errTunnel: what the other end negotiated is not the tunnel's protocol.
var errTunnel = errors.New("the other end does not speak " + tunnelProtocol)

// errServerName: a client names another server than the one that all name. Whoever reads along may learn from the name whom it serves, so
// that no client that does it shall work.
var errServerName = errors.New("the client names another server than " + tunnelServerName)

// tunnelBase is what both ends of a tunnel have in common: nothing but TLS 1.3 with a hybrid key exchange. A peer that knows no hybrid
// group is refused.
func tunnelBase() *tls.Config {
	return &tls.Config{
		MinVersion:                  tls.VersionTLS13,
		MaxVersion:                  tls.VersionTLS13,
		CurvePreferences:            []tls.CurveID{tls.X25519MLKEM768, tls.SecP256r1MLKEM768},
		NextProtos:                  []string{tunnelProtocol},
		ServerName:                  tunnelServerName,
		SessionTicketsDisabled:      true,
		DynamicRecordSizingDisabled: true, // a tunnel carries records that are full already
	}
}

// checkTunnel checks what crypto/tls does not refuse by itself, such as a peer that names no protocol at all.
func checkTunnel(state tls.ConnectionState) error {
	if state.Version != tls.VersionTLS13 || state.NegotiatedProtocol != tunnelProtocol || state.DidResume {
		return errTunnel
	}
	if state.CurveID != tls.X25519MLKEM768 && state.CurveID != tls.SecP256r1MLKEM768 {
		return fmt.Errorf("key exchange %v is not allowed in a tunnel", state.CurveID)
	}
	return nil
}

// GatewayConfig is the gateway's end of a tunnel. The client must prove a P-256 key, whose certificate is not judged: the broker says
// what the key may do. roots go with the gateway's own certificate, for a client that has only the authority's pin.
func GatewayConfig(current func() (*tls.Certificate, error), roots func() Roots) *tls.Config {
	config := tunnelBase()
	config.ClientAuth = tls.RequireAnyClientCert
	config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if hello.ServerName != tunnelServerName {
			return nil, errServerName
		}
		certificate, err := current()
		if err != nil {
			return nil, err
		}
		shown := *certificate
		shown.Certificate = append(shown.Certificate[:1:1], roots().DER()...)
		return &shown, nil
	}
	config.VerifyConnection = func(state tls.ConnectionState) error {
		if err := checkTunnel(state); err != nil {
			return err
		}
		if len(state.PeerCertificates) == 0 {
			return ErrNoCertificate
		}
		if _, ok := asP256(state.PeerCertificates[0].PublicKey); !ok {
			return fmt.Errorf("%w: its key is not on P-256", ErrMalformed)
		}
		return nil
	}
	return config
}

// TunnelConfig is the client's end of a tunnel. It takes a gateway of the verifier's installation only, whatever address it was dialled
// by, and shows the certificate that current gives.
func TunnelConfig(verifier *Verifier, current func() (*tls.Certificate, error)) *tls.Config {
	return tunnelConfig(current, func(state tls.ConnectionState) error { return requireGateway(verifier, state) })
}

// TunnelPinConfig is TunnelConfig for a client that knows no more of an installation than its id and the pin of its authority.
func TunnelPinConfig(installation engine.ID, pin engine.KeyID, now func() time.Time, current func() (*tls.Certificate, error)) *tls.Config {
	return tunnelConfig(current, func(state tls.ConnectionState) error {
		roots, err := pinnedRoots(state.PeerCertificates, pin)
		if err != nil {
			return err
		}
		if roots.Installation() != installation {
			return fmt.Errorf("the gateway is refused: %w", ErrOtherInstallation)
		}
		return requireGateway(NewVerifier(func() Roots { return roots }, now), state)
	})
}

func tunnelConfig(current func() (*tls.Certificate, error), verify func(tls.ConnectionState) error) *tls.Config {
	config := tunnelBase()
	config.InsecureSkipVerify = true // crypto/tls would compare DNS names; VerifyConnection does the whole check
	config.VerifyConnection = func(state tls.ConnectionState) error {
		if err := checkTunnel(state); err != nil {
			return err
		}
		return verify(state)
	}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return current() }
	return config
}

func requireGateway(verifier *Verifier, state tls.ConnectionState) error {
	peer, err := verifier.Verify(state.PeerCertificates)
	if err != nil {
		return fmt.Errorf("the gateway is refused: %w", err)
	}
	if !peer.Gateway {
		return fmt.Errorf("the gateway is refused: %w (it is a %s's)", ErrNotGateway, peer.Kind)
	}
	return nil
}

// gatewayURI stands behind the name of a component that may serve tunnels.
func gatewayURI(installation engine.ID) *url.URL {
	return &url.URL{Scheme: scheme, Host: string(installation), Path: "/gateway"}
}

// IssueGateway is [Authority.Issue] for a component that serves tunnels: its certificate says so.
func (a *Authority) IssueGateway(id engine.ID, request []byte, now time.Time) (*x509.Certificate, error) {
	public, _, err := ParseRequest(request)
	if err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	return a.signer().issue(Name{Installation: a.Installation(), Kind: Component, ID: id}, public, now, gatewayURI(a.Installation()))
}

// selfSignedLifetime is for one conversation.
const selfSignedLifetime = time.Hour

// SelfSigned makes the certificate with which a key that no authority knows yet is proven. It says nothing else.
func SelfSigned(key *ecdsa.PrivateKey, now time.Time) (*tls.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "key"}, NotBefore: now.Add(-ClockTolerance), NotAfter: now.Add(selfSignedLifetime),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate for a key: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("make a certificate for a key: %w", err)
	}
	return TLSCertificate(certificate, key), nil
}
