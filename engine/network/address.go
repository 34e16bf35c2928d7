package network

import (
	"net"
	"net/netip"
)

// AddressOf is the address of an end of a TCP connection, without a zone and without the IPv6 wrapping of an IPv4 one; invalid where it
// is none.
func AddressOf(end net.Addr) netip.AddrPort {
	tcp, ok := end.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	at := tcp.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port())
}

// CountedBy is what bounds for each address count by: an IPv4 address, or the /64 of an IPv6 one, which one machine can fill with
// addresses. It is invalid where there is no address.
func CountedBy(address netip.Addr) netip.Prefix {
	address = address.Unmap().WithZone("")
	bits := 64
	if address.Is4() {
		bits = 32
	}
	prefix, _ := address.Prefix(bits)
	return prefix
}
