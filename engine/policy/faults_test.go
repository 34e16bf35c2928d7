package policy

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lockwire/engine"
)

func faultsOf(t interface{ Fatal(...any) }, rules *Rules, components []engine.Component, links []Link, names engine.Names) []engine.RuleFault {
	found, err := Faults(context.Background(), State{Rules: rules, Components: components, Names: names, Links: links}, time.Date(2027, time.March, 1, 12, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func faultWords(faults []engine.RuleFault) (words []string) {
	for _, f := range faults {
		text := fmt.Sprintf("%s: %s", f.Name, f.Kind)
		if len(f.Others) > 0 {
			text += fmt.Sprintf(" by %v", f.Others)
		}
		if f.Entry != "" {
			text += " " + f.Entry
		}
		if f.Route != "" {
			text += fmt.Sprintf(" on %s from %s to %s", f.Route, f.Source, f.Target)
		}
		words = append(words, text)
	}
	return words
}

func TestFaultsOfRules(t *testing.T) {
	files := engine.Component{ID: "files", Name: "files", Role: engine.Server, Tags: []string{"site"}, Report: engine.Report{Interfaces: []engine.Address{{Address: netip.MustParseAddr("10.0.0.1")}}}}
	vault := engine.Component{ID: "vault", Name: "vault", Role: engine.Repository, Report: engine.Report{Interfaces: []engine.Address{{Address: netip.MustParseAddr("10.0.1.1")}, {Address: netip.MustParseAddr("203.0.113.9")}}}}
	gone := engine.Component{ID: "gone", Name: "gone", Role: engine.Tape, Revoked: time.Unix(1, 0), Report: files.Report}
	night, day := "111111000000000000000000", "000000111111111111111111"
	tests := map[string]struct {
		rules []engine.Rule
		want  []string
	}{
		"all is well": {[]engine.Rule{newRule("a", "10.0.0.0/24", "10.0.1.0/24", encrypts), newRule("b", "tag:site", "component:vault", throttles(10))}, nil},
		"off":         {[]engine.Rule{newRule("a", "10.9.0.0/24", "10.1.0.0/24", encrypts, off), newRule("b", "10.9.0.0/24", "10.1.0.0/24", off)}, nil},
		"silent":      {[]engine.Rule{newRule("a", "any", "any")}, []string{"a: silent"}},
		"addresses that rules never see": {[]engine.Rule{newRule("a", "127.0.0.0/8,fe80::/10", "any", encrypts), newRule("b", "any", "224.0.0.5", throttles(1))},
			[]string{"a: unreachable", "b: unreachable"}},
		"no hour is on": {[]engine.Rule{newRule("a", "any", "any", throttles(5), hours("", "000000000000000000000000")), newRule("b", "10.0.0.1", "10.0.1.1", encrypts, throttles(5), hours("", "000000000000000000000000"))},
			[]string{"a: hourless"}},
		"a name of nobody": {[]engine.Rule{newRule("a", "component:gone,component:FILES", "tag:none", encrypts), newRule("b", "role:tape,tag:none", "any", throttles(1))},
			[]string{"a: empty name component:gone", "a: empty name tag:none", "b: empty name role:tape", "b: empty name tag:none"}},
		"no two components match": {[]engine.Rule{newRule("a", "10.0.0.0/24", "10.0.0.0/24", encrypts), newRule("b", "10.0.0.1", "10.0.7.7", encrypts)},
			[]string{"a: without pair", "b: without pair"}},
		"a wider one":                     {[]engine.Rule{newRule("a", "10.0.0.1", "10.0.1.1", encrypts), newRule("b", "10.0.0.0/8", "any", encrypts)}, []string{"a: repeated by [b]"}},
		"a wider one the other way round": {[]engine.Rule{newRule("a", "10.0.1.1", "10.0.0.1", encrypts), newRule("b", "10.0.0.0/24", "10.0.1.0/24", encrypts)}, []string{"a: repeated by [b]"}},
		"twice the same":                  {[]engine.Rule{newRule("b", "10.0.0.1", "10.0.1.1", encrypts), newRule("a", "10.0.1.1", "10.0.0.1", encrypts)}, []string{"b: repeated by [a]"}},
		"names are covered by themselves and by any": {[]engine.Rule{newRule("a", "component:Files", "tag:site,component:vault", encrypts), newRule("b", "component:files", "any", encrypts), newRule("c", "component:files", "10.0.1.0/24", encrypts)},
			[]string{"a: repeated by [b]", "c: repeated by [b]"}},
		"addresses that a name stands for now may be others tomorrow": {[]engine.Rule{newRule("a", "10.0.0.1", "10.0.1.1", encrypts), newRule("b", "component:files", "any", encrypts)}, nil},
		"a host that another rule reads more widely": {[]engine.Rule{newRule("a", "host:x.example", "10.0.1.1", throttles(9)), newRule("b", "host:x.example", "10.0.1.1", encrypts, throttles(9)), newRule("c", "host:x.example", "any", throttles(90))},
			[]string{"a: repeated by [b]", "c: without pair"}},
		"Internet is about what rules of one's own are not": {[]engine.Rule{newRule("a", "any", "public", encrypts)}, nil},
		"a limit that is never the lower one":               {[]engine.Rule{newRule("a", "10.0.0.1", "10.0.1.1", throttles(100)), newRule("b", "any", "any", throttles(50))}, []string{"a: repeated by [b]"}},
		"a limit that is lower":                             {[]engine.Rule{newRule("a", "10.0.0.1", "10.0.1.1", throttles(40)), newRule("b", "any", "any", throttles(50))}, nil},
		"a limit on restores, too":                          {[]engine.Rule{newRule("a", "10.0.0.1", "10.0.1.1", throttles(100), throttlesRestores), newRule("b", "any", "any", throttles(50))}, nil},
		"a limit at other hours": {[]engine.Rule{newRule("a", "10.0.0.1", "10.0.1.1", throttles(100), hours("", night)), newRule("b", "any", "any", throttles(50), hours("", day)), newRule("c", "10.0.0.1", "10.0.1.1", throttles(100), hours("", "110000000000000000000000"))},
			[]string{"c: repeated by [a]"}},
		"a limit within the hours of another":    {[]engine.Rule{newRule("a", "10.0.0.1", "10.0.1.1", throttles(100), hours("", "110000000000000000000000")), newRule("b", "any", "any", throttles(50), hours("", night))}, []string{"a: repeated by [b]"}},
		"hours of two time zones":                {[]engine.Rule{newRule("a", "10.0.0.1", "10.0.1.1", throttles(100), hours("Asia/Kathmandu", "110000000000000000000000")), newRule("b", "any", "any", throttles(50), hours("", night))}, nil},
		"hours of another time zone, and always": {[]engine.Rule{newRule("a", "10.0.0.1", "10.0.1.1", throttles(100), hours("Asia/Kathmandu", night)), newRule("b", "any", "any", throttles(50), relaxed(90), hours("UTC", "11111111111111111111rrrr"))}, []string{"a: repeated by [b]"}},
		"encryption by the one, the limit by the other": {[]engine.Rule{newRule("a", "10.0.0.1", "10.0.1.1", encrypts, throttles(100)), newRule("b", "10.0.0.0/24", "any", encrypts), newRule("c", "any", "10.0.1.0/24", throttles(100))},
			[]string{"a: repeated by [b c]"}},
		"encryption by another, the limit by none": {[]engine.Rule{newRule("a", "10.0.0.1", "10.0.1.1", encrypts, throttles(10)), newRule("b", "10.0.0.0/24", "any", encrypts)}, nil},
		"a trusted link within a longer one": {[]engine.Rule{newRule("a", "10.0.0.1", "203.0.113.9", exemptsUntil("2027-05-01")), newRule("b", "10.0.0.0/8", "203.0.113.0/24", exempts), newRule("c", "10.0.0.0/24", "203.0.113.0/24", exemptsUntil("2027-05-01"))},
			[]string{"a: repeated by [b]", "c: repeated by [b]"}},
		"a trusted link that lasts longer":          {[]engine.Rule{newRule("a", "10.0.0.1", "203.0.113.9", exempts), newRule("b", "10.0.0.0/8", "203.0.113.0/24", exemptsUntil("2027-05-01"))}, nil},
		"a trusted link without a public address":   {[]engine.Rule{newRule("a", "10.0.0.1", "192.168.0.0/16,fd00::/8", exempts)}, []string{"a: nothing public"}},
		"a trusted link that another rule encrypts": {[]engine.Rule{newRule("a", "10.0.0.1", "203.0.113.9", exempts, throttles(3)), newRule("b", "any", "203.0.113.0/24", encrypts)}, []string{"a: beaten by [b]"}},
		"a trusted link that another rule encrypts on a route": {[]engine.Rule{newRule("a", "10.0.0.0/8", "203.0.113.0/24", exempts), newRule("b", "10.0.0.1", "203.0.113.9", encrypts)},
			[]string{"a: beaten here by [b] on nightly from files to vault"}},
	}
	links := []Link{{Source: "files", Target: "vault", Route: "nightly", Direction: engine.Push}, {Source: "files", Target: "vault", Route: "off", Off: true}, {Source: "files", Target: "gone", Route: "x"}}
	components := []engine.Component{files, vault, gone}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			rules := compile(t, engine.RuleSet{Rules: append([]engine.Rule{internet()}, test.rules...)})
			if got := faultWords(faultsOf(t, rules, components, links, NamesOf(components, nil))); !slices.Equal(got, test.want) {
				t.Errorf("%q, not %q", got, test.want)
			}
		})
	}
}

// small is a universe of addresses in which each range of smallSelectors has its ends, and each that any, public and all names have apart
// from those stands for all that are like it.
var small = []netip.Addr{
	netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.0.3"), netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("203.0.113.2"),
	netip.MustParseAddr("192.168.9.9"), netip.MustParseAddr("198.51.100.9"), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("fd00::9"), netip.MustParseAddr("2001:db8::9"),
}

var smallSelectors = []string{
	"any", "public", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.1-10.0.0.2", "10.0.0.2-10.0.0.3", "10.0.0.1-10.0.0.3", "203.0.113.1", "203.0.113.2", "203.0.113.1-203.0.113.2", "127.0.0.0/8", "10.0.0.1-10.0.0.1",
}

func drawSmall(t *rapid.T, name string) engine.Rule {
	side := func(from []string) (selectors []engine.Selector) {
		for _, text := range rapid.SliceOfN(rapid.SampledFrom(from), 1, 3).Draw(t, name) {
			selectors = append(selectors, mustSelector(text))
		}
		return selectors
	}
	return engine.Rule{Name: name, Enabled: true, Encrypt: true, Source: side(slices.DeleteFunc(slices.Clone(smallSelectors), func(s string) bool { return s == "public" })), Target: side(smallSelectors)}
}

// TestARuleMatchesAllOfAnotherExactlyWhereNoPairSaysOtherwise asks each pair of the universe.
func TestARuleMatchesAllOfAnotherExactlyWhereNoPairSaysOtherwise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, two := drawSmall(t, "one"), drawSmall(t, "two")
		o := newOverlaps(compile(t, engine.RuleSet{Rules: []engine.Rule{internet(), one, two}}))
		by, of := &o.reach[slices.IndexFunc(o.rules.all, func(r rule) bool { return r.Name == "one" })], &o.reach[slices.IndexFunc(o.rules.all, func(r rule) bool { return r.Name == "two" })]
		if of.source.isEmpty() || of.target.isEmpty() {
			return // it matches nothing, which is told otherwise
		}
		all := true
		for _, a := range small {
			for _, b := range small {
				ref := reference{pair: engine.Pair{Source: engine.Party{Addresses: []engine.Address{{Address: a}}}, Target: engine.Party{Addresses: []engine.Address{{Address: b}}}}}
				all = all && (!ref.matches(&two) || ref.matches(&one))
			}
		}
		if got := by.matchesAllOf(of); got != all {
			t.Fatalf("it is told %v, and is %v", got, all)
		}
		// The index finds what looking at each rule finds.
		if got := slices.Contains(o.around(of), by); got != all {
			t.Fatalf("it is found %v, and is %v", got, all)
		}
	})
}

// TestRulesThatAreToldToDoNothingDecideNoPairAtAnyHour takes all of them away at once, whatever names stand for.
func TestRulesThatAreToldToDoNothingDecideNoPairAtAnyHour(t *testing.T) {
	told := map[engine.RuleFaultKind]int{}
	rapid.Check(t, func(t *rapid.T) {
		set := drawRules(t)
		for i := range rapid.IntRange(0, 3).Draw(t, "wide rules") { // which cover others
			wide := drawRule(t, fmt.Sprintf("wide %d", i))
			wide.Enabled, wide.Source = true, []engine.Selector{engine.Any}
			set.Rules = append(set.Rules, wide)
		}
		before := compile(t, set)
		without := set
		without.Rules = slices.Clone(set.Rules)
		for _, fault := range faultsOf(t, before, nil, nil, drawNames(t)) {
			at := slices.IndexFunc(without.Rules, func(r engine.Rule) bool { return r.Name == fault.Name })
			switch fault.Kind {
			case engine.RuleSilent, engine.RuleUnreachable, engine.RuleHourless, engine.RuleRepeated:
				without.Rules = slices.Delete(without.Rules, at, at+1)
			case engine.RuleBeaten, engine.RuleNothingPublic:
				without.Rules[at].Exempt = nil
			default:
				continue
			}
			told[fault.Kind]++
		}
		after := compile(t, without)
		for range 3 {
			pair, names := drawPair(t), drawNames(t)
			pair.SameMachine = false
			first := drawMoment(t)
			for hour := range hoursOfWeek {
				moment := first.Add(time.Duration(hour) * time.Hour)
				was, is := before.Decide(pair, moment, names), after.Decide(pair, moment, names)
				if was.Mode != is.Mode || was.By != is.By || limitOf(was) != limitOf(is) {
					t.Fatalf("%s\n%s", Text(was), Text(is))
				}
			}
		}
	})
	for _, kind := range []engine.RuleFaultKind{engine.RuleSilent, engine.RuleRepeated, engine.RuleBeaten} {
		if told[kind] == 0 {
			t.Errorf("no rule was told to be %s", kind)
		}
	}
}

func limitOf(d engine.Decision) uint64 {
	if d.Throttle == nil {
		return 0
	}
	return d.Throttle.Limit().BytesPerSecond()
}

func TestRangesAreWhatAddressesCountAs(t *testing.T) {
	var at []netip.Addr
	for _, all := range []ranges{ignoredRanges, privateRanges, publicRanges, everything.ranges} {
		for _, s := range all {
			at = append(at, s.first, s.last, s.first.Prev(), s.last.Next())
		}
	}
	for _, address := range at {
		if !address.IsValid() || address.Is4In6() {
			continue
		}
		one := ranges{{address, address}}
		for _, is := range []struct {
			class engine.AddressClass
			of    ranges
		}{{engine.IgnoredAddress, ignoredRanges}, {engine.PrivateAddress, privateRanges}, {engine.PublicAddress, publicRanges}} {
			if got, want := one.in(is.of), engine.Classify(address) == is.class; got != want {
				t.Errorf("%s is in the ranges of class %d: %v", address, is.class, got)
			}
		}
	}
}

func TestPlainRoutesAreThoseThatTouchAPublicAddress(t *testing.T) {
	component := func(name string, addresses ...string) engine.Component {
		c := engine.Component{ID: engine.ID(name), Name: name, Role: engine.Server}
		for _, address := range addresses {
			c.Report.Interfaces = append(c.Report.Interfaces, engine.Address{Address: netip.MustParseAddr(address)})
		}
		return c
	}
	components := []engine.Component{component("inside", "10.0.0.1"), component("other", "10.0.0.2"), component("public", "203.0.113.9"), component("leased", "198.51.100.7")}
	link := func(source, target engine.ID) Link {
		return Link{Source: source, Target: target, Route: string(source + " " + target)}
	}
	links := []Link{link("inside", "other"), link("inside", "public"), link("inside", "leased"), {Source: "inside", Target: "public", Route: "off", Off: true}}
	rules := []engine.Rule{newRule("leased line", "any", "198.51.100.0/24", exempts)}
	for name, test := range map[string]struct {
		internet engine.Rule
		same     bool
		want     []string
	}{
		"automatic encryption":         {internet(), false, []string{"inside leased true a trusted link exempts them"}},
		"no automatic encryption":      {internet(off), false, []string{"inside public false the rule Internet is off", "inside leased false the rule Internet is off"}},
		"they are all one machine":     {internet(off), true, nil},
		"a rule that does not seal it": {internet(silent), false, []string{"inside public false the rule Internet does not encrypt", "inside leased false the rule Internet does not encrypt"}},
	} {
		t.Run(name, func(t *testing.T) {
			state := State{Rules: compile(t, engine.RuleSet{Rules: append([]engine.Rule{test.internet}, rules...)}), Components: components, Names: NamesOf(components, nil), Links: links}
			var got []string
			for _, plain := range PlainRoutes(state, benchMoment, func(engine.ID, engine.ID) bool { return test.same }) {
				got = append(got, fmt.Sprint(plain.Route, " ", plain.Exempt, " ", plain.Why))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%q, not %q", got, test.want)
			}
		})
	}
}
