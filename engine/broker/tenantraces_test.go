package broker

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/tenancy"
	"lockwire/engine/wire"
)

// overtaken lets something be written before the next change.
type overtaken struct {
	engine.Store
	by func()
}

func (o *overtaken) Write(ctx context.Context, change func(engine.Transaction) error) error {
	if by := o.by; by != nil {
		o.by = nil
		by()
	}
	return o.Store.Write(ctx, change)
}

// Whoever has a tenant's old key must not keep it over the redemption of a new link by asking for a renewal at that moment.
func TestARenewalDoesNotOutliveTheRedemptionThatOvertakesIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		store := &overtaken{Store: i.store}
		i.config.Store = store
		i.start()
		defer func() { i.stop() }()
		old := i.customer("smith")
		machine := old.machine()
		link := i.link(old.tenant, replaces)
		var next *customer
		store.by = func() { next = must(i.newcomer().redeem(link)) }
		renewed, err := old.renew()
		if status.Code(err) != codes.Unauthenticated {
			t.Errorf("the key from before the link is renewed: %v", err)
		}
		if renewed != nil {
			if _, err := wire.NewTenancyClient(renewed.dial()).Challenge(t.Context(), &wire.ChallengeRequest{}); err == nil {
				t.Error("it is admitted with the renewed key")
			}
		}
		if shown := i.shown(old.tenant); shown.Key != keyIDOf(next.certificate) {
			t.Errorf("the tenant's key is %v", shown.Key)
		}
		i.confirm(old.tenant)

		other := next.adding()
		first := must(next.add(other))
		other.key, other.challenge = must(identity.NewKey()), next.challenge()
		var second *holder
		store.by = func() { second = must(next.add(other)) }
		if _, err := first.renew(); status.Code(err) != codes.Unauthenticated {
			t.Errorf("a component's key from before is renewed: %v", err)
		}
		must(second.renew())
		if _, err := machine.renew(); err == nil {
			t.Error("a component that was revoked is renewed")
		}
	})
}

// Nor may it leave behind a component that is added at that moment.
func TestAComponentIsNotAddedAfterTheRedemptionThatOvertakesIt(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		old := i.customer("smith")
		next, err := i.newcomer().redeem(i.link(old.tenant, replaces))
		if err != nil {
			t.Fatal(err)
		}
		key := must(identity.NewKey())
		request := must(identity.NewRequest(key))
		_, id, err := identity.ParseRequest(request)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := i.broker.addComponent(t.Context(), old.tenant, keyIDOf(old.certificate), engine.NewID(), id, request); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("it is added: %v", err)
		}
		if shown := i.shown(old.tenant); shown.Components != 0 {
			t.Errorf("the tenant has %d components", shown.Components)
		}
		if _, err := i.broker.addComponent(t.Context(), old.tenant, keyIDOf(next.certificate), engine.NewID(), id, request); err != nil {
			t.Errorf("the new key's: %v", err)
		}
	})
}

// Components that are added and removed again and again do not fill the broker's memory.
func TestATenantsComponentsAreBoundedInAll(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		smith := i.customer("smith")
		known := smith.adding()
		must(smith.add(known))
		i.broker.mu.Lock()
		for range tenancy.MaximumComponentsEver - 1 {
			c := engine.Component{ID: engine.NewID(), Name: string(engine.NewID()), Role: engine.Agent, Tenant: smith.tenant, TenantComponent: engine.NewID(), Revoked: time.Now()}
			i.broker.members[c.ID] = newMember(c)
		}
		i.broker.mu.Unlock()
		if _, err := smith.add(smith.adding()); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("one more: %v", err)
		}
		known.key, known.challenge = must(identity.NewKey()), smith.challenge()
		if _, err := smith.add(known); err != nil {
			t.Errorf("one that is known gets no new key: %v", err)
		}
	})
}

// A service that is taken from a tenant is cut, and not only kept from new connections: one connection can go on for days.
func TestAServiceThatIsTakenFromATenantIsCut(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		id := p.live()
		heard(p.gateway, (*wire.Down).GetTunnelCut)
		began := time.Now()
		i.changeTenant(p.customer.tenant, func(t *engine.Tenant) { t.Services = nil })
		for what, end := range map[string]*agent{"source": p.source, "target": p.target} {
			if cut := one(end, (*wire.Down).GetCut); cut.GetDrain() || !bytes.Equal(cut.GetSession(), wire.IDBytes(id)) || end == p.source && cut.GetReason() != serviceNotHeld {
				t.Errorf("the %s is told %v", what, cut)
			}
		}
		told := false
		for _, cut := range heard(p.gateway, (*wire.Down).GetTunnelCut) {
			told = told || bytes.Equal(cut.GetSession(), wire.IDBytes(id))
		}
		if took := time.Since(began); !told || took > 5*time.Second {
			t.Errorf("the gateway is told: %v, after %s", told, took)
		}
	})
}

// A tenant whose machine was cloned does not learn where its provider's gateway is.
func TestACloneOfATenantsMachineIsToldNoAddress(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		clone := p.source.prepare()
		clone.hello(report("10.0.0.80"))
		err := clone.ended()
		if status.Code(err) != codes.AlreadyExists || strings.Contains(words(err), "10.0.0.80") {
			t.Errorf("it ended with %v", err)
		}
	})
}
