package main

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"lockwire/app/host"
	"lockwire/app/tryout"
)

// The pages that show something to a service provider, or to its tenant, only.
const (
	tenantsPage   = "tenants"
	providersPage = "providers"
)

// tryOutTenancy brings a service provider and its tenant up in a temporary folder, which goes with the provider.
func tryOutTenancy(ctx context.Context, log *slog.Logger) (provider, tenant *running, err error) {
	folder, err := os.MkdirTemp("", "lockwire-try-")
	if err != nil {
		return nil, nil, err
	}
	t, err := tryout.StartTenancy(ctx, folder, host.Version(), log)
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(folder))
	}
	provider = &running{admin: t.Provider, close: func() error { return errors.Join(t.Close(), os.RemoveAll(folder)) }}
	return provider, &running{admin: t.Tenant, close: func() error { return nil }}, nil
}

// byTenancy has the page of tenants drawn from the provider's engine, that of providers from the tenant's, and the others as before.
func byTenancy(others *drawn, provider, tenant *running) []*drawn {
	asked := others.pages
	only := func(page string) func(string) bool {
		return func(name string) bool { return name == page && asked(name) }
	}
	others.pages = func(name string) bool { return name != tenantsPage && name != providersPage && asked(name) }
	return []*drawn{others, {run: provider, pages: only(tenantsPage)}, {run: tenant, pages: only(providersPage)}}
}
