package broker

import (
	"lockwire/engine"
	"lockwire/engine/wire"
)

// cutTunnels has every gateway end what goes through it for a key or a session, and ask anew. The one that is not meant is zero. b.mu is
// held.
func (b *Broker) cutTunnels(key engine.KeyID, session engine.ID) {
	cut := &wire.TunnelCut{}
	if key != (engine.KeyID{}) {
		cut.Key = key[:]
	}
	if session != "" {
		cut.Session = wire.IDBytes(session)
	}
	for _, m := range b.members {
		if m.Role == engine.ProviderGateway && m.Tenant == "" && m.attachment != nil {
			b.send(m, &wire.Down{Message: &wire.Down_TunnelCut{TunnelCut: cut}})
		}
	}
}
