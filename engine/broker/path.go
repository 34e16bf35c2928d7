package broker

import (
	"fmt"
	"net/netip"

	"lockwire/engine"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// maximumEndpoint bounds an ADDR:PORT that a component reports: [IPv6%zone]:port.
const maximumEndpoint = 80

// takePath notes over which addresses a session's source reached the target. b.mu is held.
func (b *Broker) takePath(s *live, stats *wire.SessionStats) {
	endpoint := stats.GetEndpoint()
	if endpoint == "" || len(endpoint) > maximumEndpoint {
		return
	}
	s.shown.Endpoint = reasonText(endpoint)
	if s.preferred != nil {
		s.shown.FallBack = fallBackWords(s.preferred, endpoint)
	}
	if own, err := netip.ParseAddr(stats.GetLocalAddress()); err == nil && len(stats.GetLocalAddress()) <= maximumEndpoint {
		s.shown.Interface = interfaceOf(&s.ends[session.Source].Report, own)
	}
	b.worked(s, endpoint)
}

// fallBackWords says that a path to an endpoint is in no preferred network; empty where it is in one.
func fallBackWords(preferred *engine.PreferredNetworks, endpoint string) string {
	reached, err := netip.ParseAddrPort(endpoint)
	if err != nil || preferred.Holds(reached.Addr()) {
		return ""
	}
	// Without its zone, which may be any text.
	return fmt.Sprintf("%s is in no preferred network; the target was not reached in one", engine.PlainAddress(reached.Addr()))
}

// interfaceOf names the interface of a component that has an address.
func interfaceOf(report *engine.Report, own netip.Addr) string {
	own = engine.PlainAddress(own)
	for _, a := range report.Interfaces {
		if engine.PlainAddress(a.Address) == own && a.Interface != "" {
			return a.Interface + ", " + own.String()
		}
	}
	return own.WithZone("").String()
}
