package front

import (
	"net/netip"

	"lockwire/engine"
)

// MayRedeem tells whether an address may try to redeem a tenant's link, with the key that its connection has proven.
func (f *Front) MayRedeem(from netip.Addr, key engine.KeyID) bool {
	return f.links.admits(f.redeemer(from, key))
}

// RefusedLink counts an attempt that was refused.
func (f *Front) RefusedLink(from netip.Addr, key engine.KeyID) {
	f.links.refused(f.redeemer(from, key))
}

// redeemer is who is counted: all that come through a gateway have its address, so that there it is the key. One who makes a key for each
// attempt pays a connection for each, of which the gateway gives a few to all strangers.
func (f *Front) redeemer(from netip.Addr, key engine.KeyID) source {
	redeemer := sourceOf(from)
	if f.isGateway(redeemer.network) {
		redeemer.key = key
	}
	return redeemer
}
