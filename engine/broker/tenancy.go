package broker

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/wire"
)

// tenancyAccess says who may call the methods of the Tenancy service.
var tenancyAccess = map[string]front.Access{
	wire.Tenancy_Redeem_FullMethodName:          front.AccessOwnKey,
	wire.Tenancy_Follow_FullMethodName:          front.AccessTenant,
	wire.Tenancy_Challenge_FullMethodName:       front.AccessTenant,
	wire.Tenancy_AddComponent_FullMethodName:    front.AccessTenant,
	wire.Tenancy_AskSession_FullMethodName:      front.AccessTenant,
	wire.Tenancy_RemoveComponent_FullMethodName: front.AccessTenant,
}

// tenancies is the Tenancy service.
type tenancies struct {
	wire.UnimplementedTenancyServer
	broker *Broker
}

var (
	errRecord = status.Error(codes.Unavailable, "the provider's broker cannot use its record at this moment; its log says why")
	errGone   = status.Error(codes.Unauthenticated, "the provider does not know this tenant's key any more: ask for a new link")
)

// tenantActor is how the audit names a tenant.
func tenantActor(name string) engine.Actor { return engine.Actor("tenant " + name) }

// calling gives the tenant that calls, as it is now. b.mu is held.
func (b *Broker) calling(ctx context.Context) (*tenant, error) {
	caller, _ := front.PeerFrom(ctx)
	t := b.tenants[caller.ID]
	if t == nil || t.Key != caller.Key {
		return nil, errGone
	}
	return t, nil
}

// asking is calling for what a tenant can ask for again and again. b.mu is held.
func (b *Broker) asking(ctx context.Context) (*tenant, error) {
	t, err := b.calling(ctx)
	if err == nil && !t.calling.Allow() {
		return nil, status.Error(codes.ResourceExhausted, "this tenant asks too often; wait a moment and try again")
	}
	return t, err
}
