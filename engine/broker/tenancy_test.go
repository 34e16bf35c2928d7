package broker

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// customer is a tenant's broker.
type customer struct {
	*holder
	tenant engine.ID
}

// tenant makes a tenant that may use services.
func (i *installation) tenant(name string, services ...engine.ID) engine.Tenant {
	i.t.Helper()
	t := engine.Tenant{ID: engine.NewID(), Revision: 1, Name: name, Services: services}
	i.write(func(tx engine.Transaction) error { return tx.PutTenant(t) })
	return t
}

// link makes a link for a tenant.
func (i *installation) link(tenant engine.ID, edit ...func(*engine.LinkRecord)) identity.Link {
	i.t.Helper()
	link := must(identity.NewLink(i.authority.Pin(), i.authority.Installation(), []string{"gateway.example:6180"}))
	record := engine.LinkRecord{Hash: link.Hash(), Tenant: tenant, Expires: time.Now().Add(identity.LinkLifetime)}
	for _, e := range edit {
		e(&record)
	}
	i.write(func(tx engine.Transaction) error { return tx.PutLinkRecord(record) })
	return link
}

func replaces(link *engine.LinkRecord) { link.Replace = true }

// newcomer is a tenant's broker with a key that nobody knows, and a certificate that it signed itself.
func (i *installation) newcomer() *holder {
	key := must(identity.NewKey())
	certificate := must(identity.SelfSigned(key, time.Now()))
	return &holder{i: i, name: "tenant", from: "10.0.0.80", key: key, certificate: must(x509.ParseCertificate(certificate.Certificate[0]))}
}

// redeem redeems a link with a newcomer's key.
func (h *holder) redeem(link identity.Link) (*customer, error) {
	connection := h.dial()
	defer connection.Close()
	reply, err := wire.NewTenancyClient(connection).Redeem(h.i.t.Context(), &wire.RedeemRequest{Secret: link.Secret(), CertificateRequest: must(identity.NewRequest(h.key))})
	if err != nil {
		return nil, err
	}
	known := *h
	known.id, known.certificate = must(wire.ParseID(reply.GetTenant())), must(x509.ParseCertificate(reply.GetCertificate()))
	return &customer{&known, known.id}, nil
}

// change changes what the record has of a tenant.
func (i *installation) changeTenant(id engine.ID, edit func(*engine.Tenant)) {
	i.t.Helper()
	i.write(func(tx engine.Transaction) error {
		t, err := tx.Tenant(context.Background(), id)
		if err != nil {
			return err
		}
		edit(&t)
		return tx.PutTenant(t)
	})
}

func (i *installation) confirm(tenant engine.ID) {
	i.t.Helper()
	i.changeTenant(tenant, func(t *engine.Tenant) { t.Confirmed = time.Now() })
}

// customer makes a tenant whose broker is known and confirmed.
func (i *installation) customer(name string, services ...engine.ID) *customer {
	i.t.Helper()
	t := i.tenant(name, services...)
	c, err := i.newcomer().redeem(i.link(t.ID))
	if err != nil {
		i.t.Fatal(err)
	}
	c.name = name
	i.confirm(t.ID)
	return c
}

// shown gives a tenant as it is now.
func (i *installation) shown(id engine.ID) engine.TenantStatus {
	i.t.Helper()
	i.wait()
	for _, t := range i.broker.Tenants() {
		if t.ID == id {
			return t
		}
	}
	i.t.Fatalf("there is no tenant %s", id)
	return engine.TenantStatus{}
}

// adding is what a tenant's broker sends for one of its components.
type adding struct {
	component engine.ID
	key       *ecdsa.PrivateKey
	challenge []byte
	tenant    engine.ID // that stands in the signature
	provider  engine.ID
}

func (c *customer) challenge() []byte {
	c.i.t.Helper()
	connection := c.dial()
	defer connection.Close()
	reply, err := wire.NewTenancyClient(connection).Challenge(c.i.t.Context(), &wire.ChallengeRequest{})
	if err != nil {
		c.i.t.Fatal(err)
	}
	return reply.GetChallenge()
}

func (c *customer) adding() adding {
	return adding{engine.NewID(), must(identity.NewKey()), c.challenge(), c.tenant, c.i.authority.Installation()}
}

func (c *customer) add(a adding) (*holder, error) {
	connection := c.dial()
	defer connection.Close()
	signature := must(identity.ProviderKey{Provider: a.provider, Tenant: a.tenant, Component: a.component, Challenge: a.challenge}.Sign(a.key))
	reply, err := wire.NewTenancyClient(connection).AddComponent(c.i.t.Context(), &wire.AddComponentRequest{
		Component: wire.IDBytes(a.component), Challenge: a.challenge, CertificateRequest: must(identity.NewRequest(a.key)), Signature: signature,
	})
	if err != nil {
		return nil, err
	}
	return &holder{i: c.i, id: must(wire.ParseID(reply.GetId())), name: c.name + "'s", from: "10.0.0.80", key: a.key, certificate: must(x509.ParseCertificate(reply.GetCertificate()))}, nil
}

// machine adds a component of the tenant.
func (c *customer) machine() *holder {
	c.i.t.Helper()
	h, err := c.add(c.adding())
	if err != nil {
		c.i.t.Fatal(err)
	}
	return h
}

// ask asks for a session of a component.
func (c *customer) ask(component, service engine.ID) (engine.ID, error) {
	connection := c.dial()
	defer connection.Close()
	reply, err := wire.NewTenancyClient(connection).AskSession(c.i.t.Context(), &wire.AskSessionRequest{Component: wire.IDBytes(component), Service: wire.IDBytes(service)})
	if err != nil {
		return "", err
	}
	return must(wire.ParseID(reply.GetSession())), nil
}

// gateway is an attached provider gateway.
func (i *installation) gateway() *agent {
	i.t.Helper()
	h := i.component("gateway", "10.0.0.80")
	i.write(func(tx engine.Transaction) error {
		c, err := tx.Component(context.Background(), h.id)
		if err != nil {
			return err
		}
		c.Role = engine.ProviderGateway
		return tx.PutComponent(c)
	})
	return h.attach("10.0.0.80")
}

// provider is a service on an attached repository, a gateway, and a tenant with an attached component.
type provider struct {
	i               *installation
	service         engine.ID
	target, gateway *agent
	customer        *customer
	source          *agent
}

func (i *installation) provider() *provider {
	i.t.Helper()
	target := i.component("repo-1", "10.0.0.3")
	p := &provider{i: i, service: i.service("restic", target), target: target.attach("10.0.0.3"), gateway: i.gateway()}
	p.customer = i.customer("smith", p.service)
	p.source = p.customer.machine().attach()
	return p
}

// service makes a service on a target.
func (i *installation) service(name string, target *holder) engine.ID {
	i.t.Helper()
	service := engine.Service{ID: engine.NewID(), Revision: 1, Name: name, Target: target.id, Backend: "127.0.0.1:8000"}
	i.write(func(tx engine.Transaction) error { return tx.PutService(service) })
	return service.ID
}

// offers begins a session and gives both offers, the source's after the target has answered.
func (p *provider) offers() (source, target *wire.Offer) {
	p.i.t.Helper()
	id, err := p.customer.ask(p.source.id, p.service)
	if err != nil {
		p.i.t.Fatal(err)
	}
	p.source.request(id)
	target = one(p.target, (*wire.Down).GetOffer)
	p.target.answer(target)
	return one(p.source, (*wire.Down).GetOffer), target
}

// live begins a session that has a flow.
func (p *provider) live() engine.ID {
	p.i.t.Helper()
	source, _ := p.offers()
	p.source.answer(source)
	p.target.stats(&wire.SessionStats{Session: source.GetSession(), Flows: 1, AllFlows: 1, ToTarget: 1000})
	return must(wire.ParseID(source.GetSession()))
}

func TestALinkMakesATenantThatIsPendingUntilItsFingerprintIsConfirmed(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		target := i.component("repo-1", "10.0.0.3")
		service := i.service("restic", target)
		made := i.tenant("smith", service)
		if state := i.shown(made.ID).State; state != engine.TenantInvited {
			t.Errorf("before the link is redeemed it is %s", state)
		}
		newcomer := i.newcomer()
		c, err := newcomer.redeem(i.link(made.ID))
		if err != nil {
			t.Fatal(err)
		}
		if shown := i.shown(made.ID); shown.State != engine.TenantPending || shown.Key != keyIDOf(newcomer.certificate) || shown.Linked.IsZero() {
			t.Errorf("it is shown as %+v", shown)
		}
		stream, err := wire.NewTenancyClient(c.dial()).Follow(t.Context(), &wire.FollowRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if state := must(stream.Recv()); state.GetState() != wire.TenantState_TENANT_STATE_PENDING || len(state.GetServices()) != 1 || state.GetServices()[0].GetName() != "restic" {
			t.Errorf("it is told %v", state)
		}
		if !i.shown(made.ID).Attached {
			t.Error("it is not shown as connected")
		}
		if _, err := c.add(c.adding()); status.Code(err) != codes.FailedPrecondition || !strings.Contains(words(err), "fingerprint") {
			t.Errorf("before it is confirmed, a component is added: %v", err)
		}
		i.confirm(made.ID)
		if state := must(stream.Recv()); state.GetState() != wire.TenantState_TENANT_STATE_ACTIVE {
			t.Errorf("after it is confirmed it is told %v", state)
		}
		machine, err := c.add(c.adding())
		if err != nil {
			t.Fatal(err)
		}
		machine.attach()
		if shown := i.shown(made.ID); shown.Components != 1 {
			t.Errorf("%d components are shown", shown.Components)
		}
		for _, listed := range i.broker.Components() {
			if listed.ID == machine.id {
				t.Error("its component is listed among those of this installation")
			}
		}
		audit := must(i.store.Audit(t.Context(), engine.AuditQuery{Thing: "smith"}))
		if len(audit) == 0 || audit[len(audit)-1].What != "tenant.redeem" && audit[0].What != "tenant.redeem" {
			t.Errorf("the audit says %+v", audit)
		}
	})
}

func TestLinkStolen(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		refused := func(what string, err error) {
			t.Helper()
			if status.Code(err) != codes.PermissionDenied || words(err) != errLink.Error() {
				t.Errorf("%s: %v", what, err)
			}
		}
		smith := i.tenant("smith")

		// Redeemed twice at once: one of the two becomes the tenant.
		link := i.link(smith.ID)
		var racing sync.WaitGroup
		won := make([]*customer, 8)
		for n := range won {
			racing.Go(func() {
				c, err := i.newcomer().redeem(link)
				if err != nil {
					refused("at once", err)
				}
				won[n] = c
			})
		}
		racing.Wait()
		var first *customer
		for _, c := range won {
			if c != nil && first != nil {
				t.Fatal("two have redeemed one link")
			}
			if c != nil {
				first = c
			}
		}
		if first == nil {
			t.Fatal("nobody has redeemed the link")
		}
		if shown := i.shown(smith.ID); shown.Key != keyIDOf(first.certificate) || shown.State != engine.TenantPending {
			t.Errorf("the tenant is %+v", shown)
		}

		// Replayed, by the same key and by another one.
		_, err := i.newcomer().redeem(link)
		refused("replayed", err)
		_, err = (&holder{i: i, from: "10.0.0.80", key: first.key, certificate: first.certificate}).redeem(link)
		refused("replayed by the one that had it", err)

		// Pending and not confirmed: it can do nothing.
		if _, err := first.ask(engine.NewID(), engine.NewID()); status.Code(err) != codes.FailedPrecondition {
			t.Errorf("a session of a pending tenant: %v", err)
		}

		// Expired, made up, and one from a clock that was set back.
		_, err = i.newcomer().redeem(i.link(smith.ID, replaces, func(l *engine.LinkRecord) { l.Expires = time.Now() }))
		refused("expired", err)
		_, err = i.newcomer().redeem(i.link(smith.ID, replaces, func(l *engine.LinkRecord) { l.Expires = time.Now().Add(2 * identity.LinkLifetime) }))
		refused("that lives too long", err)
		_, err = i.newcomer().redeem(must(identity.NewLink(i.authority.Pin(), i.authority.Installation(), []string{"a:1"})))
		refused("made up", err)

		// Linked again without saying that the key is replaced.
		_, err = i.newcomer().redeem(i.link(smith.ID))
		refused("linked again without --replace", err)
		if shown := i.shown(smith.ID); shown.Key != keyIDOf(first.certificate) {
			t.Error("the key was replaced")
		}

		// The certificate of another key than the request's.
		other := i.newcomer()
		other.certificate, _ = first.certificate, other.certificate
		other.key = first.key
		connection := other.dial()
		_, err = wire.NewTenancyClient(connection).Redeem(t.Context(), &wire.RedeemRequest{Secret: i.link(smith.ID, replaces).Secret(), CertificateRequest: must(identity.NewRequest(must(identity.NewKey())))})
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("a request for another key than the connection's: %v", err)
		}
		_, err = wire.NewTenancyClient(i.stranger().dial()).Redeem(t.Context(), &wire.RedeemRequest{Secret: i.link(smith.ID, replaces).Secret(), CertificateRequest: must(identity.NewRequest(must(identity.NewKey())))})
		if status.Code(err) != codes.Unauthenticated {
			t.Errorf("without a certificate: %v", err)
		}
	})
}

func TestGuessesOfLinksAreSlowedDown(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		smith := i.tenant("smith")
		client := wire.NewTenancyClient(i.newcomer().dial())
		request := &wire.RedeemRequest{Secret: bytes.Repeat([]byte{7}, 16)}
		for range front.JoinBurst {
			if _, err := client.Redeem(t.Context(), &wire.RedeemRequest{Secret: bytes.Clone(request.GetSecret())}); status.Code(err) != codes.PermissionDenied {
				t.Fatal(err)
			}
		}
		if _, err := client.Redeem(t.Context(), request); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("one more: %v", err)
		}
		time.Sleep(time.Second)
		if _, err := i.newcomer().redeem(i.link(smith.ID)); err != nil {
			t.Errorf("a good one a moment later: %v", err)
		}
		// Machines that join from the same address are not held up.
		if _, _, err := (&holder{i: i, from: "10.0.0.80"}).join(i.token(engine.JoinToken{Kind: engine.JoinComponent, Name: "one", Role: engine.Proxy})); err != nil {
			t.Errorf("a machine that joins: %v", err)
		}
	})
}

// All that come through a gateway have its address.
func TestGuessesOfLinksThroughAGatewayHoldUpNobodyElse(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		i.gateway()
		smith := i.tenant("smith")
		client := wire.NewTenancyClient(i.newcomer().dial())
		guess := func() codes.Code {
			_, err := client.Redeem(t.Context(), &wire.RedeemRequest{Secret: bytes.Repeat([]byte{7}, 16)})
			return status.Code(err)
		}
		for range front.JoinBurst {
			if code := guess(); code != codes.PermissionDenied {
				t.Fatal(code)
			}
		}
		if code := guess(); code != codes.ResourceExhausted {
			t.Errorf("one more: %v", code)
		}
		if _, err := i.newcomer().redeem(i.link(smith.ID)); err != nil {
			t.Errorf("a good one meanwhile: %v", err)
		}
	})
}

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
func TestATenantThatIsOverItsQuotaWhileItsSessionIsMadeGetsNone(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		i.changeTenant(p.customer.tenant, func(t *engine.Tenant) { t.Quota = 2000 })
		running := p.live()                                             // 1,000 bytes
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
		p.target.stats(&wire.SessionStats{Session: wire.IDBytes(running), Flows: 1, AllFlows: 1, ToTarget: 5000})
		heard(p.source, (*wire.Down).GetSessionRefused)
		for _, end := range []*agent{p.source, p.target} {
			end.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: end.keys(helloKeys)}})
		}
		none(p.target, (*wire.Down).GetOffer)
		if refused := heard(p.source, (*wire.Down).GetSessionRefused); len(refused) != 1 || !strings.Contains(refused[0].GetReason(), "quota") {
			t.Errorf("the source is told %v", refused)
		}
	})
}

func TestALinkThatReplacesAKeyCutsAllThatTheOldOneHad(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		id := p.live()
		heard(p.gateway, (*wire.Down).GetTunnelCut)
		old := p.customer
		stream, err := wire.NewTenancyClient(old.dial()).Follow(t.Context(), &wire.FollowRequest{})
		if err != nil {
			t.Fatal(err)
		}
		must(stream.Recv())
		next, err := i.newcomer().redeem(i.link(old.tenant, replaces))
		if err != nil {
			t.Fatal(err)
		}
		if shown := i.shown(old.tenant); shown.State != engine.TenantPending || shown.Components != 0 || shown.Sessions != 0 || shown.Key != keyIDOf(next.certificate) {
			t.Errorf("the tenant is %+v", shown)
		}
		if cut := one(p.target, (*wire.Down).GetCut); !bytes.Equal(cut.GetSession(), wire.IDBytes(id)) {
			t.Errorf("another session was cut: %v", cut)
		}
		cuts := heard(p.gateway, (*wire.Down).GetTunnelCut)
		for what, key := range map[string]engine.KeyID{"the broker's": keyIDOf(old.certificate), "the component's": keyIDOf(p.source.certificate)} {
			found := false
			for _, cut := range cuts {
				found = found || bytes.Equal(cut.GetKey(), key[:])
			}
			if !found {
				t.Errorf("the gateway is not told of %s key: %v", what, cuts)
			}
		}
		time.Sleep(leaveWithin + time.Second)
		if p.source.ended() == nil {
			t.Error("the old component's stream goes on")
		}
		if _, err := stream.Recv(); status.Code(err) != codes.Unauthenticated {
			t.Errorf("the old key still follows: %v", err)
		}
		if _, err := old.ask(p.source.id, p.service); status.Code(err) != codes.Unauthenticated {
			t.Errorf("the old key is still admitted: %v", err)
		}
	})
}

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
		"its quota":     {func(t *engine.Tenant) { t.Quota = 500 }, 0, "quota"},
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
			_, err := revokeComponents(context.Background(), tx, p.customer.tenant, time.Now())
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
		if cut := one(p.source, (*wire.Down).GetCut); !strings.Contains(cut.GetReason(), "quota") {
			t.Errorf("over it, the source is told %v", cut)
		}
		if _, err := p.customer.ask(p.source.id, p.service); status.Code(err) != codes.FailedPrecondition || !strings.Contains(words(err), "quota") {
			t.Errorf("a new session: %v", err)
		}
		for _, end := range []*agent{p.target, p.source} {
			end.end(id, &wire.SessionStats{Session: id, AllFlows: 5000, ToTarget: 101_500})
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
