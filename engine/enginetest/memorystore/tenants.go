package memorystore

import (
	"context"
	"maps"

	"lockwire/engine"
)

func (m *memory) Tenants(context.Context) ([]engine.Tenant, error) {
	return byName(m.tenants, func(t *engine.Tenant) string { return t.Name }), nil
}

func (m *memory) Tenant(_ context.Context, id engine.ID) (engine.Tenant, error) {
	return find(m.tenants, id, "tenant")
}

func (m *memory) PutTenant(t engine.Tenant) error {
	if err := taken(m.tenants, t.ID, t.Name, func(t *engine.Tenant) string { return t.Name }); err != nil {
		return err
	}
	for _, service := range t.Services {
		if _, err := find(m.services, service, "service"); err != nil {
			return err
		}
	}
	if old, there := m.tenants[t.ID]; there {
		t.Used = old.Used
	}
	m.tenants[t.ID] = t
	return nil
}

func (m *memory) PutTenantUsed(id engine.ID, used uint64) error {
	t, err := find(m.tenants, id, "tenant")
	if err != nil {
		return err
	}
	t.Used = used
	m.tenants[id] = t
	return nil
}

func (m *memory) RemoveTenant(id engine.ID) error {
	if err := remove(m.tenants, id, "tenant"); err != nil {
		return err
	}
	return m.RemoveLinkRecords(id)
}

func (m *memory) LinkRecord(_ context.Context, hash [32]byte) (engine.LinkRecord, error) {
	link, there := m.links[hash]
	if !there {
		return link, engine.ErrNotFound
	}
	return link, nil
}

func (m *memory) PutLinkRecord(link engine.LinkRecord) error {
	if _, err := find(m.tenants, link.Tenant, "tenant"); err != nil {
		return err
	}
	m.links[link.Hash] = link
	return nil
}

func (m *memory) RemoveLinkRecords(tenant engine.ID) error {
	maps.DeleteFunc(m.links, func(_ [32]byte, link engine.LinkRecord) bool { return link.Tenant == tenant })
	return nil
}

func (m *memory) KeyNamed(_ context.Context, key engine.KeyID) (bool, error) {
	for _, c := range m.components {
		if c.Key == key {
			return true, nil
		}
	}
	for _, a := range m.administrators {
		if a.Key == key {
			return true, nil
		}
	}
	for _, t := range m.tenants {
		if t.Key == key {
			return true, nil
		}
	}
	return m.keys[key], nil
}

func (m *memory) NameKey(key engine.KeyID) error {
	m.keys[key] = true
	return nil
}
