package policy

import (
	"net/netip"
	"testing"

	"lockwire/engine"
)

// "Which rules match a pair" and "Addresses" of the rules' contract, a row for each sentence. The rules encrypt, so that
// matching shows as sealed.
func TestWhichRulesMatchAPair(t *testing.T) {
	one := func(source, target string) []engine.Rule {
		return []engine.Rule{newRule("R", source, target, encrypts), internet(off)}
	}
	match := func(q question) question {
		q.mode, q.by, q.named = engine.Sealed, engine.ByRule, []string{"R"}
		return q
	}
	miss := func(q question) question {
		q.mode, q.by = engine.Plain, engine.ByNone
		return q
	}
	run(t, []question{
		match(question{name: "one address in each range", rules: one("10.0.0.1", "10.0.0.2"), source: party("a", "10.0.0.1"), target: party("b", "10.0.0.2")}),
		match(question{name: "rules are reversible", rules: one("10.0.0.1", "10.0.0.2"), source: party("a", "10.0.0.2"), target: party("b", "10.0.0.1")}),
		miss(question{name: "both in the source range only", rules: one("10.0.0.0/24", "10.0.9.9"), source: party("a", "10.0.0.2"), target: party("b", "10.0.0.1")}),
		miss(question{name: "one end is not covered", rules: one("10.0.0.1", "10.0.0.2"), source: party("a", "10.0.0.1"), target: party("b", "10.0.0.3")}),
		miss(question{name: "one component alone does not match both sides for the pair", rules: one("10.0.0.1", "10.0.0.2"), source: party("a", "10.0.0.1", "10.0.0.2"), target: party("b", "10.0.0.3")}),
		match(question{name: "an unused interface counts", rules: one("172.16.5.0/24", "10.0.0.2"), source: party("a", "10.0.0.1", "172.16.5.5"), target: party("b", "10.0.0.2"),
			says: []string{"172.16.5.5 on eth1 of a lies in its source"}}),
		match(question{name: "one uncovered interface does not un-match", rules: one("10.0.0.1", "10.0.0.2"), source: party("a", "10.0.0.1", "192.168.0.1", "fd00::1"), target: party("b", "10.0.0.2", "192.168.0.2")}),
		match(question{name: "the first and the last address of a range are in it", rules: one("192.168.0.1-192.168.0.255", "172.16.0.31"), source: party("a", "192.168.0.255"), target: party("b", "172.16.0.31")}),
		miss(question{name: "the address after the last one is not", rules: one("192.168.0.1-192.168.0.255", "172.16.0.31"), source: party("a", "192.168.1.0"), target: party("b", "172.16.0.31")}),
		miss(question{name: "the address before the first one is not", rules: one("192.168.0.1-192.168.0.255", "172.16.0.31"), source: party("a", "192.168.0.0"), target: party("b", "172.16.0.31")}),
		match(question{name: "the last IPv4 address ends a range", rules: one("0.0.0.0/0", "10.0.0.2"), source: party("a", "223.255.255.255"), target: party("b", "10.0.0.2")}),
		match(question{name: "the last IPv6 address ends a range", rules: one("::/0", "::/0"), source: party("a", "fd00::1"), target: party("b", "fd00::2")}),
		match(question{name: "ranges of both families follow one another", rules: one("0.0.0.0/0, ::/0", "::/0, 0.0.0.0/0"), source: party("a", "10.0.0.1"), target: party("b", "fd00::2")}),
		match(question{name: "any covers both families", rules: one("any", "any"), source: party("a", "10.0.0.1"), target: party("b", "fd00::1")}),
		match(question{name: "one side may mix families", rules: one("10.0.0.0/8, 2001:db8:1::/48", "fd00::/8, 192.168.0.0/16"), source: party("a", "2001:db8:1::9"), target: party("b", "fd00::5")}),
		miss(question{name: "an IPv4 address is in no IPv6 range", rules: one("::/0", "any"), source: party("a", "10.0.0.1"), target: party("b", "10.0.0.2")}),
		miss(question{name: "an IPv6 address is in no IPv4 range", rules: one("0.0.0.0/0", "any"), source: party("a", "fd00::1"), target: party("b", "fd00::2")}),
		match(question{name: "an IPv4-mapped address counts as its IPv4 address", rules: one("10.0.0.1", "10.0.0.2"), source: party("a", "::ffff:10.0.0.1"), target: party("b", "10.0.0.2")}),
		miss(question{name: "an IPv4-mapped address is in no IPv6 range", rules: one("::/0", "10.0.0.2"), source: party("a", "::ffff:10.0.0.1"), target: party("b", "10.0.0.2")}),
		miss(question{name: "loopback is ignored even where a range names it", rules: one("127.0.0.0/8", "any"), source: party("a", "127.0.0.1"), target: party("b", "10.0.0.2")}),
		miss(question{name: "link-local IPv4 is ignored", rules: one("169.254.0.0/16", "any"), source: party("a", "169.254.1.1"), target: party("b", "10.0.0.2")}),
		miss(question{name: "link-local IPv6 is ignored", rules: one("fe80::/10", "any"), source: party("a", "fe80::1"), target: party("b", "10.0.0.2")}),
		miss(question{name: "multicast and unspecified are ignored", rules: one("any", "any"), source: party("a", "224.0.0.1", "ff02::1", "0.0.0.0", "::"), target: party("b", "10.0.0.2")}),
		miss(question{name: "any does not cover a component without an interface", rules: one("any", "any"), source: party("a"), target: party("b", "10.0.0.2")}),
		match(question{name: "the target public covers a public address", rules: one("10.0.0.1", "public"), source: party("a", "10.0.0.1"), target: party("b", "203.0.113.1")}),
		miss(question{name: "the target public covers no private address", rules: one("10.0.0.1", "public"), source: party("a", "10.0.0.1"), target: party("b", "10.0.0.2")}),
		match(question{name: "an advertised address counts", rules: one("198.51.100.7", "10.0.0.2"), target: party("b", "10.0.0.2"),
			source: engine.Party{Name: "a", Addresses: []engine.Address{{Address: addresses("198.51.100.7")[0], Origin: engine.Advertised}}},
			says:   []string{"198.51.100.7 (advertised)"}}),
		match(question{name: "the address from which the broker sees it counts", rules: one("198.51.100.7", "10.0.0.2"), target: party("b", "10.0.0.2"),
			source: engine.Party{Name: "a", Addresses: []engine.Address{{Address: addresses("198.51.100.7")[0], Origin: engine.SeenByBroker}}},
			says:   []string{"198.51.100.7 (seen by the broker)"}}),
		miss(question{name: "a disabled rule is as if absent", rules: []engine.Rule{newRule("R", "any", "any", encrypts, off)}, source: party("a", "10.0.0.1"), target: party("b", "10.0.0.2")}),
	})
}

func TestNamesStandForAddressesOfTheSnapshot(t *testing.T) {
	a, b := party("a", "10.0.0.1"), party("b", "10.0.0.2")
	encrypt := func(source, target string) []engine.Rule {
		return []engine.Rule{newRule("R", source, target, encrypts)}
	}
	limit := func(source, target string) []engine.Rule {
		return []engine.Rule{newRule("R", source, target, throttles(10))}
	}
	components := engine.Names{Components: map[string][]netip.Addr{"db": addresses("10.0.0.1", "172.16.0.1")}, Tags: map[string][]netip.Addr{"site-a": addresses("10.0.0.2", "10.0.9.9")},
		Roles: map[engine.Role][]netip.Addr{engine.Repository: addresses("10.0.0.2", "10.0.9.9")}}
	host := func(now, lately []netip.Addr) engine.Names {
		return engine.Names{Hosts: map[string]engine.HostAnswer{"nas.example": {Now: now, Lately: lately}}}
	}
	run(t, []question{
		{name: "component: stands for all its interfaces", rules: encrypt("component:db", "10.0.0.2"), source: a, target: b, names: components, mode: engine.Sealed, by: engine.ByRule, named: []string{"R"},
			says: []string{"component:db: 10.0.0.1, 172.16.0.1"}},
		{name: "component: whatever its case", rules: encrypt("component:DB", "10.0.0.2"), source: a, target: b, names: components, mode: engine.Sealed, by: engine.ByRule, named: []string{"R"}},
		{name: "component: that is not there matches nothing", rules: encrypt("component:gone", "any"), source: a, target: b, names: components, mode: engine.Plain, by: engine.ByNone},
		{name: "tag: stands for the components that carry it", rules: encrypt("any", "tag:site-a"), source: a, target: b, names: components, mode: engine.Sealed, by: engine.ByRule, named: []string{"R"}},
		{name: "tag: that nobody carries matches nothing", rules: encrypt("any", "tag:site-b"), source: a, target: b, names: components, mode: engine.Plain, by: engine.ByNone},
		{name: "role: stands for the components of that role", rules: encrypt("any", "role:repository"), source: a, target: b, names: components, mode: engine.Sealed, by: engine.ByRule, named: []string{"R"},
			says: []string{"role:repository: 10.0.0.2, 10.0.9.9"}},
		{name: "role: that no component has matches nothing", rules: encrypt("any", "role:tape"), source: a, target: b, names: components, mode: engine.Plain, by: engine.ByNone},
		{name: "named sides are reversible", rules: encrypt("tag:site-a", "component:db"), source: a, target: b, names: components, mode: engine.Sealed, by: engine.ByRule, named: []string{"R"}},
		{name: "an IPv4-mapped answer counts as its IPv4 address", rules: encrypt("host:nas.example", "any"), source: a, target: b, names: host(addresses("::ffff:10.0.0.1"), nil), mode: engine.Sealed, by: engine.ByRule, named: []string{"R"}},

		{name: "host: stands for its last answer", rules: limit("host:nas.example", "any"), source: a, target: b, names: host(addresses("10.0.0.1"), nil), throttle: "R 10 Mbit/s"},
		{name: "host: in a rule that encrypts stands for all answers of the last day", rules: encrypt("host:nas.example", "any"), source: a, target: b, names: host(addresses("10.7.7.7"), addresses("10.0.0.1", "10.7.7.7")),
			mode: engine.Sealed, by: engine.ByRule, named: []string{"R"}},
		{name: "host: in a rule that does not encrypt stands for the last answer only", rules: limit("host:nas.example", "any"), source: a, target: b, names: host(addresses("10.7.7.7"), addresses("10.0.0.1", "10.7.7.7")),
			throttle: "none"},
		{name: "host: that was lost from DNS still counts in a rule that encrypts", rules: encrypt("host:nas.example", "any"), source: a, target: b, names: host(nil, addresses("10.0.0.1")), mode: engine.Sealed, by: engine.ByRule, named: []string{"R"}},
		{name: "host: that resolves to others does not match", rules: encrypt("host:nas.example", "any"), source: a, target: b, names: host(addresses("10.7.7.7"), nil), mode: engine.Plain, by: engine.ByNone},

		{name: "host: that has never resolved matches in a rule that encrypts", rules: encrypt("host:nas.example", "10.0.0.2"), source: a, target: b, mode: engine.Sealed, by: engine.ByRule, named: []string{"R"},
			says: []string{"host:nas.example has never resolved, which counts as matching"}},
		{name: "host: with an empty answer has never resolved", rules: encrypt("host:nas.example", "10.0.0.2"), source: a, target: b, names: host(addresses(), nil), mode: engine.Sealed, by: engine.ByRule, named: []string{"R"}},
		{name: "host: that has never resolved leaves the other side to match", rules: encrypt("host:nas.example", "10.0.9.9"), source: a, target: b, mode: engine.Plain, by: engine.ByNone},
		{name: "host: that has never resolved does not match in a rule that only throttles", rules: limit("host:nas.example", "any"), source: a, target: b, throttle: "none"},
		{name: "host: that has never resolved makes a rule that encrypts and throttles match as a whole", rules: []engine.Rule{newRule("R", "host:nas.example", "any", encrypts, throttles(10))}, source: a, target: b,
			mode: engine.Sealed, by: engine.ByRule, named: []string{"R"}, throttle: "R 10 Mbit/s"},
		{name: "host: with more addresses than are kept matches in a rule that encrypts", rules: encrypt("host:nas.example", "10.0.0.2"), source: a, target: b,
			names: engine.Names{Hosts: map[string]engine.HostAnswer{"nas.example": {Now: addresses("10.7.7.7"), TooMany: true}}}, mode: engine.Sealed, by: engine.ByRule, named: []string{"R"},
			says: []string{"host:nas.example has more addresses than the 256 that are kept, so that it counts as matching"}},
		{name: "host: with more addresses than are kept matches by those alone in a rule that only throttles", rules: limit("host:nas.example", "any"), source: a, target: b,
			names: engine.Names{Hosts: map[string]engine.HostAnswer{"nas.example": {Now: addresses("10.7.7.7"), TooMany: true}}}, throttle: "none"},
		{name: "host: that has never resolved exempts nothing", rules: []engine.Rule{newRule("R", "host:nas.example", "any", exempts)}, source: party("a", "203.0.113.1"), target: b,
			mode: engine.Sealed, by: engine.ByAutomatic, named: []string{"Internet"}},
	})
}

// One host may be in a rule that encrypts and in one that does not; each reads it in its own way.
func TestOneHostIsReadByEachRuleInItsOwnWay(t *testing.T) {
	q := question{
		rules:  []engine.Rule{newRule("limit", "host:nas.example", "any", throttles(10)), newRule("seal", "host:nas.example", "any", encrypts)},
		source: party("a", "10.0.0.1"), target: party("b", "10.0.0.2"),
		names: engine.Names{Hosts: map[string]engine.HostAnswer{"nas.example": {Now: addresses("10.7.7.7"), Lately: addresses("10.0.0.1", "10.7.7.7")}}},
		mode:  engine.Sealed, by: engine.ByRule, named: []string{"seal"}, throttle: "none",
	}
	q.check(t)
}
