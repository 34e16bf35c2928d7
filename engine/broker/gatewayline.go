package broker

import (
	"google.golang.org/protobuf/proto"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// payloadPercent of a network's speed is what a gateway lets pass: as much as what is sent can be, besides the headers of each packet and of
// TLS, and a little less, so that what waits waits at the gateway, where tenants take turns, and not in the network, where connections do.
const payloadPercent = 92

// lineOf is how many bytes per second a gateway carries each way: its own limit, else what its network bears; 0 where neither is known.
func lineOf(c *engine.Component) uint64 {
	if c.LocalLimit != nil {
		return c.LocalLimit.BytesPerSecond()
	}
	return c.Report.LinkSpeed / 100 * payloadPercent
}

// pushLine tells an attached gateway what it carries, where that changed. b.mu is held.
func (b *Broker) pushLine(m *member) {
	if m.Role != engine.ProviderGateway || m.Tenant != "" || m.attachment == nil {
		return
	}
	line := lineOf(&m.Component)
	if m.attachment.line == line {
		return
	}
	m.attachment.line = line
	message := &wire.GatewayLine{}
	if line > 0 {
		message.Limit = proto.Uint64(line)
	}
	b.send(m, &wire.Down{Message: &wire.Down_GatewayLine{GatewayLine: message}})
}
