package broker

import (
	"net/netip"
	"slices"

	"lockwire/engine"
)

// maximumOffered is how many endpoints an offer carries.
const maximumOffered = 32

// Where two addresses share so many leading bits they are taken to be in one subnet. Components do not report their masks.
const (
	sameSubnetBits4 = 24
	sameSubnetBits6 = 64
)

// endpointsFor gives where the source dials the target, best first: in a subnet of the source's own, other private ones,
// public ones. Two that are taken to be one machine use loopback only, where nobody else can answer.
func endpointsFor(source, target *engine.Component, sameMachine bool) []netip.AddrPort {
	if sameMachine {
		return loopbackEndpoints(target.Report.Endpoints)
	}
	own := source.Addresses()
	rank := func(address netip.Addr) int {
		if slices.ContainsFunc(own, func(a engine.Address) bool { return sameSubnet(a.Address, address) }) {
			return 0
		}
		switch engine.Classify(address) {
		case engine.PrivateAddress:
			return 1
		case engine.PublicAddress:
			return 2
		}
		return 3 // loopback: only what is advertised so, by a component that stands for another machine
	}
	var endpoints []netip.AddrPort
	for _, endpoint := range target.Report.Endpoints {
		address := engine.PlainAddress(endpoint.Addr())
		dialable := !address.IsUnspecified() && !address.IsMulticast() && !address.IsLinkLocalUnicast()
		if address.IsLoopback() && !target.Report.Advertised {
			dialable = false
		}
		if dialable {
			endpoints = append(endpoints, netip.AddrPortFrom(address, endpoint.Port()))
		}
	}
	slices.SortStableFunc(endpoints, func(a, b netip.AddrPort) int { return rank(a.Addr()) - rank(b.Addr()) })
	return endpoints[:min(len(endpoints), maximumOffered)]
}

// loopbackEndpoints are the data ports of a component on loopback.
func loopbackEndpoints(endpoints []netip.AddrPort) []netip.AddrPort {
	var ports []uint16
	var all []netip.AddrPort
	for _, endpoint := range endpoints {
		if slices.Contains(ports, endpoint.Port()) || len(ports) == maximumOffered/2 {
			continue
		}
		ports = append(ports, endpoint.Port())
		all = append(all, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), endpoint.Port()), netip.AddrPortFrom(netip.IPv6Loopback(), endpoint.Port()))
	}
	return all
}

func sameSubnet(a, b netip.Addr) bool {
	if a.Is4() != b.Is4() {
		return false
	}
	bits := sameSubnetBits6
	if a.Is4() {
		bits = sameSubnetBits4
	}
	prefix, err := a.Prefix(bits)
	return err == nil && prefix.Contains(b)
}
