package machine

import (
	"fmt"
	"net/netip"
	"slices"

	"lockwire/engine"
)

// ListenList is what the machine lets routes listen on.
type ListenList struct {
	entries []string
	rules   []engine.PortRule
}

// DefaultListenList is always allowed: loopback, ports from 1024.
var DefaultListenList = []string{"127.0.0.0/8:1024-65535", "[::1]:1024-65535"}

// NewListenList reads entries of the form ADDRESS:PORTS or CIDR:PORTS; what is listened on must not depend on DNS.
func NewListenList(entries []string) (ListenList, error) {
	var list ListenList
	for _, entry := range entries {
		if slices.Contains(list.entries, entry) {
			continue
		}
		if len(list.entries) == maximumBackends {
			return ListenList{}, fmt.Errorf("allow-listen: a list has at most %d entries", maximumBackends)
		}
		rule, err := engine.ParsePortRule(entry)
		if err != nil {
			return ListenList{}, fmt.Errorf("allow-listen: %w", err)
		}
		if rule.IsName() {
			return ListenList{}, fmt.Errorf("allow-listen: %q is a name; write an address or a network", entry)
		}
		list.entries = append(list.entries, entry)
		list.rules = append(list.rules, rule)
	}
	return list, nil
}

// Entries are the list as it was written.
func (l ListenList) Entries() []string { return slices.Clone(l.entries) }

// HasLowPorts tells whether it covers a port for which a program needs a right of its own on Unix.
func (l ListenList) HasLowPorts() bool {
	for _, rule := range l.rules {
		for port := uint16(1); port < engine.FirstFreePort; port++ {
			if rule.CoversPort(port) {
				return true
			}
		}
	}
	return false
}

// Check tells whether a route may listen on ADDR:PORT here, and what to do where it may not. To listen on an unspecified
// address is to listen on all of them, so that only an entry for all of its family covers it.
func (l ListenList) Check(listen string) (netip.AddrPort, error) {
	endpoint, err := netip.ParseAddrPort(listen)
	if err != nil || endpoint.Port() == 0 || endpoint.Addr().Zone() != "" {
		return netip.AddrPort{}, fmt.Errorf("%q is not an address with a port", Shorten(listen))
	}
	endpoint = netip.AddrPortFrom(endpoint.Addr().Unmap(), endpoint.Port())
	covers := func(r engine.PortRule) bool {
		return r.CoversAddress(endpoint) && (!endpoint.Addr().IsUnspecified() || r.CoversAll())
	}
	if !slices.ContainsFunc(l.rules, covers) {
		entry := endpoint.String()
		if all := netip.PrefixFrom(endpoint.Addr(), 0); endpoint.Addr().IsUnspecified() {
			entry = fmt.Sprintf("%s:%d", bracketed(all), endpoint.Port())
		}
		return netip.AddrPort{}, fmt.Errorf("this machine's agent does not allow listening on %s; on that machine run: lockwire-agent allow-listen add %s", endpoint, entry)
	}
	return endpoint, nil
}

// bracketed writes a network as an entry has it.
func bracketed(network netip.Prefix) string {
	if network.Addr().Is6() {
		return "[" + network.String() + "]"
	}
	return network.String()
}
