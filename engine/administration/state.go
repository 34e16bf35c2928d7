package administration

import (
	"context"
	"fmt"
	"slices"

	"lockwire/engine"
)

// state is all that decisions depend on, at one moment: a change starts from one state and leads to another.
type state struct {
	rules      engine.RuleSet
	components []engine.Component
	services   []engine.Service
	routes     []engine.Route
	providers  []engine.Provider
	hosts      map[string]engine.HostAnswer
}

// state reads the present state.
func (l *Local) state(ctx context.Context) (*state, error) {
	var s state
	var err error
	if s.rules, err = l.RuleSet(ctx); err != nil {
		return nil, err
	}
	if s.components, err = l.ownComponents(ctx); err != nil {
		return nil, err
	}
	if s.services, err = l.Store.Services(ctx); err != nil {
		return nil, err
	}
	if s.routes, err = l.Store.Routes(ctx); err != nil {
		return nil, err
	}
	if s.providers, err = l.Store.Providers(ctx); err != nil {
		return nil, err
	}
	if s.hosts, err = l.hosts(ctx); err != nil {
		return nil, err
	}
	if l.Broker != nil { // what a component reported last may not have been written yet
		reported := make(map[engine.ID]*engine.Component, len(s.components))
		for i := range s.components {
			reported[s.components[i].ID] = &s.components[i]
		}
		for _, status := range l.Broker.Components() {
			if component := reported[status.ID]; component != nil {
				component.Report, component.SeenFrom = status.Report, status.SeenFrom
			}
		}
	}
	return &s, nil
}

// ownComponents gives the components of this installation. Those of tenants are in no rule, route or coverage.
func (l *Local) ownComponents(ctx context.Context) ([]engine.Component, error) {
	components, err := l.Store.Components(ctx)
	return slices.DeleteFunc(components, func(c engine.Component) bool { return c.Tenant != "" }), err
}

// clone copies the parts that a change may modify.
func (s *state) clone() *state {
	c := &state{rules: s.rules, components: slices.Clone(s.components), services: slices.Clone(s.services), routes: slices.Clone(s.routes), providers: s.providers, hosts: s.hosts}
	c.rules.Rules = make([]engine.Rule, len(s.rules.Rules))
	for i := range s.rules.Rules {
		c.rules.Rules[i] = s.rules.Rules[i].Clone()
	}
	return c
}

func (s *state) indexOf(component engine.ID) int {
	return slices.IndexFunc(s.components, func(c engine.Component) bool { return c.ID == component })
}

func (s *state) component(id engine.ID) (engine.Component, bool) {
	if at := s.indexOf(id); at >= 0 {
		return s.components[at], true
	}
	return engine.Component{}, false
}

// rule finds a rule by its id.
func (s *state) rule(id engine.ID) (int, error) {
	at := slices.IndexFunc(s.rules.Rules, func(r engine.Rule) bool { return r.ID == id })
	if at < 0 {
		return 0, fmt.Errorf("rule %s: %w", id, engine.ErrNotFound)
	}
	return at, nil
}

func (s *state) service(id engine.ID) (engine.Service, bool) {
	at := slices.IndexFunc(s.services, func(service engine.Service) bool { return service.ID == id })
	if at < 0 {
		return engine.Service{}, false
	}
	return s.services[at], true
}

func (s *state) provider(id engine.ID) (engine.Provider, bool) {
	at := slices.IndexFunc(s.providers, func(provider engine.Provider) bool { return provider.ID == id })
	if at < 0 {
		return engine.Provider{}, false
	}
	return s.providers[at], true
}

// route finds a route by its id.
func (s *state) route(id engine.ID) (int, error) {
	at := slices.IndexFunc(s.routes, func(r engine.Route) bool { return r.ID == id })
	if at < 0 {
		return 0, fmt.Errorf("route %s: %w", id, engine.ErrNotFound)
	}
	return at, nil
}

// behind gives the service of a route and the component that runs it; both are empty if missing.
func (s *state) behind(route engine.Route) (engine.Service, engine.Component) {
	service, _ := s.service(route.Service)
	target, _ := s.component(service.Target)
	return service, target
}

// named finds a component that is not revoked by its id, or by its name whatever its case.
func (s *state) named(text string) (engine.Component, error) {
	for _, component := range s.components {
		if component.Revoked.IsZero() && (string(component.ID) == text || engine.SameName(component.Name, text)) {
			return component, nil
		}
	}
	return engine.Component{}, fmt.Errorf("component %q: %w", text, engine.ErrNotFound)
}
