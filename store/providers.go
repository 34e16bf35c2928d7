package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"lockwire/engine"
)

// Providers gives the service providers of which this installation is a tenant, sorted by name.
func (s *Store) Providers(ctx context.Context) ([]engine.Provider, error) {
	return read(ctx, s, func(r records) ([]engine.Provider, error) { return r.Providers(ctx) })
}

// ProviderComponents gives the components that have joined a provider.
func (s *Store) ProviderComponents(ctx context.Context) ([]engine.ProviderComponent, error) {
	return read(ctx, s, func(r records) ([]engine.ProviderComponent, error) { return r.ProviderComponents(ctx) })
}

func (r records) Providers(ctx context.Context) ([]engine.Provider, error) {
	return list(ctx, r, "read the providers", func(rows *sql.Rows) (p engine.Provider, err error) {
		var gateways, pin string
		var added sql.NullInt64
		if err := rows.Scan(&p.ID, &p.Revision, &p.Name, &p.Tenant, &gateways, &pin, &added); err != nil {
			return p, err
		}
		p.Added = moment(added)
		if p.CAPin, err = keyID(pin); err != nil {
			return p, fmt.Errorf("the record of provider %q cannot be read: %w", p.Name, err)
		}
		if err := json.Unmarshal([]byte(gateways), &p.Gateways); err != nil {
			return p, fmt.Errorf("the record of provider %q cannot be read: %w", p.Name, err)
		}
		return p, nil
	}, `SELECT id, revision, name, tenant, gateways, ca_pin, added FROM providers ORDER BY name_folded, id`)
}

func (r records) ProviderComponents(ctx context.Context) ([]engine.ProviderComponent, error) {
	return list(ctx, r, "read which components have joined a provider", func(rows *sql.Rows) (c engine.ProviderComponent, err error) {
		var joined sql.NullInt64
		err = rows.Scan(&c.Provider, &c.Component, &c.Remote, &joined)
		c.Joined = moment(joined)
		return c, err
	}, `SELECT provider, component, remote, joined FROM provider_components ORDER BY provider, component`)
}

func (t *transaction) PutProvider(p engine.Provider) error {
	doing := fmt.Sprintf("save provider %q", p.Name)
	for _, id := range []engine.ID{p.ID, p.Tenant} {
		if err := checkID(doing, id); err != nil {
			return err
		}
	}
	gateways, err := document(p.Gateways)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return t.execute(doing, `INSERT INTO providers (id, revision, name, name_folded, tenant, gateways, ca_pin, added) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, name = excluded.name, name_folded = excluded.name_folded, tenant = excluded.tenant,
			gateways = excluded.gateways, ca_pin = excluded.ca_pin, added = excluded.added`,
		p.ID, p.Revision, p.Name, engine.Fold(p.Name), p.Tenant, gateways, p.CAPin.String(), p.Added.UnixMilli())
}

// RemoveProvider refuses with ErrInUse, naming the services that are the provider's.
func (t *transaction) RemoveProvider(id engine.ID) error {
	const doing = "remove a provider"
	services, err := list(t.ctx, t.records, doing, text, `SELECT name FROM services WHERE provider = ? ORDER BY name_folded`, id)
	if err != nil {
		return err
	}
	if len(services) > 0 {
		return fmt.Errorf("%s: %w by %s", doing, engine.ErrInUse, nameSome("service", services))
	}
	return t.changeOne(doing, "provider "+string(id), `DELETE FROM providers WHERE id = ?`, id)
}

func (t *transaction) PutProviderComponent(c engine.ProviderComponent) error {
	const doing = "save that a component has joined a provider"
	if err := checkID(doing, c.Remote); err != nil {
		return err
	}
	if err := t.exists(doing, "provider", `SELECT name FROM providers WHERE id = ?`, c.Provider); err != nil {
		return err
	}
	if err := t.exists(doing, "component", `SELECT name FROM components WHERE id = ?`, c.Component); err != nil {
		return err
	}
	return t.execute(doing, `INSERT INTO provider_components (provider, component, remote, joined) VALUES (?, ?, ?, ?)
		ON CONFLICT (provider, component) DO UPDATE SET remote = excluded.remote, joined = excluded.joined`, c.Provider, c.Component, c.Remote, c.Joined.UnixMilli())
}

func (t *transaction) RemoveProviderComponent(provider, component engine.ID) error {
	return t.execute("forget that a component has joined a provider", `DELETE FROM provider_components WHERE provider = ? AND component = ?`, provider, component)
}
