package broker

import (
	"fmt"
	"net/netip"

	"lockwire/engine"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// takeTunnelAsk answers a gateway what a tenant's key may do. What it may not is answered in one way, whether it is unknown, over or another
// tenant's.
func (b *Broker) takeTunnelAsk(a *attachment, ask *wire.TunnelAsk) error {
	key, err := wire.ParseKeyID(ask.GetKey())
	if err != nil {
		return err
	}
	var id engine.ID
	if len(ask.GetSession()) > 0 {
		if id, err = wire.ParseID(ask.GetSession()); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	gateway := a.member
	if gateway.Role != engine.ProviderGateway || gateway.Tenant != "" {
		return fmt.Errorf("%w: only a provider gateway asks about tunnels", wire.ErrMalformed)
	}
	answer := &wire.TunnelAnswer{Ask: ask.GetAsk()}
	switch s := b.sessions[id]; {
	case id == "":
		if t, _, found := b.tenantOfKey(key); found {
			answer.Allowed, answer.Tenant = true, wire.IDBytes(t.ID)
		}
	case s != nil && s.leadsThroughTunnel(key) && b.heldToQuota(s):
		answer.Allowed, answer.Tenant = true, wire.IDBytes(s.ends[session.Source].Tenant)
		answer.Endpoints = b.tunnelEndpoints(gateway, s)
	}
	b.send(gateway, &wire.Down{Message: &wire.Down_TunnelAnswer{TunnelAnswer: answer}})
	return nil
}

// leadsThroughTunnel tells whether the key is that of the tenant's component that the session is of, and the session may take flows. The
// key with which it was offered counts beside a renewed one: what runs through a tunnel of that key is asked about again whenever the gateway
// attaches. A key that was revoked or replaced ends the session itself.
func (s *live) leadsThroughTunnel(key engine.KeyID) bool {
	source := s.ends[session.Source]
	if source == nil || source.Tenant == "" || !source.Revoked.IsZero() || !s.open() {
		return false
	}
	return source.Key == key || source.attachment != nil && source.attachment.key == key || s.sourceKey != engine.KeyID{} && s.sourceKey == key
}

// tunnelEndpoints are where a gateway dials the target of a session, best first. b.mu is held.
func (b *Broker) tunnelEndpoints(gateway *member, s *live) []string {
	target := s.ends[session.Target]
	if target == nil {
		return nil
	}
	var texts []string
	for _, endpoint := range candidatesFor(&gateway.Component, &target.Component, netip.AddrPort{}, false, &b.present.preferred).endpoints {
		texts = append(texts, endpoint.String())
	}
	return texts
}
