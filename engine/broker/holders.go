package broker

import (
	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/identity"
)

// holders is what the front asks of who has joined.
type holders struct{ broker *Broker }

// Holder gives a component, administrator or tenant as the broker knows it.
func (h holders) Holder(kind identity.Kind, id engine.ID) (front.Holder, bool) {
	b := h.broker
	b.mu.Lock()
	defer b.mu.Unlock()
	switch kind {
	case identity.Component:
		if m := b.members[id]; m != nil {
			return front.Holder{Name: m.Name, Role: m.Role, Tenant: m.Tenant, Key: m.Key, CertificateExpires: m.CertificateExpires, Revoked: m.Revoked}, true
		}
	case identity.Administrator:
		if a, found := b.administrators[id]; found {
			return front.Holder{Name: a.Name, Administrator: a.Role, Key: a.Key, CertificateExpires: a.CertificateExpires, Revoked: a.Revoked}, true
		}
	case identity.Tenant:
		if t := b.tenants[id]; t != nil {
			return front.Holder{Name: t.Name, Key: t.Key, CertificateExpires: t.CertificateExpires}, true
		}
	}
	return front.Holder{}, false
}

// Promote makes a renewed key the present one. A refresh that read the old key must not bring it back.
func (h holders) Promote(p front.Peer, write func() error) error {
	b := h.broker
	b.refreshing.Lock()
	defer b.refreshing.Unlock()
	if err := write(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tenantKeysChanged()
	switch p.Kind {
	case identity.Component:
		if m := b.members[p.ID]; m != nil {
			m.Key, m.CertificateExpires = p.Key, p.CertificateExpires
		}
	case identity.Administrator:
		if a, found := b.administrators[p.ID]; found {
			a.Key, a.CertificateExpires = p.Key, p.CertificateExpires
			b.administrators[p.ID] = a
		}
	case identity.Tenant:
		if t := b.tenants[p.ID]; t != nil {
			t.Key, t.CertificateExpires = p.Key, p.CertificateExpires
			t.notify() // who follows with the old certificate is to come back with the new one
		}
	}
	return nil
}

// Enrol takes up who joins. A refresh that read the record before must not drop them again.
func (h holders) Enrol(write func() (front.Enrolled, error)) error {
	b := h.broker
	b.refreshing.Lock()
	defer b.refreshing.Unlock()
	enrolled, err := write()
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := enrolled.Component; c != nil {
		b.takeIn(*c)
	}
	if a := enrolled.Administrator; a != nil {
		b.administrators[a.ID] = *a
	}
	b.changed()
	return nil
}

// endStreamsOfRevoked ends the streams of administrators who are not in the record any more, or were revoked. b.mu is held.
func (b *Broker) endStreamsOfRevoked() {
	b.front.EndRevoked(func(administrator engine.ID) bool {
		a, found := b.administrators[administrator]
		return !found || !a.Revoked.IsZero()
	})
}
