package administration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lockwire/engine"
	"lockwire/engine/broker"
	"lockwire/engine/identity"
	"lockwire/engine/tenancy"
)

// Tenants gives all tenants; without a broker nothing is known of what they have live.
func (l *Local) Tenants(ctx context.Context) ([]engine.TenantStatus, error) {
	if l.Broker != nil {
		return l.Broker.Tenants(), nil
	}
	tenants, err := l.Store.Tenants(ctx)
	if err != nil {
		return nil, err
	}
	zone, err := l.zone(ctx)
	if err != nil {
		return nil, err
	}
	components, err := l.Store.Components(ctx)
	if err != nil {
		return nil, err
	}
	known := map[engine.ID]int{}
	for _, c := range components {
		if c.Tenant != "" && c.Revoked.IsZero() {
			known[c.Tenant]++
		}
	}
	statuses := make([]engine.TenantStatus, len(tenants))
	for i, tenant := range tenants {
		statuses[i] = engine.TenantStatus{Tenant: tenant, State: tenancy.StateAt(&tenant, l.Now(), zone), Components: known[tenant.ID]}
	}
	return statuses, nil
}

// zone is the installation's, in which the end dates of tenants are read.
func (l *Local) zone(ctx context.Context) (*time.Location, error) {
	set, err := l.RuleSet(ctx)
	if err != nil {
		return nil, err
	}
	settings := set.InForce()
	return settings.Location(), nil
}

// PutTenant adds a tenant, or edits what administrators set of the one with the same id.
func (l *Local) PutTenant(ctx context.Context, edited engine.Tenant) (engine.Tenant, error) {
	if err := tenancy.Check(&edited); err != nil {
		return engine.Tenant{}, err
	}
	l.edit.Lock()
	defer l.edit.Unlock()
	var after engine.Tenant
	err := l.commit(ctx, func(tx engine.Transaction) error {
		if err := checkServicesOf(ctx, tx, &edited); err != nil {
			return err
		}
		if edited.ID == "" {
			present, err := tx.Tenants(ctx)
			if err != nil {
				return err
			}
			if len(present) >= tenancy.MaximumTenants {
				return fmt.Errorf("tenant %q: an installation has at most %d tenants", edited.Name, tenancy.MaximumTenants)
			}
			after = engine.Tenant{ID: engine.NewID(), Revision: 1}
			setTenant(&after, &edited)
			return l.putTenant(tx, "tenant.add", nil, after)
		}
		before, err := tx.Tenant(ctx, edited.ID)
		if err != nil {
			return err
		}
		if edited.Revision != before.Revision {
			return &engine.OutdatedError{Of: fmt.Sprintf("tenant %q", before.Name), Now: engine.Present{Tenant: &before}}
		}
		after = before
		after.Revision++
		setTenant(&after, &edited)
		return l.putTenant(tx, "tenant.edit", before, after)
	})
	if err != nil && edited.ID != "" {
		err = l.withWho(ctx, err, editOf(edited.ID))
	}
	return after, err
}

// setTenant takes over what administrators set.
func setTenant(tenant, edited *engine.Tenant) {
	tenant.Name, tenant.Services, tenant.Limit, tenant.Quota, tenant.Until, tenant.Disabled = edited.Name, edited.Services, edited.Limit, edited.Quota, edited.Until, edited.Disabled
}

func (l *Local) putTenant(tx engine.Transaction, what string, before any, after engine.Tenant) error {
	err := tx.PutTenant(after)
	if errors.Is(err, engine.ErrNameTaken) {
		return &engine.FieldError{Of: fmt.Sprintf("tenant %q", after.Name), Field: "name", Err: engine.ErrNameTaken}
	}
	if err != nil {
		return err
	}
	return l.audit(tx, what, after.Name, before, after)
}

// checkServicesOf refuses services that are not there.
func checkServicesOf(ctx context.Context, from engine.Records, tenant *engine.Tenant) error {
	services, err := from.Services(ctx)
	if err != nil {
		return err
	}
	for _, id := range tenant.Services {
		if !slices.ContainsFunc(services, func(s engine.Service) bool { return s.ID == id }) {
			return &engine.FieldError{Of: fmt.Sprintf("tenant %q", tenant.Name), Field: "services", Err: fmt.Errorf("service %s: %w", id, engine.ErrNotFound)}
		}
	}
	return nil
}

// RemoveTenant removes a tenant with its links, and revokes its components. Nothing of what it stored is touched.
func (l *Local) RemoveTenant(ctx context.Context, id engine.ID) error {
	l.edit.Lock()
	defer l.edit.Unlock()
	return l.commit(ctx, func(tx engine.Transaction) error {
		before, err := tx.Tenant(ctx, id)
		if err != nil {
			return err
		}
		if _, err := broker.RevokeTenantComponents(ctx, tx, id, l.Now()); err != nil {
			return err
		}
		if err := tx.RemoveTenant(id); err != nil {
			return err
		}
		return l.audit(tx, "tenant.remove", before.Name, before, nil)
	})
}

// LinkTenant makes a link. The ones that were made before for the tenant count no more.
func (l *Local) LinkTenant(ctx context.Context, request engine.LinkRequest) (engine.TenantLink, error) {
	authority, err := l.Authority()
	if err != nil {
		return engine.TenantLink{}, err
	}
	l.edit.Lock()
	defer l.edit.Unlock()
	gateways := request.Gateways
	if len(gateways) == 0 && l.Broker != nil {
		gateways = l.Broker.Gateways()
	} else if len(gateways) == 0 {
		if gateways, err = broker.ReadGateways(ctx, l.Store); err != nil {
			return engine.TenantLink{}, err
		}
	}
	if len(gateways) == 0 {
		return engine.TenantLink{}, &engine.FieldError{Field: "gateways", Err: errors.New("say where the tenant reaches the gateway, as HOST:PORT (--gateway)")}
	}
	link, err := identity.NewLink(authority.Pin(), l.Config.Installation, gateways)
	if err != nil {
		return engine.TenantLink{}, &engine.FieldError{Field: "gateways", Err: err}
	}
	expires := l.Now().Add(identity.LinkLifetime)
	err = l.commit(ctx, func(tx engine.Transaction) error {
		tenant, err := tx.Tenant(ctx, request.Tenant)
		if err != nil {
			return err
		}
		if tenant.Key != (engine.KeyID{}) && !request.Replace {
			return fmt.Errorf("tenant %q: it is linked already, and its key is %w; to give it another one, whose redemption ends all that it has, say so (--replace)", tenant.Name, engine.ErrInUse)
		}
		if err := tx.RemoveLinkRecords(tenant.ID); err != nil {
			return err
		}
		if err := tx.PutLinkRecord(engine.LinkRecord{Hash: link.Hash(), Tenant: tenant.ID, Expires: expires, Replace: request.Replace}); err != nil {
			return err
		}
		if len(request.Gateways) > 0 {
			if err := broker.PutGateways(tx, request.Gateways); err != nil {
				return err
			}
		}
		return l.audit(tx, "tenant.link", tenant.Name, nil, request)
	})
	if err != nil {
		return engine.TenantLink{}, err
	}
	return engine.TenantLink{Text: link.Reveal(), Expires: expires}, nil
}

// ConfirmTenant lets a tenant begin sessions, where key is the one that redeemed its link.
func (l *Local) ConfirmTenant(ctx context.Context, id engine.ID, key engine.KeyID) error {
	l.edit.Lock()
	defer l.edit.Unlock()
	return l.commit(ctx, func(tx engine.Transaction) error {
		before, err := tx.Tenant(ctx, id)
		if err != nil {
			return err
		}
		of := fmt.Sprintf("tenant %q", before.Name)
		switch {
		case before.Key == engine.KeyID{}:
			return fmt.Errorf("%s: no link of it was redeemed yet: there is no key to confirm", of)
		case before.Key != key:
			return &engine.FieldError{Of: of, Field: "fingerprint", Err: errors.New("it is not that of the key that redeemed the link: " +
				"a digit was misread, or somebody else has redeemed it. Read it out again; if it still differs, make a new link (tenants link --replace)")}
		case !before.Confirmed.IsZero():
			return nil
		}
		after := before
		after.Confirmed = l.Now()
		return l.putTenant(tx, "tenant.confirm", before, after)
	})
}
