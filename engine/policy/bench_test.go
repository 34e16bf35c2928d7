package policy

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"lockwire/engine"
)

var benchMoment = time.Date(2027, time.March, 1, 12, 0, 0, 0, time.UTC)

func v4(number int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(number >> 16), byte(number >> 8), byte(number)})
}

func block(number, size int) engine.Selector {
	return engine.Selector{Kind: engine.SelectRange, First: v4(number * size), Last: v4(number*size + size - 1)}
}

// benchSets are rule sets of n rules that are hard in different ways.
var benchSets = []struct {
	name string
	make func(i int) (source, target engine.Selector)
}{
	{"DistinctRanges", func(i int) (engine.Selector, engine.Selector) { return block(2*i, 8), block(2*i+1, 8) }},
	{"AnyOnOneSide", func(i int) (engine.Selector, engine.Selector) { return engine.Any, block(i, 8) }},
	{"OverlappingRanges", func(i int) (engine.Selector, engine.Selector) { // each holds all that come before it
		return engine.Selector{Kind: engine.SelectRange, First: v4(0), Last: v4(1000 + i)}, block(i+10_000, 8)
	}},
	{"OnePublic", func(i int) (engine.Selector, engine.Selector) { return block(i, 8), engine.Public }},
	{"Components", func(i int) (engine.Selector, engine.Selector) {
		return engine.Selector{Kind: engine.SelectComponent, Name: fmt.Sprintf("c%d", i%500)}, engine.Selector{Kind: engine.SelectComponent, Name: fmt.Sprintf("c%d", (i+1+i/500)%500)}
	}},
}

func benchRules(tb testing.TB, count int, make func(i int) (engine.Selector, engine.Selector)) *Rules {
	set := engine.RuleSet{Rules: []engine.Rule{engine.InternetRule()}}
	for i := range count {
		source, target := make(i)
		rule := engine.Rule{Name: fmt.Sprintf("rule %05d", i), Enabled: true, Source: []engine.Selector{source}, Target: []engine.Selector{target}, Encrypt: i%2 == 0}
		rule.Throttle = &engine.Throttle{Limit: engine.Limit{Value: uint64(100 + i), Unit: engine.MegabitsPerSecond}, NeverThrottleRestores: true}
		set.Rules = append(set.Rules, rule)
	}
	rules, err := Compile(set, time.UTC)
	if err != nil {
		tb.Fatal(err)
	}
	return rules
}

func party(name string, addresses ...string) engine.Party {
	p := engine.Party{Name: name, Role: engine.Proxy}
	for i, address := range addresses {
		p.Addresses = append(p.Addresses, engine.Address{Address: netip.MustParseAddr(address), Origin: engine.FromInterface, Interface: fmt.Sprintf("eth%d", i)})
	}
	return p
}

func benchNames() engine.Names {
	names := engine.Names{Components: map[string][]netip.Addr{}}
	for i := range 500 {
		names.Components[fmt.Sprintf("c%d", i)] = []netip.Addr{v4(i * 8), v4(i*8 + 1), v4(i*8 + 2)}
	}
	return names
}

// benchPair matches a handful of rules of each set.
func benchPair() engine.Pair {
	source, target := party("source", "10.0.3.0", "192.168.7.7", "fd00::7"), party("target", "10.0.3.8", "198.51.100.9", "2001:db8::9")
	return engine.Pair{Source: source, Target: target, Path: target.Addresses[0].Address}
}

// BenchmarkDecide prints the median of single decisions as well as the mean, because the median is what is promised.
func BenchmarkDecide(b *testing.B) {
	names, pair := benchNames(), benchPair()
	for _, set := range benchSets {
		for _, count := range []int{100, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", set.name, count), func(b *testing.B) {
				rules := benchRules(b, count, set.make)
				b.ReportAllocs()
				var took []time.Duration
				considered := 0
				for b.Loop() {
					begin := time.Now()
					decision := rules.Decide(pair, benchMoment, names)
					took = append(took, time.Since(begin))
					considered = len(decision.Considered)
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "median-ns/op")
				b.ReportMetric(float64(considered), "matching")
			})
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, set := range benchSets {
		b.Run(set.name, func(b *testing.B) {
			for b.Loop() {
				benchRules(b, 10_000, set.make)
			}
		})
	}
}

// A decision may allocate for what it explains, not for the rules that do not match.
func TestRulesThatDoNotMatchCostNoAllocation(t *testing.T) {
	for _, set := range benchSets[:2] {
		allocations := func(count int) float64 {
			rules := benchRules(t, count, func(i int) (engine.Selector, engine.Selector) {
				if i < 5 {
					return mustSelector("10.0.3.0"), mustSelector("10.0.3.8")
				}
				return set.make(i + 10_000)
			})
			pair := benchPair()
			if considered := len(rules.Decide(pair, benchMoment, engine.Names{}).Considered); considered != 6 {
				t.Fatalf("%d rules considered", considered)
			}
			return testing.AllocsPerRun(20, func() { rules.Decide(pair, benchMoment, engine.Names{}) })
		}
		// Under the race detector fmt pools nothing for sure, so a few more or fewer say nothing; one a rule would be 9,990.
		if few, many := allocations(10), allocations(10_000); many > few+100 {
			t.Errorf("%s: %v allocations with 10 rules, %v with 10,000", set.name, few, many)
		}
	}
}

func benchStates(tb testing.TB) (before, after State) {
	var components []engine.Component
	var links []Link
	for i := range 500 {
		c := engine.Component{ID: engine.ID(fmt.Sprintf("%036d", i)), Name: fmt.Sprintf("c%d", i), Role: engine.Proxy, Tags: []string{fmt.Sprintf("site-%d", i%20)}}
		c.Report.Interfaces = []engine.Address{{Address: v4(i * 8)}, {Address: v4(i*8 + 1)}, {Address: netip.AddrFrom4([4]byte{192, 168, byte(i >> 8), byte(i)})}}
		if i%10 == 0 {
			c.Report.Interfaces = append(c.Report.Interfaces, engine.Address{Address: netip.AddrFrom4([4]byte{203, 0, byte(i >> 8), byte(i)})})
		}
		components = append(components, c)
		if i > 0 {
			links = append(links, Link{c.ID, components[i/20].ID, fmt.Sprintf("route %d", i), engine.Push, false})
		}
	}
	rules := func(edited engine.Rule) *Rules {
		set := engine.RuleSet{Rules: []engine.Rule{engine.InternetRule(), edited}}
		for i := range 199 {
			rule := engine.Rule{Name: fmt.Sprintf("rule %d", i), Enabled: true, Source: []engine.Selector{block(i*2, 16)}, Target: []engine.Selector{block(i, 8), engine.Any}[i%2 : i%2+1], Encrypt: i%4 == 0}
			if i%3 == 0 {
				rule.Source = []engine.Selector{{Kind: engine.SelectTag, Name: fmt.Sprintf("site-%d", i%20)}}
			}
			if i%2 == 0 {
				rule.Throttle = &engine.Throttle{Limit: engine.Limit{Value: uint64(100 + i), Unit: engine.MegabitsPerSecond}}
				schedule := engine.AlwaysOn()
				rule.Schedule = &schedule
			}
			set.Rules = append(set.Rules, rule)
		}
		compiled, err := Compile(set, time.UTC)
		if err != nil {
			tb.Fatal(err)
		}
		return compiled
	}
	edited := engine.Rule{Name: "edited", Enabled: true, Source: []engine.Selector{engine.Any}, Target: []engine.Selector{mustSelector("192.168.1.0/24")}, Encrypt: true}
	names := NamesOf(components, nil)
	before = State{rules(edited), components, names, links}
	edited.Encrypt = false
	after = State{rules(edited), components, names, links}
	return before, after
}

func BenchmarkEffect(b *testing.B) {
	before, after := benchStates(b)
	for b.Loop() {
		effect, err := Effect(context.Background(), before, after, Change{Rule: "edited", Moment: benchMoment})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(effect.Links)), "links")
		b.ReportMetric(float64(effect.OtherPairs), "others")
	}
}

// Many components of which most are alike are the rule: what an edit does to them is told while its administrator waits.
func BenchmarkEffectOnManyComponents(b *testing.B) {
	before, after := benchStates(b)
	for i := range 10_000 {
		c := engine.Component{ID: engine.ID(fmt.Sprintf("%036d", 1000+i)), Name: fmt.Sprintf("many %d", i), Role: engine.Server}
		c.Report.Interfaces = []engine.Address{{Address: netip.AddrFrom4([4]byte{172, 16, byte(i >> 8), byte(i)})}}
		before.Components = append(before.Components, c)
	}
	after.Components = before.Components
	for b.Loop() {
		effect, err := Effect(context.Background(), before, after, Change{Rule: "edited", Moment: benchMoment})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(effect.Pairs), "pairs")
	}
}

func BenchmarkCoverage(b *testing.B) {
	before, _ := benchStates(b)
	for b.Loop() {
		if _, err := Coverage(context.Background(), before, benchMoment, CoverageChecks{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFaults is the time in which a check looks at 1,000 rules, which is to take less than a second.
func BenchmarkFaults(b *testing.B) {
	state, _ := benchStates(b)
	sets := append(slices.Clone(benchSets), struct {
		name string
		make func(i int) (source, target engine.Selector)
	}{"EachCoversAllBefore", func(i int) (engine.Selector, engine.Selector) {
		wide := engine.Selector{Kind: engine.SelectRange, First: v4(0), Last: v4(i)}
		return wide, wide
	}})
	for _, set := range sets {
		for _, count := range []int{1000, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", set.name, count), func(b *testing.B) {
				state.Rules = benchRules(b, count, set.make)
				found := 0
				for b.Loop() {
					faults, err := Faults(context.Background(), state, benchMoment)
					if err != nil {
						b.Fatal(err)
					}
					found = len(faults)
				}
				b.ReportMetric(float64(found), "faults")
			})
		}
	}
}
