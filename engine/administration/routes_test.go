package administration

import (
	"errors"
	"strings"
	"testing"

	"lockwire/engine"
)

func TestARouteThatCannotWorkIsRefused(t *testing.T) {
	tests := map[string]struct {
		edit  func(f *fixture, r *engine.Route)
		field string
	}{
		"no such service":           {func(f *fixture, r *engine.Route) { r.Service = engine.NewID() }, "service"},
		"taken name":                {func(f *fixture, r *engine.Route) { r.Name = "NIGHTLY" }, "name"},
		"no such source":            {func(f *fixture, r *engine.Route) { r.Sources = []engine.ID{engine.NewID()} }, "source"},
		"source and target are one": {func(f *fixture, r *engine.Route) { r.Sources = []engine.ID{f.target.ID} }, "source"},
		"taken listen address":      {func(f *fixture, r *engine.Route) { r.Listen = "127.0.0.1:8000" }, "listen"},
		"no port":                   {func(f *fixture, r *engine.Route) { r.Listen = "127.0.0.1:0" }, "listen"},
		"unknown flow":              {func(f *fixture, r *engine.Route) { r.Direction = "sideways" }, "flow"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			route := f.route
			route.ID, route.Name, route.Listen = "", "second", "127.0.0.1:8001"
			test.edit(f, &route)
			_, err := f.putRoute(t, engine.RouteEdit{Route: route}, true)
			var field *engine.FieldError
			if !errors.As(err, &field) || field.Field != test.field {
				t.Errorf("%v, wanted a refusal of the field %s", err, test.field)
			}
		})
	}
}

// A route that leads back to itself over another one is found however it comes about: made, turned on, or by its service's edit.
func TestARouteThatLeadsBackToItselfIsRefused(t *testing.T) {
	f := newFixture(t)
	back, err := f.PutService(t.Context(), engine.Service{Name: "back", Target: f.source.ID, Backend: f.route.Listen})
	if err != nil {
		t.Fatal(err)
	}
	harmless, err := f.PutService(t.Context(), engine.Service{Name: "harmless", Target: f.source.ID, Backend: "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	isRefused := func(what string, err error) {
		t.Helper()
		var field *engine.FieldError
		if !errors.As(err, &field) || !strings.Contains(err.Error(), "where the route") || !strings.Contains(err.Error(), "without end") {
			t.Errorf("%s: %v", what, err)
		}
	}
	route := engine.Route{Name: "back", Sources: []engine.ID{f.target.ID}, Listen: "127.0.0.1:8000", Service: back.ID, Direction: engine.Push, Enabled: true}
	_, err = f.putRoute(t, engine.RouteEdit{Route: route}, true)
	isRefused("made", err)
	route.Enabled = false
	off, err := f.putRoute(t, engine.RouteEdit{Route: route}, true)
	if err != nil {
		t.Fatal(err)
	}
	off.Enabled = true
	_, err = f.putRoute(t, engine.RouteEdit{Route: off}, true)
	isRefused("turned on", err)
	off.Service = harmless.ID
	if _, err := f.putRoute(t, engine.RouteEdit{Route: off}, true); err != nil {
		t.Fatal(err)
	}
	harmless.Backend = f.route.Listen
	_, err = f.PutService(t.Context(), harmless)
	isRefused("its service edited", err)
}

func TestOpenLegsAndForeignBackendsNeedAConfirmation(t *testing.T) {
	tests := map[string]struct {
		listen, backend string
		allowed         []string
		wanted          bool
	}{
		"all on loopback, allowed":           {"127.0.0.1:8001", "127.0.0.1:9000", []string{"127.0.0.1:9000"}, false},
		"allowed by network and port range":  {"127.0.0.1:8001", "127.0.0.1:9000", []string{"127.0.0.0/8:8000-9000"}, false},
		"backend that the target forbids":    {"127.0.0.1:8001", "127.0.0.1:9000", []string{"127.0.0.1:9001"}, true},
		"listening for other machines":       {"10.0.0.1:8001", "127.0.0.1:9000", []string{"127.0.0.1:9000"}, true},
		"a backend beyond the target itself": {"127.0.0.1:8001", "10.0.0.9:9000", []string{"10.0.0.9:9000"}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.target.Report.Version, f.target.Report.AllowedBackends = "1", test.allowed
			if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(f.target) }); err != nil {
				t.Fatal(err)
			}
			service, err := f.PutService(t.Context(), engine.Service{Name: "second", Target: f.target.ID, Backend: test.backend})
			if err != nil {
				t.Fatal(err)
			}
			route := engine.Route{Name: "second", Sources: []engine.ID{f.source.ID}, Listen: test.listen, Service: service.ID, Direction: engine.Push, Enabled: true}
			_, err = f.putRoute(t, engine.RouteEdit{Route: route}, false)
			if errors.Is(err, engine.ErrNeedsConfirmation) != test.wanted {
				t.Errorf("unconfirmed: %v", err)
			}
			if test.wanted {
				made, err := f.putRoute(t, engine.RouteEdit{Route: route}, true)
				if err != nil {
					t.Fatalf("confirmed: %v", err)
				}
				made.Enabled = false
				if _, err := f.putRoute(t, engine.RouteEdit{Route: made}, false); err != nil {
					t.Errorf("what was confirmed had to be confirmed again: %v", err)
				}
			}
		})
	}
}

func TestAServiceWithRoutesIsNotTurnedIntoAnother(t *testing.T) {
	f := newFixture(t)
	f.target.Report.Version, f.target.Report.AllowedBackends = "1", []string{"127.0.0.0/8:8000-9000", "10.0.0.9:9000"}
	if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(f.target) }); err != nil {
		t.Fatal(err)
	}
	was := engine.Service{ID: f.route.Service, Name: "vault", Target: f.target.ID, Backend: "127.0.0.1:8000"}
	tests := map[string]struct {
		edit func(*engine.Service)
		is   error
	}{
		"another name":                      {func(s *engine.Service) { s.Name = "other" }, nil},
		"another backend that is allowed":   {func(s *engine.Service) { s.Backend = "127.0.0.1:9000" }, nil},
		"a backend that the target forbids": {func(s *engine.Service) { s.Backend = "127.0.0.1:9001" }, engine.ErrInUse},
		"a backend that opens a leg":        {func(s *engine.Service) { s.Backend = "10.0.0.9:9000" }, engine.ErrInUse},
		"another target":                    {func(s *engine.Service) { s.Target = f.source.ID }, engine.ErrInUse},
		"no target":                         {func(s *engine.Service) { s.Target = engine.NewID() }, engine.ErrNotFound},
	}
	for name, test := range tests {
		edited := was
		test.edit(&edited)
		if _, err := f.PutService(t.Context(), edited); !errors.Is(err, test.is) {
			t.Errorf("%s: %v, wanted %v", name, err, test.is)
		} else if err == nil {
			was.Revision++
		}
		again, err := f.PutService(t.Context(), was)
		if err != nil {
			t.Fatal(err)
		}
		was = again
	}
}

func TestWhatIsNotThereCannotBeRemoved(t *testing.T) {
	f := newFixture(t)
	if err := f.RemoveService(t.Context(), engine.NewID()); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("a service: %v", err)
	}
	if _, err := f.Apply(t.Context(), engine.Change{RemoveRoute: engine.NewID()}, engine.Confirmation{}); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("a route: %v", err)
	}
}

func TestAServiceIsKeptWhileARouteLeadsToIt(t *testing.T) {
	f := newFixture(t)
	if err := f.RemoveService(t.Context(), f.route.Service); !errors.Is(err, engine.ErrInUse) {
		t.Errorf("%v", err)
	}
	if _, err := f.Apply(t.Context(), engine.Change{RemoveRoute: f.route.ID}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	if err := f.RemoveService(t.Context(), f.route.Service); err != nil {
		t.Error(err)
	}
}
