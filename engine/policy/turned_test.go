package policy

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"lockwire/engine"
)

func turnedText(t *engine.Turned) []string {
	list := []string{}
	if t == nil {
		return list
	}
	for _, pair := range t.Pairs {
		list = append(list, fmt.Sprintf("%s %s %v %s>%s", pair.Source, pair.Target, pair.Routes, pair.Before, pair.After))
	}
	return list
}

func TestAChangeSaysWhichPairsItTurnsOver(t *testing.T) {
	seal := newRule("seal", "10.0.0.1", "10.0.0.0/24", encrypts)
	plain, sealed := stateOf(t, site(nil), siteLinks), stateOf(t, site(nil), siteLinks, seal)
	without := stateOf(t, site(func(c []engine.Component) { c[0].Revoked = time.Now() }), siteLinks)
	required := func(after bool, id engine.ID) bool { return after && id == "2" }
	for name, test := range map[string]struct {
		before, after State
		lacks         func(bool, engine.ID) bool
		words         string
		want          []string
	}{
		"nothing": {plain, plain, nil, "", nil},
		"a rule that seals, the routes first": {plain, sealed, nil, "2 pairs made sealed",
			[]string{"a vault [archive files] plain>sealed", "a db [] plain>sealed"}},
		"and its removal": {sealed, plain, nil, "2 pairs made plain", []string{"a vault [archive files] sealed>plain", "a db [] sealed>plain"}},
		"a component that is revoked": {plain, without, nil, "3 pairs made refused",
			[]string{"a vault [archive files] plain>refused", "a db [] plain>refused", "a web [] sealed>refused"}},
		"a network that one end has not": {plain, plain, required, "3 pairs made refused",
			[]string{"a vault [archive files] plain>refused", "vault db [postgres] plain>refused", "vault web [] sealed>refused"}},
		"a rule that seals what is refused": {plain, sealed, func(_ bool, id engine.ID) bool { return id == "2" }, "1 pair made sealed", []string{"a db [] plain>sealed"}},
	} {
		t.Run(name, func(t *testing.T) {
			turned := effect(t, test.before, test.after, Change{Lacks: test.lacks}).Turned
			if got := turnedText(turned); !slices.Equal(got, test.want) && len(got)+len(test.want) > 0 {
				t.Errorf("it turns over %q, not %q", got, test.want)
			}
			if turned != nil && turned.InWords() != test.words {
				t.Errorf("in words: %q, not %q", turned.InWords(), test.words)
			}
		})
	}
}

func TestPairsThatAreTurnedOverAreNamedWithinBoundsAndAllCounted(t *testing.T) {
	var components []engine.Component
	for i := range 40 {
		components = append(components, component(fmt.Sprintf("%02d", i), fmt.Sprintf("c%02d", i), nil, fmt.Sprintf("10.0.1.%d", i)))
	}
	links := []Link{{"38", "39", "last", engine.Push, false}}
	turned := effect(t, stateOf(t, components, links), stateOf(t, components, links, newRule("all", "any", "any", encrypts)), Change{}).Turned
	if turned.Sealed != 40*39/2 || len(turned.Pairs) != engine.MaximumTurned || turned.More != turned.Sealed-engine.MaximumTurned {
		t.Errorf("%d sealed, %d named and %d more", turned.Sealed, len(turned.Pairs), turned.More)
	}
	if first := turned.Pairs[0]; first.Source != "c38" || first.Target != "c39" {
		t.Errorf("the pair with a route does not come first, but %+v", first)
	}
}
