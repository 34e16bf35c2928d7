package administration

import (
	"errors"
	"slices"
	"testing"

	"lockwire/engine"
)

// own makes a route with a service of its own.
func (f *fixture) own(t *testing.T, name, listen string) engine.Route {
	t.Helper()
	route, err := f.putRoute(t, engine.RouteEdit{
		Route: engine.Route{Name: name, Sources: []engine.ID{f.source.ID}, Listen: listen, Direction: engine.Push, Enabled: true},
		Own:   &engine.OwnService{Target: f.target.ID, Backend: "127.0.0.1:9000"},
	}, true)
	if err != nil {
		t.Fatal(err)
	}
	return route
}

// ownOf is the service of a route's own.
func (f *fixture) ownOf(t *testing.T, route engine.Route) engine.Service {
	t.Helper()
	services, err := f.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(services, func(s engine.Service) bool { return s.MadeFor == route.ID })
	if at < 0 {
		t.Fatalf("the route %q has no service of its own", route.Name)
	}
	return services[at]
}

func (f *fixture) serviceNames(t *testing.T) []string {
	t.Helper()
	services, err := f.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, service := range services {
		names = append(names, service.Name)
	}
	return names
}

func TestARouteTakesTheServiceThatWasMadeForItWithIt(t *testing.T) {
	f := newFixture(t)
	route := f.own(t, "second", "127.0.0.1:8001")
	if names := f.serviceNames(t); !slices.Equal(names, []string{"second", "vault"}) {
		t.Fatalf("services %q", names)
	}
	route.Name = "renamed"
	route, err := f.putRoute(t, engine.RouteEdit{Route: route, Own: &engine.OwnService{Target: f.target.ID, Backend: "127.0.0.1:9001", Revision: f.ownOf(t, route).Revision}}, true)
	if err != nil {
		t.Fatal(err)
	}
	if names := f.serviceNames(t); !slices.Equal(names, []string{"renamed", "vault"}) {
		t.Errorf("services %q", names)
	}
	f.apply(t, engine.Change{RemoveRoute: route.ID})
	if names := f.serviceNames(t); !slices.Equal(names, []string{"vault"}) {
		t.Errorf("services %q", names)
	}
}

// TestRemovingARouteLeavesAServiceMadeByHandWithItsName: whose a service is, is stored and not guessed.
func TestRemovingARouteLeavesAServiceMadeByHandWithItsName(t *testing.T) {
	f := newFixture(t)
	service, err := f.PutService(t.Context(), engine.Service{Name: "second", Target: f.target.ID, Backend: "127.0.0.1:9000", MadeFor: f.route.ID})
	if err != nil || service.MadeFor != "" {
		t.Fatalf("%+v, %v", service, err)
	}
	route, err := f.putRoute(t, engine.RouteEdit{Route: engine.Route{Name: "second", Sources: []engine.ID{f.source.ID}, Listen: "127.0.0.1:8001", Service: service.ID, Direction: engine.Push}}, true)
	if err != nil {
		t.Fatal(err)
	}
	f.apply(t, engine.Change{RemoveRoute: route.ID})
	if names := f.serviceNames(t); !slices.Equal(names, []string{"second", "vault"}) {
		t.Errorf("services %q", names)
	}
	again := f.own(t, "second", "127.0.0.1:8001")
	if names := f.serviceNames(t); !slices.Equal(names, []string{"second", "second (2)", "vault"}) {
		t.Errorf("services %q", names)
	}
	again.Service = service.ID
	if _, err := f.putRoute(t, engine.RouteEdit{Route: again}, true); err != nil {
		t.Fatal(err)
	}
	if names := f.serviceNames(t); !slices.Equal(names, []string{"second", "vault"}) {
		t.Errorf("its own service stayed behind: %q", names)
	}
}

func TestAServiceToWhichAnotherRouteLeadsStays(t *testing.T) {
	f := newFixture(t)
	route := f.own(t, "second", "127.0.0.1:8001")
	other := f.route
	other.Service = route.Service
	if _, err := f.putRoute(t, engine.RouteEdit{Route: other}, true); err != nil {
		t.Fatal(err)
	}
	// An edit of the backend leads this route alone elsewhere.
	route, err := f.putRoute(t, engine.RouteEdit{Route: route, Own: &engine.OwnService{Target: f.target.ID, Backend: "127.0.0.1:9001", Revision: f.ownOf(t, route).Revision}}, true)
	if err != nil {
		t.Fatal(err)
	}
	f.apply(t, engine.Change{RemoveRoute: route.ID})
	services, err := f.Services(t.Context())
	if err != nil || len(services) != 2 || services[0].Name != "second" || services[0].MadeFor != "" || services[0].Backend != "127.0.0.1:9000" {
		t.Errorf("%+v, %v", services, err)
	}
}

// TestARouteAndItsServiceAreOneChange: what is refused leaves neither.
func TestARouteAndItsServiceAreOneChange(t *testing.T) {
	f := newFixture(t)
	edit := engine.RouteEdit{
		Route: engine.Route{Name: "second", Sources: []engine.ID{f.source.ID}, Listen: "10.0.0.1:8001", Direction: engine.Push, Enabled: true},
		Own:   &engine.OwnService{Target: f.target.ID, Backend: "10.0.0.9:9000"},
	}
	if _, err := f.putRoute(t, edit, false); !errors.Is(err, engine.ErrNeedsConfirmation) {
		t.Errorf("unconfirmed: %v", err)
	}
	if names := f.serviceNames(t); !slices.Equal(names, []string{"vault"}) {
		t.Errorf("services %q", names)
	}
}
