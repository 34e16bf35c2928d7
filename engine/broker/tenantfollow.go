package broker

import (
	"context"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/identity"
	"lockwire/engine/tenancy"
	"lockwire/engine/wire"
)

const (
	// maximumFollowers is how many streams of one tenant are told its state: a broker whose connection broke leaves one behind for a while.
	maximumFollowers = 8
	// usedEvery is how often followers are told what was used of the quota.
	usedEvery = 5 * time.Second
)

// Follow tells a tenant's broker how far its tenant is, at once and whenever that changes, until the certificate ends.
func (s tenancies) Follow(_ *wire.FollowRequest, stream grpc.ServerStreamingServer[wire.TenancyState]) error {
	b, ctx := s.broker, stream.Context()
	caller, _ := front.PeerFrom(ctx)
	if err := b.follow(ctx); err != nil {
		return err
	}
	defer b.unfollow(caller.ID)
	expiry := time.NewTimer(time.Until(caller.CertificateExpires))
	defer expiry.Stop()
	figures := time.NewTicker(usedEvery)
	defer figures.Stop()
	var told *wire.TenancyState
	for {
		b.mu.Lock()
		t, err := b.calling(ctx)
		if err != nil {
			b.mu.Unlock()
			return err
		}
		state, changed := b.tenancyState(t), t.changed
		b.mu.Unlock()
		if !proto.Equal(told, state) {
			if err := stream.Send(state); err != nil {
				return err
			}
			told = state
		}
		select {
		case <-changed:
		case <-figures.C:
		case <-expiry.C:
			return status.Error(codes.Unauthenticated, "the certificate has expired: renew it and follow again")
		case <-b.stopping:
			return status.Error(codes.Unavailable, "the broker stops")
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		}
	}
}

func (b *Broker) follow(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, err := b.calling(ctx)
	if err != nil {
		return err
	}
	if t.followers >= maximumFollowers {
		return status.Error(codes.ResourceExhausted, "this tenant is followed over too many connections already; try again in a minute")
	}
	t.followers++
	b.changed()
	return nil
}

func (b *Broker) unfollow(tenant engine.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.tenants[tenant]; t != nil {
		t.followers--
		b.changed()
	}
}

var tenantStates = map[engine.TenantState]wire.TenantState{
	engine.TenantPending: wire.TenantState_TENANT_STATE_PENDING, engine.TenantActive: wire.TenantState_TENANT_STATE_ACTIVE,
	engine.TenantDisabled: wire.TenantState_TENANT_STATE_DISABLED, engine.TenantEnded: wire.TenantState_TENANT_STATE_ENDED,
}

// tenancyState is what a tenant's broker is told. b.mu is held.
func (b *Broker) tenancyState(t *tenant) *wire.TenancyState {
	zone := b.present.zone
	state := &wire.TenancyState{State: tenantStates[tenancy.StateAt(&t.Tenant, b.config.Now(), zone)], Quota: t.Quota, Used: t.Used, Gateways: b.gateways()}
	for _, id := range t.Services {
		if service := b.present.services[id]; service != nil {
			state.Services = append(state.Services, &wire.TenantService{Id: wire.IDBytes(id), Name: service.Name})
		}
	}
	if t.Limit != nil {
		state.Limit = proto.Uint64(t.Limit.BytesPerSecond())
	}
	if t.Until != nil {
		state.Until = wire.Milliseconds(t.Until.End(zone))
	}
	return state
}

// gateways are where tenants reach the gateways: what an administrator has said, else where the gateways say that they can be dialled.
// b.mu is held.
func (b *Broker) gateways() []string {
	if len(b.present.gateways) > 0 {
		return b.present.gateways
	}
	var gateways []string
	for _, m := range b.membersByName() {
		if m.Role != engine.ProviderGateway || m.Tenant != "" || !m.Revoked.IsZero() {
			continue
		}
		for _, endpoint := range m.Report.Endpoints {
			if len(gateways) < identity.MaxBrokerAddresses && !endpoint.Addr().IsLoopback() {
				gateways = append(gateways, endpoint.String())
			}
		}
	}
	return gateways
}

// Gateways are where tenants reach the gateways, HOST:PORT.
func (b *Broker) Gateways() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.gateways())
}
