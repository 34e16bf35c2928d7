package front

import (
	"net/netip"

	"lockwire/engine/network"
)

// maximumGateways bounds of how many gateways the addresses are remembered.
const maximumGateways = 256

// Gateway notes that a provider's gateway is attached from an address: callers of many tenants come from there. It may be called under the
// broker's lock.
func (f *Front) Gateway(from netip.Addr) {
	counted := network.CountedBy(from)
	f.mu.Lock()
	defer f.mu.Unlock()
	if counted.IsValid() && len(f.gateways) < maximumGateways {
		f.gateways[counted] = true
	}
}

// isGateway tells whether a gateway was attached from there.
func (f *Front) isGateway(from netip.Prefix) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.gateways[from]
}
