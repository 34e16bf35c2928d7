package broker

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

func TestASourceJoinsTheProviderOfItsRoute(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.source.attach("10.0.0.2")
		asked := one(a, (*wire.Down).GetJoinProvider)
		if string(asked.GetTenant()) != string(wire.IDBytes(y.other.tenant)) || !slices.Equal(asked.GetGateways(), []string{theGateway}) {
			t.Errorf("it is asked to join as %+v", asked)
		}
		a.request(y.route.ID)
		none(a, (*wire.Down).GetSessionRefused)
		time.Sleep(readyWithin)
		if refused := one(a, (*wire.Down).GetSessionRefused); !strings.Contains(refused.GetReason(), "fileserver has not joined the provider Vault Ltd yet") {
			t.Errorf("where it does not join in time, the tool is told %q", refused.GetReason())
		}
		y.giveKey(a, asked)
		certificate := one(a, (*wire.Down).GetProviderCertificate)
		id := must(wire.ParseID(certificate.GetId()))
		if y.other.components[a.id] != id || len(certificate.GetRoots()) != 1 || !slices.Equal(certificate.GetGateways(), []string{theGateway}) {
			t.Errorf("it is given %+v", certificate)
		}
		kept := must(y.store.ProviderComponents(t.Context()))
		if len(kept) != 1 || kept[0].Component != a.id || kept[0].Remote != id {
			t.Errorf("the record has %+v", kept)
		}
		if p := y.stands(); p.Components != 1 {
			t.Errorf("%d components have joined", p.Components)
		}

		// They hear where the gateways are now.
		now := []string{"192.0.2.5:6180", theGateway}
		y.other.say(func(s *wire.TenancyState) { s.Gateways = now })
		if told := one(a, (*wire.Down).GetProviderCertificate); !slices.Equal(told.GetGateways(), now) || len(told.GetCertificate()) != 0 {
			t.Errorf("it is told %+v", told)
		}

		// One that still has its certificate is not asked again, but told the gateways; one that lost it is.
		a.stream.CloseSend()
		y.wait()
		a.open()
		a.send(&wire.Up{Message: &wire.Up_Hello{Hello: &wire.Hello{Instance: a.instance, Report: wire.FromReport(report("10.0.0.2")), OneTimeKeys: a.keys(1), Providers: [][]byte{asked.GetProvider()}}}})
		none(a, (*wire.Down).GetJoinProvider)
		if told := one(a, (*wire.Down).GetProviderCertificate); !slices.Equal(told.GetGateways(), now) {
			t.Errorf("when it attaches it is told %+v", told)
		}
		a.stream.CloseSend()
		y.wait()
		a.open()
		a.hello(report("10.0.0.2"))
		y.join(a)
	})
}

// A provider that was restored may not know a component any more. It joins anew by itself, not with each connection of its tool.
func TestAComponentThatTheProviderHasForgottenJoinsAnew(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		y.other.mu.Lock()
		clear(y.other.components)
		y.other.mu.Unlock()
		time.Sleep(joinAgain)
		if reason := y.refused(a); !strings.Contains(reason, "no such component") {
			t.Errorf("the tool is told %q", reason)
		}
		y.join(a)
		y.begin(a)
		y.other.mu.Lock()
		clear(y.other.components)
		y.other.mu.Unlock()
		y.refused(a)
		none(a, (*wire.Down).GetJoinProvider)
	})
}

// The first connection comes with the route, before the component has joined.
func TestARequestWaitsUntilItsComponentHasJoined(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.source.attach("10.0.0.2")
		asked := one(a, (*wire.Down).GetJoinProvider)
		a.request(y.route.ID)
		a.request(y.route.ID)
		time.Sleep(readyWithin / 2)
		none(a, (*wire.Down).GetSessionRefused)
		y.giveKey(a, asked)
		one(a, (*wire.Down).GetProviderCertificate)
		if sessions := heard(a, (*wire.Down).GetProviderSession); len(sessions) != 2 {
			t.Errorf("%d sessions follow the certificate", len(sessions))
		}
		none(a, (*wire.Down).GetSessionRefused)
	})
}

func TestARequestThatWaitsIsRefusedOnceItsComponentCannotJoin(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.source.attach("10.0.0.2")
		asked := one(a, (*wire.Down).GetJoinProvider)
		a.request(y.route.ID)
		none(a, (*wire.Down).GetSessionRefused)
		a.send(&wire.Up{Message: &wire.Up_ProviderKey{ProviderKey: &wire.ProviderKey{Provider: asked.GetProvider(), Problem: "the disk is full"}}})
		if refused := one(a, (*wire.Down).GetSessionRefused); !strings.Contains(refused.GetReason(), "the disk is full") {
			t.Errorf("the tool is told %q", refused.GetReason())
		}
	})
}

func TestAComponentThatCannotJoinIsAskedAgainAndTheReasonIsShown(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.source.attach("10.0.0.2")
		asked := one(a, (*wire.Down).GetJoinProvider)
		a.send(&wire.Up{Message: &wire.Up_ProviderKey{ProviderKey: &wire.ProviderKey{Provider: asked.GetProvider(), Problem: "the disk is full"}}})
		if reason := y.refused(a); !strings.Contains(reason, "the disk is full") {
			t.Errorf("the tool is told %q", reason)
		}
		none(a, (*wire.Down).GetJoinProvider)
		time.Sleep(joinAgain + time.Second)
		y.giveKey(a, one(a, (*wire.Down).GetJoinProvider))
		one(a, (*wire.Down).GetProviderCertificate)
	})
}

func TestASignatureOfAnotherComponentIsNotPassedOn(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.source.attach("10.0.0.2")
		asked := one(a, (*wire.Down).GetJoinProvider)
		key := must(identity.NewKey())
		signed := identity.ProviderKey{Provider: y.other.authority.Installation(), Tenant: y.other.tenant, Component: engine.NewID(), Challenge: asked.GetChallenge()}
		a.send(&wire.Up{Message: &wire.Up_ProviderKey{ProviderKey: &wire.ProviderKey{
			Provider: asked.GetProvider(), Challenge: asked.GetChallenge(), CertificateRequest: must(identity.NewRequest(key)), Signature: must(signed.Sign(key)),
		}}})
		none(a, (*wire.Down).GetProviderCertificate)
		if len(y.other.components) != 0 {
			t.Error("the provider was asked all the same")
		}
	})
}

func TestTheLastSourceLeavesTheProvider(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		session := y.begin(a)
		y.write(func(tx engine.Transaction) error { return tx.RemoveRoute(y.route.ID) })
		if cut := one(a, (*wire.Down).GetCut); !cut.GetDrain() {
			t.Errorf("the source hears %+v", cut)
		}
		none(a, (*wire.Down).GetLeaveProvider) // it still carries something
		a.end(session, nil)
		settle()
		if left := one(a, (*wire.Down).GetLeaveProvider); string(left.GetProvider()) != string(wire.IDBytes(y.other.authority.Installation())) {
			t.Errorf("it leaves %x", left.GetProvider())
		}
		if kept := must(y.store.ProviderComponents(t.Context())); len(kept) != 0 || y.other.known() != 0 {
			t.Errorf("the record has %+v, and the provider knows %d", kept, y.other.known())
		}
	})
}

// A machine that was stolen does not leave by itself: the provider is told, also where the machine is away, and as soon as it can be told.
func TestTheProviderForgetsARevokedComponent(t *testing.T) {
	inTenancy(t, func(t *testing.T, y *tenantOf) {
		a := y.attached()
		y.begin(a)
		if y.other.known() != 1 {
			t.Fatal("it has not joined")
		}
		y.write(func(tx engine.Transaction) error {
			c := must(tx.Component(t.Context(), y.source.id))
			c.Revoked = time.Now()
			return tx.PutComponent(c)
		})
		if y.other.known() != 0 || len(must(y.store.ProviderComponents(t.Context()))) != 0 || y.stands().Components != 0 {
			t.Error("a revoked component is still known")
		}
	})
}
