package broker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/policy"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// leaveWithin is how long a revoked component has to read that its sessions are cut before its control stream ends.
const leaveWithin = time.Second

// configuration is one reading of what administrators have set. It never changes, but for sources and routesOf, to which components that
// join are added: these two are guarded by Broker.mu.
type configuration struct {
	settings  engine.Settings
	preferred engine.PreferredNetworks
	compiled  *policy.Rules
	named     bool     // a rule names components, tags or roles
	hosts     []string // that the rules name
	services  map[engine.ID]*engine.Service
	routes    map[engine.ID]*engine.Route
	// sources are the components of each route, routesOf the enabled routes of each source.
	sources  map[engine.ID][]engine.ID
	routesOf map[engine.ID][]engine.Route
	zone     *time.Location // of the settings: finding one by its name takes longer than a look at a tenant may
	// gateways are where tenants reach the gateways, as an administrator has said; empty where nobody has.
	gateways []string
}

// loaded is one reading of the record.
type loaded struct {
	*configuration
	components     []engine.Component
	administrators []engine.Administrator
	tenants        []engine.Tenant
	providers      []engine.Provider
	joined         []engine.ProviderComponent // that have joined a provider
}

func (b *Broker) load(ctx context.Context) (loaded, error) {
	var l loaded
	store := b.config.Store
	ruleSet, err := store.RuleSet(ctx)
	if err != nil {
		return l, fmt.Errorf("read rules: %w", err)
	}
	if b.config.Prescribed != nil {
		ruleSet.Prescribed = b.config.Prescribed()
	}
	if l.components, err = store.Components(ctx); err != nil {
		return l, fmt.Errorf("read components: %w", err)
	}
	services, err := store.Services(ctx)
	if err != nil {
		return l, fmt.Errorf("read services: %w", err)
	}
	routes, err := store.Routes(ctx)
	if err != nil {
		return l, fmt.Errorf("read routes: %w", err)
	}
	if l.providers, err = store.Providers(ctx); err != nil {
		return l, fmt.Errorf("read providers: %w", err)
	}
	if l.joined, err = store.ProviderComponents(ctx); err != nil {
		return l, fmt.Errorf("read which components have joined a provider: %w", err)
	}
	if l.administrators, err = store.Administrators(ctx); err != nil {
		return l, fmt.Errorf("read administrators: %w", err)
	}
	if l.tenants, err = store.Tenants(ctx); err != nil {
		return l, fmt.Errorf("read tenants: %w", err)
	}
	gateways, err := ReadGateways(ctx, store)
	if err != nil {
		return l, fmt.Errorf("read where tenants reach the gateways: %w", err)
	}
	if _, unknown := ruleSet.WithKnownZones(); len(unknown) > 0 {
		b.log.Warn("this system does not know time zones that the rules or settings name; its own holds instead", "zones", unknown)
	}
	inForce := ruleSet.InForce()
	compiled, err := policy.Compile(ruleSet, nil)
	if err != nil {
		return l, fmt.Errorf("the rules in the record: %w", err)
	}
	l.configuration = &configuration{
		settings: inForce, zone: inForce.Location(), preferred: ruleSet.PreferredNetworks, compiled: compiled, named: namesComponents(&ruleSet), hosts: ruleSet.Hosts(),
		services: map[engine.ID]*engine.Service{}, routes: map[engine.ID]*engine.Route{},
		sources: map[engine.ID][]engine.ID{}, routesOf: map[engine.ID][]engine.Route{}, gateways: gateways,
	}
	for i := range services {
		l.services[services[i].ID] = &services[i]
	}
	l.addRoutes(routes, l.components)
	return l, nil
}

func namesComponents(ruleSet *engine.RuleSet) bool {
	return slices.ContainsFunc(ruleSet.Rules, func(rule engine.Rule) bool {
		return slices.ContainsFunc(rule.Source, engine.Selector.Named) || slices.ContainsFunc(rule.Target, engine.Selector.Named)
	})
}

// addRoutes takes up the routes, each with its sources in the order of the components.
func (c *configuration) addRoutes(routes []engine.Route, components []engine.Component) {
	places, tagged := make(map[engine.ID]int, len(components)), map[string][]engine.ID{}
	for i := range components {
		component := &components[i]
		if !component.Revoked.IsZero() || component.Tenant != "" { // a tenant's component is no source of a route here
			continue
		}
		places[component.ID] = i
		for _, tag := range component.Tags {
			tagged[tag] = append(tagged[tag], component.ID)
		}
	}
	for i := range routes {
		route := &routes[i]
		sources := slices.Clone(tagged[route.SourceTag])
		if route.SourceTag == "" {
			sources = slices.DeleteFunc(slices.Clone(route.Sources), func(id engine.ID) bool { _, there := places[id]; return !there })
			slices.SortFunc(sources, func(a, b engine.ID) int { return places[a] - places[b] })
		}
		c.routes[route.ID], c.sources[route.ID] = route, sources
		if !route.Enabled {
			continue
		}
		for _, source := range sources {
			c.routesOf[source] = append(c.routesOf[source], *route)
		}
	}
}

// addSource makes a component that has joined a source of the routes that lead from one of its tags. compare tells where another source
// stands in the order of the components, seen from it.
func (c *configuration) addSource(component *engine.Component, compare func(source engine.ID) int) {
	for _, route := range c.routes {
		if route.SourceTag == "" || !slices.Contains(component.Tags, route.SourceTag) {
			continue
		}
		sources := c.sources[route.ID]
		at, _ := slices.BinarySearchFunc(sources, component.ID, func(source, _ engine.ID) int { return compare(source) })
		c.sources[route.ID] = slices.Insert(sources, at, component.ID)
		if route.Enabled {
			c.routesOf[component.ID] = append(c.routesOf[component.ID], *route)
		}
	}
	slices.SortFunc(c.routesOf[component.ID], func(a, b engine.Route) int { return byName(a.Name, b.Name) })
}

// byName is the order in which the store gives what has names.
func byName(a, b string) int { return strings.Compare(engine.Fold(a), engine.Fold(b)) }

// linger is how long a session of a route waits without a flow.
func (c *configuration) linger(route *engine.Route) time.Duration {
	if route != nil && route.LingerSeconds > 0 {
		return time.Duration(route.LingerSeconds) * time.Second
	}
	return c.settings.Linger()
}

// Refresh takes up what was changed in the record: rules, settings, components, services, routes and administrators. When it
// returns, sources are being told their routes, what a revoked component or administrator had is being cut, and the live
// sessions show how the rules now decide. Where the record could not be read that is tried again each second, until it was: what
// stands in the record is in force, however its writer was answered.
func (b *Broker) Refresh(ctx context.Context) error {
	b.refreshing.Lock()
	defer b.refreshing.Unlock()
	b.behind.Store(true)
	loaded, err := b.load(ctx)
	if err != nil {
		return fmt.Errorf("refresh: %w", err)
	}
	b.behind.Store(false)
	b.mu.Lock()
	b.install(loaded)
	b.mu.Unlock()
	b.tenancies.Set(loaded.providers)
	b.reconsider()
	b.allotNow()
	return nil
}

// install makes a reading of the record the present one. b.mu is held.
func (b *Broker) install(l loaded) {
	b.installNames(b.present, l.configuration)
	b.present, b.names, b.byName = l.configuration, nil, nil
	there := make(map[engine.ID]bool, len(l.components))
	for _, c := range l.components {
		there[c.ID] = true
		m := b.members[c.ID]
		if m == nil {
			b.members[c.ID] = newMember(c)
			continue
		}
		newlyRevoked := m.Revoked.IsZero() && !c.Revoked.IsZero()
		// What the component said of itself is newer here than in the record.
		c.Report, c.SeenFrom, c.LastSeen = m.Report, m.SeenFrom, m.LastSeen
		redrained := !sameDrain(m.Drain, c.Drain)
		m.Component = c
		if redrained {
			b.pushDrain(m)
		}
		if newlyRevoked {
			b.expel(m)
		}
	}
	for id, m := range b.members {
		if !there[id] {
			m.Revoked = time.Now()
			b.expel(m)
			delete(b.members, id)
			continue
		}
		b.pushRoutes(m, false)
		b.pushLine(m)
	}
	b.installProviders(l.providers, l.joined)
	clear(b.administrators)
	for _, a := range l.administrators {
		b.administrators[a.ID] = a
	}
	b.installTenants(l.tenants)
	b.endStreamsOfRevoked()
	b.changed()
}

// takeIn takes up a component that has joined. b.mu is held.
func (b *Broker) takeIn(c engine.Component) {
	b.members[c.ID] = newMember(c)
	b.names, b.byName = nil, nil
	b.tenantKeysChanged()
	b.present.addSource(&c, func(source engine.ID) int { return byName(b.members[source].Name, c.Name) })
	b.wantReconsideration() // of what protects its routes
}

// expel cuts the sessions of a component that was revoked, and then its control stream. b.mu is held.
func (b *Broker) expel(m *member) {
	b.log.Warn("component revoked", "component", m.Name, "id", m.ID, "sessions", len(m.sessions))
	reason := fmt.Sprintf("component %s was revoked", m.Name)
	if m.Tenant != "" {
		reason = tenantGone
	}
	for _, s := range m.sessions {
		b.step(s, session.Event{Kind: session.CutWanted, Reason: reason})
	}
	if m.Tenant != "" {
		b.tenantKeysChanged()
		b.cutTunnels(m.Key, "")
	}
	if m.attachment != nil {
		m.attachment.leave(status.Errorf(codes.PermissionDenied, "component %s was revoked", m.Name))
		b.leaving[m.attachment] = time.Now()
	}
}

// closeLeaving ends the control streams of revoked components that do not read. b.mu is held.
func (b *Broker) closeLeaving(now time.Time) {
	for a, since := range b.leaving {
		if now.Sub(since) >= leaveWithin {
			a.drop(a.leavingWhy)
			delete(b.leaving, a)
		}
	}
}

// pushRoutes sends a source its routes where they differ from those that it was sent. b.mu is held.
func (b *Broker) pushRoutes(m *member, always bool) {
	if m.attachment == nil || m.Tenant != "" {
		return
	}
	routes := b.present.routesOf[m.ID]
	same := func(a, b engine.Route) bool { return a.ID == b.ID && a.Name == b.Name && a.Listen == b.Listen }
	if !always && slices.EqualFunc(routes, m.routes, same) {
		return
	}
	for _, old := range m.routes {
		still := slices.ContainsFunc(routes, func(r engine.Route) bool { return same(r, old) })
		if !still {
			delete(m.listeners, old.ID)
		}
	}
	m.routes = routes
	message := &wire.Routes{}
	for i := range routes {
		message.Routes = append(message.Routes, &wire.Route{Id: wire.IDBytes(routes[i].ID), Name: routes[i].Name, Listen: routes[i].Listen})
	}
	b.send(m, &wire.Down{Message: &wire.Down_Routes{Routes: message}})
}
