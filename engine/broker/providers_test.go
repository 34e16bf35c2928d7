package broker

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/names"
	"lockwire/engine/wire"
)

const theGateway = "gateway.example:6180"

// tenantOf is an installation that is a tenant, with a component that has a route to its provider.
type tenantOf struct {
	*installation
	other  *otherInstallation
	source *holder
	route  engine.Route
}

// beTenant makes the installation a tenant of a provider, pending still.
func (i *installation) beTenant(other *otherInstallation) engine.Provider {
	i.t.Helper()
	p, err := i.broker.RedeemLink(i.t.Context(), other.link)
	if err != nil {
		i.t.Fatal(err)
	}
	p.Name, p.Revision = "Vault Ltd", 1
	i.write(func(tx engine.Transaction) error { return tx.PutProvider(p) })
	return p
}

// withProvider makes a provider that the installation can reach.
func (i *installation) withProvider(t *testing.T) *otherInstallation {
	other := newProvider(t)
	i.config.ProvidersFolder = filepath.Join(t.TempDir(), "providers")
	i.config.DialProvider = other.dial
	if i.config.Resolver == nil { // the gateway's name is asked for
		i.config.Resolver = func([]string) names.Resolver { return &zone{} }
	}
	return other
}

// inTenancy runs a test with an installation whose one source has a route to a provider that has confirmed it.
func inTenancy(t *testing.T, test func(t *testing.T, y *tenantOf)) {
	t.Helper()
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		other := i.withProvider(t)
		i.start()
		defer func() { i.stop() }()
		y := &tenantOf{installation: i, other: other}
		p := i.beTenant(other)
		other.activate()
		y.source = i.component("fileserver", "10.0.0.2")
		service := engine.Service{ID: engine.NewID(), Revision: 1, Name: "copies", Provider: p.ID, Remote: other.service}
		y.route = engine.Route{ID: engine.NewID(), Name: "copies", Sources: []engine.ID{y.source.id}, Listen: "127.0.0.1:9000", Service: service.ID, Direction: engine.Push, Enabled: true}
		i.write(func(tx engine.Transaction) error { return errors.Join(tx.PutService(service), tx.PutRoute(y.route)) })
		test(t, y)
	})
}

// join answers the own broker's wish that the component joins the provider, and gives the certificate that came of it.
func (y *tenantOf) join(a *agent) *wire.ProviderCertificate {
	y.t.Helper()
	y.giveKey(a, one(a, (*wire.Down).GetJoinProvider))
	return one(a, (*wire.Down).GetProviderCertificate)
}

func (y *tenantOf) giveKey(a *agent, asked *wire.JoinProvider) {
	y.t.Helper()
	key := must(identity.NewKey())
	signed := identity.ProviderKey{Provider: must(wire.ParseID(asked.GetProvider())), Tenant: must(wire.ParseID(asked.GetTenant())), Component: a.id, Challenge: asked.GetChallenge()}
	a.send(&wire.Up{Message: &wire.Up_ProviderKey{ProviderKey: &wire.ProviderKey{
		Provider: asked.GetProvider(), Challenge: asked.GetChallenge(), CertificateRequest: must(identity.NewRequest(key)), Signature: must(signed.Sign(key)),
	}}})
}

// attached gives the source, attached and joined.
func (y *tenantOf) attached() *agent {
	y.t.Helper()
	a := y.source.attach("10.0.0.2")
	y.join(a)
	return a
}

// begin begins a session that carries a flow, and gives its id on the wire.
func (y *tenantOf) begin(a *agent) []byte {
	y.t.Helper()
	a.request(y.route.ID)
	session := one(a, (*wire.Down).GetProviderSession).GetSession()
	a.send(&wire.Up{Message: &wire.Up_OfferAnswer{OfferAnswer: &wire.OfferAnswer{Session: session, Ready: true}}})
	a.stats(&wire.SessionStats{Session: session, Flows: 1, AllFlows: 1, ToTarget: 100, Group: "X25519MLKEM768"})
	return session
}

// refused asks for a session and gives the words with which there is none.
func (y *tenantOf) refused(a *agent) string {
	y.t.Helper()
	a.request(y.route.ID)
	return one(a, (*wire.Down).GetSessionRefused).GetReason()
}

// stands gives how the installation stands at its only provider.
func (i *installation) stands() engine.ProviderStatus {
	i.t.Helper()
	i.wait()
	providers := i.broker.Providers()
	if len(providers) != 1 {
		i.t.Fatalf("%d providers", len(providers))
	}
	return providers[0]
}

func TestALinkMakesATenantThatIsPendingUntilItIsConfirmed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		other := i.withProvider(t)
		i.start()
		defer func() { i.stop() }()
		i.beTenant(other)
		p := i.stands()
		if !p.Connected || p.Gateway != theGateway || p.State != engine.TenantPending || p.Tenant != other.tenant || p.CAPin != other.authority.Pin() || len(p.Services) != 1 || p.Services[0].Name != "restic" {
			t.Errorf("it stands there as %+v", p)
		}
		if !other.keys[p.Key] || p.CertificateExpires.IsZero() {
			t.Errorf("the fingerprint to read out is %s, which the provider does not know", p.Key)
		}
		other.activate()
		if p := i.stands(); p.State != engine.TenantActive {
			t.Errorf("once it is confirmed it is %s", p.State)
		}
		other.say(func(s *wire.TenancyState) {
			s.Quota, s.Used, s.Limit, s.Gateways = 1000, 900, new(uint64(77)), []string{theGateway, "192.0.2.5:6180"}
		})
		if p := i.stands(); p.Quota != 1000 || p.Used != 900 || p.Limit != 77 || !slices.Equal(p.Gateways, []string{theGateway, "192.0.2.5:6180"}) {
			t.Errorf("it stands there as %+v", p)
		}
		if _, err := i.broker.RedeemLink(t.Context(), other.link); err == nil || strings.Contains(err.Error(), other.link.Reveal()) {
			t.Errorf("a link that is redeemed again: %v", err)
		}
	})
}

func TestALinkOfAnotherAuthorityIsNotUsedUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		other := i.withProvider(t)
		i.start()
		defer func() { i.stop() }()
		forged := must(identity.NewLink(engine.KeyID{1}, other.authority.Installation(), []string{theGateway}))
		if _, err := i.broker.RedeemLink(t.Context(), forged); err == nil || !strings.Contains(err.Error(), "not used up") {
			t.Errorf("a link with another authority's pin: %v", err)
		}
		if other.redeemed != nil {
			t.Error("the secret went to a broker that the link does not name")
		}
		own := must(identity.NewLink(i.authority.Pin(), i.authority.Installation(), []string{theGateway}))
		if _, err := i.broker.RedeemLink(t.Context(), own); err == nil || !strings.Contains(err.Error(), "this installation") {
			t.Errorf("a link of its own: %v", err)
		}
	})
}

func TestAConnectionToAProviderIsMadeAnewAndSaysWhatIsWrong(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		y.other.mu.Lock()
		y.other.down = true
		y.other.mu.Unlock()
		y.other.network.Close() // nobody is there for a new one; the present ones are ended by the provider
		y.stop()
		y.start()
		if p := y.stands(); p.Connected || !strings.Contains(p.Problem, theGateway) || !strings.Contains(p.Problem, "connection refused") {
			t.Errorf("it says %+v", p)
		}
		a := y.source.attach("10.0.0.2")
		if reason := y.refused(a); !strings.Contains(reason, "Vault Ltd is not connected") || !strings.Contains(reason, "connection refused") {
			t.Errorf("the tool is told %q", reason)
		}
		if receipt := y.receipt(); receipt.State != engine.SessionRefused || receipt.Provider != y.other.authority.Installation() || receipt.TargetName != "Vault Ltd" || receipt.Decision.By != engine.ByProviderGateway {
			t.Errorf("the receipt is %+v", receipt)
		}
	})
}

func TestTheCertificateForAProviderIsRenewedInTime(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		before := y.stands()
		time.Sleep(identity.CertificateLifetime / 2)
		after := y.stands()
		if after.Key == before.Key || !after.CertificateExpires.After(before.CertificateExpires) || !after.Connected {
			t.Errorf("it was %s until %s and is %s until %s, connected: %v", before.Key, before.CertificateExpires, after.Key, after.CertificateExpires, after.Connected)
		}
		directory := must(identity.OpenDirectory(filepath.Join(y.config.ProvidersFolder, string(y.other.authority.Installation()))))
		if directory.Previous() != nil {
			t.Error("the key before it is still kept")
		}
	})
}

// A rule by address holds for what a gateway's name stands for, as it changes.
func TestRulesByAddressHoldForAGatewayThatIsAName(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i, z := newInstallation(t), &zone{}
		i.config.Resolver = func([]string) names.Resolver { return z }
		other := i.withProvider(t)
		i.start()
		defer func() { i.stop() }()
		p := i.beTenant(other)
		other.activate()
		y := &tenantOf{installation: i, other: other, source: i.component("fileserver", "10.0.0.2")}
		service := engine.Service{ID: engine.NewID(), Revision: 1, Name: "copies", Provider: p.ID, Remote: other.service}
		y.route = engine.Route{ID: engine.NewID(), Name: "copies", Sources: []engine.ID{y.source.id}, Listen: "127.0.0.1:9000", Service: service.ID, Direction: engine.Push, Enabled: true}
		rule := engine.Rule{ID: engine.NewID(), Revision: 1, Name: "Uplink", Enabled: true, Source: []engine.Selector{engine.Any}, Target: []engine.Selector{must(engine.ParseSelector("203.0.113.0/24"))},
			Throttle: &engine.Throttle{Limit: engine.Limit{Value: 8, Unit: engine.MegabitsPerSecond}}}
		i.write(func(tx engine.Transaction) error {
			return errors.Join(tx.PutService(service), tx.PutRoute(y.route), tx.PutRule(rule))
		})
		a := y.attached()
		limited := func() (limit uint64) {
			t.Helper()
			session := y.begin(a)
			for _, c := range y.only().Decision.CapsToTarget {
				limit = c.Limit().BytesPerSecond()
			}
			a.end(session, nil)
			settle()
			return limit
		}
		if status := y.stands(); limited() != 0 || len(status.Addresses) != 0 || !strings.Contains(status.AddressWords(), "DNS has not said") {
			t.Errorf("before DNS has said anything it is at %q", status.AddressWords())
		}
		z.say(nil, "203.0.113.7")
		time.Sleep(names.Every + time.Second)
		if status := y.stands(); limited() != 1_000_000 || status.AddressWords() != "203.0.113.7" {
			t.Errorf("a limit by address does not hold, at %q", status.AddressWords())
		}
		z.say(nil, "198.51.100.7")
		time.Sleep(names.Every + time.Second)
		if status := y.stands(); limited() != 0 || status.AddressWords() != "198.51.100.7" {
			t.Errorf("a limit holds for where the name does not lead any more; it is at %q", status.AddressWords())
		}
	})
}

func TestARemovedProviderIsForgottenWithItsKey(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		session := y.begin(a)
		folder := filepath.Join(y.config.ProvidersFolder, string(y.other.authority.Installation()))
		if _, err := os.Stat(folder); err != nil {
			t.Fatal(err)
		}
		y.write(func(tx engine.Transaction) error {
			return errors.Join(tx.RemoveRoute(y.route.ID), tx.RemoveService(y.route.Service), tx.RemoveProvider(y.other.authority.Installation()))
		})
		if cuts := heard(a, (*wire.Down).GetCut); len(cuts) == 0 || string(cuts[0].GetSession()) != string(session) {
			t.Errorf("the source hears %+v", cuts)
		}
		if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the key is still there: %v", err)
		}
		a.end(session, nil)
		settle()
		one(a, (*wire.Down).GetLeaveProvider)
		if len(y.broker.Providers()) != 0 {
			t.Error("it is still shown")
		}
	})
}
