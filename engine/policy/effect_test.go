package policy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lockwire/engine"
)

func component(id, name string, tags []string, list ...string) engine.Component {
	c := engine.Component{ID: engine.ID(id), Name: name, Role: engine.Proxy, Tags: tags}
	for _, address := range addresses(list...) {
		c.Report.Interfaces = append(c.Report.Interfaces, engine.Address{Address: address, Origin: engine.FromInterface})
	}
	return c
}

// site is four components with routes a -> vault (push), vault -> db (pull) and db -> db.
func site(change func(components []engine.Component)) []engine.Component {
	components := []engine.Component{
		component("1", "a", []string{"office"}, "10.0.0.1"),
		component("2", "vault", nil, "10.0.0.2"),
		component("3", "db", []string{"office"}, "10.0.0.3"),
		component("4", "web", nil, "10.0.0.4", "203.0.113.4"),
	}
	if change != nil {
		change(components)
	}
	return components
}

func stateOf(t *testing.T, components []engine.Component, links []Link, list ...engine.Rule) State {
	t.Helper()
	set := engine.RuleSet{Rules: list}
	if !slices.ContainsFunc(list, func(r engine.Rule) bool { return r.IsInternet() }) {
		set.Rules = append(set.Rules, internet())
	}
	rules, err := Compile(set, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return State{Rules: rules, Components: components, Names: NamesOf(components, nil), Links: links}
}

var siteLinks = []Link{
	{"1", "2", "files", engine.Push, false}, {"1", "2", "archive", engine.Push, false}, {"2", "3", "postgres", engine.Pull, false}, {"3", "3", "self", engine.Push, false},
}

func effect(t *testing.T, before, after State, change Change) engine.Effect {
	t.Helper()
	if change.Moment.IsZero() {
		change.Moment = noon
	}
	got, err := Effect(context.Background(), before, after, change)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// links writes an effect's links as SOURCE>TARGET[routes] before>after.
func linksText(e engine.Effect) []string {
	list := []string{}
	for _, link := range e.Links {
		limit := func(applied *engine.AppliedThrottle) string {
			if applied == nil {
				return "-"
			}
			return applied.Rule + " " + applied.Limit().String()
		}
		side := func(d engine.SessionDecision) string {
			return fmt.Sprintf("%s %s/%s", d.Mode, limit(d.ToTarget), limit(d.ToSource))
		}
		list = append(list, fmt.Sprintf("%s>%s%v %s > %s", link.Source, link.Target, link.Routes, side(link.Before), side(link.After)))
	}
	return list
}

func TestEffectOfAnEdit(t *testing.T) {
	seal := newRule("seal", "any", "10.0.0.2-10.0.0.3", encrypts)
	limit := newRule("limit", "10.0.0.2", "10.0.0.3", throttles(10))
	for _, test := range []struct {
		name          string
		before, after []engine.Rule
		componentsNow func([]engine.Component)
		rule          string
		links         []string
		others        int
		matched       int
		loses         int
	}{
		{name: "nothing changes", before: []engine.Rule{seal}, after: []engine.Rule{seal}, rule: "seal", links: []string{}, matched: 6}, // all but a-web, and db with itself
		{name: "a rule is added", after: []engine.Rule{seal}, rule: "seal", matched: 6, others: 1, // a-db; web's pairs were sealed already
			links: []string{"a>vault[archive files] plain -/- > sealed -/-", "db>db[self] plain -/- > sealed -/-", "vault>db[postgres] plain -/- > sealed -/-"}},
		{name: "a rule is removed", before: []engine.Rule{seal}, rule: "seal", matched: 6, loses: 4,
			links: []string{"a>db[] sealed -/- > plain -/-", "a>vault[archive files] sealed -/- > plain -/-", "db>db[self] sealed -/- > plain -/-", "vault>db[postgres] sealed -/- > plain -/-"}},
		{name: "a rule is turned off", before: []engine.Rule{limit}, after: []engine.Rule{newRule("limit", "10.0.0.2", "10.0.0.3", throttles(10), off)}, rule: "limit", matched: 1,
			links: []string{"vault>db[postgres] plain -/limit 10 Mbit/s > plain -/-"}},
		{name: "a rule changes from encrypting to silent, another still encrypts", before: []engine.Rule{seal, newRule("all", "any", "any", encrypts)}, after: []engine.Rule{newRule("seal", "any", "10.0.0.2-10.0.0.3"), newRule("all", "any", "any", encrypts)},
			rule: "seal", matched: 6, links: []string{}},
		{name: "a limit changes, in the direction of the backup", before: []engine.Rule{limit}, after: []engine.Rule{newRule("limit", "10.0.0.2", "10.0.0.3", throttles(20))}, rule: "limit", matched: 1,
			links: []string{"vault>db[postgres] plain -/limit 10 Mbit/s > plain -/limit 20 Mbit/s"}},
		{name: "Internet is turned off", after: []engine.Rule{internet(off)}, rule: "Internet", matched: 3, loses: 3,
			links: []string{"a>web[] sealed -/- > plain -/-", "db>web[] sealed -/- > plain -/-", "vault>web[] sealed -/- > plain -/-"}},
		{name: "a component's own limit", componentsNow: func(c []engine.Component) { c[1].LocalLimit = &engine.Limit{Value: 3, Unit: engine.MegabytesPerSecond} }, others: 1, // vault-web
			links: []string{"a>vault[archive files] plain -/- > plain -/component vault 3 MB/s", "vault>db[postgres] plain -/- > plain component vault 3 MB/s/-"}},
		{name: "a tag is taken away", before: []engine.Rule{newRule("office", "tag:office", "10.0.0.2", encrypts)}, after: []engine.Rule{newRule("office", "tag:office", "10.0.0.2", encrypts)},
			componentsNow: func(c []engine.Component) { c[0].Tags = nil }, loses: 1,
			links: []string{"a>vault[archive files] sealed -/- > plain -/-"}},
		{name: "a component is renamed, in its rule too", before: []engine.Rule{newRule("r", "component:a", "any", encrypts)}, after: []engine.Rule{newRule("r", "component:alpha", "any", encrypts)},
			componentsNow: func(c []engine.Component) { c[0].Name = "alpha" }, links: []string{}},
		{name: "a component's interface goes public", componentsNow: func(c []engine.Component) {
			c[0].Report.Interfaces = append(c[0].Report.Interfaces, engine.Address{Address: addresses("198.51.100.1")[0]})
		}, others: 1, links: []string{"a>vault[archive files] plain -/- > sealed -/-"}},
		{name: "a rule is renamed and turned off", before: []engine.Rule{withID("x", limit)}, after: []engine.Rule{withID("x", newRule("renamed", "any", "any", off))}, rule: "renamed", matched: 1,
			links: []string{"vault>db[postgres] plain -/limit 10 Mbit/s > plain -/-"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := effect(t, stateOf(t, site(nil), siteLinks, test.before...), stateOf(t, site(test.componentsNow), siteLinks, test.after...), Change{Rule: test.rule})
			if diff := cmp.Diff(test.links, linksText(got)); diff != "" {
				t.Error(diff)
			}
			if got.OtherPairs != test.others || got.Matched != test.matched || got.Pairs != 7 || got.LosesEncryption() != test.loses {
				t.Errorf("%d other pairs, %d matched, %d pairs, %d lose encryption", got.OtherPairs, got.Matched, got.Pairs, got.LosesEncryption())
			}
		})
	}
}

func withID(id engine.ID, rule engine.Rule) engine.Rule {
	rule.ID = id
	return rule
}

// A route's own directions may be untouched where other ways of the pair's data are not.
func TestALinkIsListedForItsOwnDirectionsOnly(t *testing.T) {
	limitedSite := site(func(c []engine.Component) { c[0].LocalLimit = &engine.Limit{Value: 5, Unit: engine.MegabitsPerSecond} })
	rule := func(value uint64) engine.Rule { return newRule("limit", "10.0.0.1", "10.0.0.2", throttles(value)) }
	before, after := stateOf(t, limitedSite, siteLinks, rule(10)), stateOf(t, limitedSite, siteLinks, rule(20))
	if got := effect(t, before, after, Change{Rule: "limit"}); len(got.Links) != 0 || got.OtherPairs != 0 || got.Matched != 1 {
		t.Errorf("%v, %d others", linksText(got), got.OtherPairs)
	}
	before.Links, after.Links = nil, nil
	if got := effect(t, before, after, Change{Rule: "limit"}); got.OtherPairs != 1 {
		t.Errorf("%d others", got.OtherPairs)
	}
}

func TestEffectLooksAtTheSettings(t *testing.T) {
	components := site(nil)
	links := []Link{{"4", "1", "web", engine.Push, false}}
	before := stateOf(t, components, links)
	set := engine.RuleSet{Rules: []engine.Rule{internet()}}
	override(&set.Settings)
	rules, err := Compile(set, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	after := before
	after.Rules = rules
	got := effect(t, before, after, Change{})
	if diff := cmp.Diff([]string{"db>web[] sealed -/- > plain -/-", "vault>web[] sealed -/- > plain -/-", "web>a[web] sealed -/- > plain -/-"}, linksText(got)); diff != "" || got.OtherPairs != 0 || got.LosesEncryption() != 3 {
		t.Errorf("%s\n%+v", diff, got)
	}
}

func TestALinkThatOnlyOneStateHasIsLookedAt(t *testing.T) {
	before := stateOf(t, site(nil), nil)
	after := stateOf(t, site(nil), []Link{{"3", "1", "new", engine.Push, false}}, newRule("seal", "any", "any", encrypts))
	if got := effect(t, before, after, Change{}); len(got.Links) != 1 || got.Links[0].Source != "db" || got.Links[0].Target != "a" {
		t.Errorf("%v", linksText(got))
	}
}

func TestTheSameMachineLosesNothing(t *testing.T) {
	before := stateOf(t, site(nil), siteLinks, newRule("seal", "any", "any", encrypts))
	after := stateOf(t, site(nil), siteLinks)
	got := effect(t, before, after, Change{SameMachine: []IDPair{{"1", "2"}, {"1", "3"}, {"1", "4"}, {"2", "4"}, {"3", "4"}, {"3", "3"}}})
	if diff := cmp.Diff([]string{"vault>db[postgres] sealed -/- > plain -/-"}, linksText(got)); diff != "" {
		t.Error(diff)
	}
}

func TestStaleSessions(t *testing.T) {
	seal, limit := newRule("seal", "any", "10.0.0.2", encrypts), newRule("limit", "any", "any", throttles(1))
	sealed, plain := engine.SessionDecision{Decision: engine.Decision{Mode: engine.Sealed}}, engine.SessionDecision{Decision: engine.Decision{Mode: engine.Plain}}
	for _, test := range []struct {
		name          string
		before, after []engine.Rule
		session       LiveSession
		stale         bool
	}{
		{"plain, should be sealed now", nil, []engine.Rule{seal}, LiveSession{Decision: plain}, true},
		{"sealed, need not be now", []engine.Rule{seal}, nil, LiveSession{Decision: sealed}, true},
		{"nothing changes", []engine.Rule{seal}, []engine.Rule{seal}, LiveSession{Decision: sealed}, false},
		{"a limit comes into force by itself", nil, []engine.Rule{limit}, LiveSession{Decision: plain}, false},
		{"it was stale and is no longer", []engine.Rule{seal}, nil, LiveSession{Decision: plain}, false},
		{"it was stale before this change", []engine.Rule{seal}, []engine.Rule{seal, limit}, LiveSession{Decision: plain}, false},
		{"another pair", nil, []engine.Rule{newRule("seal", "10.0.0.3", "any", encrypts)}, LiveSession{Decision: plain}, false},
		{"the same machine", nil, []engine.Rule{seal}, LiveSession{Decision: plain, SameMachine: true}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.session.ID, test.session.Source, test.session.Target, test.session.Direction = "s", "1", "2", engine.Push
			got := effect(t, stateOf(t, site(nil), siteLinks, test.before...), stateOf(t, site(nil), siteLinks, test.after...), Change{Live: []LiveSession{test.session}})
			if stale := len(got.StaleSessions) == 1; stale != test.stale {
				t.Fatalf("%+v", got.StaleSessions)
			}
			if test.stale {
				s := got.StaleSessions[0]
				if s.ID != "s" || s.Source != "a" || s.Target != "vault" || s.Before.Mode != test.session.Decision.Mode || s.After.Mode == s.Before.Mode || len(s.After.Steps) == 0 {
					t.Errorf("%+v", s)
				}
			}
		})
	}
}

func TestRevokingListsRoutesSessionsAndRulesThatNameIt(t *testing.T) {
	list := []engine.Rule{newRule("by name", "component:A", "any", encrypts), newRule("by role", "role:proxy", "any", encrypts), newRule("by tag", "tag:office", "any", encrypts), newRule("not", "component:web", "any")}
	before := stateOf(t, site(nil), siteLinks, list...)
	gone := site(func(c []engine.Component) { c[0].Revoked = noon })
	after := stateOf(t, gone, siteLinks[2:], list...)
	live := []LiveSession{{ID: "s", Source: "1", Target: "2", Direction: engine.Push, Decision: engine.SessionDecision{Decision: engine.Decision{Mode: engine.Sealed}}}}
	got := effect(t, before, after, Change{Live: live})
	want := []string{
		`component "a" no longer takes part; its live session is cut; it is an end of routes "archive", "files"; rules name it, its role or a tag of it: "by name", "by role", "by tag"`,
		`rule "by name": there is no component:A with an address, so that it matches nothing`,
	}
	if diff := cmp.Diff(want, got.Warnings); diff != "" {
		t.Error(diff)
	}
	if len(got.Links) != 0 || len(got.StaleSessions) != 0 || got.Pairs != 4 { // three pairs of three, and db with itself
		t.Errorf("%+v", got)
	}
}

func TestWarningsOfNamesThatStandForNothing(t *testing.T) {
	for _, test := range []struct {
		name string
		rule engine.Rule
		want []string
	}{
		{"a component", newRule("r", "component:nobody", "any", encrypts), []string{`rule "r": there is no component:nobody with an address, so that it matches nothing`}},
		{"a tag", newRule("r", "tag:nowhere", "any", encrypts), []string{`rule "r": no component with an address carries tag:nowhere, so that it matches nothing`}},
		{"a role", newRule("r", "role:tape", "any", encrypts), []string{`rule "r": no component of role:tape has an address, so that it matches nothing`}},
		{"a host in a rule that encrypts", newRule("r", "host:nas", "any", encrypts), []string{`rule "r": host:nas has never resolved; until it does, the rule counts it as matching everything, and from then on only its addresses`}},
		{"a host in a rule that does not", newRule("r", "host:nas", "any", throttles(1)), []string{`rule "r": host:nas has never resolved; until it does, it matches nothing`}},
		{"a host in a trusted link", newRule("r", "host:nas", "any", exempts), []string{
			`rule "r": host:nas has never resolved; until it does, it matches nothing`,
			`rule "r": whoever can forge an answer of DNS for host:nas can widen this trusted link; addresses or component: are safer`,
		}},
		{"a disabled rule", newRule("r", "tag:nowhere", "any", encrypts, off), nil},
		{"names that are there", newRule("r", "component:a, tag:office, role:proxy", "any", encrypts), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			other := newRule("not this one", "tag:empty", "any")
			got := effect(t, stateOf(t, site(nil), nil, other), stateOf(t, site(nil), nil, test.rule, other), Change{Rule: "r"})
			if diff := cmp.Diff(test.want, got.Warnings); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEffectAndCoverageStopWhenTheirContextIsDone(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	state := stateOf(t, site(nil), nil)
	if _, err := Effect(ctx, state, state, Change{Moment: noon}); !errors.Is(err, context.Canceled) {
		t.Errorf("effect: %v", err)
	}
	if _, err := Coverage(ctx, state, noon, CoverageChecks{}); !errors.Is(err, context.Canceled) {
		t.Errorf("coverage: %v", err)
	}
}

// drawComponent draws a component, which may be as one that there is already.
func drawComponent(t *rapid.T, i int, others []engine.Component) engine.Component {
	p := drawParty(t, fmt.Sprintf("c%d", i))
	c := engine.Component{ID: engine.ID(fmt.Sprint(i)), Name: p.Name, Role: p.Role, LocalLimit: p.LocalLimit}
	c.Report.Interfaces = p.Addresses
	if len(others) > 0 && rapid.Bool().Draw(t, "like another") {
		other := rapid.SampledFrom(others).Draw(t, "which")
		c.Role, c.LocalLimit, c.Report = other.Role, other.LocalLimit, other.Report
	}
	return c
}

// Pairs of the same kinds of components are worked out once for all of them. That is what working out each of them comes to.
func TestTheEffectIsThatOfEachPair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var components []engine.Component
		for i := range rapid.IntRange(2, 9).Draw(t, "components") {
			components = append(components, drawComponent(t, i, components))
		}
		draw := func(what string) engine.ID { return rapid.SampledFrom(components).Draw(t, what).ID }
		var links []Link
		for i := range rapid.IntRange(0, 4).Draw(t, "links") {
			links = append(links, Link{draw("source"), draw("target"), fmt.Sprint(i), rapid.SampledFrom([]engine.Direction{engine.Push, engine.Pull}).Draw(t, "flow"), false})
		}
		lacking := map[bool]engine.ID{false: draw("lacks something before"), true: draw("lacks something after")}
		change := Change{Moment: drawMoment(t), SameMachine: []IDPair{{draw("one"), draw("of the same machine")}}, Rule: "x"}
		if rapid.Bool().Draw(t, "something is required") {
			change.Lacks = func(after bool, id engine.ID) bool { return lacking[after] == id }
		}
		before, after := State{compile(t, drawRules(t)), components, drawNames(t), links}, State{compile(t, drawRules(t)), components, drawNames(t), links}
		got, err := Effect(context.Background(), before, after, change)
		if err != nil {
			t.Fatal(err)
		}
		c := newComparison(before, after, change)
		for i := range components {
			for j := i; j < len(components); j++ {
				if a, b := components[i].ID, components[j].ID; i != j || len(c.links[pairOf(a, b)]) > 0 {
					c.pair(a, b)
				}
			}
		}
		want := c.effect
		want.Turned = c.turned.all()
		sorted := func(links []engine.LinkEffect) []engine.LinkEffect {
			return slices.SortedStableFunc(slices.Values(links), func(a, b engine.LinkEffect) int { return strings.Compare(a.Source+" "+a.Target, b.Source+" "+b.Target) })
		}
		want.Links, got.Links = sorted(want.Links), sorted(got.Links)
		got.Asks, got.Warnings = nil, nil
		if diff := cmp.Diff(want, got, addressesEqual); diff != "" {
			t.Fatal(diff)
		}
	})
}

// The effect finds the rules of a component once and not for each pair; what it says must be what DecideSession says.
func TestTheEffectIsThatOfTheDecisions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names, moment := drawNames(t), drawMoment(t)
		var components []engine.Component
		for i := range rapid.IntRange(2, 5).Draw(t, "components") {
			components = append(components, drawComponent(t, i, components))
		}
		var links []Link
		for i := range components {
			for j := range components {
				if rapid.Bool().Draw(t, "has a route") {
					links = append(links, Link{components[i].ID, components[j].ID, fmt.Sprintf("%d-%d", i, j), rapid.SampledFrom([]engine.Direction{engine.Push, engine.Pull}).Draw(t, "flow"), rapid.Bool().Draw(t, "off")})
				}
			}
		}
		before, after := State{compile(t, drawRules(t)), components, names, links}, State{compile(t, drawRules(t)), components, drawNames(t), links}
		same := func(a, b engine.ID) bool { return a == "0" && b == "1" || a == "1" && b == "0" }
		got, err := Effect(context.Background(), before, after, Change{Moment: moment, SameMachine: []IDPair{{"0", "1"}}})
		if err != nil {
			t.Fatal(err)
		}
		decide := func(s State, link Link) engine.SessionDecision {
			var source, target engine.Party
			for i := range components {
				if components[i].ID == link.Source {
					source = components[i].Party()
				}
				if components[i].ID == link.Target {
					target = components[i].Party()
				}
			}
			return s.Rules.DecideSession(source, target, link.Direction, same(link.Source, link.Target), engine.Pair{}.Path, moment, s.Names, nil)
		}
		want := engine.Effect{Links: []engine.LinkEffect{}}
		for _, link := range links {
			if was, is := decide(before, link), decide(after, link); was.Differs(&is) {
				want.Links = append(want.Links, engine.LinkEffect{Source: "c" + string(link.Source), Target: "c" + string(link.Target), Routes: []string{link.Route}, Before: was, After: is})
			}
		}
		for i := range components {
			for j := i + 1; j < len(components); j++ {
				link := Link{components[i].ID, components[j].ID, "", engine.Push, false}
				if slices.ContainsFunc(links, func(l Link) bool { return pairOf(l.Source, l.Target) == pairOf(link.Source, link.Target) }) {
					continue
				}
				if was, is := decide(before, link), decide(after, link); was.Mode == engine.Sealed && is.Mode == engine.Plain {
					want.Links = append(want.Links, engine.LinkEffect{Source: "c" + string(link.Source), Target: "c" + string(link.Target), Routes: []string{}, Before: was, After: is})
				}
			}
		}
		slices.SortFunc(want.Links, func(a, b engine.LinkEffect) int { return strings.Compare(a.Source+" "+a.Target, b.Source+" "+b.Target) })
		if diff := cmp.Diff(want.Links, got.Links, addressesEqual); diff != "" {
			t.Fatal(diff)
		}
		others := 0
		for i := range components {
			for j := range i {
				routed := slices.ContainsFunc(links, func(l Link) bool { return pairOf(l.Source, l.Target) == pairOf(components[i].ID, components[j].ID) })
				differs, loses := false, false
				for _, flow := range []engine.Direction{engine.Push, engine.Pull} {
					for _, link := range []Link{{components[i].ID, components[j].ID, "", flow, false}, {components[j].ID, components[i].ID, "", flow, false}} {
						was, is := decide(before, link), decide(after, link)
						differs = differs || was.Differs(&is)
						loses = loses || was.Mode == engine.Sealed && is.Mode == engine.Plain
					}
				}
				if differs && !routed && !loses {
					others++
				}
			}
		}
		if others != got.OtherPairs {
			t.Fatalf("%d other pairs, not %d", got.OtherPairs, others)
		}
	})
}

// TestPairsWithoutARouteThatLoseEncryptionAreListedUpToABound has far more of them than are listed; the digest knows them all.
func TestPairsWithoutARouteThatLoseEncryptionAreListedUpToABound(t *testing.T) {
	components := func(count int) []engine.Component {
		var all []engine.Component
		for i := range count {
			c := engine.Component{ID: engine.ID(fmt.Sprintf("%04d", i)), Name: fmt.Sprintf("c%04d", i), Role: engine.Server}
			c.Report.Interfaces = []engine.Address{{Address: addresses(fmt.Sprintf("10.0.%d.%d", i/200, i%200+1))[0]}}
			all = append(all, c)
		}
		return all
	}
	lose := func(count int) engine.Effect {
		seal := newRule("seal", "any", "any", encrypts)
		return effect(t, stateOf(t, components(count), nil, seal), stateOf(t, components(count), nil), Change{Rule: "seal"})
	}
	got := lose(30) // 435 pairs
	if len(got.Links) != engine.MaximumUnrouted || got.MoreLose != 335 || got.LosesEncryption() != 435 || got.OtherPairs != 0 {
		t.Errorf("%d listed, %d more, %d in all, %d others", len(got.Links), got.MoreLose, got.LosesEncryption(), got.OtherPairs)
	}
	if len(got.Asks) != 1 || got.Asks[0].Kind != engine.AskEncryption {
		t.Fatalf("asks %+v", got.Asks)
	}
	if again := lose(30); again.Asks[0].Digest != got.Asks[0].Digest {
		t.Error("the same loss has another digest")
	}
	if more := lose(31); more.Asks[0].Digest == got.Asks[0].Digest {
		t.Error("more is lost, and the digest is the same")
	}
}
