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
	"lockwire/engine/wire"
)

// One tenant leaves room for the others, at the broker's lock and at the repositories.
func TestOneTenantLeavesRoomForOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		jones := i.customer("jones", p.service)
		machine := jones.machine()
		machine.attach()
		full := func(live int) {
			i.broker.mu.Lock()
			defer i.broker.mu.Unlock()
			i.broker.tenants[p.customer.tenant].live = live
		}
		granted, err := p.customer.ask(p.source.id, p.service)
		if err != nil {
			t.Fatal(err)
		}
		full(maximumTenantSessions)
		if _, err := p.customer.ask(p.source.id, p.service); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("one session more than it may have: %v", err)
		}
		p.source.request(granted)
		if answer := one(p.source, (*wire.Down).GetSessionRefused); answer.GetReason() != tenantTooBusy {
			t.Errorf("a grant from before is answered with %v", answer)
		}
		full(0)

		client, asked := wire.NewTenancyClient(p.customer.dial()), 0
		for {
			_, err := client.AskSession(t.Context(), &wire.AskSessionRequest{Component: wire.IDBytes(engine.NewID()), Service: wire.IDBytes(p.service)})
			if status.Code(err) == codes.ResourceExhausted {
				break
			}
			if asked++; status.Code(err) != codes.NotFound || asked > 2*callBurst {
				t.Fatalf("after %d calls: %v", asked, err)
			}
		}
		if _, err := jones.ask(machine.id, p.service); err != nil {
			t.Errorf("another tenant: %v", err)
		}
		time.Sleep(time.Second)
		p.live()
	})
}

func TestWhatATenantMayNotDoAnyMoreIsCutWithinSeconds(t *testing.T) {
	day := func(at time.Time) *engine.Date {
		y, m, d := at.Date()
		return &engine.Date{Year: y, Month: m, Day: d}
	}
	for name, test := range map[string]struct {
		edit   func(t *engine.Tenant)
		after  time.Duration
		reason string
	}{
		"disabled":      {func(t *engine.Tenant) { t.Disabled = true }, 0, "disabled"},
		"its last day":  {func(t *engine.Tenant) { t.Until = day(time.Now().AddDate(0, 0, -1)) }, 0, "end date"},
		"not confirmed": {func(t *engine.Tenant) { t.Confirmed = time.Time{} }, 0, "fingerprint"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				p := i.provider()
				id := p.live()
				heard(p.gateway, (*wire.Down).GetTunnelCut)
				began := time.Now()
				i.changeTenant(p.customer.tenant, test.edit)
				if cut := one(p.source, (*wire.Down).GetCut); !strings.Contains(cut.GetReason(), test.reason) || !bytes.Equal(cut.GetSession(), wire.IDBytes(id)) {
					t.Errorf("the source is told %v", cut)
				}
				one(p.target, (*wire.Down).GetCut)
				told := false
				for _, cut := range heard(p.gateway, (*wire.Down).GetTunnelCut) {
					told = told || bytes.Equal(cut.GetSession(), wire.IDBytes(id))
				}
				if !told {
					t.Error("the gateway is not told")
				}
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("it took %s", took)
				}
				if _, err := p.customer.ask(p.source.id, p.service); status.Code(err) != codes.FailedPrecondition || !strings.Contains(words(err), test.reason) {
					t.Errorf("a new session: %v", err)
				}
			})
		})
	}
}

func TestATenantEndsWithItsLastDay(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		i.write(func(tx engine.Transaction) error { return tx.PutSettings(engine.Settings{TimeZone: "UTC"}) })
		p := i.provider()
		now := i.config.Now().UTC()
		y, m, d := now.Date()
		today := engine.Date{Year: y, Month: m, Day: d}
		i.changeTenant(p.customer.tenant, func(t *engine.Tenant) { t.Until = &today })
		p.live()
		granted, err := p.customer.ask(p.source.id, p.service)
		if err != nil {
			t.Fatal(err)
		}
		i.setForward.Store(int64(today.End(time.UTC).Sub(now)))
		time.Sleep(5 * time.Second)
		if cut := one(p.source, (*wire.Down).GetCut); !strings.Contains(cut.GetReason(), "end date") {
			t.Errorf("the source is told %v", cut)
		}
		p.source.request(granted)
		if answer := one(p.source, (*wire.Down).GetSessionRefused); !strings.Contains(answer.GetReason(), "end date") {
			t.Errorf("a grant from before is answered with %v", answer)
		}
	})
}

func TestATenantThatIsRemovedHasNothingLeft(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		p.live()
		heard(p.gateway, (*wire.Down).GetTunnelCut)
		i.write(func(tx engine.Transaction) error {
			_, err := RevokeTenantComponents(context.Background(), tx, p.customer.tenant, time.Now())
			return errors.Join(err, tx.RemoveTenant(p.customer.tenant))
		})
		one(p.target, (*wire.Down).GetCut)
		if cut := one(p.source, (*wire.Down).GetCut); cut.GetReason() != tenantGone {
			t.Errorf("its component is told %q", cut.GetReason())
		}
		time.Sleep(leaveWithin + time.Second)
		if p.source.ended() == nil {
			t.Error("its component stays attached")
		}
		keys := 0
		for _, cut := range heard(p.gateway, (*wire.Down).GetTunnelCut) {
			if len(cut.GetKey()) > 0 {
				keys++
			}
		}
		if keys != 2 {
			t.Errorf("the gateway is told of %d keys", keys)
		}
		if _, err := p.customer.ask(p.source.id, p.service); status.Code(err) != codes.Unauthenticated {
			t.Errorf("its broker is admitted: %v", err)
		}
	})
}

// Thousands of joins of one session are flows of it: what counts is what its target has received in all of them.
func TestQuotaByJoins(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		i.changeTenant(p.customer.tenant, func(t *engine.Tenant) { t.Quota = 100_000 })
		source, _ := p.offers()
		id := source.GetSession()
		p.source.answer(source)
		sent := uint64(0)
		for n := range uint64(99) {
			sent += 1000
			p.target.stats(&wire.SessionStats{Session: id, Flows: 1, AllFlows: n + 1, ToTarget: sent})
			// What a tenant says of itself counts nothing, neither less nor more; nor does what came out for a restore.
			p.source.stats(&wire.SessionStats{Session: id, Flows: 1, AllFlows: n + 1, ToTarget: 1, ToSource: 1 << 40})
			p.target.stats(&wire.SessionStats{Session: id, Flows: 1, AllFlows: n + 1, ToTarget: sent, ToSource: sent * 1000})
		}
		if shown := i.shown(p.customer.tenant); shown.Used != 99_000 || shown.Traffic.ToTarget != 99_000 || shown.Sessions != 1 {
			t.Errorf("below the quota: %+v", shown)
		}
		none(p.source, (*wire.Down).GetCut)
		p.target.stats(&wire.SessionStats{Session: id, Flows: 1, AllFlows: 5000, ToTarget: 101_000})
		if told := one(p.target, (*wire.Down).GetRestoresOnly); !told.GetRestoresOnly() || !bytes.Equal(told.GetTenant(), wire.IDBytes(p.customer.tenant)) {
			t.Errorf("over it, the target is told %v", told)
		}
		for n := range uint64(99) { // further joins, each told of once more, change nothing
			p.target.stats(&wire.SessionStats{Session: id, Flows: 1, AllFlows: 5001 + n, ToTarget: 101_000 + n})
		}
		none(p.target, (*wire.Down).GetRestoresOnly)
		none(p.source, (*wire.Down).GetCut)
		for _, end := range []*agent{p.target, p.source} {
			end.end(id, &wire.SessionStats{Session: id, AllFlows: 5100, ToTarget: 101_500})
		}
		settle()
		if kept := must(i.store.Tenant(t.Context(), p.customer.tenant)); kept.Used != 101_500 {
			t.Errorf("the record has %d", kept.Used)
		}
		i.changeTenant(p.customer.tenant, func(t *engine.Tenant) { t.Quota = 200_000 })
		p.live()
	})
}

func TestWhatATenantUsedIsCountedOnceOverARestart(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		first := wire.IDBytes(p.live()) // 1,000 bytes
		second := wire.IDBytes(p.live())
		p.target.stats(&wire.SessionStats{Session: first, Flows: 1, AllFlows: 1, ToTarget: 6000})
		i.stop()
		i.start()
		target := p.target.holder.prepare()
		target.hello(report("10.0.0.3"), &wire.LiveSession{Session: first, Side: wire.Side_SIDE_TARGET}, &wire.LiveSession{Session: second, Side: wire.Side_SIDE_TARGET})
		for _, id := range [][]byte{first, second} {
			target.stats(&wire.SessionStats{Session: id, Flows: 1, AllFlows: 1, ToTarget: 7000})
		}
		if used := i.shown(p.customer.tenant).Used; used != 14_000 {
			t.Errorf("it used %d", used)
		}
	})
}

func TestAllSessionsOfATenantShareItsLimit(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		i.changeTenant(p.customer.tenant, func(t *engine.Tenant) { t.Limit = &engine.Limit{Value: 8, Unit: engine.MegabytesPerSecond} })
		p.live()
		p.live()
		jones := i.customer("jones", p.service)
		other := *p
		other.customer, other.source = jones, jones.machine().attach()
		other.live()
		settle()
		for _, s := range i.broker.Sessions() {
			limits := 0
			for _, a := range s.Allotments {
				for _, c := range a.Caps {
					if c.Tenant == p.customer.tenant && c.Sessions == 4 && c.Limit().BytesPerSecond() == 8_000_000 { // both ends of two sessions
						limits++
					}
				}
			}
			if own := s.Tenant == p.customer.tenant; own != (limits == 2) || !own && len(s.Allotments) > 0 {
				t.Errorf("a session of %s: %+v", s.TenantName, s.Allotments)
			}
		}
	})
}
