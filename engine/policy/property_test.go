package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lockwire/engine"
)

// The drawn addresses are few, so that ranges, names and interfaces meet often.
var pool = []netip.Addr{
	netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.0.3"), netip.MustParseAddr("10.255.255.255"),
	netip.MustParseAddr("192.168.0.1"), netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("203.0.113.2"), netip.MustParseAddr("100.64.0.1"),
	netip.MustParseAddr("255.255.255.254"), netip.MustParseAddr("1.0.0.0"),
	netip.MustParseAddr("fd00::1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2"),
	netip.MustParseAddr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("fe80::1"), netip.MustParseAddr("::ffff:10.0.0.2"),
}

var poolSelectors = func() (all []engine.Selector) {
	for _, text := range []string{
		"any", "public", "10.0.0.1", "10.0.0.2", "10.0.0.1-10.0.0.2", "10.0.0.2-10.0.0.3", "10.0.0.0/8", "0.0.0.0/0", "::/0", "0.0.0.0-1.0.0.0",
		"192.168.0.0/16", "203.0.113.0/24", "203.0.113.1", "203.0.113.2-255.255.255.255", "100.64.0.0/10", "fd00::/8", "2001:db8::/32", "2001:db8::2",
		"2001:db8::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "127.0.0.0/8", "component:a", "component:B", "component:gone", "tag:x", "tag:none", "role:tape", "role:proxy",
		"host:old.example", "host:new.example", "host:never.example",
	} {
		all = append(all, mustSelector(text))
	}
	return all
}()

func mustSelector(text string) engine.Selector {
	s, err := engine.ParseSelector(text)
	if err != nil {
		panic(err)
	}
	return s
}

func drawSelectors(t *rapid.T, target bool) []engine.Selector {
	return rapid.SliceOfN(rapid.SampledFrom(poolSelectors).Filter(func(s engine.Selector) bool {
		return target || s.Kind != engine.SelectPublic
	}), 1, 3).Draw(t, "selectors")
}

func drawLimit(t *rapid.T) engine.Limit {
	return rapid.SampledFrom([]engine.Limit{
		{Value: 1, Unit: engine.MegabytesPerSecond}, {Value: 8, Unit: engine.MegabitsPerSecond}, {Value: 1000, Unit: engine.KilobytesPerSecond},
		{Value: 7, Unit: engine.MegabitsPerSecond}, {Value: 3, Unit: engine.KilobytesPerSecond}, {Value: 100, Unit: engine.MegabytesPerSecond},
	}).Draw(t, "limit")
}

func drawThrottle(t *rapid.T, rule *engine.Rule) {
	rule.Throttle = &engine.Throttle{Limit: drawLimit(t), NeverThrottleRestores: rapid.Bool().Draw(t, "never throttle restores")}
	if rapid.Bool().Draw(t, "has a schedule") {
		relaxed := drawLimit(t)
		rule.Throttle.Relaxed = &relaxed
		schedule := engine.AlwaysOn()
		schedule.TimeZone = rapid.SampledFrom([]string{"", "UTC", "Europe/Berlin", "Asia/Kathmandu"}).Draw(t, "zone")
		cells := rapid.SliceOfN(rapid.SampledFrom([]engine.Cell{engine.On, engine.Off, engine.Relaxed}), 24, 24).Draw(t, "cells")
		for day := range schedule.Days {
			copy(schedule.Days[day][:], cells)
		}
		rule.Schedule = &schedule
	}
}

func drawRule(t *rapid.T, name string) engine.Rule {
	rule := engine.Rule{Name: name, Enabled: rapid.IntRange(0, 4).Draw(t, "on") > 0, Source: drawSelectors(t, false), Target: drawSelectors(t, true)}
	switch rapid.IntRange(0, 5).Draw(t, "action") {
	case 0:
		rule.Encrypt = true
	case 1, 2, 3:
		rule.Exempt = &engine.Exemption{Reason: "leased line"}
		if rapid.Bool().Draw(t, "ends") {
			rule.Exempt.Until = &engine.Date{Year: 2027, Month: time.March, Day: rapid.IntRange(26, 30).Draw(t, "until")}
		}
	}
	if rapid.Bool().Draw(t, "throttles") {
		drawThrottle(t, &rule)
	}
	return rule
}

func drawRules(t *rapid.T) engine.RuleSet {
	internet := engine.InternetRule()
	internet.Enabled = rapid.IntRange(0, 4).Draw(t, "internet on") > 0
	internet.Encrypt = rapid.IntRange(0, 4).Draw(t, "internet encrypts") > 0
	if rapid.Bool().Draw(t, "internet throttles") {
		drawThrottle(t, &internet)
	}
	set := engine.RuleSet{Rules: []engine.Rule{internet}}
	set.Settings.DisablePublicIPTrafficEncryption = rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "override")
	for i := range rapid.IntRange(0, 8).Draw(t, "rules") {
		// Names around Internet and "component", in an order that is not the one they are made in.
		set.Rules = append(set.Rules, drawRule(t, fmt.Sprintf("%s %d", []string{"Z", "a", "J", "component a", "B"}[i%5], 9-i)))
	}
	return set
}

func drawParty(t *rapid.T, name string) engine.Party {
	p := engine.Party{Name: name, Role: rapid.SampledFrom([]engine.Role{engine.Proxy, engine.Repository, engine.Proxy, engine.Repository, engine.Proxy, engine.ProviderGateway}).Draw(t, "role")}
	for _, address := range rapid.SliceOfN(rapid.SampledFrom(pool), 0, 4).Draw(t, "addresses") {
		p.Addresses = append(p.Addresses, engine.Address{Address: address, Origin: rapid.SampledFrom([]engine.Origin{engine.FromInterface, engine.Advertised, engine.SeenByBroker}).Draw(t, "origin")})
	}
	if rapid.IntRange(0, 3).Draw(t, "limited") == 0 {
		limit := drawLimit(t)
		p.LocalLimit = &limit
	}
	return p
}

func drawPair(t *rapid.T) engine.Pair {
	return engine.Pair{
		Source:       drawParty(t, "a"),
		Target:       drawParty(t, "b"),
		Operation:    rapid.SampledFrom([]engine.Operation{engine.Backup, engine.Restore}).Draw(t, "operation"),
		SameMachine:  rapid.IntRange(0, 9).Draw(t, "same machine") == 0,
		LiveSessions: rapid.IntRange(0, 7).Draw(t, "live sessions"),
	}
}

func drawMoment(t *rapid.T) time.Time {
	// Around the end of March 2027, when exemptions end and Berlin's day has 23 hours.
	return time.Date(2027, time.March, 26, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.Int64Range(0, 5*24*3600*1000).Draw(t, "moment")) * time.Millisecond)
}

func drawNames(t *rapid.T) engine.Names {
	addresses := func(label string) []netip.Addr {
		return rapid.SliceOfN(rapid.SampledFrom(pool[:13]), 0, 3).Draw(t, label)
	}
	return engine.Names{
		Components: map[string][]netip.Addr{"a": addresses("component a"), "b": addresses("component b")},
		Tags:       map[string][]netip.Addr{"x": addresses("tag x")},
		Roles:      map[engine.Role][]netip.Addr{engine.Tape: addresses("role tape")},
		Hosts: map[string]engine.HostAnswer{
			"old.example": {Now: addresses("old now"), Lately: addresses("old lately")},
			"new.example": {Now: addresses("new now"), TooMany: rapid.IntRange(0, 4).Draw(t, "too many") == 0},
		},
	}
}

var berlin = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}()

func compile(t interface{ Fatal(...any) }, set engine.RuleSet) *Rules {
	rules, err := Compile(set, berlin)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func TestTheIndexedDecisionIsThatOfTheReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, pair, moment, names := drawRules(t), drawPair(t), drawMoment(t), drawNames(t)
		ref := reference{set: set, pair: pair, moment: moment, names: names, zone: berlin}
		decision := compile(t, set).Decide(pair, moment, names)
		if diff := cmp.Diff(ref.decide(), answerOf(decision)); diff != "" {
			t.Fatalf("reference, decision:\n%s\n%s", diff, Text(decision))
		}
		// The rules considered are those that match, and no others.
		var matching, considered []string
		for i := range set.Rules {
			if rule := &set.Rules[i]; rule.Enabled && ref.matches(rule) {
				matching = append(matching, rule.Name)
			}
		}
		for _, verdict := range decision.Considered {
			considered = append(considered, verdict.Rule)
		}
		slices.Sort(matching)
		if diff := cmp.Diff(matching, considered); diff != "" {
			t.Fatalf("matching, considered:\n%s", diff)
		}
		if decision.Rules == nil || len(decision.Steps) < 2 {
			t.Fatalf("rules or steps are missing: %+v", decision)
		}
	})
}

func TestSwappingSourceAndTargetChangesNothingButTheDirectionOfRestores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, pair, moment, names := compile(t, drawRules(t)), drawPair(t), drawMoment(t), drawNames(t)
		there := rules.DecideSession(pair.Source, pair.Target, engine.Push, pair.SameMachine, netip.Addr{}, moment, names, nil)
		back := rules.DecideSession(pair.Target, pair.Source, engine.Pull, pair.SameMachine, netip.Addr{}, moment, names, nil)
		if there.Mode != back.Mode || there.By != back.By || !slices.Equal(there.Rules, back.Rules) {
			t.Fatalf("%+v\n%+v", there, back)
		}
		if diff := cmp.Diff([]*engine.AppliedThrottle{there.ToTarget, there.ToSource}, []*engine.AppliedThrottle{back.ToSource, back.ToTarget}); diff != "" {
			t.Fatal(diff)
		}
		// Without limits of the components' own, one decision is the same whichever is called the source.
		pair.Source.LocalLimit, pair.Target.LocalLimit = nil, nil
		swapped := pair
		swapped.Source, swapped.Target = pair.Target, pair.Source
		if diff := cmp.Diff(answerOf(rules.Decide(pair, moment, names)), answerOf(rules.Decide(swapped, moment, names))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestAddingARuleThatEncryptsNeverMakesAnythingPlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, pair, moment, names := drawRules(t), drawPair(t), drawMoment(t), drawNames(t)
		before := compile(t, set).Decide(pair, moment, names)
		added := drawRule(t, "added")
		added.Encrypt, added.Exempt = true, nil
		set.Rules = append(set.Rules, added)
		after := compile(t, set).Decide(pair, moment, names)
		if before.Mode == engine.Sealed && after.Mode != engine.Sealed {
			t.Fatalf("%s\n%s", Text(before), Text(after))
		}
	})
}

func TestAddingAnInterfaceNeverTurnsSealedIntoPlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, pair, moment, names := drawRules(t), drawPair(t), drawMoment(t), drawNames(t)
		set.Rules = slices.DeleteFunc(set.Rules, func(r engine.Rule) bool { return r.Exempt != nil })
		pair.SameMachine = false
		rules := compile(t, set)
		before := rules.Decide(pair, moment, names)
		added := engine.Address{Address: rapid.SampledFrom(pool).Draw(t, "added")}
		if rapid.Bool().Draw(t, "to the source") {
			pair.Source.Addresses = append(slices.Clone(pair.Source.Addresses), added)
		} else {
			pair.Target.Addresses = append(slices.Clone(pair.Target.Addresses), added)
		}
		after := rules.Decide(pair, moment, names)
		if before.Mode == engine.Sealed && after.Mode != engine.Sealed {
			t.Fatalf("%s\n%s", Text(before), Text(after))
		}
	})
}

func TestTheOrderOfRulesAndInterfacesChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, pair, moment, names := drawRules(t), drawPair(t), drawMoment(t), drawNames(t)
		before := compile(t, set).Decide(pair, moment, names)
		shuffled := set
		shuffled.Rules = rapid.Permutation(set.Rules).Draw(t, "rules")
		if len(pair.Source.Addresses) > 0 {
			pair.Source.Addresses = rapid.Permutation(pair.Source.Addresses).Draw(t, "source")
		}
		if len(pair.Target.Addresses) > 0 {
			pair.Target.Addresses = rapid.Permutation(pair.Target.Addresses).Draw(t, "target")
		}
		after := compile(t, shuffled).Decide(pair, moment, names)
		// The whole explanation too: a receipt must not differ because a system lists its interfaces in another order.
		if diff := cmp.Diff(before, after, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestASessionIsTwoDecisionsOfOneMode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, pair, moment, names := compile(t, drawRules(t)), drawPair(t), drawMoment(t), drawNames(t)
		flow := rapid.SampledFrom([]engine.Direction{engine.Push, engine.Pull}).Draw(t, "flow")
		session := rules.DecideSession(pair.Source, pair.Target, flow, pair.SameMachine, netip.Addr{}, moment, names, func(string) int { return pair.LiveSessions })
		pair.Operation = engine.Backup
		toTarget, toSource := pair, pair
		if flow == engine.Push {
			toSource.Operation = engine.Restore
		} else {
			// The target's data is backed up by the source: the backup flows from the target.
			toSource.Source, toSource.Target = pair.Target, pair.Source
			toTarget.Source, toTarget.Target, toTarget.Operation = pair.Target, pair.Source, engine.Restore
		}
		for _, way := range []struct {
			want engine.Decision
			got  *engine.AppliedThrottle
		}{{rules.Decide(toTarget, moment, names), session.ToTarget}, {rules.Decide(toSource, moment, names), session.ToSource}} {
			if way.want.Mode != session.Mode || way.want.By != session.By {
				t.Fatalf("%v %v, session %v %v", way.want.Mode, way.want.By, session.Mode, session.By)
			}
			if diff := cmp.Diff(way.want.Throttle, way.got); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
