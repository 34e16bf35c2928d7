package providers

import (
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// Redeem uses a link up: it makes a key for the provider, and keeps it with the certificate that the provider's broker gives for it. What
// it returns has no name yet. A link can be redeemed once; where an error comes after that, it says so.
func (k *Keeper) Redeem(ctx context.Context, link identity.Link) (engine.Provider, error) {
	if k.config.Folder == "" {
		return engine.Provider{}, errors.New("this broker has no data folder in which it could keep the key for a provider")
	}
	key, request, err := identity.NewRequestedKey()
	if err != nil {
		return engine.Provider{}, err
	}
	certificate, err := identity.SelfSigned(key, k.config.Now())
	if err != nil {
		return engine.Provider{}, err
	}
	own := func() (*tls.Certificate, error) { return certificate, nil }
	config := identity.JoinConfig(link.Pin(), k.config.Now)
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return certificate, nil }
	as := Credentials{Installation: link.Installation(), Pin: link.Pin(), Certificate: own}
	broker, err := dialBroker(ctx, k.config.Dial, link.Gateways(), as, config, engine.KeyID{})
	if err != nil {
		return engine.Provider{}, fmt.Errorf("the link is not used up: %w", err)
	}
	defer broker.Close()
	calling, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	secret := link.Secret()
	defer clear(secret)
	reply, err := broker.tenancy.Redeem(calling, &wire.RedeemRequest{Secret: secret, CertificateRequest: request})
	if err != nil {
		return engine.Provider{}, answered(&engine.Provider{Name: "that made the link"}, err)
	}
	p, err := k.keep(link, key, reply)
	if err != nil {
		return engine.Provider{}, fmt.Errorf("the link is used up, but what the provider's broker answered is not kept; ask the provider for a new link, with --replace: %w", err)
	}
	return p, nil
}

// keep checks what a provider's broker answered, and keeps it.
func (k *Keeper) keep(link identity.Link, key *ecdsa.PrivateKey, reply *wire.RedeemReply) (engine.Provider, error) {
	p := engine.Provider{ID: link.Installation(), Gateways: link.Gateways(), CAPin: link.Pin(), Added: k.config.Now().UTC().Truncate(time.Millisecond)}
	installation, err := wire.ParseID(reply.GetInstallation())
	if err != nil {
		return p, err
	}
	if p.Tenant, err = wire.ParseID(reply.GetTenant()); err != nil {
		return p, err
	}
	roots, err := identity.ParseRootsDER(reply.GetRoots())
	if err != nil {
		return p, err
	}
	if installation != p.ID || roots.Installation() != p.ID || !roots.Has(p.CAPin) {
		return p, errors.New("it names another installation than the link")
	}
	certificate, err := identity.ParseCertificate(reply.GetCertificate())
	if err != nil {
		return p, err
	}
	if gateways := reply.GetGateways(); len(gateways) > 0 {
		if err := identity.CheckBrokers(gateways); err != nil {
			return p, err
		}
		p.Gateways = gateways
	}
	_, err = identity.Join(k.config.Folder, identity.Attachment{Installation: p.ID, Kind: identity.Tenant, ID: p.Tenant, Brokers: p.Gateways}, roots, key, certificate)
	return p, err
}
