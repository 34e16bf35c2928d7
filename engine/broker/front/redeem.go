package front

import "net/netip"

// MayRedeem tells whether an address may try to redeem a tenant's link.
func (f *Front) MayRedeem(from netip.Addr) bool { return f.links.admits(from) }

// RefusedLink counts an attempt that was refused.
func (f *Front) RefusedLink(from netip.Addr) { f.links.refused(from) }
