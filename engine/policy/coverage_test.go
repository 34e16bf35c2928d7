package policy

import (
	"context"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

// covered is the site's coverage, with a rule that seals the office's links to the vault, and a route from a to the vault.
func covered(t *testing.T, change func(*engine.RuleSet), checks CoverageChecks) engine.Coverage {
	t.Helper()
	components := append(site(nil), component("5", "old", nil, "10.0.0.5"))
	components[4].Revoked = noon
	set := engine.RuleSet{Rules: []engine.Rule{engine.InternetRule(), newRule("seal", "tag:office", "component:vault", encrypts)}}
	if change != nil {
		change(&set)
	}
	rules, err := Compile(set, set.Settings.Location())
	if err != nil {
		t.Fatal(err)
	}
	state := State{Rules: rules, Components: components, Names: NamesOf(components, nil), Links: []Link{{"1", "2", "nightly", engine.Push, false}, {"1", "5", "gone", engine.Push, false}, {"4", "1", "web", engine.Push, false}, {"2", "4", "off", engine.Push, true}}}
	got, err := Coverage(context.Background(), state, noon, checks)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestCoverageHasEveryPairOnceAndBothWaysRound(t *testing.T) {
	got := covered(t, nil, CoverageChecks{SameMachine: func(a, b engine.ID) bool { return pairOf(a, b) == pairOf("3", "4") }})
	if want := []string{"-nRA", "n-Rm", "RR-A", "AmA-"}; !cmp.Equal(got.Rows, want) {
		t.Errorf("rows %q, want %q", got.Rows, want)
	}
	names := ""
	for _, c := range got.Components {
		names += c.Name + " "
	}
	if names != "a db vault web " || got.Sealed != 4 || got.Plain != 2 || !cmp.Equal(got.Routed, [][2]int{{0, 2}, {3, 0}}) || !got.At.Equal(noon) {
		t.Errorf("%s: %+v", names, got)
	}
	for _, test := range []struct {
		row, column int
		mode        engine.Mode
		by          engine.By
	}{{0, 2, engine.Sealed, engine.ByRule}, {3, 1, engine.Plain, engine.BySameMachine}, {1, 0, engine.Plain, engine.ByNone}, {2, 2, 0, ""}, {9, 0, 0, ""}, {0, -1, 0, ""}} {
		if mode, by := got.Cell(test.row, test.column); mode != test.mode || by != test.by {
			t.Errorf("%d, %d: %v by %q", test.row, test.column, mode, by)
		}
	}
}

func TestCoverageNamesWhatOnlyAnInterfaceSeals(t *testing.T) {
	got := covered(t, nil, CoverageChecks{})
	if len(got.Findings) != 1 {
		t.Fatalf("findings %+v", got.Findings)
	}
	f := got.Findings[0]
	if f.Kind != engine.SealedOnlyBecause || f.Component != "web" || f.Pairs != 3 || f.Routed != 1 || len(f.Addresses) != 1 {
		t.Errorf("%+v", f)
	}
	if want := "3 links of web are sealed only because it has " + f.Addresses[0].String() + ", which no live session uses."; f.Text != want {
		t.Errorf("it says %q, want %q", f.Text, want)
	}
	used := covered(t, nil, CoverageChecks{Used: func(a netip.Addr) bool { return a == f.Addresses[0].Address }})
	if text := used.Findings[0].Text; strings.Contains(text, "no live session") {
		t.Errorf("it says %q", text)
	}
}

func TestCoverageNamesPlainLinksWithAPublicAddressAndWhy(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*engine.RuleSet)
		why    string
	}{
		"override":                  {func(s *engine.RuleSet) { s.Settings.DisablePublicIPTrafficEncryption = 1 }, "DisablePublicIPTrafficEncryption"},
		"Internet is off":           {func(s *engine.RuleSet) { s.Rules[0].Enabled = false }, "Internet is off"},
		"Internet does not encrypt": {func(s *engine.RuleSet) { s.Rules[0].Encrypt = false }, "Internet does not encrypt"},
		"trusted link": {func(s *engine.RuleSet) {
			s.Rules = append(s.Rules, newRule("trusted", "any", "any", func(r *engine.Rule) { r.Exempt = &engine.Exemption{Reason: "a line of our own"} }))
		}, "a trusted link exempts them"},
	} {
		t.Run(name, func(t *testing.T) {
			got := covered(t, test.change, CoverageChecks{})
			if len(got.Findings) != 3 {
				t.Fatalf("%d findings: %+v", len(got.Findings), got.Findings)
			}
			for i, f := range got.Findings {
				if f.Kind != engine.PlainAlthoughPublic || f.Component != "web" || f.Other == "" || !strings.Contains(f.Text, test.why) {
					t.Errorf("%+v", f)
				}
				if (f.Routed == 1) != (i == 0) { // what a route leads over comes first
					t.Errorf("finding %d: %+v", i, f)
				}
			}
		})
	}
}

func TestPlainLinksAreNamedUpToABound(t *testing.T) {
	off := internet()
	off.Enabled = false
	var components []engine.Component
	for range 20 {
		components = append(components, component(string(engine.NewID()), "host", nil, "203.0.113.7"))
	}
	state := stateOf(t, components, nil, off)
	got, err := Coverage(context.Background(), state, noon, CoverageChecks{})
	if err != nil {
		t.Fatal(err)
	}
	if last := got.Findings[len(got.Findings)-1]; len(got.Findings) != engine.MaximumFindings || !strings.Contains(last.Text, "So are 90 other pairs.") {
		t.Errorf("%d findings, the last one says %q", len(got.Findings), last.Text)
	}
}

func TestAListOfNothingIsAListInJSON(t *testing.T) {
	empty := stateOf(t, nil, nil, internet())
	coverage, err := Coverage(t.Context(), empty, noon, CoverageChecks{})
	if err != nil {
		t.Fatal(err)
	}
	effect, err := Effect(t.Context(), empty, empty, Change{Moment: noon})
	if err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]any{"coverage": coverage, "effect": effect} {
		if text, err := json.Marshal(answer); err != nil || strings.Contains(string(text), "null") {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
}
