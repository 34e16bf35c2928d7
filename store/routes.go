package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"lockwire/engine"
)

// Services gives all services, sorted by name.
func (s *Store) Services(ctx context.Context) ([]engine.Service, error) {
	return read(ctx, s, func(r records) ([]engine.Service, error) { return r.Services(ctx) })
}

// Routes gives all routes, sorted by name.
func (s *Store) Routes(ctx context.Context) ([]engine.Route, error) {
	return read(ctx, s, func(r records) ([]engine.Route, error) { return r.Routes(ctx) })
}

func (r records) Services(ctx context.Context) ([]engine.Service, error) {
	return list(ctx, r, "read the services", func(rows *sql.Rows) (s engine.Service, err error) {
		var target, route, provider, remote sql.NullString
		err = rows.Scan(&s.ID, &s.Name, &target, &s.Backend, &s.Revision, &route, &provider, &remote)
		s.Target, s.MadeFor, s.Provider, s.Remote = engine.ID(target.String), engine.ID(route.String), engine.ID(provider.String), engine.ID(remote.String)
		return s, err
	}, `SELECT id, name, target, backend, revision, made_for, provider, remote FROM services ORDER BY name_folded, id`)
}

func (r records) Routes(ctx context.Context) ([]engine.Route, error) {
	const doing = "read the routes"
	routes, err := list(ctx, r, doing, func(rows *sql.Rows) (route engine.Route, err error) {
		var tag sql.NullString
		err = rows.Scan(&route.ID, &route.Name, &tag, &route.Listen, &route.Service, &route.Direction, &route.LingerSeconds, &route.Streams, &route.Enabled, &route.Revision)
		route.SourceTag = tag.String
		return route, err
	}, `SELECT id, name, source_tag, listen, service, flow, linger_seconds, streams, enabled, revision FROM routes ORDER BY name_folded, id`)
	if err != nil {
		return nil, err
	}
	sources, err := listsByID(ctx, r, doing, `SELECT route_id, component_id FROM route_sources ORDER BY route_id, position`)
	if err != nil {
		return nil, err
	}
	for i := range routes {
		for _, component := range sources[routes[i].ID] {
			routes[i].Sources = append(routes[i].Sources, engine.ID(component))
		}
	}
	return routes, nil
}

func (t *transaction) PutService(s engine.Service) error {
	doing := fmt.Sprintf("save service %q", s.Name)
	if err := checkID(doing, s.ID); err != nil {
		return err
	}
	kind, query, behind := "component", `SELECT name FROM components WHERE id = ?`, s.Target
	if s.Provider != "" {
		kind, query, behind = "provider", `SELECT name FROM providers WHERE id = ?`, s.Provider
	}
	if err := t.exists(doing, kind, query, behind); err != nil {
		return err
	}
	return t.execute(doing, `INSERT INTO services (id, name, name_folded, target, backend, revision, made_for, provider, remote) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_folded = excluded.name_folded, target = excluded.target, backend = excluded.backend,
			revision = excluded.revision, made_for = excluded.made_for, provider = excluded.provider, remote = excluded.remote`,
		s.ID, s.Name, engine.Fold(s.Name), optional(string(s.Target)), s.Backend, s.Revision, optional(string(s.MadeFor)), optional(string(s.Provider)), optional(string(s.Remote)))
}

// RemoveService refuses with ErrInUse, naming the routes that lead to the service, or the tenants that may use it.
func (t *transaction) RemoveService(id engine.ID) error {
	const doing = "remove a service"
	routes, err := list(t.ctx, t.records, doing, text, `SELECT name FROM routes WHERE service = ? ORDER BY name_folded`, id)
	if err != nil {
		return err
	}
	if len(routes) > 0 {
		return fmt.Errorf("%s: %w by %s", doing, engine.ErrInUse, nameSome("route", routes))
	}
	tenants, err := list(t.ctx, t.records, doing, text, `SELECT name FROM tenants JOIN tenant_services ON tenant_id = id WHERE service_id = ? ORDER BY name_folded`, id)
	if err != nil {
		return err
	}
	if len(tenants) > 0 {
		return fmt.Errorf("%s: %w by %s", doing, engine.ErrInUse, nameSome("tenant", tenants))
	}
	return t.changeOne(doing, "service "+string(id), `DELETE FROM services WHERE id = ?`, id)
}

func (t *transaction) PutRoute(route engine.Route) error {
	doing := fmt.Sprintf("save route %q", route.Name)
	if err := checkID(doing, route.ID); err != nil {
		return err
	}
	if err := t.exists(doing, "service", `SELECT name FROM services WHERE id = ?`, route.Service); err != nil {
		return err
	}
	sources := make([]string, len(route.Sources))
	for i, id := range route.Sources {
		if err := t.exists(doing, "component", `SELECT name FROM components WHERE id = ?`, id); err != nil {
			return err
		}
		sources[i] = string(id)
	}
	if err := t.execute(doing, `INSERT INTO routes (id, name, name_folded, source_tag, listen, service, flow, linger_seconds, streams, enabled, revision)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_folded = excluded.name_folded, source_tag = excluded.source_tag,
			listen = excluded.listen, service = excluded.service, flow = excluded.flow, linger_seconds = excluded.linger_seconds, streams = excluded.streams, enabled = excluded.enabled,
			revision = excluded.revision`,
		route.ID, route.Name, engine.Fold(route.Name), optional(route.SourceTag), route.Listen, route.Service, route.Direction, route.LingerSeconds, route.Streams, route.Enabled, route.Revision); err != nil {
		return err
	}
	return t.putList(doing, `DELETE FROM route_sources WHERE route_id = ?`,
		`INSERT INTO route_sources (route_id, component_id, position) VALUES (?, ?, ?)`, route.ID, sources)
}

func (t *transaction) RemoveRoute(id engine.ID) error {
	return t.changeOne("remove a route", "route "+string(id), `DELETE FROM routes WHERE id = ?`, id)
}

// exists says clearly what a foreign key would only refuse.
func (t *transaction) exists(doing, kind, query string, id engine.ID) error {
	_, err := one(t.ctx, t.records, doing, fmt.Sprintf("%s: %s %q", doing, kind, id), text, query, id)
	return err
}

// nameSome names things of one kind, and only counts them where there are many.
func nameSome(kind string, names []string) string {
	const most = 5
	if len(names) == 1 {
		return fmt.Sprintf("%s %q", kind, names[0])
	}
	quoted := make([]string, 0, most+1)
	for i, name := range names {
		if i == most {
			quoted = append(quoted, fmt.Sprintf("%d more", len(names)-most))
			break
		}
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	return kind + "s " + strings.Join(quoted, ", ")
}
