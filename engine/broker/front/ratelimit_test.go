package front

import (
	"net/netip"
	"testing"
)

func TestLimiterForgetsAddressesThatAreQuiet(t *testing.T) {
	l := newAddressLimiter()
	for n := range maximumAddresses + 100 {
		l.refused(sourceOf(netip.AddrFrom4([4]byte{10, 1, byte(n >> 8), byte(n)})))
	}
	if len(l.buckets) > maximumAddresses {
		t.Errorf("%d addresses are remembered", len(l.buckets))
	}
	one, other := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	l = newAddressLimiter()
	for range JoinBurst {
		l.refused(sourceOf(one))
	}
	if l.admits(sourceOf(other)) {
		t.Error("the addresses of one /64 do not share a limit")
	}
}
