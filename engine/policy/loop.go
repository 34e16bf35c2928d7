package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"lockwire/engine"
)

// Loop says in words how a route leads back to its own listener, over any number of other enabled routes; empty where it does
// not. Backends that are names lead nowhere but to localhost: what a name stands for is the target's to say.
func Loop(route engine.Route, components []engine.Component, services []engine.Service, routes []engine.Route) string {
	l := looker{components: components, services: services, reached: map[engine.ID]bool{}}
	l.routes = append(l.routes, route)
	for _, other := range routes {
		if other.ID != route.ID && other.Enabled {
			l.routes = append(l.routes, other)
		}
	}
	steps := l.back(route, route.ID)
	if len(steps) == 0 {
		return ""
	}
	return strings.Join(steps, ", which ") + " again"
}

// looker follows routes.
type looker struct {
	components []engine.Component
	services   []engine.Service
	routes     []engine.Route
	reached    map[engine.ID]bool // routes from which no way leads back
}

// back gives the steps from a route to the one with that id; none where there is no way.
func (l *looker) back(from engine.Route, to engine.ID) []string {
	at := slices.IndexFunc(l.services, func(s engine.Service) bool { return s.ID == from.Service })
	if at < 0 {
		return nil
	}
	service := l.services[at]
	target := slices.IndexFunc(l.components, func(c engine.Component) bool { return c.ID == service.Target && c.Revoked.IsZero() })
	if target < 0 {
		return nil
	}
	for _, next := range l.routes {
		if !l.reaches(&l.components[target], service.Backend, next) {
			continue
		}
		step := fmt.Sprintf("leads to %s on %s, where the route %q listens", service.Backend, l.components[target].Name, next.Name)
		if next.ID == to {
			return []string{step}
		}
		if l.reached[next.ID] {
			continue
		}
		l.reached[next.ID] = true
		if rest := l.back(next, to); rest != nil {
			return append([]string{step}, rest...)
		}
	}
	return nil
}

// reaches tells whether a connection that a component makes to a backend comes to a listener of a route.
func (l *looker) reaches(from *engine.Component, backend string, route engine.Route) bool {
	listen, err := netip.ParseAddrPort(route.Listen)
	if err != nil {
		return false
	}
	host, port, found := cutPort(backend)
	if !found || port != listen.Port() {
		return false
	}
	addresses := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	if !strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		address, err := netip.ParseAddr(host)
		if err != nil {
			return false
		}
		addresses = []netip.Addr{engine.PlainAddress(address)}
	}
	return slices.ContainsFunc(engine.SourcesOf(route, l.components), func(source engine.Component) bool {
		return slices.ContainsFunc(addresses, func(address netip.Addr) bool {
			return isAt(&source, from, address) && listensOn(listen.Addr(), address)
		})
	})
}

// isAt tells whether an address leads from a component to a source: one of its own, or loopback where both are one machine.
func isAt(source, from *engine.Component, address netip.Addr) bool {
	if address.IsLoopback() {
		return source.ID == from.ID || engine.SameMachine(source, from)
	}
	return slices.ContainsFunc(source.Addresses(), func(a engine.Address) bool { return a.Address == address })
}

// listensOn tells whether a listener takes connections to an address. One on all IPv6 addresses takes those of IPv4, too.
func listensOn(listen, address netip.Addr) bool {
	listen = engine.PlainAddress(listen)
	return listen == address || listen.IsUnspecified() && (listen.Is6() || address.Is4())
}

func cutPort(hostPort string) (host string, port uint16, found bool) {
	at := strings.LastIndexByte(hostPort, ':')
	if at < 0 {
		return "", 0, false
	}
	number, err := strconv.ParseUint(hostPort[at+1:], 10, 16)
	return strings.Trim(hostPort[:at], "[]"), uint16(number), err == nil
}
