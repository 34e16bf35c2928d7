package machine

import (
	"net/netip"
	"slices"

	"github.com/shirou/gopsutil/v4/net"

	"lockwire/engine"
)

// Listening implements System.
func (ThisMachine) Listening(port uint16) ([]netip.AddrPort, error) {
	sockets, err := net.Connections("tcp")
	if err != nil {
		return nil, err
	}
	var all []netip.AddrPort
	for _, socket := range sockets {
		if socket.Status != "LISTEN" || socket.Laddr.Port != uint32(port) {
			continue
		}
		address, err := netip.ParseAddr(socket.Laddr.IP)
		if err != nil {
			return nil, err
		}
		all = append(all, netip.AddrPortFrom(engine.PlainAddress(address), port))
	}
	slices.SortFunc(all, netip.AddrPort.Compare)
	return slices.Compact(all), nil
}
