package broker

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/wire"
)

func TestATenantReadsThatItsVersionDiffersAndNotFromWhichMachines(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		r := report()
		r.ChannelVersion = engine.ChannelVersion + 1
		p.source.send(&wire.Up{Message: &wire.Up_Report{Report: wire.FromReport(r)}})
		id, err := p.customer.ask(p.source.id, p.service)
		if err != nil {
			t.Fatal(err)
		}
		p.source.request(id)
		if reason := one(p.source, (*wire.Down).GetSessionRefused).GetReason(); !strings.Contains(reason, "update Lockwire on restic") || strings.Contains(reason, "repo-1") {
			t.Errorf("it reads %q", reason)
		}
	})
}

// Keys can run out while a session is made: what the tenant may do is looked at once more.
func TestATenantThatIsDisabledWhileItsSessionIsMadeGetsNone(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		for len(heard(p.source, (*wire.Down).GetSessionRefused)) == 0 { // use the component's one-time keys up
			id, err := p.customer.ask(p.source.id, p.service)
			if err != nil {
				t.Fatal(err)
			}
			p.source.request(id)
			offers := heard(p.target, (*wire.Down).GetOffer)
			if len(offers) == 0 {
				break // this one waits for keys
			}
		}
		heard(p.source, (*wire.Down).GetSessionRefused)
		i.changeTenant(p.customer.tenant, func(t *engine.Tenant) { t.Disabled = true })
		for _, end := range []*agent{p.source, p.target} {
			end.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: end.keys(helloKeys)}})
		}
		none(p.target, (*wire.Down).GetOffer)
		refused := heard(p.source, (*wire.Down).GetSessionRefused)
		if len(refused) == 0 {
			t.Error("the source is told nothing")
		}
		for _, one := range refused { // those that were offered already and are not answered are cut, too
			if !strings.Contains(one.GetReason(), "disabled") {
				t.Errorf("the source is told %v", one)
			}
		}
	})
}

func TestForeignSessionId(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		jones := i.customer("jones", p.service)
		other, second := jones.machine().attach(), p.customer.machine().attach()
		running := p.live()
		granted, err := p.customer.ask(p.source.id, p.service)
		if err != nil {
			t.Fatal(err)
		}
		refused := func(what string, a *agent, id engine.ID) {
			t.Helper()
			a.request(id)
			if answer := one(a, (*wire.Down).GetSessionRefused); answer.GetReason() != noSuchGrant {
				t.Errorf("%s: %q", what, answer.GetReason())
			}
			none(a, (*wire.Down).GetOffer)
			none(p.target, (*wire.Down).GetOffer)
		}
		refused("another tenant's grant", other, granted)
		refused("another component's grant", second, granted)
		refused("another tenant's live session", other, running)
		refused("its own live session", p.source, running)
		refused("a guess", other, engine.NewID())
		if _, err := jones.ask(p.source.id, p.service); status.Code(err) != codes.NotFound {
			t.Errorf("another tenant's component: %v", err)
		}
		unknown := func() error { _, err := jones.ask(engine.NewID(), p.service); return err }()
		if _, err := jones.ask(p.source.id, p.service); words(err) != words(unknown) {
			t.Error("another tenant's component is told from one that is not there")
		}
		hidden := i.service("hidden", p.target.holder)
		_, foreign := jones.ask(other.id, hidden)
		_, missing := jones.ask(other.id, engine.NewID())
		if status.Code(foreign) != codes.NotFound || words(foreign) != words(missing) {
			t.Errorf("a service that was not granted: %v, one that is not there: %v", foreign, missing)
		}

		// The one it was for can still use it, once.
		p.source.request(granted)
		offer := one(p.target, (*wire.Down).GetOffer)
		if !bytes.Equal(offer.GetSession(), wire.IDBytes(granted)) {
			t.Errorf("another session is offered: %v", offer)
		}
		p.target.answer(offer)
		p.source.answer(one(p.source, (*wire.Down).GetOffer))
		refused("a grant that was used", p.source, granted)

		late, err := p.customer.ask(p.source.id, p.service)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(grantFor)
		refused("a grant that is too old", p.source, late)
	})
}

func TestATenantsSessionIsSealedAndThroughATunnel(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		source, target := p.offers()
		for side, offer := range map[string]*wire.Offer{"source": source, "target": target} {
			if offer.GetMode() != wire.Mode_MODE_SEALED || !offer.GetTunnel() || !bytes.Equal(offer.GetRoute(), offer.GetSession()) || !bytes.Equal(offer.GetService(), wire.IDBytes(p.service)) {
				t.Errorf("the %s's offer is %v", side, offer)
			}
		}
		if len(source.GetEndpoints()) > 0 || source.GetBackend() != "" || source.GetPeerName() != "restic" || source.GetSameMachine() {
			t.Errorf("the source is told of the provider's network: %v", source)
		}
		if target.GetBackend() != "127.0.0.1:8000" || !bytes.Equal(target.GetSourceKey(), source.GetSourceKey()) {
			t.Errorf("the target's offer is %v", target)
		}
		if _, err := p.source.key(source); err != nil {
			t.Errorf("the source's key: %v", err)
		}
		shown := i.only()
		if shown.Tenant != p.customer.tenant || shown.TenantName != "smith" || shown.RouteName != "tenant smith" || shown.SourceName != "smith 1" || shown.Decision.By != engine.ByProviderGateway {
			t.Errorf("the session is shown as %+v", shown)
		}
		p.source.answer(source)
		stats := &wire.SessionStats{Session: source.GetSession(), AllFlows: 1, ToTarget: 5000, ToSource: 10}
		p.target.end(source.GetSession(), stats)
		p.source.end(source.GetSession(), &wire.SessionStats{Session: source.GetSession(), AllFlows: 9, ToTarget: 7, ToSource: 7})
		receipt := i.receipt()
		if receipt.Tenant != p.customer.tenant || receipt.TenantName != "smith" || receipt.Traffic.ToTarget != 5000 || receipt.AllFlows != 1 {
			t.Errorf("the receipt is %+v", receipt)
		}
		if cut := heard(p.gateway, (*wire.Down).GetTunnelCut); len(cut) == 0 || !bytes.Equal(cut[len(cut)-1].GetSession(), source.GetSession()) {
			t.Errorf("the gateway keeps the session: %v", cut)
		}
	})
}

// Each way in which somebody might want to have a tenant's session plain.
func TestNothingMakesATenantsSessionPlain(t *testing.T) {
	for name, try := range map[string]func(p *provider){
		"the override": func(p *provider) {
			p.i.write(func(tx engine.Transaction) error {
				settings := engine.Settings{DisablePublicIPTrafficEncryption: 1}
				return tx.PutSettings(settings)
			})
		},
		"a trusted link": func(p *provider) {
			p.i.write(func(tx engine.Transaction) error {
				return tx.PutRule(engine.Rule{ID: engine.NewID(), Revision: 1, Name: "Trust", Enabled: true, Source: []engine.Selector{engine.Any}, Target: []engine.Selector{engine.Any},
					Exempt: &engine.Exemption{Reason: "test"}})
			})
		},
		"a rule that says nothing about encryption, and Internet turned off": func(p *provider) {
			p.i.write(func(tx engine.Transaction) error {
				set, err := tx.RuleSet(context.Background())
				if err != nil {
					return err
				}
				for _, rule := range set.Rules {
					rule.Encrypt, rule.Enabled = false, false
					if err := tx.PutRule(rule); err != nil {
						return err
					}
				}
				return nil
			})
		},
		"a row with another role": func(p *provider) {
			p.edit(func(c *engine.Component) { c.Role = engine.Proxy })
		},
		"a row with the machine and addresses of the target": func(p *provider) {
			p.edit(func(c *engine.Component) {
				c.Report.Machine, c.Report.Boot = "m", "b"
				c.Report.Interfaces = report("10.0.0.3").Interfaces
			})
			p.source.send(&wire.Up{Message: &wire.Up_Report{Report: func() *wire.Report {
				r := report("10.0.0.3")
				r.Machine, r.Boot = "m", "b"
				return wire.FromReport(r)
			}()}})
		},
		"a route that names the component": func(p *provider) {
			p.i.route("by hand", p.target.holder, p.source.holder)
			none(p.source, (*wire.Down).GetRoutes)
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				p := i.provider()
				try(p)
				source, target := p.offers()
				if source.GetMode() != wire.Mode_MODE_SEALED || target.GetMode() != wire.Mode_MODE_SEALED || !source.GetTunnel() || !target.GetTunnel() || source.GetSameMachine() {
					t.Errorf("the offers are %v and %v", source, target)
				}
				if shown := i.only(); shown.Decision.Mode != engine.Sealed || shown.Decision.By != engine.ByProviderGateway {
					t.Errorf("the decision is %+v", shown.Decision)
				}
			})
		})
	}
}

// edit changes the row of the tenant's component behind the broker's back.
func (p *provider) edit(edit func(*engine.Component)) {
	p.i.t.Helper()
	p.i.write(func(tx engine.Transaction) error {
		c, err := tx.Component(context.Background(), p.source.id)
		if err != nil {
			return err
		}
		edit(&c)
		return tx.PutComponent(c)
	})
}

// A row whose tenant was taken away is a component without a route: it gets nothing at all.
func TestARowWithoutItsTenantGetsNoSession(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		id, err := p.customer.ask(p.source.id, p.service)
		if err != nil {
			t.Fatal(err)
		}
		p.edit(func(c *engine.Component) { c.Tenant = "" })
		p.source.request(id)
		one(p.source, (*wire.Down).GetSessionRefused)
		none(p.target, (*wire.Down).GetOffer)
	})
}
