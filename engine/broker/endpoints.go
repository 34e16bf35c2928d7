package broker

import (
	"fmt"
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

// candidates are where a source dials a target, best first.
type candidates struct {
	endpoints []netip.AddrPort
	// preferred is how many of them, the first ones, lie in preferred networks.
	preferred int
	// fallBack says why addresses outside of the preferred networks are tried although these are preferred; empty where they
	// are not, or where those inside are tried first.
	fallBack string
	// leftOut is how many more the target has than an offer carries.
	leftOut int
	// own is how many were left out because they are the source's own, too.
	own int
}

// Ranks of an endpoint, best first. Attempts start a quarter of a second apart and the first that proves the target wins, so
// that the order decides over which network a backup goes. A subnet that both share comes before the address at which the
// broker sees the target: it may be a network for backups, and the broker's one for management. Only one such endpoint does:
// subnets that are the same by chance, as those of containers are, cost a quarter of a second and not seconds.
const (
	workedLast = iota
	firstInSameSubnet
	seenByBroker
	inSameSubnet
	otherPrivate
	otherPublic
	advertisedLoopback // by a component that stands for another machine
	hostOnly
	ownAddress // of the source, behind another port: two agents of one machine that could not prove it
)

// candidatesFor gives where the source dials the target. worked is where the source reached it last; invalid where that is not
// known. An endpoint that is the source's own too is left out: the source would dial itself. Two that are taken to be one machine
// use loopback only, where nobody else can answer.
//
// Where both ends have an address in a preferred network, those of the target come before all others, also before the one that
// worked last: a session falls back, and the next one tries again.
func candidatesFor(source, target *engine.Component, worked netip.AddrPort, sameMachine bool, preferred *engine.PreferredNetworks) candidates {
	if sameMachine {
		return candidates{endpoints: loopbackEndpoints(target.Report.Endpoints)}
	}
	var c candidates
	rank := make(map[netip.AddrPort]int)
	ranks := newRanks(source, target, worked)
	for _, endpoint := range target.Report.Endpoints {
		endpoint = netip.AddrPortFrom(engine.PlainAddress(endpoint.Addr()), endpoint.Port())
		if _, twice := rank[endpoint]; twice || !dialable(target, endpoint.Addr()) {
			continue
		}
		if slices.Contains(source.Report.Endpoints, endpoint) {
			c.own++
			continue
		}
		rank[endpoint] = ranks.of(endpoint)
		c.endpoints = append(c.endpoints, endpoint)
	}
	isRanked := func(wanted int) func(netip.AddrPort) bool {
		return func(e netip.AddrPort) bool { return rank[e] == wanted }
	}
	if !slices.ContainsFunc(c.endpoints, isRanked(firstInSameSubnet)) {
		if first := slices.IndexFunc(c.endpoints, isRanked(inSameSubnet)); first >= 0 {
			rank[c.endpoints[first]] = firstInSameSubnet
		}
	}
	slices.SortStableFunc(c.endpoints, func(a, b netip.AddrPort) int { return rank[a] - rank[b] })
	c.prefer(source, target, preferred)
	c.leftOut = max(0, len(c.endpoints)-maximumOffered)
	c.endpoints = c.endpoints[:len(c.endpoints)-c.leftOut]
	c.preferred = min(c.preferred, len(c.endpoints))
	return c
}

// prefer puts the endpoints in preferred networks first, and of these the ones in a network that the source is in, too; else the order
// stays. Where they are required, the others go.
func (c *candidates) prefer(source, target *engine.Component, networks *engine.PreferredNetworks) {
	if !networks.InForce() {
		return
	}
	missing := networks.Missing(source, target)
	var joined, inside, outside []netip.AddrPort
	for _, endpoint := range c.endpoints {
		switch {
		case missing != "" || !networks.Holds(endpoint.Addr()):
			outside = append(outside, endpoint)
		case networks.Joins(source, endpoint.Addr()):
			joined = append(joined, endpoint)
		default:
			inside = append(inside, endpoint)
		}
	}
	inside = append(joined, inside...)
	if missing == "" && len(inside) == 0 {
		missing = fmt.Sprintf("the data port of %s listens on no address in a preferred network", target.Name)
	}
	c.preferred, c.fallBack = len(inside), missing
	if networks.Mode == engine.PreferredRequire {
		c.endpoints = inside
		return
	}
	c.endpoints = append(inside, outside...)
}

func dialable(target *engine.Component, address netip.Addr) bool {
	if address.IsLoopback() {
		return target.Report.Advertised
	}
	return !address.IsUnspecified() && !address.IsMulticast() && !address.IsLinkLocalUnicast()
}

// ranks says how likely an endpoint of a target leads there from a source.
type ranks struct {
	own      []netip.Addr        // of the source, without those that are host-only
	same     map[netip.Addr]bool // interfaces of the source
	hostOnly map[netip.Addr]bool
	seen     netip.Addr
	worked   netip.AddrPort
}

func newRanks(source, target *engine.Component, worked netip.AddrPort) *ranks {
	r := &ranks{same: make(map[netip.Addr]bool), hostOnly: make(map[netip.Addr]bool), seen: engine.PlainAddress(target.SeenFrom), worked: worked}
	for _, a := range target.Report.Interfaces {
		if a.HostOnly {
			r.hostOnly[engine.PlainAddress(a.Address)] = true
		}
	}
	for _, a := range source.Report.Interfaces {
		r.same[engine.PlainAddress(a.Address)] = !target.Report.Advertised
	}
	for _, a := range source.Addresses() {
		if !a.HostOnly {
			r.own = append(r.own, a.Address)
		}
	}
	return r
}

func (r *ranks) of(endpoint netip.AddrPort) int {
	address := endpoint.Addr()
	isNear := slices.ContainsFunc(r.own, func(own netip.Addr) bool { return sameSubnet(own, address) })
	switch {
	case endpoint == r.worked:
		return workedLast
	case r.same[address]:
		return ownAddress
	case address == r.seen && isNear:
		return firstInSameSubnet
	case address == r.seen:
		return seenByBroker
	case r.hostOnly[address]:
		return hostOnly
	case isNear:
		return inSameSubnet
	}
	switch engine.Classify(address) {
	case engine.PrivateAddress:
		return otherPrivate
	case engine.PublicAddress:
		return otherPublic
	}
	return advertisedLoopback
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
