package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"fmt"
	"net/url"
	"strings"

	"lockwire/engine"
)

// Kind says what a certificate is for. The zero value is no kind.
type Kind uint8

const (
	// Component is a machine that runs the agent.
	Component Kind = 1
	// Administrator is a person's console or command line.
	Administrator Kind = 2
	// Broker is the installation's broker; it has no id of its own.
	Broker Kind = 3
	// Tenant is the broker of an installation that is a customer of this one, a service provider's.
	Tenant Kind = 4
)

// String gives the word that stands in the certificate's URI.
func (k Kind) String() string {
	switch k {
	case Component:
		return "component"
	case Administrator:
		return "administrator"
	case Broker:
		return "broker"
	case Tenant:
		return "tenant"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Name is what a certificate says of its holder.
type Name struct {
	// Installation is the id that the authority was made with.
	Installation engine.ID
	Kind         Kind
	// ID names the component, administrator or tenant. Empty for the broker, needed for the others.
	ID engine.ID
}

// scheme is SPIFFE's, whose form of URI is used so that other software can read our certificates.
const scheme = "spiffe"

// URI writes the name as a certificate carries it.
func (n Name) URI() *url.URL {
	uri := &url.URL{Scheme: scheme, Host: string(n.Installation), Path: "/" + n.Kind.String()}
	if n.Kind != Broker {
		uri.Path += "/" + string(n.ID)
	}
	return uri
}

// String is the URI as text.
func (n Name) String() string { return n.URI().String() }

// Validate tells whether all parts are there and well-formed.
func (n Name) Validate() error {
	if _, err := engine.ParseID(string(n.Installation)); err != nil {
		return fmt.Errorf("installation: %w", err)
	}
	switch n.Kind {
	case Broker:
		if n.ID != "" {
			return fmt.Errorf("a broker has no id of its own")
		}
		return nil
	case Component, Administrator, Tenant:
		if _, err := engine.ParseID(string(n.ID)); err != nil {
			return fmt.Errorf("%s: %w", n.Kind, err)
		}
		return nil
	}
	return fmt.Errorf("%s is none that a certificate can have", n.Kind)
}

// parseName reads a certificate's URI. It takes the canonical form only: what [Name.URI] would write, byte for byte.
func parseName(uri *url.URL) (Name, error) {
	parts := strings.Split(strings.TrimPrefix(uri.Path, "/"), "/")
	name := Name{Installation: engine.ID(uri.Host)}
	switch {
	case len(parts) == 2 && parts[0] == Component.String():
		name.Kind, name.ID = Component, engine.ID(parts[1])
	case len(parts) == 2 && parts[0] == Administrator.String():
		name.Kind, name.ID = Administrator, engine.ID(parts[1])
	case len(parts) == 2 && parts[0] == Tenant.String():
		name.Kind, name.ID = Tenant, engine.ID(parts[1])
	case len(parts) == 1 && parts[0] == Broker.String():
		name.Kind = Broker
	default:
		return Name{}, fmt.Errorf("its URI names neither a component, an administrator, a tenant nor a broker")
	}
	if err := name.Validate(); err != nil {
		return Name{}, err
	}
	if uri.String() != name.String() {
		return Name{}, fmt.Errorf("its URI is not in the canonical form")
	}
	return name, nil
}

// KeyIDOf gives the key id of a public key that a certificate or request carries: SHA-256 of its SubjectPublicKeyInfo.
func KeyIDOf(spki []byte) engine.KeyID { return sha256.Sum256(spki) }

// asP256 gives key as the one kind of public key that an installation uses.
func asP256(key any) (*ecdsa.PublicKey, bool) {
	public, ok := key.(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() {
		return nil, false
	}
	return public, true
}
