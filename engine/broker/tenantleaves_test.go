package broker

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// A machine that was stolen from a tenant: its broker has the provider revoke it, and nothing that it holds counts any more.
func TestATenantRemovesAComponentOfItsOwn(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		session := p.live()
		remove := func(by *customer, id engine.ID) error {
			_, err := wire.NewTenancyClient(by.dial()).RemoveComponent(t.Context(), &wire.RemoveComponentRequest{Component: wire.IDBytes(id)})
			i.wait()
			return err
		}
		// Another tenant's component is answered as one that is not there.
		other := i.customer("jones", p.service)
		for name, id := range map[string]engine.ID{"another tenant's": p.source.id, "one that never was": engine.NewID(), "one of this installation": p.target.id} {
			if err := remove(other, id); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := p.source.ended(); err != nil || len(i.broker.Sessions()) != 1 || p.target.ended() != nil {
			t.Fatalf("another tenant has ended it: %v", err)
		}

		heard(p.gateway, (*wire.Down).GetTunnelCut)
		if err := remove(p.customer, p.source.id); err != nil {
			t.Fatal(err)
		}
		if cut := one(p.target, (*wire.Down).GetCut); string(cut.GetSession()) != string(wire.IDBytes(session)) {
			t.Errorf("the repository hears %+v", cut)
		}
		cuts := heard(p.gateway, (*wire.Down).GetTunnelCut)
		key := keyIDOf(p.source.certificate)
		found := false
		for _, cut := range cuts {
			found = found || string(cut.GetKey()) == string(key[:])
		}
		if !found {
			t.Errorf("the gateway is told %+v", cuts)
		}
		settle()
		if err := p.source.ended(); status.Code(err) != codes.PermissionDenied {
			t.Errorf("its control stream ends with %v", err)
		}
		if _, err := p.customer.ask(p.source.id, p.service); status.Code(err) != codes.NotFound {
			t.Errorf("a session of it: %v", err)
		}
		if err := remove(p.customer, p.source.id); err != nil {
			t.Errorf("a second time: %v", err)
		}
		entries := must(i.store.Audit(t.Context(), engine.AuditQuery{}))
		revocations := 0
		for _, entry := range entries {
			if entry.What == "component.revoke" && entry.Who == "tenant smith" {
				revocations++
			}
		}
		if revocations != 1 {
			t.Errorf("the audit has %d entries of it", revocations)
		}
	})
}
