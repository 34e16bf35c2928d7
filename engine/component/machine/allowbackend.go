package machine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"lockwire/engine"
)

// ErrBackendForbidden: the machine's own allow-backend list does not cover a backend. The text after it says what to do.
var ErrBackendForbidden = errors.New("the target's allow-backend list does not cover the backend")

const (
	// maximumBackends is how many entries an allow-backend list may have; the wire has the same bound.
	maximumBackends = 256
	// resolveTimeout bounds how long a name's addresses are waited for.
	resolveTimeout = 5 * time.Second
)

// BackendList is what one attachment lets routes dial. It is never changed once made; the zero value covers nothing.
type BackendList struct {
	entries []string
	rules   []engine.PortRule
}

// NewBackendList reads entries of the form HOST:PORT or CIDR:PORTS. Doubled ones are kept once.
func NewBackendList(entries []string) (BackendList, error) {
	var list BackendList
	for _, entry := range entries {
		if slices.Contains(list.entries, entry) {
			continue
		}
		if len(list.entries) == maximumBackends {
			return BackendList{}, fmt.Errorf("an allow-backend list has at most %d entries", maximumBackends)
		}
		rule, err := engine.ParsePortRule(entry)
		if err != nil {
			return BackendList{}, err
		}
		list.entries = append(list.entries, entry)
		list.rules = append(list.rules, rule)
	}
	return list, nil
}

// Entries are the list as it was written.
func (l BackendList) Entries() []string { return slices.Clone(l.entries) }

// Resolver asks for the addresses of a host name; net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Resolve gives the literal addresses at which a backend, HOST:PORT, may be dialled, in the order to try them. Addresses of
// a name that the list does not cover are left out. It returns ErrBackendForbidden where none is left, or says that the name
// does not resolve.
func (l BackendList) Resolve(ctx context.Context, resolver Resolver, backend string) ([]netip.AddrPort, error) {
	host, port, err := splitBackend(backend)
	if err != nil {
		return nil, err
	}
	if address, err := engine.ParseAddress(host); err == nil {
		endpoint := netip.AddrPortFrom(address, port)
		if !l.coversAddress(endpoint) {
			return nil, forbidden(backend)
		}
		return []netip.AddrPort{endpoint}, nil
	}
	byName := slices.ContainsFunc(l.rules, func(r engine.PortRule) bool { return r.CoversName(host, port) })
	if !byName && !slices.ContainsFunc(l.rules, func(r engine.PortRule) bool { return r.CoversPort(port) }) {
		return nil, forbidden(backend) // no question to DNS that cannot help
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	addresses, err := resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("the backend's name %q does not resolve here: %w", host, err)
	}
	var endpoints []netip.AddrPort
	for _, address := range addresses {
		endpoint := netip.AddrPortFrom(engine.PlainAddress(address), port)
		if Diallable(endpoint.Addr()) && (byName || l.coversAddress(endpoint)) && !slices.Contains(endpoints, endpoint) {
			endpoints = append(endpoints, endpoint)
		}
	}
	if len(endpoints) == 0 {
		return nil, forbidden(backend)
	}
	return endpoints, nil
}

func (l BackendList) coversAddress(endpoint netip.AddrPort) bool {
	return Diallable(endpoint.Addr()) && slices.ContainsFunc(l.rules, func(r engine.PortRule) bool { return r.CoversAddress(endpoint) })
}

// Diallable refuses the unspecified address, which the kernel takes for loopback, and multicast.
func Diallable(address netip.Addr) bool {
	return address.IsValid() && !address.IsUnspecified() && !address.IsMulticast()
}

func splitBackend(backend string) (host string, port uint16, err error) {
	if err := engine.CheckHostPort(backend); err != nil {
		return "", 0, fmt.Errorf("backend: %w", err)
	}
	host, text, err := net.SplitHostPort(backend)
	if err != nil {
		return "", 0, fmt.Errorf("backend: %w", err)
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("backend: %w", err)
	}
	return host, uint16(number), nil
}

func forbidden(backend string) error {
	return fmt.Errorf("%w %s; on the target run: lockwire-agent allow-backend add %s", ErrBackendForbidden, backend, backend)
}
