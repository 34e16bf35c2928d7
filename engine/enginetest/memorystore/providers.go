package memorystore

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"lockwire/engine"
)

// joinedProvider names a component at a provider.
type joinedProvider struct{ provider, component engine.ID }

// Providers and ProviderComponents read as engine.Records says.
func (s *Store) Providers(ctx context.Context) ([]engine.Provider, error) {
	return s.now().Providers(ctx)
}

func (s *Store) ProviderComponents(ctx context.Context) ([]engine.ProviderComponent, error) {
	return s.now().ProviderComponents(ctx)
}

func (m *memory) Providers(context.Context) ([]engine.Provider, error) {
	return byName(m.providers, func(p *engine.Provider) string { return p.Name }), nil
}

func (m *memory) ProviderComponents(context.Context) ([]engine.ProviderComponent, error) {
	return slices.SortedFunc(maps.Values(m.joinedProviders), func(a, b engine.ProviderComponent) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Component, b.Component))
	}), nil
}

func (m *memory) PutProvider(p engine.Provider) error {
	if err := taken(m.providers, p.ID, p.Name, func(p *engine.Provider) string { return p.Name }); err != nil {
		return err
	}
	m.providers[p.ID] = p
	return nil
}

func (m *memory) RemoveProvider(id engine.ID) error {
	for _, service := range m.services {
		if service.Provider == id {
			return fmt.Errorf("remove a provider: %w by service %q", engine.ErrInUse, service.Name)
		}
	}
	maps.DeleteFunc(m.joinedProviders, func(key joinedProvider, _ engine.ProviderComponent) bool { return key.provider == id })
	return remove(m.providers, id, "provider")
}

func (m *memory) PutProviderComponent(c engine.ProviderComponent) error {
	if _, err := find(m.providers, c.Provider, "provider"); err != nil {
		return err
	}
	if _, err := find(m.components, c.Component, "component"); err != nil {
		return err
	}
	m.joinedProviders[joinedProvider{c.Provider, c.Component}] = c
	return nil
}

func (m *memory) RemoveProviderComponent(provider, component engine.ID) error {
	delete(m.joinedProviders, joinedProvider{provider, component})
	return nil
}
