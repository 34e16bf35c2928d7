package live

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/wire"
)

// The ids are made outside of bubbles: strict FIPS 140 mode draws its entropy from the clock, which stands still in one.
var someTenant, anotherTenant = engine.NewID(), engine.NewID()

func tellRestoresOnly(t *testing.T, of *Intakes, tenant engine.ID, only bool) {
	t.Helper()
	if err := of.Take(&wire.RestoresOnly{Tenant: wire.IDBytes(tenant), RestoresOnly: only}); err != nil {
		t.Fatal(err)
	}
}

// takes sends as much as a flow is let send, n bytes at a time, within some time.
func takes(t *testing.T, f *intakeFlow, n int, within time.Duration) (sent int, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	for {
		if err := f.Wait(ctx, n); err != nil {
			return sent, err
		}
		sent += n
	}
}

func TestABackupIsEndedOnceTheQuotaIsUsedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant := someTenant
		all := NewIntakes(machine.SystemClock{})
		flow := all.begin(&Offer{Tenant: tenant}).flow()
		for range 1000 {
			if err := flow.Wait(t.Context(), 1<<20); err != nil || flow.Burst() != 0 {
				t.Fatalf("below the quota: %v, %d at once", err, flow.Burst())
			}
		}
		tellRestoresOnly(t, all, tenant, true)
		began := time.Now()
		sent, err := takes(t, flow, flow.Burst(), time.Minute)
		if !errors.Is(err, ErrQuota) || sent > requestsOfFlow || time.Since(began) > 5*time.Second {
			t.Errorf("over it, %d bytes pass in %s, %v", sent, time.Since(began), err)
		}
		tellRestoresOnly(t, all, tenant, false)
		if err := flow.Wait(t.Context(), 1<<20); err != nil || flow.Burst() != 0 {
			t.Errorf("once it is raised: %v", err)
		}
	})
}

func TestARestoreGoesOnOverTheQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flow := NewIntakes(machine.SystemClock{}).begin(&Offer{Tenant: someTenant, RestoresOnly: true}).flow()
		began := time.Now()
		for range 100_000 { // 500 bytes ask for 100 KB: 10 GB in all
			if err := flow.Wait(t.Context(), 500); err != nil {
				t.Fatal(err)
			}
			flow.brings(100_000)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("it was held back for %s", took)
		}
	})
}

// QuotaByJoins: over the quota thousands of flows together are let send no more than one.
func TestThousandsOfFlowsMakeNoBackupOverTheQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, tenant := NewIntakes(machine.SystemClock{}), someTenant
		total := 0
		const within = 10 * time.Second
		sent := make(chan int)
		const flows = 3000
		for range flows {
			flow := all.begin(&Offer{Tenant: tenant, RestoresOnly: true}).flow() // a session of its own, even
			go func() {
				n, _ := takes(t, flow, 1000, within)
				sent <- n
			}()
		}
		for range flows {
			total += <-sent
		}
		if most := requestsAtOnce + int(within.Seconds())*requestsPerSecond; total > most || total < most*9/10 {
			t.Errorf("%d bytes in %s, of %d", total, within, most)
		}
		other := all.begin(&Offer{Tenant: anotherTenant}).flow()
		if err := other.Wait(t.Context(), 1<<20); err != nil || other.Burst() != 0 {
			t.Errorf("another tenant: %v", err)
		}
	})
}

// Who waits for its turn goes on at once where the quota is raised, and where the flow is reset.
func TestAFlowThatWaitsOverTheQuotaIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, tenant := NewIntakes(machine.SystemClock{}), someTenant
		intake := all.begin(&Offer{Tenant: tenant, RestoresOnly: true})
		for range requestsAtOnce / requestsTurn {
			if err := intake.flow().Wait(t.Context(), requestsTurn); err != nil {
				t.Fatal(err)
			}
		}
		ctx, reset := context.WithCancelCause(t.Context())
		waits := func() <-chan error {
			done := make(chan error, 1)
			go func() { done <- intake.flow().Wait(ctx, requestsTurn) }()
			synctest.Wait()
			return done
		}
		cause := errors.New("reset")
		stopped := waits()
		reset(cause)
		if err := <-stopped; !errors.Is(err, cause) {
			t.Error(err)
		}
		ctx = t.Context()
		went := waits()
		began := time.Now()
		tellRestoresOnly(t, all, tenant, false)
		if err := <-went; err != nil || time.Since(began) > 0 {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}

func TestIntakesAreForgottenWithTheirSessions(t *testing.T) {
	all, tenant := NewIntakes(machine.SystemClock{}), engine.NewID()
	offer := &Offer{Tenant: tenant, RestoresOnly: true}
	first, second := all.begin(offer), all.begin(offer)
	if first != second {
		t.Error("two sessions of one tenant have not one intake")
	}
	all.release(tenant)
	if all.begin(offer) != first {
		t.Error("it was forgotten under a session")
	}
	all.release(tenant)
	all.release(tenant)
	if len(all.all) > 0 {
		t.Error("it stays")
	}
	if all.begin(&Offer{}) != nil {
		t.Error("a session that is no tenant's has one")
	}
}
