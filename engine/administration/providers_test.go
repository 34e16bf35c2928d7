package administration

import (
	"errors"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
)

// provided is an installation with a link, and a broker that redeems it.
func provided(t *testing.T) (*fixture, identity.Link, engine.Provider) {
	t.Helper()
	f := newFixture(t)
	link, err := identity.NewLink(engine.KeyID{3}, engine.NewID(), []string{"gateway.example:6180"})
	if err != nil {
		t.Fatal(err)
	}
	redeemed := engine.Provider{ID: link.Installation(), Tenant: engine.NewID(), Gateways: link.Gateways(), CAPin: link.Pin(), Added: moment}
	f.broker.redeem = func(l identity.Link) (engine.Provider, error) {
		if l.Hash() != link.Hash() {
			t.Error("another link is redeemed")
		}
		return redeemed, nil
	}
	return f, link, redeemed
}

func TestALinkAddsAProviderAndIsInNoRecord(t *testing.T) {
	f, link, redeemed := provided(t)
	status, err := f.AddProvider(t.Context(), engine.ProviderLink{Name: "Vault Ltd", Link: link.Reveal()})
	if err != nil || status.ID != redeemed.ID {
		t.Fatalf("%+v, %v", status, err)
	}
	providers, err := f.Store.Providers(t.Context())
	if err != nil || len(providers) != 1 || providers[0].Name != "Vault Ltd" || providers[0].Revision != 1 || f.broker.refreshed == 0 {
		t.Fatalf("%+v, %v", providers, err)
	}
	entries, err := f.Audit(t.Context(), engine.AuditQuery{})
	if err != nil || entries[0].What != "provider.add" || entries[0].Thing != "Vault Ltd" || strings.Contains(string(entries[0].After), link.Reveal()[:20]) {
		t.Errorf("the audit says %+v, %v", entries[0], err)
	}
}

// A link can be redeemed once, so that what stands in the way is found before.
func TestALinkIsNotUsedUpWhereTheProviderCannotBeAdded(t *testing.T) {
	f, link, redeemed := provided(t)
	if _, err := f.AddProvider(t.Context(), engine.ProviderLink{Name: "Vault Ltd", Link: link.Reveal()}); err != nil {
		t.Fatal(err)
	}
	other, err := identity.NewLink(engine.KeyID{3}, engine.NewID(), []string{"gateway.example:6180"})
	if err != nil {
		t.Fatal(err)
	}
	f.broker.redeem = func(identity.Link) (engine.Provider, error) {
		t.Error("the link is used up")
		return redeemed, nil
	}
	for name, c := range map[string]struct {
		asked engine.ProviderLink
		want  error
	}{
		"no link":                              {engine.ProviderLink{Name: "archive", Link: "password"}, identity.ErrLinkMalformed},
		"no name":                              {engine.ProviderLink{Link: other.Reveal()}, nil},
		"the name of another":                  {engine.ProviderLink{Name: "vault LTD", Link: other.Reveal()}, engine.ErrNameTaken},
		"one that is there under another name": {engine.ProviderLink{Name: "archive", Link: link.Reveal()}, nil},
	} {
		_, err := f.AddProvider(t.Context(), c.asked)
		var field *engine.FieldError
		if !errors.As(err, &field) || c.want != nil && !errors.Is(err, c.want) || strings.Contains(err.Error(), c.asked.Link[:min(8, len(c.asked.Link))]) && c.asked.Link != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAProviderIsLinkedAgainUnderItsName(t *testing.T) {
	f, link, redeemed := provided(t)
	asked := engine.ProviderLink{Name: "Vault Ltd", Link: link.Reveal()}
	if _, err := f.AddProvider(t.Context(), asked); err != nil {
		t.Fatal(err)
	}
	join := func(tx engine.Transaction) error {
		return tx.PutProviderComponent(engine.ProviderComponent{Provider: redeemed.ID, Component: f.source.ID, Remote: engine.NewID(), Joined: moment})
	}
	if err := f.Store.Write(t.Context(), join); err != nil {
		t.Fatal(err)
	}
	count := func() int {
		t.Helper()
		joined, err := f.Store.ProviderComponents(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(joined)
	}
	if count() != 1 {
		t.Fatal("no component has joined")
	}
	redeemed.Tenant = engine.NewID()
	f.broker.redeem = func(identity.Link) (engine.Provider, error) { return redeemed, nil }
	if _, err := f.AddProvider(t.Context(), asked); err != nil || count() != 0 {
		t.Errorf("%v; %d components count as joined with keys that were replaced", err, count())
	}
	providers, err := f.Store.Providers(t.Context())
	if err != nil || len(providers) != 1 || providers[0].Revision != 2 || providers[0].Tenant != redeemed.Tenant {
		t.Errorf("%+v, %v", providers, err)
	}
}

func TestARouteLeadsToAProviderAndKeepsItFromBeingRemoved(t *testing.T) {
	f, link, redeemed := provided(t)
	if _, err := f.AddProvider(t.Context(), engine.ProviderLink{Name: "Vault Ltd", Link: link.Reveal()}); err != nil {
		t.Fatal(err)
	}
	edit := engine.RouteEdit{
		Route: engine.Route{Name: "copies", Sources: []engine.ID{f.source.ID}, Listen: "127.0.0.1:9100", Direction: engine.Push, Enabled: true},
		Own:   &engine.OwnService{Provider: redeemed.ID, Remote: engine.NewID()},
	}
	if _, err := f.Apply(t.Context(), engine.Change{PutRoute: &edit}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	services, err := f.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var made engine.Service
	for _, service := range services {
		if service.Provider != "" {
			made = service
		}
	}
	if made.Provider != redeemed.ID || made.Remote != edit.Own.Remote || made.Target != "" || made.Backend != "" {
		t.Errorf("the route leads to %+v", made)
	}
	if err := f.RemoveProvider(t.Context(), redeemed.ID); !errors.Is(err, engine.ErrInUse) || !strings.Contains(err.Error(), `"copies"`) {
		t.Errorf("a provider to which a route leads: %v", err)
	}
	status, err := withoutBroker(f).Routes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range status {
		if route.Name != "copies" {
			continue
		}
		if route.TargetName != "Vault Ltd" || route.Provider != redeemed.ID || route.Target != "" || len(route.OpenLegs) != 0 || route.Listeners[0].Protection.State != engine.ProtectionSealed {
			t.Errorf("it is shown as %+v", route)
		}
		if _, err := f.Apply(t.Context(), engine.Change{RemoveRoute: route.ID}, engine.Confirmation{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.RemoveProvider(t.Context(), redeemed.ID); err != nil {
		t.Error(err)
	}
	if err := f.RemoveProvider(t.Context(), redeemed.ID); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("a provider that is not there: %v", err)
	}
	wrong := edit
	wrong.Route.Name = "elsewhere"
	if _, err := f.Apply(t.Context(), engine.Change{PutRoute: &wrong}, engine.Confirmation{}); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("a route to a provider that is not there: %v", err)
	}
}

func TestProvidersArriveWithAWatch(t *testing.T) {
	broker := &quietBroker{}
	broker.providers = []engine.ProviderStatus{{Provider: engine.Provider{ID: engine.NewID(), Name: "Vault Ltd", CAPin: engine.KeyID{7}}, State: engine.TenantPending, Services: []engine.ProviderService{{ID: engine.NewID(), Name: "restic"}}}}
	client := &Client{administration: &pipedWatch{local: New(Config{Broker: broker}, "test"), cut: make(chan struct{})}}
	seen := errors.New("seen")
	err := client.Watch(t.Context(), 100*time.Millisecond, func(s engine.Snapshot) error {
		if len(s.Providers) != 1 || s.Providers[0].Name != "Vault Ltd" || s.Providers[0].CAPin != (engine.KeyID{7}) || s.Providers[0].State != engine.TenantPending || len(s.Providers[0].Services) != 1 {
			t.Errorf("they arrive as %+v", s.Providers)
		}
		return seen
	})
	if !errors.Is(err, seen) {
		t.Error(err)
	}
}
