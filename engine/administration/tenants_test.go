package administration

import (
	"errors"
	"slices"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
)

// vault is the fixture's service.
func (f *fixture) vault() engine.ID { return f.route.Service }

func (f *fixture) tenant(t *testing.T, name string) engine.Tenant {
	t.Helper()
	tenant, err := f.PutTenant(t.Context(), engine.Tenant{Name: name, Services: []engine.ID{f.vault()}})
	if err != nil {
		t.Fatal(err)
	}
	return tenant
}

// linked gives a tenant a key, as the broker does.
func (f *fixture) linked(t *testing.T, tenant engine.Tenant, key engine.KeyID) {
	t.Helper()
	tenant.Key, tenant.Linked = key, moment
	if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutTenant(tenant) }); err != nil {
		t.Fatal(err)
	}
}

func TestAnEditOfATenantSetsWhatAdministratorsSetAndNothingElse(t *testing.T) {
	f := newFixture(t)
	tenant := f.tenant(t, "smith")
	f.linked(t, tenant, engine.KeyID{1})
	edited := tenant
	edited.Name, edited.Quota, edited.Used, edited.Confirmed, edited.Key, edited.Disabled = "smithers", 5, 77, moment, engine.KeyID{9}, true
	after, err := f.PutTenant(t.Context(), edited)
	if err != nil {
		t.Fatal(err)
	}
	if after.Name != "smithers" || after.Quota != 5 || !after.Disabled || after.Revision != 2 || after.Used != 0 || !after.Confirmed.IsZero() || after.Key != (engine.KeyID{1}) {
		t.Errorf("it became %+v", after)
	}
	if _, err := f.PutTenant(t.Context(), edited); !errors.Is(err, engine.ErrOutdated) {
		t.Errorf("an edit of an older copy: %v", err)
	}
	if f.broker.refreshed == 0 {
		t.Error("the broker was not told")
	}
}

func TestATenantThatCannotBeIsRefused(t *testing.T) {
	f := newFixture(t)
	f.tenant(t, "smith")
	for name, test := range map[string]struct {
		tenant engine.Tenant
		field  string
	}{
		"a taken name":       {engine.Tenant{Name: "SMITH"}, "name"},
		"no name":            {engine.Tenant{}, "name"},
		"an unknown service": {engine.Tenant{Name: "b", Services: []engine.ID{engine.NewID()}}, "services"},
		"no limit at all":    {engine.Tenant{Name: "b", Limit: &engine.Limit{}}, "limit"},
	} {
		var field *engine.FieldError
		if _, err := f.PutTenant(t.Context(), test.tenant); !errors.As(err, &field) || field.Field != test.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.PutTenant(t.Context(), engine.Tenant{ID: engine.NewID(), Name: "c"}); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("an edit of nobody: %v", err)
	}
}

func TestALinkIsKeptAsAHashAndReplacesTheOneBefore(t *testing.T) {
	f := newFixture(t)
	tenant := f.tenant(t, "smith")
	if _, err := f.LinkTenant(t.Context(), engine.LinkRequest{Tenant: tenant.ID}); err == nil {
		t.Error("a link to no gateway is made")
	}
	var links []identity.Link
	for range 2 {
		made, err := f.LinkTenant(t.Context(), engine.LinkRequest{Tenant: tenant.ID, Gateways: []string{"gateway.example:6180"}})
		if err != nil {
			t.Fatal(err)
		}
		link, err := identity.ParseLink(made.Text)
		if err != nil {
			t.Fatal(err)
		}
		if authority, _ := f.Authority(); link.Pin() != authority.Pin() || link.Installation() != f.Config.Installation || !made.Expires.Equal(moment.Add(7*24*time.Hour)) {
			t.Errorf("the link leads to %s, %s until %s", link.Installation(), link.Pin(), made.Expires)
		}
		links = append(links, link)
	}
	if _, err := f.Store.LinkRecord(t.Context(), links[0].Hash()); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("the first link still counts: %v", err)
	}
	record, err := f.Store.LinkRecord(t.Context(), links[1].Hash())
	if err != nil || record.Tenant != tenant.ID || record.Replace || !record.Used.IsZero() {
		t.Errorf("%+v, %v", record, err)
	}
	f.linked(t, tenant, engine.KeyID{1})
	again := engine.LinkRequest{Tenant: tenant.ID, Gateways: []string{"gateway.example:6180"}}
	if _, err := f.LinkTenant(t.Context(), again); !errors.Is(err, engine.ErrInUse) {
		t.Errorf("linked again without a word: %v", err)
	}
	again.Replace = true
	if _, err := f.LinkTenant(t.Context(), again); err != nil {
		t.Error(err)
	}
}

func TestOnlyTheKeyThatRedeemedTheLinkIsConfirmed(t *testing.T) {
	f := newFixture(t)
	tenant := f.tenant(t, "smith")
	if err := f.ConfirmTenant(t.Context(), tenant.ID, engine.KeyID{}); err == nil {
		t.Error("no key is confirmed")
	}
	f.linked(t, tenant, engine.KeyID{1})
	var field *engine.FieldError
	if err := f.ConfirmTenant(t.Context(), tenant.ID, engine.KeyID{2}); !errors.As(err, &field) || field.Field != "fingerprint" {
		t.Errorf("another key: %v", err)
	}
	if err := f.ConfirmTenant(t.Context(), tenant.ID, engine.KeyID{1}); err != nil {
		t.Fatal(err)
	}
	if kept, err := f.Store.Tenant(t.Context(), tenant.ID); err != nil || !kept.Confirmed.Equal(moment) {
		t.Errorf("confirmed at %s, %v", kept.Confirmed, err)
	}
}

func TestARemovedTenantLeavesItsComponentsRevoked(t *testing.T) {
	f := newFixture(t)
	tenant := f.tenant(t, "smith")
	machine := component(t, "smith 1", "10.0.0.7")
	machine.Tenant, machine.TenantComponent = tenant.ID, engine.NewID()
	if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(machine) }); err != nil {
		t.Fatal(err)
	}
	if err := f.RemoveTenant(t.Context(), tenant.ID); err != nil {
		t.Fatal(err)
	}
	if kept, err := f.Store.Component(t.Context(), machine.ID); err != nil || !kept.Revoked.Equal(moment) {
		t.Errorf("revoked at %s, %v", kept.Revoked, err)
	}
	if _, err := f.Store.Tenant(t.Context(), tenant.ID); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("the tenant: %v", err)
	}
}

// A tenant's component is no machine of this installation: nothing can be made of it, and no list or matrix has it.
func TestATenantsComponentIsInNoRouteServiceOrCoverage(t *testing.T) {
	f := newFixture(t)
	tenant := f.tenant(t, "smith")
	machine := component(t, "smith 1", "10.0.0.7")
	machine.Tenant, machine.TenantComponent = tenant.ID, engine.NewID()
	if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(machine) }); err != nil {
		t.Fatal(err)
	}
	if _, err := f.PutService(t.Context(), engine.Service{Name: "theirs", Target: machine.ID, Backend: "127.0.0.1:1"}); err == nil {
		t.Error("it becomes the target of a service")
	}
	route := f.route
	route.ID, route.Name, route.Listen, route.Sources = "", "theirs", "127.0.0.1:8009", []engine.ID{machine.ID}
	if _, err := f.putRoute(t, engine.RouteEdit{Route: route}, true); err == nil {
		t.Error("it becomes the source of a route")
	}
	for what, change := range map[string]engine.Change{
		"tagged":  {Tags: &engine.TagChange{Component: machine.ID, Tags: []string{"a"}}},
		"renamed": {Rename: &engine.Renaming{Component: machine.ID, Name: "a"}},
		"revoked": {Revoke: []engine.ID{machine.ID}},
	} {
		if _, err := f.Apply(t.Context(), change, engine.Confirmation{}); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("it is %s: %v", what, err)
		}
	}
	coverage, err := f.Coverage(t.Context(), engine.CoverageQuestion{})
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(coverage.Components, func(c engine.Covered) bool { return c.ID == machine.ID }) {
		t.Error("it is in the coverage")
	}
	f.Local.Broker = nil
	components, err := f.Components(t.Context())
	if err != nil || slices.ContainsFunc(components, func(c engine.ComponentStatus) bool { return c.ID == machine.ID }) {
		t.Errorf("it is in the list of components, %v", err)
	}
	if tenants, err := f.Tenants(t.Context()); err != nil || len(tenants) != 1 || tenants[0].Components != 1 || tenants[0].State != engine.TenantInvited {
		t.Errorf("the tenant is %+v, %v", tenants, err)
	}
}
