package policy

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lockwire/engine"
)

func TestRulesAreAboutExactlyTheirPairsAndFew(t *testing.T) {
	var publics, all []engine.ID
	for i := range 40 {
		all = append(all, engine.ID(fmt.Sprintf("%03d", i)))
	}
	publics = all[:3]
	var star, complete []IDPair
	for i, a := range all {
		for _, b := range all[i+1:] {
			complete = append(complete, IDPair{a, b})
			if slices.Contains(publics, a) {
				star = append(star, IDPair{a, b})
			}
		}
	}
	for name, test := range map[string]struct {
		pairs []IDPair
		rules int
	}{
		"none":                        {nil, 0},
		"one pair":                    {[]IDPair{{"a", "b"}}, 1},
		"three have a public address": {star, 1},
		"all have one":                {complete, 1},
		"two to two that do not talk to each other": {[]IDPair{{"a", "c"}, {"a", "d"}, {"b", "c"}, {"b", "d"}}, 1},
		"a chain": {[]IDPair{{"a", "b"}, {"b", "c"}, {"c", "d"}}, 2},
		"all but one pair, which a rule seals anyway": {complete[1:], 1},
	} {
		t.Run(name, func(t *testing.T) {
			sides := SidesOf(test.pairs)
			if len(sides) != test.rules {
				t.Errorf("%d rules, not %d", len(sides), test.rules)
			}
			if got := pairsOf(sides); !slices.Equal(got, sortedPairs(test.pairs)) {
				t.Errorf("they are about %v", got)
			}
		})
	}
}

// pairsOf gives the pairs that rules with these sides are about, each once, sorted.
func pairsOf(sides []Sides) []IDPair {
	var pairs []IDPair
	for _, s := range sides {
		for _, a := range s.Source {
			for _, b := range s.Target {
				if a != b {
					pairs = append(pairs, IDPair{min(a, b), max(a, b)})
				}
			}
		}
	}
	return sortedPairs(pairs)
}

func sortedPairs(pairs []IDPair) []IDPair {
	pairs = slices.Clone(pairs)
	slices.SortFunc(pairs, func(a, b IDPair) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(pairs)
}

func TestSidesAreAboutExactlyAnyPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(2, 9).Draw(t, "components")
		var pairs []IDPair
		for a := range count {
			for b := a + 1; b < count; b++ {
				if rapid.Bool().Draw(t, "pair") {
					pairs = append(pairs, IDPair{engine.ID(fmt.Sprint(a)), engine.ID(fmt.Sprint(b))})
				}
			}
		}
		if got := pairsOf(SidesOf(pairs)); !slices.Equal(got, sortedPairs(pairs)) {
			t.Errorf("%v instead of %v", got, pairs)
		}
	})
}

// TestExemptionsInPlaceOfTheOverrideTurnNothingOver draws installations whose override is set, and puts exemptions for the pairs
// that it turns plain in its place.
func TestExemptionsInPlaceOfTheOverrideTurnNothingOver(t *testing.T) {
	some := 0
	rapid.Check(t, func(t *rapid.T) {
		ruleSet, moment := drawRules(t), drawMoment(t)
		ruleSet.Settings.DisablePublicIPTrafficEncryption = 1
		var components []engine.Component
		for i := range rapid.IntRange(2, 6).Draw(t, "components") {
			party := drawParty(t, []string{"a", "b", "C", "d", "e", "f"}[i])
			party.Addresses = append(party.Addresses, engine.Address{Address: pool[i%5]}) // one without an address has no sessions
			components = append(components, engine.Component{ID: engine.ID(fmt.Sprint(i)), Name: party.Name, Role: party.Role,
				Report: engine.Report{Interfaces: party.Addresses}})
		}
		machines := rapid.SliceOfN(rapid.Bool(), 6, 6).Draw(t, "on one machine")
		same := func(a, b engine.ID) bool { return machines[a[0]-'0'] && machines[b[0]-'0'] }
		before := drawnState(t, ruleSet, components)
		pairs, err := AutomaticPairs(context.Background(), before, moment, same)
		if err != nil {
			t.Fatal(err)
		}
		some += len(pairs)
		after := ruleSet
		after.Rules = slices.Clone(ruleSet.Rules)
		after.Settings.DisablePublicIPTrafficEncryption = 0
		for i, sides := range SidesOf(pairs) {
			name := func(id engine.ID) string { return components[id[0]-'0'].Name }
			after.Rules = append(after.Rules, engine.Rule{Name: fmt.Sprintf("exempt %d", i), Enabled: true, Exempt: &engine.Exemption{Reason: "was plain"},
				Source: ByComponents(sides.Source, name), Target: ByComponents(sides.Target, name)})
		}
		is := drawnState(t, after, components)
		was, now := newField(&before, moment), newField(&is, moment)
		for i := range components {
			for j := range components[:i] {
				a, b := components[j].ID, components[i].ID
				old := was.situation(was.ends[a], was.ends[b], same(a, b)).rule()
				new := now.situation(now.ends[a], now.ends[b], same(a, b)).rule()
				if old.mode != new.mode {
					t.Errorf("%s and %s were %v and are %v", a, b, old, new)
				}
				if (new.by == engine.ByExempt && old.by == engine.ByNone) != slices.Contains(pairs, IDPair{a, b}) {
					if !exemptAnyway(ruleSet, components, moment, a, b) {
						t.Errorf("%s and %s were %v and are %v, among %v", a, b, old, new, pairs)
					}
				}
			}
		}
	})
	if some == 0 {
		t.Error("the override never turned a pair plain: nothing was tried")
	}
}

// exemptAnyway tells whether the rules exempt a pair without the override.
func exemptAnyway(ruleSet engine.RuleSet, components []engine.Component, moment time.Time, a, b engine.ID) bool {
	ruleSet.Settings.DisablePublicIPTrafficEncryption = 0
	rules, _ := Compile(ruleSet, time.UTC)
	state := State{Rules: rules, Components: components, Names: NamesOf(components, nil)}
	f := newField(&state, moment)
	return f.situation(f.ends[a], f.ends[b], false).rule().by == engine.ByExempt
}

func drawnState(t *rapid.T, ruleSet engine.RuleSet, components []engine.Component) State {
	rules, err := Compile(ruleSet, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return State{Rules: rules, Components: components, Names: NamesOf(components, nil)}
}
