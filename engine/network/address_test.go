package network

import (
	"net"
	"net/netip"
	"testing"
)

func TestWhatIsCountedForEachAddressCountsAnIPv6NetworkAsOne(t *testing.T) {
	from := func(address string) netip.Prefix {
		return CountedBy(AddressOf(net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(address), 1234))).Addr())
	}
	for _, c := range []struct {
		one, other string
		same       bool
	}{
		{"2001:db8::1", "2001:db8::ffff:1", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"fe80::1%eth0", "fe80::1%eth1", true},
	} {
		if one, other := from(c.one), from(c.other); (one == other) != c.same || !one.IsValid() {
			t.Errorf("%s counts as %v, %s as %v", c.one, one, c.other, other)
		}
	}
	if CountedBy(AddressOf(&net.UnixAddr{}).Addr()).IsValid() {
		t.Error("what has no address counts as one")
	}
}
