package administration

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"lockwire/engine"
	"lockwire/engine/policy"
)

// Services gives all services.
func (l *Local) Services(ctx context.Context) ([]engine.Service, error) { return l.Store.Services(ctx) }

// PutService adds a service, or edits the one with the same id. A route's own service stays its own. It refuses with ErrInUse an edit that changes a
// route to the service in a way that nobody confirmed.
func (l *Local) PutService(ctx context.Context, service engine.Service) (engine.Service, error) {
	l.edit.Lock()
	defer l.edit.Unlock()
	if err := service.Check(); err != nil {
		return engine.Service{}, err
	}
	state, err := l.state(ctx)
	if err != nil {
		return engine.Service{}, err
	}
	var before any
	what := "service.add"
	if service.ID == "" {
		service.ID, service.Revision, service.MadeFor = engine.NewID(), 1, ""
	} else {
		present, found := state.service(service.ID)
		if !found {
			return engine.Service{}, l.withWho(ctx, fmt.Errorf("service %q: %w", service.Name, engine.ErrNotFound), editOf(service.ID))
		}
		if service.Revision != present.Revision {
			return engine.Service{}, l.withWho(ctx, &engine.OutdatedError{Of: fmt.Sprintf("service %q", present.Name), Now: engine.Present{Service: &present}}, editOf(service.ID))
		}
		before, what, service.MadeFor = present, "service.edit", present.MadeFor
		service.Revision++
	}
	if err := state.checkLead(service, fmt.Sprintf("service %q", service.Name)); err != nil {
		return engine.Service{}, err
	}
	for _, other := range state.services {
		if other.ID != service.ID && engine.SameName(other.Name, service.Name) {
			return engine.Service{}, &engine.FieldError{Of: fmt.Sprintf("service %q", service.Name), Field: "name", Err: engine.ErrNameTaken}
		}
	}
	if present, found := state.service(service.ID); found {
		if err := state.checkServiceEdit(present, service); err != nil {
			return engine.Service{}, err
		}
	}
	err = l.commit(ctx, func(tx engine.Transaction) error {
		if err := tx.PutService(service); err != nil {
			return err
		}
		return l.audit(tx, what, service.Name, before, service)
	})
	return service, err
}

// checkServiceEdit refuses an edit of a service that would change its routes without a confirmation: another target, or a backend that opens a leg or
// that the target does not allow. Such an edit must be made on the route.
func (s *state) checkServiceEdit(before, after engine.Service) error {
	edited := *s
	edited.services = append([]engine.Service{after}, slices.DeleteFunc(slices.Clone(s.services), func(other engine.Service) bool { return other.ID == after.ID })...)
	for _, route := range s.routes {
		if route.Service != after.ID {
			continue
		}
		instead := "make another service and lead the route there (lockwired routes edit --service)"
		if before.Target != after.Target || before.Provider != after.Provider || before.Remote != after.Remote {
			return fmt.Errorf("service %q: target: the route %q leads to it, %w; %s", after.Name, route.Name, engine.ErrInUse, instead)
		}
		if err := edited.checkLoop(route); err != nil {
			return fmt.Errorf("service %q: backend: %w", after.Name, err)
		}
		opens := edited.opens(route)
		if words := slices.Concat(opens[engine.AskOpenLegs], opens[engine.AskBackend]); before.Backend != after.Backend && len(words) > 0 {
			return fmt.Errorf("service %q: backend: the route %q leads to it, %w, and then %s; %s", after.Name, route.Name, engine.ErrInUse, strings.Join(words, "; "), instead)
		}
	}
	return nil
}

// checkLead refuses a service that leads to a component or provider that is not there.
func (s *state) checkLead(service engine.Service, of string) error {
	if service.Provider != "" {
		if _, found := s.provider(service.Provider); !found {
			return &engine.FieldError{Of: of, Field: "provider", Err: engine.ErrNotFound}
		}
		return nil
	}
	if target, found := s.component(service.Target); !found || !target.Revoked.IsZero() {
		return &engine.FieldError{Of: of, Field: "target", Err: engine.ErrNotFound}
	}
	return nil
}

// RemoveService removes a service to which no route leads.
func (l *Local) RemoveService(ctx context.Context, id engine.ID) error {
	l.edit.Lock()
	defer l.edit.Unlock()
	return l.commit(ctx, func(tx engine.Transaction) error {
		services, err := tx.Services(ctx)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(services, func(s engine.Service) bool { return s.ID == id })
		if at < 0 {
			return fmt.Errorf("service %s: %w", id, engine.ErrNotFound)
		}
		routes, err := tx.Routes(ctx)
		if err != nil {
			return err
		}
		for _, route := range routes {
			if route.Service == id {
				return fmt.Errorf("service %q: the route %q leads to it: %w", services[at].Name, route.Name, engine.ErrInUse)
			}
		}
		if err := tx.RemoveService(id); err != nil {
			return err
		}
		return l.audit(tx, "service.remove", services[at].Name, services[at], nil)
	})
}

// Routes gives all routes; without a broker nothing is known of their listeners.
func (l *Local) Routes(ctx context.Context) ([]engine.RouteStatus, error) {
	if l.Broker != nil {
		return l.Broker.Routes(), nil
	}
	state, err := l.state(ctx)
	if err != nil {
		return nil, err
	}
	statuses, now := []engine.RouteStatus{}, l.Now()
	compiled, err := policy.Compile(state.rules, state.rules.Settings.Location())
	if err != nil {
		return nil, err
	}
	names := state.names()
	protection := func(source, target *engine.Component) engine.Protection {
		if refused := engine.LinkProtection(source, target); refused.State != "" {
			return refused
		}
		pair := engine.Pair{Source: source.Party(), Target: target.Party(), Operation: engine.Backup, SameMachine: engine.SameMachine(source, target)}
		decision := compiled.Decide(pair, now, names)
		return decision.Protection()
	}
	for _, route := range state.routes {
		service, target := state.behind(route)
		if provider, found := state.provider(service.Provider); found {
			target = engine.Component{ID: provider.ID, Name: provider.Name, Role: engine.ProviderGateway}
		}
		status := engine.RouteStatus{Route: route, ServiceName: service.Name, Backend: service.Backend, Target: target.ID, TargetName: target.Name, Listeners: []engine.Listener{}, OpenLegs: engine.OpenLegs(route, service)}
		if status.Provider = service.Provider; status.Provider != "" {
			status.Target = ""
		}
		for _, source := range engine.SourcesOf(route, state.components) {
			status.Listeners = append(status.Listeners, engine.Listener{Component: source.ID, ComponentName: source.Name, State: engine.ListenerOffline, Problem: noBroker, Protection: protection(&source, &target)})
		}
		statuses = append(statuses, status)
	}
	return statuses, nil
}

// TestRoute moves real bytes from each source to the target and looks for ways around Lockwire.
func (l *Local) TestRoute(ctx context.Context, test engine.RouteTest) ([]engine.RouteTestResult, error) {
	if l.Broker == nil {
		return nil, engine.ErrNoBroker
	}
	return l.Broker.TestRoute(ctx, test)
}

// ProbeRoute says how a route stands on each of its sources, without a connection.
func (l *Local) ProbeRoute(ctx context.Context, route engine.ID) ([]engine.RouteProbe, error) {
	if l.Broker == nil {
		return nil, engine.ErrNoBroker
	}
	return l.Broker.ProbeRoute(ctx, route)
}

// checkRoute refuses a route that names unknown things, or whose name or listen address is taken.
func (s *state) checkRoute(route engine.Route) error {
	of := fmt.Sprintf("route %q", route.Name)
	if !slices.ContainsFunc(s.services, func(service engine.Service) bool { return service.ID == route.Service }) {
		return &engine.FieldError{Of: of, Field: "service", Err: engine.ErrNotFound}
	}
	_, target := s.behind(route)
	if !target.Revoked.IsZero() {
		return &engine.FieldError{Of: of, Field: "service", Err: fmt.Errorf("the component %s behind it is revoked", target.Name)}
	}
	for _, id := range route.Sources {
		source, found := s.component(id)
		switch {
		case !found:
			return &engine.FieldError{Of: of, Field: "source", Err: engine.ErrNotFound}
		case !source.Revoked.IsZero():
			return &engine.FieldError{Of: of, Field: "source", Err: fmt.Errorf("the component %s is revoked", source.Name)}
		case id == target.ID:
			return &engine.FieldError{Of: of, Field: "source", Err: fmt.Errorf("%s cannot be source and target of one route", source.Name)}
		}
	}
	if err := s.checkLoop(route); err != nil {
		return err
	}
	for _, other := range s.routes {
		if other.ID == route.ID {
			continue
		}
		if engine.SameName(other.Name, route.Name) {
			return &engine.FieldError{Of: of, Field: "name", Err: engine.ErrNameTaken}
		}
		if !overlap(other.Listen, route.Listen) {
			continue
		}
		for _, source := range engine.SourcesOf(route, s.components) {
			if slices.ContainsFunc(engine.SourcesOf(other, s.components), func(c engine.Component) bool { return c.ID == source.ID }) {
				return &engine.FieldError{Of: of, Field: "listen", Err: fmt.Errorf("the route %q listens on %s of %s already", other.Name, other.Listen, source.Name)}
			}
		}
	}
	return nil
}

// checkLoop refuses an enabled route that leads back to itself.
func (s *state) checkLoop(route engine.Route) error {
	if !route.Enabled {
		return nil
	}
	if loop := policy.Loop(route, s.components, s.services, s.routes); loop != "" {
		return &engine.FieldError{Of: fmt.Sprintf("route %q", route.Name), Field: "service", Err: fmt.Errorf("the route %s: a connection would go round without end; give it another backend or listen address", loop)}
	}
	return nil
}

// overlap tells whether two listen addresses conflict on one machine.
func overlap(a, b string) bool {
	left, leftErr := netip.ParseAddrPort(a)
	right, rightErr := netip.ParseAddrPort(b)
	if leftErr != nil || rightErr != nil || left.Port() != right.Port() {
		return false
	}
	return left.Addr() == right.Addr() || left.Addr().IsUnspecified() || right.Addr().IsUnspecified()
}

// opens says in words where a route is plain outside the channel, and which backend its target will not dial.
func (s *state) opens(route engine.Route) map[engine.AskKind][]string {
	service, target := s.behind(route)
	opens := map[engine.AskKind][]string{}
	if legs := engine.OpenLegs(route, service); len(legs) > 0 {
		opens[engine.AskOpenLegs] = legs
	}
	if target.Report.Version != "" && !engine.AllowsBackend(target.Report.AllowedBackends, service.Backend) {
		opens[engine.AskBackend] = []string{engine.NotOffered(target.Name, service.Backend)}
	}
	return opens
}
