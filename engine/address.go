package engine

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// AddressClass says what an address counts as for the rules.
type AddressClass uint8

const (
	// IgnoredAddress is loopback, link-local, unspecified or multicast: the rules do not see it.
	IgnoredAddress AddressClass = iota
	// PrivateAddress lies in one of the ranges of RFC 1918, or in fc00::/7.
	PrivateAddress
	// PublicAddress is every other one, the shared range 100.64.0.0/10 included.
	PublicAddress
)

var (
	privateNetworks = []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("fc00::/7"),
	}
	sharedNetwork = netip.MustParsePrefix("100.64.0.0/10")
)

// Classify says what an address counts as. An IPv4-mapped IPv6 address counts as its IPv4 address.
func Classify(address netip.Addr) AddressClass {
	address = PlainAddress(address)
	switch {
	case !address.IsValid(), address.IsLoopback(), address.IsUnspecified(), address.IsMulticast(), address.IsLinkLocalUnicast():
		return IgnoredAddress
	case slices.ContainsFunc(privateNetworks, func(p netip.Prefix) bool { return p.Contains(address) }):
		return PrivateAddress
	}
	return PublicAddress
}

// IsShared tells whether an address lies in 100.64.0.0/10 (RFC 6598), which surprises people by counting as public.
func IsShared(address netip.Addr) bool { return sharedNetwork.Contains(PlainAddress(address)) }

// PlainAddress takes off what does not count for the rules: the zone, and the IPv6 wrapping of an IPv4 address.
func PlainAddress(address netip.Addr) netip.Addr { return address.Unmap().WithZone("") }

// Origin says how the broker knows an address of a component.
type Origin string

const (
	// FromInterface is an address that the component's system has on an interface, used or not.
	FromInterface Origin = "interface"
	// GivenByHand is an address named by --interface instead of being asked from the system.
	GivenByHand Origin = "given by hand"
	// Advertised is an address named by --advertise.
	Advertised Origin = "advertised"
	// SeenByBroker is the address from which the broker sees the component attach.
	SeenByBroker Origin = "seen by the broker"
)

// Address is one address of a component and how it is known.
type Address struct {
	Address netip.Addr `json:"address"`
	Origin  Origin     `json:"origin,omitempty"`
	// Interface is the name that the system gives to the interface; empty where there is none.
	Interface string `json:"interface,omitempty"`
	// HostOnly tells that nobody else is in the address's network: it is the whole subnet, on an interface that is down or has
	// no neighbours, as the addresses of a cluster's services are. Such a one is dialled last.
	HostOnly bool `json:"hostOnly,omitempty"`
}

// String writes the address, and its origin where it is not an interface.
func (a Address) String() string {
	if a.Origin == "" || a.Origin == FromInterface {
		return a.Address.String()
	}
	return fmt.Sprintf("%s (%s)", a.Address, a.Origin)
}

// ParseAddresses reads a comma-separated list of addresses, as `explain --source` takes it. At most MaximumAddresses are read.
func ParseAddresses(text string) ([]netip.Addr, error) {
	var addresses []netip.Addr
	for entry := range strings.SplitSeq(text, ",") {
		if len(addresses) == MaximumAddresses {
			return nil, fmt.Errorf("more than %d addresses", MaximumAddresses)
		}
		address, err := ParseAddress(strings.TrimSpace(entry))
		if err != nil {
			return nil, err
		}
		addresses = append(addresses, address)
	}
	return addresses, nil
}

// ParseAddress reads one IPv4 or IPv6 address; an IPv4-mapped one comes out as IPv4. Zones are refused.
func ParseAddress(text string) (netip.Addr, error) {
	address, err := netip.ParseAddr(text)
	if err != nil || address.Zone() != "" {
		return netip.Addr{}, fmt.Errorf("%q is not an IP address", abbreviate(text, 64))
	}
	return PlainAddress(address), nil
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// CheckDialled refuses an address to which nobody can connect, or not from another machine: the unspecified one, groups, and
// a link-local one that does not name its interface.
func CheckDialled(address netip.Addr) error {
	if address = address.Unmap(); address.IsUnspecified() {
		return fmt.Errorf("%s stands for all addresses of a machine and cannot be connected to; write one of them", address)
	}
	return checkOneMachine(address)
}

func checkOneMachine(address netip.Addr) error {
	switch address = address.Unmap(); {
	case address.IsMulticast(), address == broadcast:
		return fmt.Errorf("%s is the address of a group, not of one machine", address)
	case address.Is6() && address.IsLinkLocalUnicast() && address.Zone() == "":
		return fmt.Errorf("%s is link-local and does not say on which interface; write another address of the machine", address)
	}
	return nil
}

// CheckListenHost checks the host of a HOST:PORT that a program of ours listens on. It may be empty or unspecified: all addresses.
func CheckListenHost(text string) error {
	host, _, err := net.SplitHostPort(text)
	if err != nil {
		return fmt.Errorf("%q is not ADDR:PORT", abbreviate(text, 128))
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return checkOneMachine(address)
	}
	return nil
}

// FirstFreePort is the first port on which any program may listen; for those below it Unix asks for a right.
const FirstFreePort = 1024

// IsLowPort tells whether ADDR:PORT has a port on which not every program may listen.
func IsLowPort(text string) bool {
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return false
	}
	number, err := strconv.ParseUint(port, 10, 16)
	return err == nil && 0 < number && number < FirstFreePort
}
