package channel

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"fmt"
	"net"

	"lockwire/engine"
	"lockwire/engine/channel/admission"
	"lockwire/engine/network"
)

// HandshakeTimeout is how long a handshake, including the wait for open or its answer's first byte at the target, may take.
const HandshakeTimeout = admission.HandshakeWait

// Proven is a connection whose peer has proved its enrolled key, before open was sent. Of several that were dialled at once,
// the first to be proven wins; the others are closed.
type Proven struct {
	conn *Conn
}

// Handshake runs the source's part of the TLS handshake on conn, for at most HandshakeTimeout, and proves the target's key.
// It takes conn over and closes it when it fails; when ctx ends, its error is returned. ErrPeerKey means that somebody else
// answers at that address.
func Handshake(ctx context.Context, conn net.Conn, session Session) (*Proven, error) {
	network.SetReset(conn)
	seen := &feed{Conn: conn}
	established, err := handshake(ctx, seen, session)
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("handshake with %v: %w", conn.RemoteAddr(), explainHandshake(seen, err))
	}
	return &Proven{conn: established}, nil
}

func handshake(ctx context.Context, seen *feed, session Session) (*Conn, error) {
	s, err := session.check(source)
	if err != nil {
		return nil, err
	}
	config, err := s.tlsConfig(s.Terms.Target)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, HandshakeTimeout)
	defer cancel()
	return establish(ctx, seen.Conn, tls.Client(seen, config), s, source)
}

// establish completes a handshake that client or server prepared and derives the channel's keys. From here on nothing of
// TLS is used.
//
// The handshake itself runs outside secret.Do, which would take 0.35 ms more of each end: what TLS leaves in memory until
// the collector uses it again reads nothing without K.
func establish(ctx context.Context, conn net.Conn, t *tls.Conn, s Session, r role) (*Conn, error) {
	if err := t.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	state := t.ConnectionState()
	toTarget, toSource, err := deriveSecrets(s.Terms, s.Key, state.ExportKeyingMaterial)
	if err != nil {
		return nil, err
	}
	send, receive := toTarget, toSource
	if r == target {
		send, receive = toSource, toTarget
	}
	c := newConn(conn, s, r, state.CurveID.String())
	if err := c.out.sealer.d.start(s.Terms.Cipher, s.Sizes, send); err != nil {
		receive.Destroy()
		c.wipe()
		return nil, err
	}
	if err := c.in.opener.d.start(s.Terms.Cipher, s.Sizes, receive); err != nil {
		c.wipe()
		return nil, err
	}
	return c, nil
}

// tlsConfig is the same for both ends but for the peer that it accepts.
func (s *Session) tlsConfig(peer engine.KeyID) (*tls.Config, error) {
	name, err := admission.ServerName(s.Terms.Session)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		Certificates:           []tls.Certificate{s.Certificate},
		ServerName:             name,
		NextProtos:             []string{protocol},
		MinVersion:             tls.VersionTLS13,
		MaxVersion:             tls.VersionTLS13,
		CurvePreferences:       []tls.CurveID{tls.X25519MLKEM768, tls.SecP256r1MLKEM768},
		SessionTicketsDisabled: true,
		ClientAuth:             tls.RequireAnyClientCert,
		// No chain and no dates: exactly the key that the broker named counts, which verify compares.
		InsecureSkipVerify:          true,
		VerifyConnection:            func(state tls.ConnectionState) error { return s.verify(state, peer) },
		DynamicRecordSizingDisabled: true,
	}, nil
}

// verify runs at both ends before the handshake completes; crypto/tls itself checks that the peer holds the key.
func (s *Session) verify(state tls.ConnectionState, peer engine.KeyID) error {
	if state.Version != tls.VersionTLS13 || state.NegotiatedProtocol != protocol || state.DidResume {
		return fmt.Errorf("the peer does not speak %s", protocol)
	}
	if state.CurveID != tls.X25519MLKEM768 && state.CurveID != tls.SecP256r1MLKEM768 {
		return fmt.Errorf("key exchange %v is not allowed", state.CurveID)
	}
	if len(state.PeerCertificates) == 0 {
		return fmt.Errorf("%w: it sent no certificate", ErrPeerKey)
	}
	if id := KeyIDOf(state.PeerCertificates[0]); subtle.ConstantTimeCompare(id[:], peer[:]) != 1 {
		return ErrPeerKey
	}
	return nil
}
