package tryout

import (
	"log/slog"
	"slices"
	"testing"

	"lockwire/app/host"
	"lockwire/engine"
)

func TestATenancyCarriesFilesThroughTheProvidersGateway(t *testing.T) {
	tenancy, err := StartTenancy(t.Context(), t.TempDir(), "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tenancy.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := host.Await(t.Context(), startWithin, "the tenant's files", func() (bool, error) {
		tenants, err := tenancy.Provider.Tenants(t.Context())
		return slices.ContainsFunc(tenants, func(t engine.TenantStatus) bool { return t.Name == tenantName && t.Used > 0 }), err
	}); err != nil {
		t.Fatal(err)
	}
	sessions, err := tenancy.Tenant.Sessions(t.Context())
	if err != nil || len(sessions) != 1 || sessions[0].Decision.Mode != engine.Sealed {
		t.Errorf("the tenant's sessions are %+v, %v", sessions, err)
	}
}
