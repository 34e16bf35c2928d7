package broker

import (
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

func TestForeignKeyNamed(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		smith, jones := i.customer("smith"), i.customer("jones")
		theirs := jones.adding()
		if _, err := jones.add(theirs); err != nil {
			t.Fatal(err)
		}
		mine := smith.adding()
		own, err := smith.add(mine)
		if err != nil {
			t.Fatal(err)
		}
		component := i.component("repo-1", "10.0.0.3")
		refused := func(what string, a adding, fragment string) {
			t.Helper()
			if _, err := smith.add(a); status.Code(err) != codes.InvalidArgument || !strings.Contains(words(err), fragment) {
				t.Errorf("%s: %v", what, err)
			}
		}
		for what, key := range map[string]*ecdsa.PrivateKey{
			"another tenant's component's": theirs.key, "its own component's": mine.key, "another tenant's broker's": jones.key, "its own broker's": smith.key, "a component's of the provider": component.key,
		} {
			a := smith.adding()
			a.key = key
			refused(what, a, "used before")
		}
		replaced := smith.adding()
		replaced.component = mine.component
		if again, err := smith.add(replaced); err != nil || again.id != own.id {
			t.Fatalf("a component's key is not replaced: %v", err)
		}
		a := smith.adding()
		a.key = mine.key
		refused("one that was replaced", a, "used before")

		a = smith.adding()
		a.challenge = mine.challenge
		refused("a challenge that was used", a, "challenge")
		a = smith.adding()
		a.challenge = jones.challenge()
		refused("another tenant's challenge", a, "challenge")
		a = smith.adding()
		time.Sleep(challengeFor)
		refused("an old challenge", a, "challenge")
		a = smith.adding()
		a.tenant = jones.tenant
		refused("a signature for another tenant", a, "signature")
		a = smith.adding()
		a.provider = engine.NewID()
		refused("a signature for another provider", a, "signature")
		if shown := i.shown(smith.tenant); shown.Components != 1 {
			t.Errorf("it has %d components", shown.Components)
		}
	})
}

func TestARenewedKeyIsAFreshOne(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		smith, jones := i.customer("smith"), i.customer("jones")
		renew := func(h *holder, key *ecdsa.PrivateKey) (*wire.RenewReply, error) {
			return wire.NewEnrolmentClient(h.dial()).Renew(t.Context(), &wire.RenewRequest{CertificateRequest: must(identity.NewRequest(key))})
		}
		if _, err := renew(smith.holder, jones.key); status.Code(err) != codes.InvalidArgument {
			t.Errorf("a tenant renews to another one's key: %v", err)
		}
		fresh := must(identity.NewKey())
		reply, err := renew(smith.holder, fresh)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := renew(jones.holder, fresh); status.Code(err) != codes.InvalidArgument {
			t.Errorf("a tenant renews to a key that another one renews to: %v", err)
		}
		renewed := *smith.holder
		renewed.key, renewed.certificate = fresh, must(x509.ParseCertificate(reply.GetCertificate()))
		c := &customer{&renewed, smith.tenant}
		c.challenge()
		if shown := i.shown(smith.tenant); shown.Key != keyIDOf(renewed.certificate) || shown.State != engine.TenantActive {
			t.Errorf("after the renewed key was used the tenant is %+v", shown)
		}
		if _, err := wire.NewTenancyClient(smith.dial()).Challenge(t.Context(), &wire.ChallengeRequest{}); status.Code(err) != codes.Unauthenticated {
			t.Errorf("the key from before is still admitted: %v", err)
		}
	})
}

func TestATenantsComponentIsToldNothingOfTheNetwork(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		target := i.component("repo-1", "10.0.0.3")
		p := &provider{i: i, service: i.service("restic", target)}
		p.customer = i.customer("smith", p.service)
		machine := p.customer.machine()
		i.route("by hand", target, machine)
		a := machine.attach("10.0.0.77", "203.0.113.5")
		if welcome := one(a, (*wire.Down).GetWelcome); welcome.GetSeenFrom() != "" || welcome.GetName() != "smith 1" {
			t.Errorf("the welcome is %v", welcome)
		}
		none(a, (*wire.Down).GetRoutes)
		none(a, (*wire.Down).GetBrokerAddresses)
		none(a, (*wire.Down).GetDrainOrder)
		settle()
		kept := must(i.store.Component(t.Context(), machine.id))
		if len(kept.Report.Interfaces)+len(kept.Report.Endpoints) > 0 || kept.Report.Machine != "" || kept.SeenFrom.IsValid() || kept.Report.Version == "" {
			t.Errorf("of it is kept %+v, seen from %s", kept.Report, kept.SeenFrom)
		}
		for name, up := range map[string]*wire.Up{
			"listeners": {Message: &wire.Up_ListenerStates{ListenerStates: &wire.ListenerStates{States: []*wire.ListenerState{{}}}}},
			"a probe":   {Message: &wire.Up_ProbeResult{ProbeResult: &wire.ProbeResult{Probe: 1}}},
			"a test":    {Message: &wire.Up_TransferResult{TransferResult: &wire.TransferResult{Transfer: 1}}},
			"a tunnel":  {Message: &wire.Up_TunnelAsk{TunnelAsk: &wire.TunnelAsk{Ask: 1}}},
		} {
			if a.send(up); a.ended() != nil {
				t.Errorf("%s: %v", name, a.ended())
			}
		}
		none(a, (*wire.Down).GetTunnelAnswer)
		if err := i.broker.Calibrate(t.Context(), machine.id); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("it is measured: %v", err)
		}
	})
}

func TestATenantHasAThousandComponents(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		smith := i.customer("smith")
		i.write(func(tx engine.Transaction) error {
			for n := range 1000 {
				c := engine.Component{ID: engine.NewID(), Name: fmt.Sprintf("smith %d", n+1), Role: engine.Agent, Tenant: smith.tenant, TenantComponent: engine.NewID(), Key: engine.KeyID{1, byte(n >> 8), byte(n)}, Joined: time.Now()}
				if err := tx.PutComponent(c); err != nil {
					return err
				}
			}
			return nil
		})
		if _, err := smith.add(smith.adding()); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("one more: %v", err)
		}
	})
}
