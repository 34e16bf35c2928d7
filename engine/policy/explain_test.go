package policy

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

func TestTheStepsAreThoseTriedAndTheLastOfTheModeDecided(t *testing.T) {
	a, b, public := party("a", "10.0.0.1"), party("b", "10.0.0.2"), party("b", "203.0.113.2")
	names := func(d engine.Decision) (list []string) {
		for _, step := range d.Steps {
			name := step.Name
			if step.Hit {
				name += "!"
			}
			list = append(list, name)
		}
		return list
	}
	for _, test := range []struct {
		question
		want []string
	}{
		{question{name: "provider gateway", source: a, target: with(b, gateway)}, []string{"provider gateway!", "throttle"}},
		{question{name: "same machine", source: a, target: b, same: true}, []string{"provider gateway", "same machine!", "throttle"}},
		{question{name: "rule", rules: []engine.Rule{newRule("x", "any", "any", encrypts, throttles(1))}, source: a, target: b}, []string{"provider gateway", "same machine", "rule!", "throttle!"}},
		{question{name: "automatic", source: a, target: public}, []string{"provider gateway", "same machine", "rule", "automatic!", "throttle"}},
		{question{name: "exempt", rules: []engine.Rule{newRule("x", "any", "any", exempts)}, source: a, target: public}, []string{"provider gateway", "same machine", "rule", "automatic", "exempt!", "throttle"}},
		{question{name: "none", source: a, target: b}, []string{"provider gateway", "same machine", "rule", "automatic", "none!", "throttle"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, names(test.ask(t))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTriggersNameComponentInterfaceAddressAndPath(t *testing.T) {
	rules := compile(t, engine.RuleSet{Rules: []engine.Rule{internet()}})
	source, target := party("db-1", "10.0.0.1", "203.0.113.1"), party("vault", "10.0.0.2", "100.64.0.9")
	target.Addresses = append(target.Addresses, engine.Address{Address: netip.MustParseAddr("198.51.100.4"), Origin: engine.SeenByBroker})
	for _, test := range []struct {
		name   string
		path   string
		onPath []bool // of 203.0.113.1, 100.64.0.9 and 198.51.100.4
		says   []string
	}{
		{"not known", "", []bool{false, false, false}, []string{"db-1 has 203.0.113.1 on eth1 (the path is not known yet)"}},
		{"private", "10.0.0.2", []bool{false, false, false}, []string{
			"vault has 100.64.0.9 on eth1 (the path does not use it, it ends at 10.0.0.2)",
			"an interface counts whether it is used or not", "100.64.0.0/10 (shared, RFC 6598) counts as public", "198.51.100.4 (seen by the broker)"}},
		{"public", "198.51.100.4", []bool{false, false, true}, []string{"198.51.100.4 (seen by the broker) (the path uses it)"}},
		{"IPv4-mapped", "::ffff:198.51.100.4", []bool{false, false, true}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var path netip.Addr
			if test.path != "" {
				path = netip.MustParseAddr(test.path)
			}
			d := rules.Decide(engine.Pair{Source: source, Target: target, Path: path}, noon, engine.Names{})
			if len(d.Triggers) != 3 {
				t.Fatalf("triggers %+v", d.Triggers)
			}
			for i, want := range []struct{ component, side, address string }{{"db-1", "source", "203.0.113.1"}, {"vault", "target", "100.64.0.9"}, {"vault", "target", "198.51.100.4"}} {
				got := d.Triggers[i]
				if got.Component != want.component || got.Side != want.side || got.Address.Address.String() != want.address || got.OnPath != test.onPath[i] {
					t.Errorf("trigger %d is %+v", i, got)
				}
			}
			for _, words := range test.says {
				if text := Text(d); !strings.Contains(text, words) {
					t.Errorf("nothing says %q:\n%s", words, text)
				}
			}
		})
	}
}

func TestConsideredRulesSayByWhichAddressesAndWhy(t *testing.T) {
	q := question{
		rules: []engine.Rule{
			newRule("archive", "10.0.0.2", "10.0.0.1", encrypts),
			newRule("branch", "10.0.0.0/24", "10.0.0.2", throttles(10)),
			newRule("elsewhere", "10.9.9.9", "any", encrypts),
			newRule("trusted", "any", "any", exempts),
		},
		source: party("a", "192.168.0.1", "10.0.0.1"), target: party("b", "10.0.0.2", "203.0.113.2"),
	}
	want := []engine.Verdict{
		{Rule: "Internet", Matched: true, SourceAddress: "10.0.0.1", TargetAddress: "203.0.113.2", Lost: engine.RuleEncrypts, Text: "matches as written: 10.0.0.1 on eth1 of a lies in its source, 203.0.113.2 on eth1 of b lies in its target; would encrypt, but a rule does so already: \"archive\""},
		{Rule: "archive", Matched: true, SourceAddress: "10.0.0.1", TargetAddress: "10.0.0.2", Reversed: true, Won: true, Text: "matches the other way round: 10.0.0.1 on eth1 of a lies in its target, 10.0.0.2 on eth0 of b lies in its source; encrypts: the traffic is sealed"},
		{Rule: "branch", Matched: true, SourceAddress: "10.0.0.1", TargetAddress: "10.0.0.2", Throttles: true, Text: "matches as written: 10.0.0.1 on eth1 of a lies in its source, 10.0.0.2 on eth0 of b lies in its target; says nothing about encryption; throttles data to b to 10 Mbit/s"},
		{Rule: "trusted", Matched: true, SourceAddress: "10.0.0.1", TargetAddress: "10.0.0.2", Lost: engine.RuleEncrypts, Text: "matches as written: 10.0.0.1 on eth1 of a lies in its source, 10.0.0.2 on eth0 of b lies in its target; trusted link, which never beats a rule with encrypt: \"archive\""},
	}
	if diff := cmp.Diff(want, q.ask(t).Considered); diff != "" {
		t.Error(diff)
	}
}

// Each way in which a rule can lose has words of its own.
func TestEveryRuleThatLosesSaysWhy(t *testing.T) {
	a, b, public := party("a", "10.0.0.1"), party("b", "10.0.0.2"), party("b", "203.0.113.2")
	seal, limit, line := newRule("x", "any", "any", encrypts), newRule("x", "any", "any", throttles(10)), newRule("x", "any", "any", exempts)
	run(t, []question{
		{name: "gateway", rules: []engine.Rule{seal}, source: a, target: with(b, gateway), says: []string{"b is a provider gateway", "not asked, a provider gateway's traffic is sealed before the rules"}},
		{name: "two gateways", source: with(a, gateway), target: with(b, gateway), says: []string{"a and b are provider gateways"}},
		{name: "machine", rules: []engine.Rule{seal, newRule("y", "any", "any", throttles(1))}, source: a, target: b, same: true, says: []string{"not asked, traffic within one machine is plain", "does not throttle within one machine", "no limit within one machine"}},
		{name: "exempt without automatic", rules: []engine.Rule{line}, source: a, target: b, says: []string{"there is no automatic encryption to switch off"}},
		{name: "exempt too narrow", rules: []engine.Rule{newRule("x", "10.0.0.0/8", "any", exempts), newRule("y", "10.0.0.1", "10.0.0.2", exempts)}, source: a, target: party("b", "10.0.0.2", "203.0.113.2"),
			mode: engine.Plain, by: engine.ByExempt, named: []string{"x"}, says: []string{"would encrypt, but a trusted link switches that off"}},
		{name: "exempt failed", rules: []engine.Rule{newRule("y", "10.0.0.1", "10.0.0.2", exempts)}, source: a, target: party("b", "10.0.0.2", "203.0.113.2"), says: []string{`the trusted link "y" does not change that: it does not contain 203.0.113.2`, "trusted link, but it does not contain 203.0.113.2"}},
		{name: "override", settings: override, source: a, target: public, says: []string{"would encrypt, but Settings > automatic encryption is off (DisablePublicIPTrafficEncryption is 1)"}},
		{name: "override of the machine", prescribed: engine.Prescribed(1, "the registry"), source: a, target: public, mode: engine.Plain, by: engine.ByNone,
			says: []string{"would encrypt, but automatic encryption is off (DisablePublicIPTrafficEncryption is 1, set by the registry"}},
		{name: "override that the machine takes back", settings: override, prescribed: engine.Prescribed(0, "the registry"), source: a, target: public, mode: engine.Sealed, by: engine.ByAutomatic, named: []string{"Internet"}},
		{name: "higher limit", rules: []engine.Rule{limit, newRule("y", "any", "any", throttles(20))}, source: a, target: b, says: []string{"would throttle data to b to 20 Mbit/s, but x (10 Mbit/s) is lower"}},
		{name: "component limit", rules: []engine.Rule{limit}, source: with(a, limited(5)), target: b, says: []string{"5 Mbit/s, the own limit of a", "but component a (5 Mbit/s) is lower"}},
		{name: "no names", rules: []engine.Rule{seal}, source: party("", "10.0.0.1"), target: party("", "10.0.0.2"), says: []string{"10.0.0.1 on eth0 of the source lies in its source"}},
		{name: "no address", source: party("a"), target: public, says: []string{"a, which has no address,"}},
	})
}

func TestTextIsForATicket(t *testing.T) {
	q := question{rules: []engine.Rule{newRule("Branch uplink", "component:a", "10.0.0.2", encrypts, throttles(100))}, source: party("a", "10.0.0.1"), target: party("b", "10.0.0.2"), live: 4,
		names: engine.Names{Components: map[string][]netip.Addr{"a": addresses("10.0.0.1")}}}
	want := `SEALED, by rule "Branch uplink"
Limit: 100 Mbit/s by "Branch uplink", 3125000 bytes per second for this session
Steps:
    provider gateway: neither of the two is a provider gateway
    same machine: a and b are different machines
  > rule: sealed, because this enabled rule with encrypt matches: "Branch uplink"
  > throttle: from a to b (backup): 100 Mbit/s, the limit of rule "Branch uplink", is the lowest
Rules that match:
    Branch uplink: matches as written: 10.0.0.1 on eth0 of a lies in its source, 10.0.0.2 on eth0 of b lies in its target; encrypts: the traffic is sealed; throttles data to b to 100 Mbit/s
Names in these rules stood for:
    component:a: 10.0.0.1
`
	if diff := cmp.Diff(want, Text(q.ask(t))); diff != "" {
		t.Error(diff)
	}
}

func TestSessionTextHasBothDirections(t *testing.T) {
	rules := compile(t, engine.RuleSet{Rules: []engine.Rule{internet(), newRule("x", "any", "any", throttles(100))}})
	d := rules.DecideSession(party("a", "10.0.0.1"), party("b", "10.0.0.2"), engine.Pull, false, netip.Addr{}, noon, engine.Names{}, nil)
	text := SessionText(d)
	for _, words := range []string{"PLAIN, by no rule", "Limit on data to the target: none", "Limit on data to the source: 100 Mbit/s", "from a to b (restore)", "from b to a (backup)",
		"never throttles restores, such as data to b; throttles data to a to 100 Mbit/s"} {
		if !strings.Contains(text, words) {
			t.Errorf("nothing says %q:\n%s", words, text)
		}
	}
}

func TestADecisionInJSONHasNoNullList(t *testing.T) {
	q := question{source: party("a"), target: party("b")}
	text, err := json.Marshal(q.ask(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"rules":[]`, `"throttle":null`, `"steps":[{`, `"by":"none"`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("no %s in %s", part, text)
		}
	}
}

func TestNamesOfConsideredRulesAreKept(t *testing.T) {
	q := question{
		rules: []engine.Rule{newRule("limit", "host:nas.example", "any", throttles(1)), newRule("seal", "host:nas.example, tag:none", "any", encrypts), newRule("not", "tag:site", "10.9.9.9")},
		names: engine.Names{
			Hosts: map[string]engine.HostAnswer{"nas.example": {Now: addresses("10.0.0.1"), Lately: addresses("10.0.0.1", "10.0.0.7"), Since: noon.Add(-time.Hour), Answered: noon.Add(-time.Minute), Problem: "no answer"}},
			Tags:  map[string][]netip.Addr{"site": addresses("10.0.0.1")},
		},
		source: party("a", "10.0.0.1"), target: party("b", "10.0.0.2"),
	}
	want := map[string]engine.NameMeaning{
		"host:nas.example": {Addresses: addresses("10.0.0.1", "10.0.0.7"), Since: noon.Add(-time.Hour), Answered: noon.Add(-time.Minute), Problem: "no answer"},
		"tag:none":         {Addresses: []netip.Addr{}},
	}
	if diff := cmp.Diff(want, q.ask(t).Names, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestCompileRefusesWhatTheCheckRefuses(t *testing.T) {
	for name, set := range map[string]engine.RuleSet{
		"no Internet":       {},
		"malformed":         {Rules: []engine.Rule{internet(), {Name: "x", Enabled: true}}},
		"one name twice":    {Rules: []engine.Rule{internet(), newRule("x", "any", "any"), newRule("X", "any", "any")}},
		"encrypt or exempt": {Rules: []engine.Rule{internet(), newRule("x", "any", "any", exempts, encrypts)}},
	} {
		if _, err := Compile(set, time.UTC); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestCompiledRulesDoNotChangeWithTheRuleSet(t *testing.T) {
	set := engine.RuleSet{Rules: []engine.Rule{internet(), newRule("x", "any", "any", encrypts)}}
	rules := compile(t, set)
	set.Rules[1].Name, set.Rules[1].Encrypt, set.Rules[1].Source[0] = "y", false, mustSelector("10.9.9.9")
	d := rules.Decide(engine.Pair{Source: party("a", "10.0.0.1"), Target: party("b", "10.0.0.2")}, noon, engine.Names{})
	if !slices.Equal(d.Rules, []string{"x"}) {
		t.Error(Text(d))
	}
}

func TestTheZoneOfTheSettingsIsTakenWhereNoneIsGiven(t *testing.T) {
	set := engine.RuleSet{Rules: []engine.Rule{internet(), newRule("x", "any", "any", throttles(10), hours("", "000000000000100000000000"))}}
	set.Settings.TimeZone = "America/New_York"
	rules, err := Compile(set, nil)
	if err != nil {
		t.Fatal(err)
	}
	pair := engine.Pair{Source: party("a", "10.0.0.1"), Target: party("b", "10.0.0.2")}
	if rules.Decide(pair, noon, engine.Names{}).Throttle != nil || rules.Decide(pair, noon.Add(5*time.Hour), engine.Names{}).Throttle == nil {
		t.Error("hour 12 is not New York's")
	}
}

func TestDecisionsCanBeMadeAtTheSameTime(t *testing.T) {
	rules := benchRules(t, 200, benchSets[4].make)
	names, pair := benchNames(), benchPair()
	want := Text(rules.Decide(pair, benchMoment, names))
	results := make(chan string)
	for range 8 {
		go func() { results <- Text(rules.Decide(pair, benchMoment, names)) }()
	}
	for range 8 {
		if got := <-results; got != want {
			t.Error(got)
		}
	}
}
