package identity

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"lockwire/engine"
)

// A link is a text of this kind, whose body is
//
//	secret (16) | pin (32) | installation (16) | addresses
//
// The pin is the key id of the root of the provider's authority, the addresses are those of its gateways.
var linkText = pastedText{
	noun: "link", version: 1, label: "lockwire tenant link checksum v1", least: secretSize + 32 + 16 + 1,
	malformed: ErrLinkMalformed, mistyped: ErrLinkMistyped, newer: ErrLinkVersion,
}

const (
	linkHashLabel = "lockwire tenant link v1"

	// LinkLifetime is how long a link can be redeemed. It goes to another company; a key that redeems it counts only once the provider's
	// administrator has confirmed it.
	LinkLifetime = 7 * 24 * time.Hour
)

// Link is what the broker of a tenant needs to become known to a service provider's. It does not print itself: only [Link.Reveal]
// gives its text.
type Link struct {
	secret       *[secretSize]byte // behind a pointer, as in Token
	pin          engine.KeyID
	installation engine.ID
	gateways     []string
}

// NewLink makes a link with a fresh secret. Installation is the provider's, pin the key id of its authority. Gateways are the
// addresses, "host:port", at which tenants reach its gateways, tried in order; one to eight.
func NewLink(pin engine.KeyID, installation engine.ID, gateways []string) (Link, error) {
	if err := CheckBrokers(gateways); err != nil {
		return Link{}, fmt.Errorf("make link: %w", err)
	}
	if _, err := engine.ParseID(string(installation)); err != nil {
		return Link{}, fmt.Errorf("make link: %w", err)
	}
	link := Link{secret: new([secretSize]byte), pin: pin, installation: installation, gateways: slices.Clone(gateways)}
	rand.Read(link.secret[:]) // never fails
	if _, fits := linkText.write(link.body()); !fits {
		return Link{}, errors.New("make link: the gateways' addresses are too long for a link; name fewer")
	}
	return link, nil
}

func (l Link) body() []byte {
	installation, _ := l.installation.Bytes() // NewLink has checked it
	return appendAddresses(slices.Concat(l.Secret(), l.pin[:], installation[:]), l.gateways)
}

// Reveal gives the link's text, to be shown once to the person who made it. It must not reach a log or a command line.
func (l Link) Reveal() string {
	text, _ := linkText.write(l.body())
	return text
}

// ParseLink reads a link as a person pastes it. It returns [ErrLinkMalformed], [ErrLinkMistyped] or [ErrLinkVersion]; none repeats
// more of the text than its first wrong character.
func ParseLink(text string) (Link, error) {
	rest, err := linkText.read(text)
	if err != nil {
		return Link{}, err
	}
	link := Link{secret: new([secretSize]byte)}
	rest = rest[copy(link.secret[:], rest):]
	rest = rest[copy(link.pin[:], rest):]
	link.installation = engine.IDFromBytes([16]byte(rest[:16]))
	if link.gateways, err = linkText.addresses(rest[16:]); err != nil {
		return Link{}, err
	}
	return link, nil
}

// Pin is the key id of the authority that the provider's gateways and broker must prove to belong to.
func (l Link) Pin() engine.KeyID { return l.pin }

// Installation is the provider's.
func (l Link) Installation() engine.ID { return l.installation }

// Gateways are the addresses of the provider's gateways, in the order to try them.
func (l Link) Gateways() []string { return slices.Clone(l.gateways) }

// Secret is what is sent to the provider's broker, once its authority is proven. The caller wipes the bytes.
func (l Link) Secret() []byte {
	if l.secret == nil {
		return make([]byte, secretSize)
	}
	return slices.Clone(l.secret[:])
}

// Hash is what the provider's broker keeps of the link, as engine.LinkRecord.Hash.
func (l Link) Hash() [32]byte { return hashSecret(linkHashLabel, l.Secret()) }

const redactedLink = "[link]"

// String gives a placeholder, as do all other ways to print a link.
func (l Link) String() string { return redactedLink }

// GoString gives the placeholder.
func (l Link) GoString() string { return redactedLink }

// Format writes the placeholder, whatever the verb.
func (l Link) Format(f fmt.State, _ rune) { fmt.Fprint(f, redactedLink) }

// LogValue gives the placeholder.
func (l Link) LogValue() slog.Value { return slog.StringValue(redactedLink) }

// MarshalText gives the placeholder; encoding/json uses it too.
func (l Link) MarshalText() ([]byte, error) { return []byte(redactedLink), nil }

// HashLinkSecret hashes what a tenant's broker sent, to find the link's record by. Another length than a secret's is
// [ErrLinkUnknown].
func HashLinkSecret(sent []byte) ([32]byte, error) {
	if len(sent) != secretSize {
		return [32]byte{}, ErrLinkUnknown
	}
	return hashSecret(linkHashLabel, sent), nil
}

// CheckLink tells whether a link's record lets in whoever sent the secret with this hash, now. It compares in constant time and
// returns [ErrLinkUnknown], [ErrLinkUsed] or [ErrLinkExpired]. That a link is redeemed once only is the store's to guarantee: Used is
// set in the transaction that keeps the tenant's key, after this check within it.
func CheckLink(record engine.LinkRecord, sent [32]byte, now time.Time) error {
	switch {
	case subtle.ConstantTimeCompare(record.Hash[:], sent[:]) != 1:
		return ErrLinkUnknown
	case !record.Used.IsZero():
		return ErrLinkUsed
	case !now.Before(record.Expires) || now.Before(record.Expires.Add(-LinkLifetime-time.Minute)): // a clock set back must not lengthen its life
		return ErrLinkExpired
	}
	return nil
}
