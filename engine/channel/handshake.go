package channel

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"lockwire/engine"
	"lockwire/engine/channel/admission"
	"lockwire/engine/network"
	"lockwire/engine/secret"
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
// answers at that address, and ErrNoSession that the session secret was wiped here.
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
	return s.Secret.whileHandshaking(seen.Conn, func() (*Conn, error) {
		return establish(ctx, seen.Conn, func() *tls.Conn { return tls.Client(seen, config) }, s, source)
	})
}

// handshaking is a handshake that runs. Its keys are gone when it has been left.
type handshaking struct {
	conn net.Conn
	gone chan struct{}
}

// abandon implements abandoner.
func (h *handshaking) abandon() {
	_ = h.conn.Close() // with SO_LINGER 0 it does not wait
	<-h.gone
}

// needsKey tells whether a connection without an answer is a handshake, which ends with K.
func needsKey(one abandoner) bool {
	_, is := one.(*handshaking)
	return is
}

// whileHandshaking runs a handshake, which ends with the session secret, or with K at the latest. Where it gives an error, no key
// of the channel is left.
func (s *Secret) whileHandshaking(conn net.Conn, run func() (*Conn, error)) (*Conn, error) {
	h := &handshaking{conn: conn, gone: make(chan struct{})}
	defer close(h.gone)
	if err := s.enter(h); err != nil {
		return nil, err
	}
	c, err := run()
	if ended := s.leave(h); ended != nil {
		if c != nil {
			c.Reset()
		}
		return nil, fmt.Errorf("%w: it ended while the channel was opened", ended)
	}
	return c, err
}

// establish completes a handshake that client or server prepares and derives the channel's keys. From here on nothing of
// TLS is used.
//
// All of it runs inside secret.Do, which takes 0.35 ms more of each end, once a session: what TLS leaves in memory would, with K,
// give the chain from which all later flows of the session have their keys.
func establish(ctx context.Context, conn net.Conn, prepare func() *tls.Conn, s Session, r role) (*Conn, error) {
	var keys *channelKeys
	var group string
	var err error
	secret.Do(func() {
		t := prepare()
		if err = t.HandshakeContext(ctx); err != nil {
			return
		}
		state := t.ConnectionState()
		group = state.CurveID.String()
		keys, err = deriveKeys(s.Terms, s.Secret.k, group, state.ExportKeyingMaterial)
	})
	if err != nil {
		return nil, err
	}
	c := newConn(conn, &s, r, group)
	c.opening = &opening{of: s.Secret, chain: keys.chain}
	if err := s.Secret.enter(c); err != nil {
		keys.destroy()
		return nil, err
	}
	if err := c.start(keys.directions); err != nil {
		return nil, c.fail(err)
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
	if state.NegotiatedProtocol != protocol {
		return otherVersion("the peer", []string{state.NegotiatedProtocol})
	}
	if state.Version != tls.VersionTLS13 || state.DidResume {
		return errors.New("the peer does not do a full handshake of TLS 1.3")
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
