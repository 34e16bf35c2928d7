package enginetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/componenttest"
)

const day = 24 * time.Hour

// Certificates count from a day before they are made, so that a clock may be off by nearly a day either way.
func TestAClockThatIsOffByADayKeepsNothingFromAProvider(t *testing.T) {
	for name, off := range map[string]struct{ own, source, provider, gateway time.Duration }{
		"the tenant's broker is ahead":    {own: day},
		"the tenant's broker is behind":   {own: -23 * time.Hour},
		"the machine is ahead":            {source: day},
		"the machine is behind":           {source: -23 * time.Hour},
		"the provider's broker is ahead":  {provider: 23 * time.Hour},
		"the provider's broker is behind": {provider: -23 * time.Hour},
		"the gateway is ahead":            {gateway: day},
		"the gateway is behind":           {gateway: -23 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, gateway := &componenttest.LeapClock{}, &componenttest.LeapClock{}
			source.Leap(off.source)
			gateway.Leap(off.gateway)
			w := newTenancyWith(t, tenancyOptions{sourceClock: source, gatewayClock: gateway, ownForward: off.own, providerForward: off.provider})
			ping(t, w.dial(t), "in spite of the clock")
			for _, i := range []*Installation{w.own, w.provider} {
				if sessions := i.Broker.Sessions(); len(sessions) != 1 || sessions[0].Decision.Mode != engine.Sealed {
					t.Errorf("the sessions are %+v", sessions)
				}
			}
		})
	}
}

func TestAClockThatIsTwoDaysBehindIsNamedAndSetRightAllGoesOn(t *testing.T) {
	t.Parallel()
	source := &componenttest.LeapClock{}
	w := newTenancyWith(t, tenancyOptions{sourceClock: source})

	source.Leap(-2 * day)
	if attempt(w.route.Listen, "with a wrong clock") == nil {
		t.Error("a gateway whose certificate is not valid yet was taken")
	}
	w.own.Wait("the machine's log and the receipt name the clock", func() bool {
		return strings.Contains(w.own.Log.String(), "the clock of one of the two machines is wrong")
	})
	source.Leap(2 * day)
	w.own.Wait("the machine is served again", func() bool { return attempt(w.route.Listen, "with the clock set right") == nil })

	w.own.StopBroker()
	w.own.SetForward.Store(int64(-2 * day))
	w.own.StartBroker()
	w.own.Wait("the tenant's broker names the clock", func() bool {
		status := w.status()
		return !status.Connected && strings.Contains(status.Problem, "the clock of one of the two machines is wrong")
	})
	second, err := w.provider.Admin.PutTenant(context.Background(), engine.Tenant{Name: "Second", Services: []engine.ID{w.service.ID}})
	if err != nil {
		t.Fatal(err)
	}
	link, err := w.provider.Admin.LinkTenant(context.Background(), engine.LinkRequest{Tenant: second.ID, Gateways: w.gateways})
	if err != nil {
		t.Fatal(err)
	}
	other := New(t)
	other.SetForward.Store(int64(-2 * day))
	_, err = other.Admin.AddProvider(context.Background(), engine.ProviderLink{Name: "Deep Vault", Link: link.Text})
	if err == nil || !strings.Contains(err.Error(), "the clock of one of the two machines is wrong") || !strings.Contains(err.Error(), "not used up") {
		t.Errorf("the link is redeemed with %v", err)
	}
	other.SetForward.Store(0)
	if _, err := other.Admin.AddProvider(context.Background(), engine.ProviderLink{Name: "Deep Vault", Link: link.Text}); err != nil {
		t.Errorf("with the clock set right the link is redeemed with %v", err)
	}
	w.own.SetForward.Store(0)
	w.own.Wait("the tenant's broker is connected again by itself", func() bool { return w.status().Connected })
}
