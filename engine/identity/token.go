package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"lockwire/engine"
)

// A join token is a text of this kind, whose body is
//
//	secret (16) | pin (32) | addresses
//
// The pin is the key id of the authority's root.
var tokenText = pastedText{
	noun: "token", version: 1, label: "lockwire join token checksum v1", least: secretSize + 32 + 1,
	malformed: ErrTokenMalformed, mistyped: ErrTokenMistyped, newer: ErrTokenVersion,
}

const (
	hashLabel = "lockwire join token v1"

	// MaxBrokerAddresses is how many addresses of the broker a token or a directory holds.
	MaxBrokerAddresses = 8
	// maxAddress is the longest "host:port": a DNS name of 253 characters and a port.
	maxAddress = 253 + 1 + 5

	// TokenLifetime is how long a token lets somebody in: long enough to walk to the machine, short enough that a token
	// found later is worthless.
	TokenLifetime = 15 * time.Minute
)

// Token is what a machine needs to join an installation. It does not print itself: only [Token.Reveal] gives its text.
type Token struct {
	secret  *[secretSize]byte // behind a pointer: fmt shows the bytes of a field that it may not ask for its String
	pin     engine.KeyID
	brokers []string
}

// NewToken makes a token with a fresh secret. Brokers are the addresses, "host:port", at which the new machine finds the
// broker, tried in order; one to eight.
func NewToken(pin engine.KeyID, brokers []string) (Token, error) {
	if err := CheckBrokers(brokers); err != nil {
		return Token{}, fmt.Errorf("make join token: %w", err)
	}
	token := Token{secret: new([secretSize]byte), pin: pin, brokers: append([]string(nil), brokers...)}
	rand.Read(token.secret[:]) // never fails
	if _, fits := tokenText.write(token.body()); !fits {
		return Token{}, errors.New("make join token: the broker's addresses are too long for a token; name fewer")
	}
	return token, nil
}

// CheckBrokers tells whether the addresses can stand in a token or directory.
func CheckBrokers(brokers []string) error {
	if len(brokers) == 0 || len(brokers) > MaxBrokerAddresses {
		return fmt.Errorf("a broker has one to %d addresses, not %d", MaxBrokerAddresses, len(brokers))
	}
	for _, address := range brokers {
		if err := checkAddress(address); err != nil {
			return err
		}
	}
	return nil
}

func checkAddress(address string) error {
	if len(address) > maxAddress {
		return errors.New("a broker's address is too long")
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("broker's address %q: it is not HOST:PORT", address)
	}
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 || strconv.FormatUint(number, 10) != port {
		return fmt.Errorf("broker's address %q: the port is not a number from 1 to 65535", address)
	}
	for _, r := range host {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(".-_:%", r)) {
			return fmt.Errorf("broker's address %q: %q cannot stand in a host name", address, r)
		}
	}
	if host == "" {
		return fmt.Errorf("broker's address %q: it has no host", address)
	}
	if literal, err := netip.ParseAddr(host); err == nil {
		if err := engine.CheckDialled(literal); err != nil {
			return fmt.Errorf("broker's address %q: %w", address, err)
		}
	}
	return nil
}

func (t Token) body() []byte { return appendAddresses(append(t.bytes(), t.pin[:]...), t.brokers) }

// Reveal gives the token's text, to be shown once to the person who made it. It must not reach a log or a command line.
func (t Token) Reveal() string {
	text, _ := tokenText.write(t.body())
	return text
}

// ParseToken reads a token as a person pastes it: in any case, with what mail and chat programs put around and into it.
// It returns [ErrTokenMalformed], which names the first character that no token has, [ErrTokenMistyped] or [ErrTokenVersion];
// none repeats more of the text.
func ParseToken(text string) (Token, error) {
	rest, err := tokenText.read(text)
	if err != nil {
		return Token{}, err
	}
	token := Token{secret: new([secretSize]byte)}
	rest = rest[copy(token.secret[:], rest):]
	rest = rest[copy(token.pin[:], rest):]
	if token.brokers, err = tokenText.addresses(rest); err != nil {
		return Token{}, err
	}
	return token, nil
}

// bytes are the secret's; those of the zero Token are zero.
func (t Token) bytes() []byte {
	if t.secret == nil {
		return make([]byte, secretSize)
	}
	return slices.Clone(t.secret[:])
}

// Pin is the key id of the authority that the broker must prove to belong to.
func (t Token) Pin() engine.KeyID { return t.pin }

// Brokers are the broker's addresses, in the order to try them.
func (t Token) Brokers() []string { return append([]string(nil), t.brokers...) }

// Secret is what the joining machine sends to the broker, once its authority is proven. The caller wipes the bytes.
func (t Token) Secret() []byte { return t.bytes() }

// Hash is what the broker keeps of the token, as engine.JoinToken.Hash.
func (t Token) Hash() [32]byte { return hashSecret(hashLabel, t.bytes()) }

const redacted = "[join token]"

// String gives a placeholder, as do all other ways to print a token.
func (t Token) String() string { return redacted }

// GoString gives the placeholder.
func (t Token) GoString() string { return redacted }

// Format writes the placeholder, whatever the verb.
func (t Token) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// LogValue gives the placeholder.
func (t Token) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText gives the placeholder; encoding/json uses it too.
func (t Token) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// HashTokenSecret hashes what a joining machine sent, to find the token's record by. Another length than a secret's is
// [ErrTokenUnknown].
func HashTokenSecret(sent []byte) ([32]byte, error) {
	if len(sent) != secretSize {
		return [32]byte{}, ErrTokenUnknown
	}
	return hashSecret(hashLabel, sent), nil
}

// hashSecret is SHA-256 with a label. A secret of 128 random bits needs no slow hash.
func hashSecret(label string, bytes []byte) (hash [32]byte) {
	h := sha256.New()
	h.Write([]byte(label))
	h.Write(bytes)
	copy(hash[:], h.Sum(nil))
	return hash
}

// CheckToken tells whether a token's record lets in whoever sent the secret with this hash, now. It compares in constant time
// and returns [ErrTokenUnknown], [ErrTokenRevoked], [ErrTokenExpired] or, last, [ErrTokenUsed]. That a token lets in no more than
// it says is the store's to guarantee: it counts the use in the same transaction that adds the component or administrator, after this
// check within it.
func CheckToken(record engine.JoinToken, sent [32]byte, now time.Time) error {
	switch {
	case subtle.ConstantTimeCompare(record.Hash[:], sent[:]) != 1:
		return ErrTokenUnknown
	case !record.Revoked.IsZero():
		return ErrTokenRevoked
	case !now.Before(record.Expires) || now.Before(record.Made.Add(-time.Minute)): // a clock set back must not lengthen its life
		return ErrTokenExpired
	case !record.Used.IsZero() || record.Taken >= record.Most():
		return ErrTokenUsed
	}
	return nil
}
