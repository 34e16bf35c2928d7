package broker

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// RemoveComponent revokes one of the caller's components. Another tenant's, one that never was and one that is revoked already are
// answered alike.
func (s tenancies) RemoveComponent(ctx context.Context, request *wire.RemoveComponentRequest) (*wire.RemoveComponentReply, error) {
	component, err := wire.ParseID(request.GetComponent())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	b := s.broker
	b.mu.Lock()
	t, err := b.calling(ctx)
	if err != nil {
		b.mu.Unlock()
		return nil, err
	}
	tenant, name := t.ID, t.Name
	m := b.members[component]
	there := m != nil && m.Tenant == tenant && m.Revoked.IsZero()
	b.mu.Unlock()
	if !there {
		return &wire.RemoveComponentReply{}, nil
	}
	if err := b.revokeTenantComponent(ctx, component, tenantActor(name)); err != nil {
		b.log.Error("remove a tenant's component", "tenant", tenant, "component", component, "error", err)
		return nil, errRecord
	}
	return &wire.RemoveComponentReply{}, nil
}

// revokeTenantComponent revokes a tenant's component, and cuts what it has.
func (b *Broker) revokeTenantComponent(ctx context.Context, component engine.ID, who engine.Actor) error {
	b.refreshing.Lock() // a refresh that read the record before must not bring it back
	defer b.refreshing.Unlock()
	now := time.Now()
	err := b.config.Store.Write(ctx, func(tx engine.Transaction) error {
		before, err := tx.Component(ctx, component)
		if err != nil || !before.Revoked.IsZero() {
			return err
		}
		after := before
		after.Revoked = now
		if err := tx.PutComponent(after); err != nil {
			return err
		}
		return engine.AppendChange(tx, engine.AuditEntry{When: now, Who: who, What: "component.revoke", Thing: after.Name}, before, after)
	})
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if m := b.members[component]; m != nil && m.Revoked.IsZero() {
		m.Revoked = now
		b.expel(m)
	}
	b.changed()
	return nil
}
