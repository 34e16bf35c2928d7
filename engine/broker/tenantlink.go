package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// errLink is all that whoever redeems a link that is unknown, used, replaced or expired is told: a thief learns nothing of it.
var errLink = errors.New("the link cannot be redeemed: it was used already, has expired, or the provider has made a newer one; ask the provider for a new link")

// Redeem makes the caller's key that of the tenant for whom a link was made: it uses the link up, in one transaction.
func (s tenancies) Redeem(ctx context.Context, request *wire.RedeemRequest) (*wire.RedeemReply, error) {
	b := s.broker
	caller, _ := front.PeerFrom(ctx)
	from := caller.Address.Addr()
	if !b.front.MayRedeem(from, caller.Key) {
		return nil, status.Error(codes.ResourceExhausted, "too many attempts to redeem a link; wait a minute and try again")
	}
	reply, err := b.redeem(ctx, caller.Key, request)
	if err == nil {
		return reply, nil
	}
	b.front.RefusedLink(from, caller.Key)
	b.log.Warn("refused to let a tenant's broker in", "from", from, "reason", err)
	switch {
	case errors.Is(err, errLink):
		return nil, status.Error(codes.PermissionDenied, errLink.Error())
	case errors.Is(err, identity.ErrBadRequest), errors.Is(err, front.ErrKeyNamed):
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return nil, errRecord
}

func (b *Broker) redeem(ctx context.Context, proven engine.KeyID, request *wire.RedeemRequest) (*wire.RedeemReply, error) {
	hash, err := identity.HashLinkSecret(request.GetSecret())
	clear(request.GetSecret())
	if err != nil {
		return nil, errLink
	}
	now := b.config.Now()
	// The link is checked first: without a valid one, no signature is verified and no certificate made.
	link, _, err := checkedLink(ctx, b.config.Store, hash, now)
	if err != nil {
		return nil, err
	}
	_, key, err := identity.ParseRequest(request.GetCertificateRequest())
	if err != nil {
		return nil, err
	}
	if key != proven {
		return nil, fmt.Errorf("%w: it is for another key than the connection's", identity.ErrBadRequest)
	}
	certificate, err := b.config.Authority.Issue(identity.Tenant, link.Tenant, request.GetCertificateRequest(), now)
	if err != nil {
		return nil, err
	}
	b.refreshing.Lock() // a refresh that read the record before must not bring the old key back
	defer b.refreshing.Unlock()
	var after engine.Tenant
	var revoked []engine.Component
	err = b.config.Store.Write(ctx, func(tx engine.Transaction) error {
		link, before, err := checkedLink(ctx, tx, hash, now)
		if err != nil {
			return err
		}
		link.Used = now
		after = before
		after.Key, after.Linked, after.Confirmed, after.CertificateExpires = key, now, time.Time{}, certificate.NotAfter
		if err := errors.Join(front.NameKey(ctx, tx, key), tx.PutLinkRecord(link), tx.PutTenant(after), front.ForgetRenewal(tx, after.ID)); err != nil {
			return err
		}
		// Who had the old key may have added components of his own.
		if revoked, err = RevokeTenantComponents(ctx, tx, after.ID, now); err != nil {
			return err
		}
		return engine.AppendChange(tx, engine.AuditEntry{When: now, Who: tenantActor(after.Name), What: "tenant.redeem", Thing: after.Name}, before, after)
	})
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range revoked {
		if m := b.members[c.ID]; m != nil {
			m.Revoked = c.Revoked
			b.expel(m)
		}
	}
	t := b.tenants[after.ID]
	if t == nil { // it was added a moment ago
		t = newTenant(after)
		b.tenants[after.ID] = t
	}
	b.takeUpTenant(t, after)
	b.tenantKeysChanged()
	b.judgeOne(t)
	b.changed()
	b.log.Info("a tenant has redeemed its link; its fingerprint is to be confirmed", "tenant", after.Name, "fingerprint", key.Fingerprint())
	return &wire.RedeemReply{
		Tenant: wire.IDBytes(after.ID), Installation: wire.IDBytes(b.installation), Certificate: certificate.Raw, Roots: b.config.Authority.Roots().DER(), Gateways: b.gateways(),
	}, nil
}

// checkedLink finds a link that can be redeemed, and its tenant.
func checkedLink(ctx context.Context, from engine.Records, hash [32]byte, now time.Time) (engine.LinkRecord, engine.Tenant, error) {
	link, err := from.LinkRecord(ctx, hash)
	if errors.Is(err, engine.ErrNotFound) {
		return link, engine.Tenant{}, errLink
	}
	if err != nil {
		return link, engine.Tenant{}, err
	}
	if identity.CheckLink(link, hash, now) != nil {
		return link, engine.Tenant{}, errLink
	}
	tenant, err := from.Tenant(ctx, link.Tenant)
	if err == nil && tenant.Key != (engine.KeyID{}) && !link.Replace {
		err = errLink
	}
	return link, tenant, err
}

// RevokeTenantComponents revokes all components of a tenant in the record, and gives those that it has revoked.
func RevokeTenantComponents(ctx context.Context, tx engine.Transaction, tenant engine.ID, now time.Time) (revoked []engine.Component, err error) {
	components, err := tx.Components(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range components {
		if c.Tenant != tenant || !c.Revoked.IsZero() {
			continue
		}
		c.Revoked = now
		if err := tx.PutComponent(c); err != nil {
			return nil, err
		}
		revoked = append(revoked, c)
	}
	return revoked, nil
}
