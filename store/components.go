package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"lockwire/engine"
)

// Components gives all components, revoked ones too, sorted by name.
func (s *Store) Components(ctx context.Context) ([]engine.Component, error) {
	return read(ctx, s, func(r records) ([]engine.Component, error) { return r.Components(ctx) })
}

func (r records) Components(ctx context.Context) ([]engine.Component, error) {
	const doing = "read the components"
	components, err := list(ctx, r, doing, scanComponent, `SELECT `+componentColumns+` FROM components ORDER BY name_folded, id`)
	if err != nil {
		return nil, err
	}
	tags, err := listsByID(ctx, r, doing, `SELECT component_id, tag FROM component_tags ORDER BY component_id, position`)
	if err != nil {
		return nil, err
	}
	for i := range components {
		if own := tags[components[i].ID]; own != nil {
			components[i].Tags = own
		}
	}
	return components, nil
}

// Component finds a component by its id.
func (s *Store) Component(ctx context.Context, id engine.ID) (engine.Component, error) {
	return read(ctx, s, func(r records) (engine.Component, error) { return r.Component(ctx, id) })
}

// ComponentNamed finds a component that is not revoked by its name, whatever its case.
func (s *Store) ComponentNamed(ctx context.Context, name string) (engine.Component, error) {
	return read(ctx, s, func(r records) (engine.Component, error) { return r.ComponentNamed(ctx, name) })
}

func (r records) Component(ctx context.Context, id engine.ID) (engine.Component, error) {
	return r.oneComponent(ctx, fmt.Sprintf("component %s", id), `id = ?`, string(id))
}

func (r records) ComponentNamed(ctx context.Context, name string) (engine.Component, error) {
	return r.oneComponent(ctx, fmt.Sprintf("component %q", name), `name_folded = ? AND revoked IS NULL`, engine.Fold(name))
}

func (r records) oneComponent(ctx context.Context, of, condition, argument string) (engine.Component, error) {
	const doing = "read a component"
	component, err := one(ctx, r, doing, of, scanComponent, `SELECT `+componentColumns+` FROM components WHERE `+condition, argument)
	if err != nil {
		return component, err
	}
	component.Tags, err = list(ctx, r, doing, text, `SELECT tag FROM component_tags WHERE component_id = ? ORDER BY position`, component.ID)
	return component, err
}

const componentColumns = `id, name, role, local_limit_value, local_limit_unit, joined,
	public_key_id, certificate_expires, revoked, report, seen_from, last_seen, revision, drain_since, drain_until, drain_by, tenant, tenant_component`

func scanComponent(rows *sql.Rows) (c engine.Component, err error) {
	var limit, expires, revoked, lastSeen, joined, drainSince, drainUntil sql.NullInt64
	var unit, seenFrom, drainBy, tenant, tenantComponent sql.NullString
	var key, report string
	if err := rows.Scan(&c.ID, &c.Name, &c.Role, &limit, &unit, &joined, &key, &expires, &revoked, &report, &seenFrom, &lastSeen, &c.Revision, &drainSince, &drainUntil, &drainBy,
		&tenant, &tenantComponent); err != nil {
		return c, err
	}
	c.Tags = []string{}
	c.Tenant, c.TenantComponent = engine.ID(tenant.String), engine.ID(tenantComponent.String)
	c.LocalLimit = limitOf(limit, unit)
	c.Joined, c.CertificateExpires, c.Revoked, c.LastSeen = moment(joined), moment(expires), moment(revoked), moment(lastSeen)
	if drainSince.Valid {
		c.Drain = &engine.Drain{Since: moment(drainSince), Until: moment(drainUntil), By: drainBy.String}
	}
	public, wrongKey := keyID(key)
	c.Key = public
	from, wrongAddress := addressOf(seenFrom)
	c.SeenFrom = from
	if err := errors.Join(wrongKey, wrongAddress); err != nil {
		return c, fmt.Errorf("the record of component %q cannot be read: %w", c.Name, err)
	}
	return c, readDocument("component", c.ID, report, &c.Report)
}

func (t *transaction) PutComponent(c engine.Component) error {
	doing := fmt.Sprintf("save component %q", c.Name)
	if err := checkID(doing, c.ID); err != nil {
		return err
	}
	report, err := document(c.Report)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	limit, unit := limitColumns(c.LocalLimit)
	var drain engine.Drain
	if c.Drain != nil {
		drain = *c.Drain
	}
	if err := t.execute(doing, `INSERT INTO components (id, name, name_folded, role, local_limit_value, local_limit_unit, joined,
			public_key_id, certificate_expires, revoked, report, seen_from, last_seen, revision, drain_since, drain_until, drain_by, tenant, tenant_component)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_folded = excluded.name_folded, role = excluded.role,
			local_limit_value = excluded.local_limit_value, local_limit_unit = excluded.local_limit_unit, joined = excluded.joined,
			public_key_id = excluded.public_key_id, certificate_expires = excluded.certificate_expires, revoked = excluded.revoked,
			report = excluded.report, seen_from = excluded.seen_from, last_seen = excluded.last_seen, revision = excluded.revision,
			drain_since = excluded.drain_since, drain_until = excluded.drain_until, drain_by = excluded.drain_by,
			tenant = excluded.tenant, tenant_component = excluded.tenant_component`,
		c.ID, c.Name, engine.Fold(c.Name), c.Role, limit, unit, c.Joined.UnixMilli(), c.Key.String(), milliseconds(c.CertificateExpires),
		milliseconds(c.Revoked), report, addressColumn(c.SeenFrom), milliseconds(c.LastSeen), c.Revision,
		milliseconds(drain.Since), milliseconds(drain.Until), optional(drain.By), optional(string(c.Tenant)), optional(string(c.TenantComponent))); err != nil {
		return err
	}
	return t.putList(doing, `DELETE FROM component_tags WHERE component_id = ?`,
		`INSERT INTO component_tags (component_id, tag, position) VALUES (?, ?, ?)`, c.ID, c.Tags)
}

func (t *transaction) PutSighting(id engine.ID, seen engine.Sighting) error {
	doing := fmt.Sprintf("save what is known of component %s", id)
	report, err := document(seen.Report)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return t.changeOne(doing, fmt.Sprintf("component %s", id), `UPDATE components SET report = ?, seen_from = ?, last_seen = ? WHERE id = ?`,
		report, addressColumn(seen.SeenFrom), milliseconds(seen.LastSeen), id)
}

// listsByID reads lists that belong to things, such as the tags of components; each row is an id and one entry.
func listsByID(ctx context.Context, r records, doing, query string) (map[engine.ID][]string, error) {
	lists := map[engine.ID][]string{}
	_, err := list(ctx, r, doing, func(rows *sql.Rows) (none struct{}, err error) {
		var id engine.ID
		var entry string
		if err := rows.Scan(&id, &entry); err != nil {
			return none, err
		}
		lists[id] = append(lists[id], entry)
		return none, nil
	}, query)
	return lists, err
}

// putList replaces the list that belongs to a thing, in its order.
func (t *transaction) putList(doing, remove, insert string, id engine.ID, entries []string) error {
	if err := t.execute(doing, remove, id); err != nil {
		return err
	}
	for position, entry := range entries {
		if err := t.execute(doing, insert, id, entry, position); err != nil {
			return err
		}
	}
	return nil
}
