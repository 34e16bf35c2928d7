package front

import (
	"net"
	"net/netip"

	"lockwire/engine"
)

// addressOf gives the address of a connection; invalid where it is none of IP.
func addressOf(address net.Addr) netip.AddrPort {
	if tcp, ok := address.(*net.TCPAddr); ok {
		ap := tcp.AddrPort()
		return netip.AddrPortFrom(engine.PlainAddress(ap.Addr()), ap.Port())
	}
	parsed, err := netip.ParseAddrPort(address.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(engine.PlainAddress(parsed.Addr()), parsed.Port())
}
