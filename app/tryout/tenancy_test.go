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
		if err != nil {
			return false, err
		}
		sessions, err := tenancy.Tenant.Sessions(t.Context())
		sealed := slices.ContainsFunc(sessions, func(s engine.Session) bool { return s.Decision.Mode == engine.Sealed })
		received := slices.ContainsFunc(tenants, func(t engine.TenantStatus) bool { return t.Name == tenantName && t.Used > 0 })
		return sealed && received, err
	}); err != nil {
		t.Error(err)
	}
}
