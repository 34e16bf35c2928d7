package providers

import (
	"context"
	"fmt"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// client gives what a provider is asked with, or why it cannot be asked.
func (k *Keeper) client(provider engine.ID) (wire.TenancyClient, engine.Provider, error) {
	c := k.connection(provider)
	if c == nil {
		return nil, engine.Provider{}, fmt.Errorf("provider %s: %w", provider, engine.ErrNotFound)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tenancy == nil {
		if c.status.Problem != "" {
			return nil, c.provider, fmt.Errorf("%s is not connected: %s", named(&c.provider), c.status.Problem)
		}
		return nil, c.provider, fmt.Errorf("%s is not connected yet", named(&c.provider))
	}
	return c.tenancy, c.provider, nil
}

// Challenge asks a provider for what a component has to sign.
func (k *Keeper) Challenge(ctx context.Context, provider engine.ID) ([]byte, error) {
	client, p, err := k.client(provider)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	reply, err := client.Challenge(ctx, &wire.ChallengeRequest{})
	if err != nil {
		return nil, answered(&p, err)
	}
	if len(reply.GetChallenge()) != identity.ProviderChallengeSize {
		return nil, fmt.Errorf("%s: %w: a challenge of %d bytes", named(&p), wire.ErrMalformed, len(reply.GetChallenge()))
	}
	return reply.GetChallenge(), nil
}

// Joined is a component of this installation as a provider knows it.
type Joined struct {
	// ID is the component's id there.
	ID engine.ID
	// Certificate and Roots are in DER, for the component.
	Certificate []byte
	Roots       [][]byte
}

// AddComponent makes a component known to a provider. Its key must have signed the challenge.
func (k *Keeper) AddComponent(ctx context.Context, provider, component engine.ID, key *wire.ProviderKey) (Joined, error) {
	client, p, err := k.client(provider)
	if err != nil {
		return Joined{}, err
	}
	public, _, err := identity.ParseRequest(key.GetCertificateRequest())
	if err != nil {
		return Joined{}, err
	}
	signed := identity.ProviderKey{Provider: provider, Tenant: p.Tenant, Component: component, Challenge: key.GetChallenge()}
	if err := signed.Check(public, key.GetSignature()); err != nil {
		return Joined{}, err // the provider would refuse it, and this broker knows whose fault it is
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	reply, err := client.AddComponent(ctx, &wire.AddComponentRequest{
		Component: wire.IDBytes(component), Challenge: key.GetChallenge(), CertificateRequest: key.GetCertificateRequest(), Signature: key.GetSignature(),
	})
	if err != nil {
		return Joined{}, answered(&p, err)
	}
	id, err := wire.ParseID(reply.GetId())
	if err != nil {
		return Joined{}, fmt.Errorf("%s: %w", named(&p), err)
	}
	roots, err := identity.ParseRootsDER(reply.GetRoots())
	if err != nil || roots.Installation() != provider {
		return Joined{}, fmt.Errorf("%s sent roots that are not its own", named(&p))
	}
	if _, err := identity.ParseCertificate(reply.GetCertificate()); err != nil {
		return Joined{}, fmt.Errorf("%s: %w", named(&p), err)
	}
	return Joined{ID: id, Certificate: reply.GetCertificate(), Roots: reply.GetRoots()}, nil
}

// RemoveComponent has a provider forget a component, by its id there, and cut what it has.
func (k *Keeper) RemoveComponent(ctx context.Context, provider, component engine.ID) error {
	client, p, err := k.client(provider)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	if _, err := client.RemoveComponent(ctx, &wire.RemoveComponentRequest{Component: wire.IDBytes(component)}); err != nil {
		return answered(&p, err)
	}
	return nil
}

// AskSession asks a provider for a session of a component, by its id there, with one of the provider's services.
func (k *Keeper) AskSession(ctx context.Context, provider, component, service engine.ID) (engine.ID, error) {
	client, p, err := k.client(provider)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	reply, err := client.AskSession(ctx, &wire.AskSessionRequest{Component: wire.IDBytes(component), Service: wire.IDBytes(service)})
	if err != nil {
		return "", answered(&p, err)
	}
	id, err := wire.ParseID(reply.GetSession())
	if err != nil {
		return "", fmt.Errorf("%s: %w", named(&p), err)
	}
	return id, nil
}
