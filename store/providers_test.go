package store

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

func aProvider(name string) engine.Provider {
	return engine.Provider{
		ID: engine.NewID(), Revision: 1, Name: name, Tenant: engine.NewID(), Gateways: []string{"gateway.example:6180", "192.0.2.1:6180"},
		CAPin: engine.KeyID{7, 8}, Added: time.UnixMilli(1_800_000_000_000).UTC(),
	}
}

func TestAProviderWithItsServicesAndComponentsIsKept(t *testing.T) {
	s := openIn(t, newFolder(t))
	provider, other := aProvider("Vault Ltd"), aProvider("archive")
	component := engine.Component{ID: engine.NewID(), Name: "fileserver", Role: engine.Server, Joined: time.Now()}
	service := engine.Service{ID: engine.NewID(), Revision: 1, Name: "copies", Provider: provider.ID, Remote: engine.NewID()}
	route := engine.Route{ID: engine.NewID(), Revision: 1, Name: "copies", Sources: []engine.ID{component.ID}, Listen: "127.0.0.1:8000", Service: service.ID, Direction: engine.Push, Streams: 3, Enabled: true}
	joined := engine.ProviderComponent{Provider: provider.ID, Component: component.ID, Remote: engine.NewID(), Joined: time.UnixMilli(1_800_000_000_001).UTC()}
	write(t, s, func(tx engine.Transaction) error {
		return errors.Join(tx.PutComponent(component), tx.PutProvider(provider), tx.PutProvider(other), tx.PutService(service), tx.PutRoute(route), tx.PutProviderComponent(joined))
	})
	providers := must[[]engine.Provider](t)(s.Providers(t.Context()))
	if d := cmp.Diff([]engine.Provider{other, provider}, providers); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]engine.Service{service}, must[[]engine.Service](t)(s.Services(t.Context()))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]engine.Route{route}, must[[]engine.Route](t)(s.Routes(t.Context()))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]engine.ProviderComponent{joined}, must[[]engine.ProviderComponent](t)(s.ProviderComponents(t.Context()))); d != "" {
		t.Error(d)
	}

	refused := func(want error, change func(engine.Transaction) error) {
		t.Helper()
		if err := s.Write(t.Context(), change); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	refused(engine.ErrInUse, func(tx engine.Transaction) error { return tx.RemoveProvider(provider.ID) })
	refused(engine.ErrNameTaken, func(tx engine.Transaction) error { return tx.PutProvider(aProvider("VAULT ltd")) })
	refused(engine.ErrNotFound, func(tx engine.Transaction) error {
		return tx.PutService(engine.Service{ID: engine.NewID(), Name: "of nobody", Provider: engine.NewID(), Remote: engine.NewID()})
	})
	refused(engine.ErrNotFound, func(tx engine.Transaction) error { return tx.RemoveProvider(engine.NewID()) })

	write(t, s, func(tx engine.Transaction) error {
		return errors.Join(tx.RemoveRoute(route.ID), tx.RemoveService(service.ID), tx.RemoveProvider(provider.ID))
	})
	if left := must[[]engine.ProviderComponent](t)(s.ProviderComponents(t.Context())); len(left) != 0 {
		t.Errorf("components are still known at a provider that was removed: %v", left)
	}
}

func TestAServiceIsNeitherOfNobodyNorOfTwo(t *testing.T) {
	s := openIn(t, newFolder(t))
	provider := aProvider("vault")
	component := engine.Component{ID: engine.NewID(), Name: "repository", Role: engine.Repository, Joined: time.Now()}
	write(t, s, func(tx engine.Transaction) error {
		return errors.Join(tx.PutComponent(component), tx.PutProvider(provider))
	})
	for name, service := range map[string]engine.Service{
		"of both":      {Target: component.ID, Backend: "127.0.0.1:8000", Provider: provider.ID, Remote: engine.NewID()},
		"of no remote": {Provider: provider.ID},
	} {
		service.ID, service.Name = engine.NewID(), name
		if err := s.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutService(service) }); err == nil {
			t.Errorf("a service %s is kept", name)
		}
	}
}

// The tables of services and routes are made anew by the migration: what was in them is there afterwards, with what refers to it.
func TestServicesAndRoutesOutliveTheMigrationToProviders(t *testing.T) {
	folder := newFolder(t)
	before := fstest.MapFS{}
	for _, name := range must[[]string](t)(fs.Glob(schema(), "*.sql")) {
		if name < "00013" {
			before[name] = &fstest.MapFile{Data: must[[]byte](t)(fs.ReadFile(schema(), name))}
		}
	}
	component, service, route, tenant := engine.NewID(), engine.NewID(), engine.NewID(), engine.NewID()
	s := must[*Store](t)(open(t.Context(), folder, quiet, before))
	write(t, s, func(tx engine.Transaction) error {
		return errors.Join(tx.PutComponent(engine.Component{ID: component, Name: "both", Role: engine.Repository, Joined: time.Now()}))
	})
	for _, statement := range []string{
		`INSERT INTO services (id, revision, name, name_folded, target, backend, made_for) VALUES ('` + string(service) + `', 3, 'Copies', 'copies', '` + string(component) + `', '127.0.0.1:8000', '` + string(route) + `')`,
		`INSERT INTO routes (id, revision, name, name_folded, listen, service, flow, linger_seconds, enabled, streams) VALUES ('` + string(route) + `', 4, 'Copies', 'copies', '127.0.0.1:9000', '` + string(service) + `', 'pull', 7, 1, 5)`,
		`INSERT INTO route_sources (route_id, component_id, position) VALUES ('` + string(route) + `', '` + string(component) + `', 0)`,
		`INSERT INTO tenants (id, revision, name, name_folded, quota, used, disabled) VALUES ('` + string(tenant) + `', 1, 'a', 'a', 0, 0, 0)`,
		`INSERT INTO tenant_services (tenant_id, service_id, position) VALUES ('` + string(tenant) + `', '` + string(service) + `', 0)`,
	} {
		if _, err := s.writer.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = openIn(t, folder)
	wantService := engine.Service{ID: service, Revision: 3, Name: "Copies", Target: component, Backend: "127.0.0.1:8000", MadeFor: route}
	if d := cmp.Diff([]engine.Service{wantService}, must[[]engine.Service](t)(s.Services(t.Context()))); d != "" {
		t.Error(d)
	}
	wantRoute := engine.Route{ID: route, Revision: 4, Name: "Copies", Sources: []engine.ID{component}, Listen: "127.0.0.1:9000", Service: service, Direction: engine.Pull, LingerSeconds: 7, Streams: 5, Enabled: true}
	if d := cmp.Diff([]engine.Route{wantRoute}, must[[]engine.Route](t)(s.Routes(t.Context()))); d != "" {
		t.Error(d)
	}
	if tenants := must[[]engine.Tenant](t)(s.Tenants(t.Context())); len(tenants) != 1 || len(tenants[0].Services) != 1 || tenants[0].Services[0] != service {
		t.Errorf("the tenants are %+v", tenants)
	}
	broken := must[[]string](t)(list(t.Context(), records{s.readers, s.file}, "check", text, `SELECT "table" FROM pragma_foreign_key_check`))
	if len(broken) != 0 {
		t.Errorf("references lead nowhere in %v", broken)
	}
	refuse(t, s, engine.ErrInUse, func(tx engine.Transaction) error { return tx.RemoveService(service) })
	write(t, s, func(tx engine.Transaction) error { return tx.RemoveRoute(route) })
	if left := must[[]string](t)(list(t.Context(), records{s.readers, s.file}, "check", text, `SELECT route_id FROM route_sources`)); len(left) != 0 {
		t.Errorf("the route's sources are left: %v", left)
	}
}
