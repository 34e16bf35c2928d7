package administration

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"lockwire/engine"
)

const byRegistry = "the registry of the broker's machine"

// prescribe has the machine prescribe something, or nothing, and the administration take it up.
func (f *fixture) prescribe(t *testing.T, p engine.Prescription) {
	t.Helper()
	f.Prescribed = func() engine.Prescription { return p }
	if err := f.TakePrescription(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) plain(t *testing.T) int {
	t.Helper()
	coverage, err := f.Coverage(t.Context(), engine.CoverageQuestion{})
	if err != nil {
		t.Fatal(err)
	}
	return coverage.Plain
}

func TestWhatTheMachinePrescribesWinsOverTheSetting(t *testing.T) {
	f := overridden(t) // the setting is 1
	open := f.plain(t)
	f.prescribe(t, engine.Prescribed(0, byRegistry))
	if now := f.plain(t); now >= open {
		t.Errorf("%d pairs were plain, and %d are although the machine prescribes 0", open, now)
	}
	if f.broker.refreshed == 0 {
		t.Error("the broker is not told")
	}
	set, err := f.RuleSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if inForce := set.InForce(); inForce.DisablePublicIPTrafficEncryption != 0 || set.Settings.DisablePublicIPTrafficEncryption != 1 {
		t.Errorf("in force is %+v, the record has %+v", inForce, set.Settings)
	}
	if _, err := f.Preview(t.Context(), f.replace(t, nil)); err == nil || !strings.Contains(err.Error(), "nothing to replace") {
		t.Errorf("an override that is not in force is replaced: %v", err)
	}

	f.apply(t, engine.Change{Setting: &engine.SettingChange{Name: "LingerSeconds", Value: "30"}})
	_, err = f.Preview(t.Context(), f.reread(t, engine.Change{Setting: &engine.SettingChange{Name: engine.OverrideSetting, Value: "0"}}))
	if field, is := errors.AsType[*engine.FieldError](err); !is || field.Field != engine.OverrideSetting || !strings.Contains(err.Error(), "set by "+byRegistry) {
		t.Errorf("the setting can be changed meanwhile: %v", err)
	}
	decision, err := f.Explain(t.Context(), engine.Question{Source: engine.QuestionParty{Component: "web"}, Target: engine.QuestionParty{Component: "office"},
		Settings: []engine.SettingChange{{Name: engine.OverrideSetting, Value: "1"}}})
	if err != nil || decision.Mode != engine.Plain {
		t.Errorf("what would be if the override were set is %+v, %v", decision.Mode, err)
	}

	f.prescribe(t, engine.Prescription{})
	if set, _ := f.RuleSet(t.Context()); set.Settings.DisablePublicIPTrafficEncryption != 1 || f.plain(t) != open {
		t.Errorf("once nothing is prescribed, the setting of before does not count: %+v", set.Settings)
	}
	entries, err := f.Audit(t.Context(), engine.AuditQuery{})
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, entry := range entries {
		if entry.What == "settings.prescribe" && entry.Who == "the broker's machine" {
			count++
		}
	}
	if count != 2 {
		t.Errorf("%d entries say that the machine prescribed something else", count)
	}
}

// An import that sets the override is confirmed also while the machine prescribes 0: the setting counts as soon as it does not.
func TestAnOverrideThatIsImportedIsConfirmedWhateverTheMachinePrescribes(t *testing.T) {
	f := newFixture(t)
	f.prescribe(t, engine.Prescribed(0, byRegistry))
	set, err := f.RuleSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	set.Settings.DisablePublicIPTrafficEncryption = 1
	effect, err := f.Preview(t.Context(), engine.Change{ImportRules: &engine.RuleImport{RuleSet: set, WithSettings: true}})
	if err != nil || !slices.ContainsFunc(effect.Asks, func(ask engine.Ask) bool { return ask.Kind == engine.AskAutomatic }) {
		t.Errorf("what is asked is %+v, %v", effect.Asks, err)
	}
}

func TestAPrescriptionThatIsAsItWasLeavesNoEntry(t *testing.T) {
	f := newFixture(t)
	for range 2 {
		f.prescribe(t, engine.Prescription{})
	}
	if entries, _ := f.Audit(t.Context(), engine.AuditQuery{}); len(entries) != 0 {
		t.Errorf("%+v", entries)
	}
}

func TestTrustedLinksCanBeMadeBeforeAPrescribedOverrideIsRemoved(t *testing.T) {
	f := newFixture(t)
	f.put(t, component(t, "cloud", "203.0.113.9"))
	f.prescribe(t, engine.Prescribed(1, byRegistry))
	before := f.modes(t)
	effect := f.apply(t, f.replace(t, nil))
	if warnings := strings.Join(effect.Warnings, "\n"); !strings.Contains(warnings, "stays set by "+byRegistry) {
		t.Errorf("it warns of %q", warnings)
	}
	if during := f.modes(t); strings.Join(during, "\n") != strings.Join(before, "\n") {
		t.Errorf("while it is prescribed the pairs are %v, not %v", during, before)
	}
	f.prescribe(t, engine.Prescription{})
	if after := f.modes(t); strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Errorf("once it is removed the pairs are %v, not %v", after, before)
	}
}

func TestAPrescriptionThatCannotBeRecordedIsInForceAllTheSame(t *testing.T) {
	f := newFixture(t)
	f.Prescribed = func() engine.Prescription { return engine.Prescribed(0, byRegistry) }
	f.Store.Close()
	if err := f.TakePrescription(t.Context()); err == nil || !strings.Contains(err.Error(), "is in force") {
		t.Errorf("it says %v", err)
	}
	if f.broker.refreshed == 0 {
		t.Error("the broker is not told")
	}
}
