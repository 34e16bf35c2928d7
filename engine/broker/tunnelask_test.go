package broker

import (
	"crypto/x509"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// asks asks as a gateway does, and gives the answer.
func (a *agent) asks(key engine.KeyID, session engine.ID) *wire.TunnelAnswer {
	a.i.t.Helper()
	a.requests++
	ask := &wire.TunnelAsk{Ask: a.requests, Key: key[:]}
	if session != "" {
		ask.Session = wire.IDBytes(session)
	}
	a.send(&wire.Up{Message: &wire.Up_TunnelAsk{TunnelAsk: ask}})
	answer := one(a, (*wire.Down).GetTunnelAnswer)
	if answer.GetAsk() != a.requests {
		a.i.t.Errorf("question %d was answered as %d", a.requests, answer.GetAsk())
	}
	return answer
}

func TestAGatewayIsToldWhatATenantsKeyMayDo(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		jones := i.customer("jones", p.service)
		other := jones.machine().attach()
		running := p.live()
		own, theirs := keyIDOf(p.source.certificate), keyIDOf(other.certificate)
		stranger := keyIDOf(i.newcomer().certificate)
		if answer := p.gateway.asks(own, running); !answer.GetAllowed() || !slices.Equal(answer.GetEndpoints(), []string{fmt.Sprintf("10.0.0.3:%d", wire.DataPort)}) {
			t.Errorf("its own session: %v", answer)
		}
		if answer := p.gateway.asks(own, running); !slices.Equal(answer.GetTenant(), wire.IDBytes(p.customer.tenant)) {
			t.Errorf("its own session is said to be of tenant %x", answer.GetTenant())
		}
		for name, c := range map[string]struct {
			key     engine.KeyID
			session engine.ID
		}{
			"another tenant's session":          {theirs, running},
			"the tenant's broker":               {keyIDOf(p.customer.certificate), running},
			"the target of the session":         {keyIDOf(p.target.certificate), running},
			"a stranger":                        {stranger, running},
			"a session that is not there":       {own, engine.NewID()},
			"a stranger, for the broker":        {stranger, ""},
			"a repository, for the broker":      {keyIDOf(p.target.certificate), ""},
			"no key at all, for the broker":     {engine.KeyID{}, ""},
			"the gateway's own, for the broker": {keyIDOf(p.gateway.certificate), ""},
		} {
			if answer := p.gateway.asks(c.key, c.session); answer.GetAllowed() || len(answer.GetEndpoints()) > 0 || len(answer.GetTenant()) > 0 {
				t.Errorf("%s: %v", name, answer)
			}
		}
		for name, c := range map[string]struct {
			key    engine.KeyID
			tenant engine.ID
		}{
			"a tenant's component": {own, p.customer.tenant},
			"another's":            {theirs, jones.tenant},
			"a tenant's broker":    {keyIDOf(p.customer.certificate), p.customer.tenant},
		} {
			if answer := p.gateway.asks(c.key, ""); !answer.GetAllowed() || !slices.Equal(answer.GetTenant(), wire.IDBytes(c.tenant)) {
				t.Errorf("%s, for the broker: %v", name, answer)
			}
		}
		heard(p.gateway, (*wire.Down).GetTunnelCut)
		i.changeTenant(p.customer.tenant, func(t *engine.Tenant) { t.Disabled = true })
		if cuts := heard(p.gateway, (*wire.Down).GetTunnelCut); len(cuts) == 0 {
			t.Error("nothing was cut")
		}
		if answer := p.gateway.asks(own, running); answer.GetAllowed() {
			t.Errorf("a session that is over: %v", answer)
		}
	})
}

// A gateway that attaches again asks about all that it carries: a session that was offered before a renewal runs through tunnels of the key
// before it.
func TestATunnelOutlivesTheRenewalOfItsKey(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		running := p.live()
		before := keyIDOf(p.source.certificate)
		p.source.holder = must(p.source.renew())
		p.source.connection = p.source.dial()
		p.source.open()
		p.source.hello(report(), &wire.LiveSession{Session: wire.IDBytes(running), Side: wire.Side_SIDE_SOURCE})
		for what, key := range map[string]engine.KeyID{"before the renewal": before, "of the renewal": keyIDOf(p.source.certificate)} {
			if answer := p.gateway.asks(key, running); !answer.GetAllowed() || len(answer.GetEndpoints()) != 1 {
				t.Errorf("the key %s, for the session: %v", what, answer)
			}
		}
		if answer := p.gateway.asks(before, ""); answer.GetAllowed() {
			t.Errorf("the key before the renewal, for the broker: %v", answer)
		}
		i.changeTenant(p.customer.tenant, func(t *engine.Tenant) { t.Disabled = true })
		if answer := p.gateway.asks(before, running); answer.GetAllowed() {
			t.Errorf("the key before the renewal, for a session that is over: %v", answer)
		}
	})
}

func TestOnlyAGatewayAsksAboutTunnels(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		running, key := p.live(), keyIDOf(p.source.certificate)
		p.target.send(&wire.Up{Message: &wire.Up_TunnelAsk{TunnelAsk: &wire.TunnelAsk{Ask: 1, Key: key[:], Session: wire.IDBytes(running)}}})
		none(p.target, (*wire.Down).GetTunnelAnswer)
		if status.Code(p.target.ended()) != codes.InvalidArgument {
			t.Errorf("a repository that asks: %v", p.target.ended())
		}
	})
}

func TestAGatewaysQuestionThatIsNotAsTheProtocolSaysEndsItsStream(t *testing.T) {
	for name, ask := range map[string]*wire.TunnelAsk{
		"no key":            {Ask: 1},
		"half a key":        {Ask: 1, Key: make([]byte, 16)},
		"half a session id": {Ask: 1, Key: make([]byte, 32), Session: make([]byte, 8)},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				gateway := i.gateway()
				gateway.send(&wire.Up{Message: &wire.Up_TunnelAsk{TunnelAsk: ask}})
				if none(gateway, (*wire.Down).GetTunnelAnswer); status.Code(gateway.ended()) != codes.InvalidArgument {
					t.Error(gateway.ended())
				}
			})
		})
	}
}

// A tenant's side takes no machine for a gateway whose certificate does not say that it is one.
func TestOnlyAGatewaysCertificateSaysThatItIsOne(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		verifier := identity.NewVerifier(i.authority.Roots, time.Now)
		isGateway := func(h *holder) bool {
			return must(verifier.Verify([]*x509.Certificate{h.certificate})).Gateway
		}
		for role, want := range map[engine.Role]bool{engine.ProviderGateway: true, engine.Gateway: false, engine.Repository: false} {
			reply, key, err := i.stranger().join(i.token(engine.JoinToken{Kind: engine.JoinComponent, Name: "a " + string(role), Role: role}))
			if err != nil {
				t.Fatal(err)
			}
			h := &holder{i: i, id: must(wire.ParseID(reply.GetId())), name: string(role), from: "10.0.0.2", key: key, certificate: must(x509.ParseCertificate(reply.GetCertificate()))}
			if got := isGateway(h); got != want {
				t.Errorf("%s, joined: %v", role, got)
			}
			if got := isGateway(must(h.renew())); got != want {
				t.Errorf("%s, renewed: %v", role, got)
			}
		}
		p := i.provider()
		if isGateway(p.source.holder) || isGateway(must(p.source.renew())) {
			t.Error("a tenant's component is a gateway")
		}
	})
}

// All tenants come from the address of the gateway.
func TestMoreMayShakeHandsThroughAGatewayThanFromAnyOtherAddress(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		i.gateway()
		for from, most := range map[string]int{"10.0.0.80": front.MaximumHandshakesOfGateway, "198.51.100.66": front.MaximumHandshakesPerAddress} {
			closed := 0
			for range most + 5 {
				connection := must(i.network.dial(from))
				defer connection.Close()
				if isClosed(connection) {
					closed++
				}
			}
			if closed != 5 {
				t.Errorf("%s: %d were closed, not those beyond the bound", from, closed)
			}
		}
		i.component("good", "10.0.0.2").attach("10.0.0.2")
	})
}
