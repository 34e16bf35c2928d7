package component

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"lockwire/engine"
)

// portRule is one entry of an allow-list: HOST:PORTS or CIDR:PORTS. Ports are always named: one, a range such as 8000-8010,
// or several of both with commas between.
type portRule struct {
	name   string       // lower case; empty where the entry is a network
	prefix netip.Prefix // of one address for an address
	ports  []portRange
}

type portRange struct{ first, last uint16 }

const (
	// maximumEntry is the most bytes that one entry may have; the wire has the same bound.
	maximumEntry = 256
	// maximumRanges bounds the ports of one entry.
	maximumRanges = 32
)

// parsePortRule reads one entry. An IPv6 address or network stands in brackets.
func parsePortRule(text string) (portRule, error) {
	if len(text) > maximumEntry {
		return portRule{}, fmt.Errorf("an entry has at most %d characters", maximumEntry)
	}
	cut := strings.LastIndexByte(text, ':')
	if cut <= 0 || strings.HasSuffix(text[:cut], ":") || cut == len(text)-1 {
		return portRule{}, fmt.Errorf("%q names no port; write HOST:PORT or CIDR:PORTS, such as 127.0.0.1:8000 or 10.0.0.0/8:5432-5440", text)
	}
	host, ports := text[:cut], text[cut+1:]
	rule := portRule{}
	var err error
	if rule.ports, err = parsePorts(ports); err != nil {
		return portRule{}, fmt.Errorf("%q: %w", text, err)
	}
	bracketed := strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]")
	if bracketed {
		host = host[1 : len(host)-1]
	} else if strings.Contains(host, ":") {
		return portRule{}, fmt.Errorf("%q: an IPv6 address or network stands in brackets, such as [2001:db8::1]:8000", text)
	}
	switch prefix, prefixErr := netip.ParsePrefix(host); {
	case prefixErr == nil:
		if prefix.Addr().Is4In6() {
			return portRule{}, fmt.Errorf("%q: write the network as an IPv4 network", text)
		}
		if prefix.Masked() != prefix {
			return portRule{}, fmt.Errorf("%q: the network is written %s", text, prefix.Masked())
		}
		rule.prefix = prefix
		return rule, nil
	case strings.Contains(host, "/"):
		return portRule{}, fmt.Errorf("%q: %q is not a network", text, host)
	}
	if address, err := engine.ParseAddress(host); err == nil {
		if address.IsUnspecified() {
			return portRule{}, fmt.Errorf("%q: %s is no address that can be dialled; use a network such as 127.0.0.0/8", text, address)
		}
		rule.prefix = netip.PrefixFrom(address, address.BitLen())
		return rule, nil
	}
	if err := engine.CheckHostPort(net.JoinHostPort(host, "1")); err != nil || bracketed {
		return portRule{}, fmt.Errorf("%q: %q is neither an address, a network nor a host name", text, host)
	}
	rule.name = strings.ToLower(strings.TrimSuffix(host, "."))
	return rule, nil
}

func parsePorts(text string) ([]portRange, error) {
	var ranges []portRange
	for part := range strings.SplitSeq(text, ",") {
		if len(ranges) == maximumRanges {
			return nil, fmt.Errorf("at most %d ranges of ports", maximumRanges)
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

func (r portRule) coversPort(port uint16) bool {
	for _, ports := range r.ports {
		if ports.first <= port && port <= ports.last {
			return true
		}
	}
	return false
}

// coversAddress tells whether a literal address is covered. The name localhost stands for the two loopback addresses that
// it means everywhere; any other name covers only what is asked for by that name.
func (r portRule) coversAddress(endpoint netip.AddrPort) bool {
	address := endpoint.Addr()
	if !r.coversPort(endpoint.Port()) {
		return false
	}
	if r.name == "localhost" {
		return address == netip.AddrFrom4([4]byte{127, 0, 0, 1}) || address == netip.IPv6Loopback()
	}
	return r.prefix.IsValid() && r.prefix.Contains(address)
}

// coversName tells whether whatever a host name resolves to is covered, because the entry is that name.
func (r portRule) coversName(host string, port uint16) bool {
	return r.name != "" && r.name == strings.ToLower(strings.TrimSuffix(host, ".")) && r.coversPort(port)
}
