package engine

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// PortRule is one entry of a component's allow-list: HOST:PORTS or CIDR:PORTS. Ports are always named: one, a range such as
// 8000-8010, or several of both with commas between. The zero value covers nothing.
type PortRule struct {
	name   string       // lower case; empty where the entry is a network
	prefix netip.Prefix // of one address for an address
	ports  []portRange
}

type portRange struct{ first, last uint16 }

var loopbackIPv4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})

const (
	// maximumPortRule is the most bytes that one entry may have; the wire has the same bound.
	maximumPortRule = 256
	// maximumPortRanges bounds the ports of one entry.
	maximumPortRanges = 32
)

// ParsePortRule reads one entry of at most 256 bytes. An IPv6 address or network stands in brackets.
func ParsePortRule(text string) (PortRule, error) {
	if len(text) > maximumPortRule {
		return PortRule{}, fmt.Errorf("an entry has at most %d characters", maximumPortRule)
	}
	cut := strings.LastIndexByte(text, ':')
	if cut <= 0 || strings.HasSuffix(text[:cut], ":") || cut == len(text)-1 {
		return PortRule{}, fmt.Errorf("%q names no port; write HOST:PORT or CIDR:PORTS, such as 127.0.0.1:8000 or 10.0.0.0/8:5432-5440", text)
	}
	host, ports := text[:cut], text[cut+1:]
	rule := PortRule{}
	var err error
	if rule.ports, err = parsePorts(ports); err != nil {
		return PortRule{}, fmt.Errorf("%q: %w", text, err)
	}
	bracketed := strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]")
	if bracketed {
		host = host[1 : len(host)-1]
	} else if strings.Contains(host, ":") {
		return PortRule{}, fmt.Errorf("%q: an IPv6 address or network stands in brackets, such as [2001:db8::1]:8000", text)
	}
	switch prefix, prefixErr := netip.ParsePrefix(host); {
	case prefixErr == nil:
		if prefix.Addr().Is4In6() {
			return PortRule{}, fmt.Errorf("%q: write the network as an IPv4 network", text)
		}
		if prefix.Masked() != prefix {
			return PortRule{}, fmt.Errorf("%q: the network is written %s", text, prefix.Masked())
		}
		rule.prefix = prefix
		return rule, nil
	case strings.Contains(host, "/"):
		return PortRule{}, fmt.Errorf("%q: %q is not a network", text, host)
	}
	if address, err := ParseAddress(host); err == nil {
		if address.IsUnspecified() {
			return PortRule{}, fmt.Errorf("%q: %s is no address that can be dialled; use a network such as 127.0.0.0/8", text, address)
		}
		if err := checkOneMachine(address); err != nil {
			return PortRule{}, fmt.Errorf("%q: %w", text, err)
		}
		rule.prefix = netip.PrefixFrom(address, address.BitLen())
		return rule, nil
	}
	if err := CheckHostPort(net.JoinHostPort(host, "1")); err != nil || bracketed {
		return PortRule{}, fmt.Errorf("%q: %q is neither an address, a network nor a host name", text, host)
	}
	rule.name = strings.ToLower(strings.TrimSuffix(host, "."))
	return rule, nil
}

func parsePorts(text string) ([]portRange, error) {
	var ranges []portRange
	for part := range strings.SplitSeq(text, ",") {
		if len(ranges) == maximumPortRanges {
			return nil, fmt.Errorf("at most %d ranges of ports", maximumPortRanges)
		}
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, err := parsePort(first)
		if err != nil {
			return nil, err
		}
		to, err := parsePort(last)
		if err != nil {
			return nil, err
		}
		if from > to {
			return nil, fmt.Errorf("the range %s ends before it begins", part)
		}
		ranges = append(ranges, portRange{from, to})
	}
	return ranges, nil
}

func parsePort(text string) (uint16, error) {
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil || number == 0 {
		return 0, errors.New("a port is a number from 1 to 65535")
	}
	return uint16(number), nil
}

// CoversPort tells whether a port is covered at some address.
func (r PortRule) CoversPort(port uint16) bool {
	for _, ports := range r.ports {
		if ports.first <= port && port <= ports.last {
			return true
		}
	}
	return false
}

// CoversAddress tells whether a literal address is covered. The name localhost stands for the two loopback addresses that
// it means everywhere; any other name covers only what is asked for by that name.
func (r PortRule) CoversAddress(endpoint netip.AddrPort) bool {
	address := endpoint.Addr()
	if !r.CoversPort(endpoint.Port()) {
		return false
	}
	if r.name == "localhost" {
		return address == loopbackIPv4 || address == netip.IPv6Loopback()
	}
	return r.prefix.IsValid() && r.prefix.Contains(address)
}

// CoversName tells whether whatever a host name resolves to is covered, because the entry is that name.
func (r PortRule) CoversName(host string, port uint16) bool {
	return r.name != "" && r.name == strings.ToLower(strings.TrimSuffix(host, ".")) && r.CoversPort(port)
}

// IsName tells whether the entry is of a host name, so that what it covers depends on DNS.
func (r PortRule) IsName() bool { return r.name != "" }

// CoversAll tells whether the entry is of all addresses of a family.
func (r PortRule) CoversAll() bool { return r.prefix.IsValid() && r.prefix.Bits() == 0 }

// AllowsBackend tells whether an allow-list, as a component reports it, covers a backend HOST:PORT, as far as that can be
// said without asking DNS at the component: a name is covered by an entry of that name, and localhost by loopback. The
// component itself checks each dial.
func AllowsBackend(list []string, backend string) bool {
	host, port, err := net.SplitHostPort(backend)
	if err != nil {
		return false
	}
	number, err := parsePort(port)
	if err != nil {
		return false
	}
	var addresses []netip.Addr
	if address, err := ParseAddress(host); err == nil {
		addresses = []netip.Addr{address}
	} else if strings.EqualFold(host, "localhost") {
		addresses = []netip.Addr{loopbackIPv4, netip.IPv6Loopback()}
	}
	return slices.ContainsFunc(list, func(entry string) bool {
		rule, err := ParsePortRule(entry)
		if err != nil {
			return false
		}
		return rule.CoversName(host, number) || slices.ContainsFunc(addresses, func(address netip.Addr) bool {
			return !address.IsUnspecified() && rule.CoversAddress(netip.AddrPortFrom(address, number))
		})
	})
}
