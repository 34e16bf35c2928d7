package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

// withService puts a component and a service to which it leads.
func withService(t *testing.T, s *Store) engine.Service {
	t.Helper()
	target := componentNamed("repo-1")
	service := engine.Service{ID: engine.NewID(), Name: "rest", Target: target.ID, Backend: "127.0.0.1:8000"}
	write(t, s, func(tx engine.Transaction) error { return errors.Join(tx.PutComponent(target), tx.PutService(service)) })
	return service
}

func TestTenantsComeBackAsTheyWerePut(t *testing.T) {
	s := openNew(t)
	service := withService(t, s)
	full := engine.Tenant{
		ID: engine.NewID(), Revision: 3, Name: "Smith & Sons", Services: []engine.ID{service.ID}, Limit: &engine.Limit{Value: 100, Unit: engine.MegabitsPerSecond},
		Quota: 2e12, Used: 5e9, Until: &engine.Date{Year: 2027, Month: time.March, Day: 31}, Disabled: true, Key: engine.KeyID{1, 2}, Linked: began,
		Confirmed: began.Add(time.Hour), CertificateExpires: began.Add(24 * time.Hour),
	}
	bare := engine.Tenant{ID: engine.NewID(), Name: "abel"}
	write(t, s, func(tx engine.Transaction) error { return errors.Join(tx.PutTenant(full), tx.PutTenant(bare)) })
	check := func() {
		t.Helper()
		if d := cmp.Diff([]engine.Tenant{bare, full}, must[[]engine.Tenant](t)(s.Tenants(t.Context()))); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(full, must[engine.Tenant](t)(s.Tenant(t.Context(), full.ID))); d != "" {
			t.Error(d)
		}
	}
	check()
	full.Services, full.Limit, full.Until, full.Key, full.Linked, full.Confirmed, full.Quota = nil, nil, nil, engine.KeyID{}, time.Time{}, time.Time{}, 0
	write(t, s, func(tx engine.Transaction) error { return tx.PutTenant(full) })
	check()

	other := full
	other.ID, other.Name = engine.NewID(), "SMITH & SONS"
	refuse(t, s, engine.ErrNameTaken, func(tx engine.Transaction) error { return tx.PutTenant(other) })
	other.Name, other.Services = "other", []engine.ID{engine.NewID()}
	refuse(t, s, engine.ErrNotFound, func(tx engine.Transaction) error { return tx.PutTenant(other) })
	if _, err := s.Tenant(t.Context(), engine.NewID()); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("an unknown id: %v", err)
	}
}

func TestAnEditOfATenantLeavesWhatItUsed(t *testing.T) {
	s := openNew(t)
	tenant := engine.Tenant{ID: engine.NewID(), Name: "a"}
	write(t, s, func(tx engine.Transaction) error { return tx.PutTenant(tenant) })
	write(t, s, func(tx engine.Transaction) error { return tx.PutTenantUsed(tenant.ID, 77) })
	tenant.Quota, tenant.Used = 100, 1
	write(t, s, func(tx engine.Transaction) error { return tx.PutTenant(tenant) })
	if read := must[engine.Tenant](t)(s.Tenant(t.Context(), tenant.ID)); read.Used != 77 || read.Quota != 100 {
		t.Errorf("it used %d of %d", read.Used, read.Quota)
	}
	refuse(t, s, engine.ErrNotFound, func(tx engine.Transaction) error { return tx.PutTenantUsed(engine.NewID(), 1) })
}

func TestAServiceStaysWhileATenantMayUseIt(t *testing.T) {
	s := openNew(t)
	service := withService(t, s)
	tenant := engine.Tenant{ID: engine.NewID(), Name: "smith", Services: []engine.ID{service.ID}}
	write(t, s, func(tx engine.Transaction) error { return tx.PutTenant(tenant) })
	err := refuse(t, s, engine.ErrInUse, func(tx engine.Transaction) error { return tx.RemoveService(service.ID) })
	if want := `tenant "smith"`; !strings.Contains(err.Error(), want) {
		t.Errorf("%q does not name %s", err, want)
	}
	write(t, s, func(tx engine.Transaction) error { return tx.RemoveTenant(tenant.ID) })
	write(t, s, func(tx engine.Transaction) error { return tx.RemoveService(service.ID) })
	refuse(t, s, engine.ErrNotFound, func(tx engine.Transaction) error { return tx.RemoveTenant(tenant.ID) })
}

func TestLinksAreFoundByTheirHashAndGoWithTheirTenant(t *testing.T) {
	s := openNew(t)
	first, second := engine.Tenant{ID: engine.NewID(), Name: "a"}, engine.Tenant{ID: engine.NewID(), Name: "b"}
	link := engine.LinkRecord{Hash: [32]byte{1, 0xff}, Tenant: first.ID, Expires: began.Add(time.Hour), Replace: true}
	other := engine.LinkRecord{Hash: [32]byte{2}, Tenant: second.ID, Expires: began, Used: began}
	refuse(t, s, engine.ErrNotFound, func(tx engine.Transaction) error { return tx.PutLinkRecord(link) })
	write(t, s, func(tx engine.Transaction) error {
		return errors.Join(tx.PutTenant(first), tx.PutTenant(second), tx.PutLinkRecord(link), tx.PutLinkRecord(other))
	})
	for _, want := range []engine.LinkRecord{link, other} {
		if d := cmp.Diff(want, must[engine.LinkRecord](t)(s.LinkRecord(t.Context(), want.Hash))); d != "" {
			t.Error(d)
		}
	}
	// A change sees what it has written itself, so that a link cannot be redeemed twice.
	write(t, s, func(tx engine.Transaction) error {
		link.Used = began
		if err := tx.PutLinkRecord(link); err != nil {
			return err
		}
		if read := must[engine.LinkRecord](t)(tx.LinkRecord(t.Context(), link.Hash)); read.Used.IsZero() {
			t.Error("the change does not see that the link was redeemed")
		}
		return nil
	})
	write(t, s, func(tx engine.Transaction) error {
		return errors.Join(tx.RemoveLinkRecords(first.ID), tx.RemoveTenant(second.ID))
	})
	for _, gone := range []engine.LinkRecord{link, other} {
		if _, err := s.LinkRecord(t.Context(), gone.Hash); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("a link that was removed: %v", err)
		}
	}
}

func TestAKeyIsNamedByWhoeverHasOrHadIt(t *testing.T) {
	s := openNew(t)
	c := componentNamed("repo-1")
	c.Key, c.Revoked = engine.KeyID{1}, began
	a := engine.Administrator{ID: engine.NewID(), Name: "ada", Role: engine.MayView, Key: engine.KeyID{2}, Joined: began}
	tenant := engine.Tenant{ID: engine.NewID(), Name: "a", Key: engine.KeyID{3}, Linked: began}
	write(t, s, func(tx engine.Transaction) error {
		return errors.Join(tx.PutComponent(c), tx.PutAdministrator(a), tx.PutTenant(tenant), tx.NameKey(engine.KeyID{4}), tx.NameKey(engine.KeyID{4}))
	})
	for n, want := range []bool{false, true, true, true, true, false} {
		if named := must[bool](t)(s.KeyNamed(t.Context(), engine.KeyID{byte(n)})); named != want {
			t.Errorf("key %d: %v", n, named)
		}
	}
}

func TestAComponentKeepsItsTenant(t *testing.T) {
	s := openNew(t)
	c := componentNamed("SMITH 1")
	c.Tenant, c.TenantComponent = engine.NewID(), engine.NewID()
	write(t, s, func(tx engine.Transaction) error { return tx.PutComponent(c) })
	if d := cmp.Diff(c, must[engine.Component](t)(s.Component(t.Context(), c.ID)), exactly); d != "" {
		t.Error(d)
	}
}
