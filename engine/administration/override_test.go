package administration

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"lockwire/engine"
)

// overridden is a fixture of four more machines whose override is set: cloud and web have public addresses, and a rule seals cloud with vault.
func overridden(t *testing.T) *fixture {
	f := newFixture(t)
	f.put(t, component(t, "cloud", "203.0.113.9"), component(t, "web", "198.51.100.7"), component(t, "vault", "10.0.0.8"), component(t, "office", "10.0.0.9"))
	rule := encryptRule("Cloud vault")
	rule.Source, rule.Target = []engine.Selector{{Kind: engine.SelectComponent, Name: "cloud"}}, []engine.Selector{{Kind: engine.SelectComponent, Name: "vault"}}
	f.apply(t, engine.Change{AddRule: &rule})
	f.apply(t, engine.Change{Setting: &engine.SettingChange{Name: "DisablePublicIPTrafficEncryption", Value: "1"}})
	return f
}

func (f *fixture) put(t *testing.T, components ...engine.Component) {
	t.Helper()
	if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error {
		for _, c := range components {
			if err := tx.PutComponent(c); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// modes writes which pairs are sealed and which are plain.
func (f *fixture) modes(t *testing.T) []string {
	t.Helper()
	coverage, err := f.Coverage(t.Context(), engine.CoverageQuestion{})
	if err != nil {
		t.Fatal(err)
	}
	var modes []string
	for i, a := range coverage.Components {
		for j, b := range coverage.Components[:i] {
			mode, _ := coverage.Cell(i, j)
			modes = append(modes, b.Name+" "+a.Name+" "+mode.String())
		}
	}
	return modes
}

// replace is the change, of settings that were just read.
func (f *fixture) replace(t *testing.T, until *engine.Date) engine.Change {
	return f.reread(t, engine.Change{ReplaceOverride: &engine.OverrideReplacement{Reason: "lines of our own", Until: until}})
}

func TestTrustedLinksTakeTheOverridesPlaceAndTurnNoPairOver(t *testing.T) {
	f := overridden(t)
	before := f.modes(t)
	effect, err := f.Apply(t.Context(), f.replace(t, nil), engine.Confirmation{})
	if !errors.Is(err, engine.ErrNeedsConfirmation) {
		t.Fatalf("without a confirmation: %v", err)
	}
	if len(effect.Exempts) != 8 || effect.LosesEncryption() != 0 || effect.OtherPairs != 0 || len(effect.Links) != 0 {
		t.Errorf("it shows %+v", effect)
	}
	for _, pair := range effect.Exempts {
		if names := pair.Source + " " + pair.Target; strings.Contains(names, "cloud") && strings.Contains(names, "vault") {
			t.Error("what a rule seals is among those that the override turns plain")
		}
	}
	if _, err := f.Apply(t.Context(), f.replace(t, nil), effect.Confirm()); err != nil {
		t.Fatal(err)
	}
	if after := f.modes(t); !slices.Equal(before, after) {
		t.Errorf("the pairs were\n%s\nand are\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
	set, err := f.RuleSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if set.Settings.DisablePublicIPTrafficEncryption != 0 {
		t.Error("the override is still set")
	}
	for i := range set.Rules {
		if rule := &set.Rules[i]; rule.Exempt != nil && (rule.Exempt.Reason != "lines of our own" || !strings.HasPrefix(rule.Name, replacementName)) {
			t.Errorf("a trusted link is %+v", rule)
		}
	}
	entries, err := f.Audit(t.Context(), engine.AuditQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if entries[0].What != "settings.set" || entries[1].What != "rule.add" {
		t.Errorf("the audit ends with %s, %s", entries[1].What, entries[0].What)
	}

	f.put(t, component(t, "newcomer", "192.0.2.44"))
	for _, mode := range f.modes(t) {
		if strings.Contains(mode, "newcomer") && !strings.HasSuffix(mode, "sealed") {
			t.Errorf("a machine that came later is plain: %s", mode)
		}
	}
}

func TestTrustedLinksInPlaceOfTheOverrideAreThoseThatWereShown(t *testing.T) {
	f := overridden(t)
	shown, err := f.Preview(t.Context(), f.replace(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	f.put(t, component(t, "newcomer", "192.0.2.44"))
	if _, err := f.Apply(t.Context(), f.replace(t, nil), shown.Confirm()); !errors.Is(err, engine.ErrNeedsConfirmation) {
		t.Errorf("a pair that was not shown is exempted: %v", err)
	}
}

func TestOverrideThatCannotBeReplacedIsRefusedInWords(t *testing.T) {
	over := engine.Date{Year: moment.Year(), Month: moment.Month(), Day: moment.Day() - 1}
	for name, test := range map[string]struct {
		prepare func(t *testing.T, f *fixture)
		until   *engine.Date
		says    string
	}{
		"it is not set": {func(t *testing.T, f *fixture) {
			f.apply(t, engine.Change{Setting: &engine.SettingChange{Name: "DisablePublicIPTrafficEncryption", Value: "0"}})
		}, nil, "nothing to replace"},
		"the last day is over": {nil, &over, "is over already"},
	} {
		t.Run(name, func(t *testing.T) {
			f := overridden(t)
			if test.prepare != nil {
				test.prepare(t, f)
			}
			if _, err := f.Preview(t.Context(), f.replace(t, test.until)); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("it says %v", err)
			}
		})
	}
	f := overridden(t)
	change := f.replace(t, nil)
	for _, value := range []string{"0", "1"} {
		f.apply(t, engine.Change{Setting: &engine.SettingChange{Name: engine.OverrideSetting, Value: value}})
	}
	if _, err := f.Preview(t.Context(), change); !errors.Is(err, engine.ErrOutdated) {
		t.Errorf("with an override that somebody changed meanwhile: %v", err)
	}
}

func TestOverrideThatTurnsNothingPlainLeavesNoTrustedLink(t *testing.T) {
	f := newFixture(t)
	f.apply(t, engine.Change{Setting: &engine.SettingChange{Name: "DisablePublicIPTrafficEncryption", Value: "1"}})
	if effect := f.apply(t, f.replace(t, nil)); len(effect.Rules) != 0 || len(effect.Asks) != 0 {
		t.Errorf("it did %+v", effect)
	}
	if set, _ := f.RuleSet(t.Context()); set.Settings.DisablePublicIPTrafficEncryption != 0 || len(set.Rules) != 1 {
		t.Errorf("it left %+v", set)
	}
}
