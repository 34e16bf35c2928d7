package tryout

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"

	"lockwire/app/host"
	"lockwire/engine"
)

// What the parts of a tenancy stand for.
const (
	providerName                   = "Deep Vault"
	tenantName, newTenantName      = "Smith & Sons", "Walker Ltd"
	gatewayName, gatewayAddress    = "Gateway", "198.51.100.7"
	providersRepo, repoAddress     = "Repository 1", "192.168.70.5"
	tenantSource, tenantSourceAddr = "Branch server", "10.30.0.10"
	tenantQuota                    = 2 << 30
	tenantLimit                    = 200 // Mbit/s
)

// Tenancy is a service provider and one of its tenants: two installations that run in this process, and what goes from one to the other.
type Tenancy struct {
	*Tryout
	// Provider and Tenant are their brokers'.
	Provider, Tenant engine.Administration
}

// StartTenancy brings a provider and its tenant up in an empty folder, and lets them carry something. What runs ends with ctx or Close.
func StartTenancy(ctx context.Context, folder, version string, log *slog.Logger) (_ *Tenancy, err error) {
	ctx, stop := context.WithCancel(ctx)
	t := &Tenancy{Tryout: &Tryout{version: version, stop: stop}}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.Close())
		}
	}()
	copies := &job{route: "Copies off site", pause: pause, traffic: &wholeFile{size: 256 << 20, rate: 10 << 20}}
	backend, err := t.startBackend(ctx, jobFolder(folder, copies), copies)
	if err != nil {
		return nil, err
	}
	service, gateways, err := t.startProvider(ctx, filepath.Join(folder, "provider"), backend, log)
	if err != nil {
		return nil, err
	}
	source, err := t.startTenant(ctx, filepath.Join(folder, "tenant"), log)
	if err != nil {
		return nil, err
	}
	provider, err := t.link(ctx, service, gateways)
	if err != nil {
		return nil, err
	}
	remote, err := t.Tenant.PutService(ctx, engine.Service{Name: "copies", Provider: provider, Remote: service})
	if err != nil {
		return nil, err
	}
	listen, err := t.putRoute(ctx, t.Tenant, &engine.RouteEdit{
		Route: engine.Route{Name: copies.route, Sources: []engine.ID{source}, Service: remote.ID, Direction: engine.Push, Enabled: true, LingerSeconds: linger},
	})
	if err != nil {
		return nil, err
	}
	t.startTool(ctx, jobFolder(folder, copies), listen, copies, log)
	return t, nil
}

// startProvider starts the provider's broker, gateway and repository, and gives the service that tenants may use and where they reach the gateway.
func (t *Tenancy) startProvider(ctx context.Context, folder, backend string, log *slog.Logger) (service engine.ID, gateways []string, err error) {
	local, err := t.startBroker(ctx, folder, log)
	if err != nil {
		return "", nil, err
	}
	t.Provider = local
	gateway, err := t.startComponent(ctx, local, folder, &member{gatewayName, engine.ProviderGateway, addresses(gatewayAddress), nil}, nil, log)
	if err != nil {
		return "", nil, err
	}
	repository, err := t.startComponent(ctx, local, folder, &member{providersRepo, engine.Repository, addresses(repoAddress), nil}, []string{backend}, log)
	if err != nil {
		return "", nil, err
	}
	if err := t.online(ctx, local, gateway, repository); err != nil {
		return "", nil, err
	}
	components, err := local.Components(ctx)
	if err != nil {
		return "", nil, err
	}
	for i := range components {
		if components[i].ID == gateway {
			for _, endpoint := range components[i].Report.Endpoints {
				gateways = append(gateways, endpoint.String())
			}
		}
	}
	made, err := local.PutService(ctx, engine.Service{Name: "restic", Target: repository, Backend: backend})
	return made.ID, gateways, err
}

func (t *Tenancy) startTenant(ctx context.Context, folder string, log *slog.Logger) (engine.ID, error) {
	local, err := t.startBroker(ctx, folder, log)
	if err != nil {
		return "", err
	}
	t.Tenant = local
	source, err := t.startComponent(ctx, local, folder, &member{tenantSource, engine.Server, addresses(tenantSourceAddr), nil}, nil, log)
	if err != nil {
		return "", err
	}
	return source, t.online(ctx, local, source)
}

// link makes the one installation a tenant of the other, as their administrators do it, and gives the provider's id there. Another tenant has
// its link still.
func (t *Tenancy) link(ctx context.Context, service engine.ID, gateways []string) (engine.ID, error) {
	services := []engine.ID{service}
	waiting, err := t.Provider.PutTenant(ctx, engine.Tenant{Name: newTenantName, Services: services})
	if err != nil {
		return "", err
	}
	if _, err := t.Provider.LinkTenant(ctx, engine.LinkRequest{Tenant: waiting.ID, Gateways: gateways}); err != nil {
		return "", err
	}
	tenant, err := t.Provider.PutTenant(ctx, engine.Tenant{
		Name: tenantName, Services: services, Quota: tenantQuota, Limit: &engine.Limit{Value: tenantLimit, Unit: engine.MegabitsPerSecond},
	})
	if err != nil {
		return "", err
	}
	link, err := t.Provider.LinkTenant(ctx, engine.LinkRequest{Tenant: tenant.ID, Gateways: gateways})
	if err != nil {
		return "", err
	}
	provider, err := t.Tenant.AddProvider(ctx, engine.ProviderLink{Name: providerName, Link: link.Text})
	if err != nil {
		return "", err
	}
	if err := t.Provider.ConfirmTenant(ctx, tenant.ID, provider.Key); err != nil {
		return "", err
	}
	return provider.ID, host.Await(ctx, startWithin, "the provider", func() (bool, error) {
		providers, err := t.Tenant.Providers(ctx)
		return len(providers) == 1 && providers[0].State == engine.TenantActive && len(providers[0].Services) == 1, err
	})
}
