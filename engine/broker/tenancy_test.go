package broker

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"time"

	"lockwire/engine"
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
