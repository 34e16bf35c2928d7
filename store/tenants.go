package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"lockwire/engine"
)

// Tenants gives all tenants, sorted by name.
func (s *Store) Tenants(ctx context.Context) ([]engine.Tenant, error) {
	return read(ctx, s, func(r records) ([]engine.Tenant, error) { return r.Tenants(ctx) })
}

// Tenant finds a tenant by its id.
func (s *Store) Tenant(ctx context.Context, id engine.ID) (engine.Tenant, error) {
	return read(ctx, s, func(r records) (engine.Tenant, error) { return r.Tenant(ctx, id) })
}

// LinkRecord finds a tenant's link by the hash of its secret.
func (s *Store) LinkRecord(ctx context.Context, hash [32]byte) (engine.LinkRecord, error) {
	return read(ctx, s, func(r records) (engine.LinkRecord, error) { return r.LinkRecord(ctx, hash) })
}

// KeyNamed tells whether somebody has, or had, a key.
func (s *Store) KeyNamed(ctx context.Context, key engine.KeyID) (bool, error) {
	return read(ctx, s, func(r records) (bool, error) { return r.KeyNamed(ctx, key) })
}

const tenantColumns = `id, revision, name, limit_value, limit_unit, quota, used, until, disabled, public_key_id, linked, confirmed, certificate_expires`

func (r records) Tenants(ctx context.Context) ([]engine.Tenant, error) {
	const doing = "read the tenants"
	tenants, err := list(ctx, r, doing, scanTenant, `SELECT `+tenantColumns+` FROM tenants ORDER BY name_folded, id`)
	if err != nil {
		return nil, err
	}
	services, err := listsByID(ctx, r, doing, `SELECT tenant_id, service_id FROM tenant_services ORDER BY tenant_id, position`)
	if err != nil {
		return nil, err
	}
	for i := range tenants {
		for _, service := range services[tenants[i].ID] {
			tenants[i].Services = append(tenants[i].Services, engine.ID(service))
		}
	}
	return tenants, nil
}

func (r records) Tenant(ctx context.Context, id engine.ID) (engine.Tenant, error) {
	const doing = "read a tenant"
	tenant, err := one(ctx, r, doing, fmt.Sprintf("tenant %q", id), scanTenant, `SELECT `+tenantColumns+` FROM tenants WHERE id = ?`, id)
	if err != nil {
		return tenant, err
	}
	services, err := list(ctx, r, doing, text, `SELECT service_id FROM tenant_services WHERE tenant_id = ? ORDER BY position`, id)
	for _, service := range services {
		tenant.Services = append(tenant.Services, engine.ID(service))
	}
	return tenant, err
}

func scanTenant(rows *sql.Rows) (t engine.Tenant, err error) {
	var limit, linked, confirmed, expires sql.NullInt64
	var unit, until, key sql.NullString
	var quota, used int64
	if err := rows.Scan(&t.ID, &t.Revision, &t.Name, &limit, &unit, &quota, &used, &until, &t.Disabled, &key, &linked, &confirmed, &expires); err != nil {
		return t, err
	}
	t.Limit, t.Quota, t.Used = limitOf(limit, unit), uint64(quota), uint64(used)
	t.Linked, t.Confirmed, t.CertificateExpires = moment(linked), moment(confirmed), moment(expires)
	var wrong [2]error
	if key.Valid {
		t.Key, wrong[0] = keyID(key.String)
	}
	if until.Valid {
		t.Until = new(engine.Date)
		*t.Until, wrong[1] = engine.ParseDate(until.String)
	}
	if err := errors.Join(wrong[:]...); err != nil {
		return t, fmt.Errorf("the record of tenant %q cannot be read: %w", t.Name, err)
	}
	return t, nil
}

func (t *transaction) PutTenant(tenant engine.Tenant) error {
	doing := fmt.Sprintf("save tenant %q", tenant.Name)
	if err := checkID(doing, tenant.ID); err != nil {
		return err
	}
	services := make([]string, len(tenant.Services))
	for i, id := range tenant.Services {
		if err := t.exists(doing, "service", `SELECT name FROM services WHERE id = ?`, id); err != nil {
			return err
		}
		services[i] = string(id)
	}
	limit, unit := limitColumns(tenant.Limit)
	var until, key sql.NullString
	if tenant.Until != nil {
		until = optional(tenant.Until.String())
	}
	if tenant.Key != (engine.KeyID{}) {
		key = optional(tenant.Key.String())
	}
	if err := t.execute(doing, `INSERT INTO tenants (id, revision, name, name_folded, limit_value, limit_unit, quota, used, until, disabled,
			public_key_id, linked, confirmed, certificate_expires)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, name = excluded.name, name_folded = excluded.name_folded,
			limit_value = excluded.limit_value, limit_unit = excluded.limit_unit, quota = excluded.quota, until = excluded.until,
			disabled = excluded.disabled, public_key_id = excluded.public_key_id, linked = excluded.linked, confirmed = excluded.confirmed,
			certificate_expires = excluded.certificate_expires`,
		tenant.ID, tenant.Revision, tenant.Name, engine.Fold(tenant.Name), limit, unit, count(tenant.Quota), count(tenant.Used), until, tenant.Disabled,
		key, milliseconds(tenant.Linked), milliseconds(tenant.Confirmed), milliseconds(tenant.CertificateExpires)); err != nil {
		return err
	}
	return t.putList(doing, `DELETE FROM tenant_services WHERE tenant_id = ?`,
		`INSERT INTO tenant_services (tenant_id, service_id, position) VALUES (?, ?, ?)`, tenant.ID, services)
}

func (t *transaction) PutTenantUsed(id engine.ID, used uint64) error {
	return t.changeOne("save what a tenant used", "tenant "+string(id), `UPDATE tenants SET used = ? WHERE id = ?`, count(used), id)
}

func (t *transaction) RemoveTenant(id engine.ID) error {
	return t.changeOne("remove a tenant", "tenant "+string(id), `DELETE FROM tenants WHERE id = ?`, id)
}

func (r records) LinkRecord(ctx context.Context, hash [32]byte) (engine.LinkRecord, error) {
	return one(ctx, r, "read a link", "link", func(rows *sql.Rows) (link engine.LinkRecord, err error) {
		var expires, used sql.NullInt64
		if err := rows.Scan(&link.Tenant, &expires, &used, &link.Replace); err != nil {
			return link, err
		}
		link.Hash, link.Expires, link.Used = hash, moment(expires), moment(used)
		return link, nil
	}, `SELECT tenant, expires, used, replaces FROM tenant_links WHERE hash = ?`, hex.EncodeToString(hash[:]))
}

func (t *transaction) PutLinkRecord(link engine.LinkRecord) error {
	const doing = "save a link"
	if err := t.exists(doing, "tenant", `SELECT name FROM tenants WHERE id = ?`, link.Tenant); err != nil {
		return err
	}
	return t.execute(doing, `INSERT INTO tenant_links (hash, tenant, expires, used, replaces) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (hash) DO UPDATE SET tenant = excluded.tenant, expires = excluded.expires, used = excluded.used, replaces = excluded.replaces`,
		hex.EncodeToString(link.Hash[:]), link.Tenant, link.Expires.UnixMilli(), milliseconds(link.Used), link.Replace)
}

func (t *transaction) RemoveLinkRecords(tenant engine.ID) error {
	return t.execute("remove a tenant's links", `DELETE FROM tenant_links WHERE tenant = ?`, tenant)
}

func (r records) KeyNamed(ctx context.Context, key engine.KeyID) (bool, error) {
	found, err := list(ctx, r, "look for a key", text, `SELECT public_key_id FROM components WHERE public_key_id = ?
		UNION SELECT public_key_id FROM administrators WHERE public_key_id = ?
		UNION SELECT public_key_id FROM tenants WHERE public_key_id = ?
		UNION SELECT public_key_id FROM named_keys WHERE public_key_id = ?`, key.String(), key.String(), key.String(), key.String())
	return len(found) > 0, err
}

func (t *transaction) NameKey(key engine.KeyID) error {
	return t.execute("remember a key", `INSERT INTO named_keys (public_key_id) VALUES (?) ON CONFLICT (public_key_id) DO NOTHING`, key.String())
}
