package channel

import (
	"crypto/fips140"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"lockwire/engine"
)

// Terms is what the broker told both ends of a session. The channel's keys depend on every field, so that two ends that
// were told different terms cannot open a channel.
type Terms struct {
	// Installation is that of the broker that made the session: ids are unique within one only.
	Installation engine.ID
	Session      engine.ID
	Route        engine.ID
	Mode         engine.Mode
	Cipher       engine.Cipher
	Source       engine.KeyID // the enrolled key of the component that dials
	Target       engine.KeyID // the enrolled key of the component that listens
}

// Session is what one end holds of a session while it opens channels.
type Session struct {
	Terms Terms
	// Secret is K and what follows from it, one for the whole session at each end. A channel that is open does not need it any
	// more, so that it may be destroyed while flows run. The caller destroys it.
	Secret *Secret
	// Certificate carries this end's enrolled key: Terms.Source at the source, Terms.Target at the target. Only its public
	// key counts, its dates and its chain do not.
	Certificate tls.Certificate
	// Flows are the flow numbers that were accepted so far. Needed at the target only, one for the whole session.
	Flows *FlowNumbers
	// Loopback says that the broker took both ends for one machine: a target takes joins from loopback only then.
	Loopback bool
	// Keep has connections of the session outlive their flows (SPEC.md, "Kept connections"); nil keeps none. It is asked for room for each
	// one. leave gives the room back, and must not be called more than once; evict, which Keep may call later and without a lock, closes a
	// connection that no flow has taken since, and then leave is called as always.
	Keep func(evict func()) (leave func(), ok bool)
	// Sizes are the sizes of records and the times of rekeying. The zero value stands for DefaultSizes, which is what the
	// protocol says; both ends must use the same.
	Sizes Sizes
}

// Sizes bound the records of a channel. Only tests use others than DefaultSizes.
type Sizes struct {
	// Plaintext is the most plaintext bytes in a record, 1 to MaximumPlaintext. A receiver refuses more before it allocates.
	Plaintext int
	// Interactive is how many plaintext bytes Conn.Buffer lends while a flow does not stream.
	Interactive int
	// Streaming is how many it lends at most, while a flow streams. It is this end's affair: 1 to Plaintext.
	Streaming int
	// RekeyRecords and RekeyBytes are the most records, the closing rekey included, and plaintext bytes under one key.
	RekeyRecords uint64
	RekeyBytes   uint64

	ofStream bool // the records are those of a stream; see streams.go
}

// MaximumPlaintext is the most plaintext bytes that a record may ever carry.
const MaximumPlaintext = 1 << 20

// DefaultSizes are those of the protocol.
func DefaultSizes() Sizes {
	return Sizes{Plaintext: MaximumPlaintext, Interactive: 16 << 10, Streaming: 256 << 10, RekeyRecords: 1 << 20, RekeyBytes: 64 << 30}
}

func (s Sizes) withDefaults() (Sizes, error) {
	d := DefaultSizes()
	if s.Plaintext == 0 {
		s.Plaintext = d.Plaintext
	}
	if s.Interactive == 0 {
		s.Interactive = min(d.Interactive, s.Plaintext)
	}
	if s.Streaming == 0 {
		s.Streaming = max(min(d.Streaming, s.Plaintext), s.Interactive)
	}
	if s.RekeyRecords == 0 {
		s.RekeyRecords = d.RekeyRecords
	}
	if s.RekeyBytes == 0 {
		s.RekeyBytes = d.RekeyBytes
	}
	if s.Interactive < 1 || s.Interactive > s.Streaming || s.Streaming > s.Plaintext || s.Plaintext > MaximumPlaintext {
		return s, fmt.Errorf("records of %d, %d and %d bytes are not possible", s.Interactive, s.Streaming, s.Plaintext)
	}
	if s.RekeyRecords < 2 || s.RekeyRecords > d.RekeyRecords || s.RekeyBytes < uint64(s.Plaintext) || s.RekeyBytes > d.RekeyBytes {
		return s, fmt.Errorf("rekeying after %d records or %d bytes is not possible", s.RekeyRecords, s.RekeyBytes)
	}
	return s, nil
}

// role is an end's part in the session.
type role uint8

const (
	source role = iota
	target
)

// check completes the session and finds what would only fail later, and less clearly.
func (s *Session) check(r role) (Session, error) {
	checked := *s
	t := s.Terms
	if _, err := t.Installation.Bytes(); err != nil {
		return checked, fmt.Errorf("installation: %w", err)
	}
	if _, err := t.Session.Bytes(); err != nil {
		return checked, fmt.Errorf("session: %w", err)
	}
	if _, err := t.Route.Bytes(); err != nil {
		return checked, fmt.Errorf("route: %w", err)
	}
	if !t.Mode.Valid() || !t.Cipher.Valid() {
		return checked, fmt.Errorf("%v with %v is not possible", t.Mode, t.Cipher)
	}
	if t.Cipher == engine.ChaCha20Poly1305 && fips140.Enforced() {
		return checked, fmt.Errorf("%w: %v in strict FIPS 140 mode", ErrCipher, t.Cipher)
	}
	if t.Source == t.Target {
		return checked, errors.New("source and target have the same key")
	}
	if s.Secret == nil {
		return checked, errors.New("the session has no key")
	}
	own, err := certificateKeyID(s.Certificate)
	if err != nil {
		return checked, err
	}
	if want := map[role]engine.KeyID{source: t.Source, target: t.Target}[r]; own != want {
		return checked, errors.New("the certificate's key is not the one that the broker named for this end")
	}
	checked.Sizes, err = s.Sizes.withDefaults()
	return checked, err
}

func certificateKeyID(c tls.Certificate) (engine.KeyID, error) {
	leaf := c.Leaf
	if leaf == nil {
		if len(c.Certificate) == 0 {
			return engine.KeyID{}, errors.New("the session has no certificate")
		}
		var err error
		if leaf, err = x509.ParseCertificate(c.Certificate[0]); err != nil {
			return engine.KeyID{}, fmt.Errorf("certificate: %w", err)
		}
	}
	return KeyIDOf(leaf), nil
}

// KeyIDOf gives the key id of a certificate's public key.
func KeyIDOf(c *x509.Certificate) engine.KeyID { return sha256.Sum256(c.RawSubjectPublicKeyInfo) }
