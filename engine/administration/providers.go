package administration

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"lockwire/engine"
	"lockwire/engine/identity"
)

// Providers gives the service providers of which this installation is a tenant; without a broker nothing is known of how it stands there.
func (l *Local) Providers(ctx context.Context) ([]engine.ProviderStatus, error) {
	if l.Broker != nil {
		return l.Broker.Providers(), nil
	}
	providers, err := l.Store.Providers(ctx)
	if err != nil {
		return nil, err
	}
	statuses := make([]engine.ProviderStatus, len(providers))
	for i, provider := range providers {
		statuses[i] = engine.ProviderStatus{Provider: provider, Problem: noBroker}
	}
	return statuses, nil
}

// AddProvider redeems a link. What could keep the provider from being added is looked at before, for the link is used up then.
func (l *Local) AddProvider(ctx context.Context, asked engine.ProviderLink) (engine.ProviderStatus, error) {
	if l.Broker == nil {
		return engine.ProviderStatus{}, engine.ErrNoBroker
	}
	if err := engine.CheckName(asked.Name); err != nil {
		return engine.ProviderStatus{}, &engine.FieldError{Of: "provider", Field: "name", Err: err}
	}
	of := fmt.Sprintf("provider %q", asked.Name)
	link, err := identity.ParseLink(asked.Link)
	if err != nil {
		return engine.ProviderStatus{}, &engine.FieldError{Of: of, Field: "link", Err: err}
	}
	l.edit.Lock()
	defer l.edit.Unlock()
	providers, err := l.Store.Providers(ctx)
	if err != nil {
		return engine.ProviderStatus{}, err
	}
	var before *engine.Provider
	for i := range providers {
		switch p := &providers[i]; {
		case p.ID == link.Installation() && !engine.SameName(p.Name, asked.Name):
			return engine.ProviderStatus{}, &engine.FieldError{Of: of, Field: "link", Err: fmt.Errorf("it is of the provider %q, which is there already; to link with it again, give that name", p.Name)}
		case p.ID == link.Installation():
			before = p
		case engine.SameName(p.Name, asked.Name):
			return engine.ProviderStatus{}, &engine.FieldError{Of: of, Field: "name", Err: engine.ErrNameTaken}
		}
	}
	provider, err := l.Broker.RedeemLink(ctx, link)
	if err != nil {
		return engine.ProviderStatus{}, fmt.Errorf("%s: %w", of, err)
	}
	if err := l.keepProvider(context.WithoutCancel(ctx), asked.Name, provider, before); err != nil {
		return engine.ProviderStatus{}, fmt.Errorf("%s: the link is used up, but the record does not have the provider; ask it for a new link, with --replace: %w", of, err)
	}
	for _, status := range l.Broker.Providers() {
		if status.ID == provider.ID {
			return status, nil
		}
	}
	return engine.ProviderStatus{Provider: provider}, nil
}

// keepProvider writes a provider whose link was redeemed; before is what was there of it.
func (l *Local) keepProvider(ctx context.Context, name string, provider engine.Provider, before *engine.Provider) error {
	provider.Name, provider.Revision = name, 1
	what, was := "provider.add", any(nil)
	if before != nil {
		provider.Name, provider.Revision, what, was = before.Name, before.Revision+1, "provider.relink", *before
	}
	if err := provider.Check(); err != nil {
		return err
	}
	return l.commit(ctx, func(tx engine.Transaction) error {
		if err := tx.PutProvider(provider); err != nil {
			return err
		}
		if before != nil { // the components' keys there went with the broker's
			joined, err := tx.ProviderComponents(ctx)
			if err != nil {
				return err
			}
			for _, component := range joined {
				if component.Provider != provider.ID {
					continue
				}
				if err := tx.RemoveProviderComponent(provider.ID, component.Component); err != nil {
					return err
				}
			}
		}
		return l.audit(tx, what, provider.Name, was, provider)
	})
}

// RemoveProvider forgets a provider to which no route leads. What is stored there stays there: that is the provider's.
func (l *Local) RemoveProvider(ctx context.Context, id engine.ID) error {
	l.edit.Lock()
	defer l.edit.Unlock()
	state, err := l.state(ctx)
	if err != nil {
		return err
	}
	provider, found := state.provider(id)
	if !found {
		return fmt.Errorf("provider %s: %w", id, engine.ErrNotFound)
	}
	var services []engine.Service // that no route needs
	for _, service := range state.services {
		if service.Provider != id {
			continue
		}
		if at := slices.IndexFunc(state.routes, func(r engine.Route) bool { return r.Service == service.ID }); at >= 0 {
			return fmt.Errorf("provider %q: the route %q leads there: %w; remove the route first", provider.Name, state.routes[at].Name, engine.ErrInUse)
		}
		services = append(services, service)
	}
	return l.commit(ctx, func(tx engine.Transaction) error {
		for _, service := range services {
			if err := errors.Join(tx.RemoveService(service.ID), l.audit(tx, "service.remove", service.Name, service, nil)); err != nil {
				return err
			}
		}
		if err := tx.RemoveProvider(id); err != nil {
			return err
		}
		return l.audit(tx, "provider.remove", provider.Name, provider, nil)
	})
}
