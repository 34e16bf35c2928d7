package administration

import (
	"errors"
	"strings"
	"testing"

	"lockwire/engine"
)

func TestAddingARuleThatEncryptsNeedsNoConfirmationAndIsRecorded(t *testing.T) {
	f := newFixture(t)
	rule := encryptRule("Nightly")
	effect, err := f.Apply(t.Context(), engine.Change{AddRule: &rule}, engine.Confirmation{})
	if err != nil {
		t.Fatal(err)
	}
	if len(effect.Links) != 1 || effect.Links[0].Before.Mode != engine.Plain || effect.Links[0].After.Mode != engine.Sealed {
		t.Errorf("the effect is %+v, wanted one link from plain to sealed", effect.Links)
	}
	if stored := f.rule(t, "Nightly"); stored.Revision != 1 || stored.ID == "" {
		t.Errorf("stored as %+v", stored)
	}
	entries, err := f.Audit(t.Context(), engine.AuditQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) == 0 || entries[0].What != "rule.add" || entries[0].Thing != "Nightly" || entries[0].Who != "uid 0 (root)" || entries[0].Before != nil || entries[0].After == nil {
		t.Errorf("the audit says %+v", entries)
	}
	if f.broker.refreshed != 1 {
		t.Errorf("the broker was told %d times", f.broker.refreshed)
	}
}

// TestEveryWayToLoseEncryptionNeedsAConfirmation goes through all commands that can change a decision.
func TestEveryWayToLoseEncryptionNeedsAConfirmation(t *testing.T) {
	byTag, _ := engine.ParseSelector("tag:vault")
	tests := map[string]struct {
		prepare func(t *testing.T, f *fixture)
		change  func(t *testing.T, f *fixture) engine.Change
	}{
		"a rule's edit": {nil, func(t *testing.T, f *fixture) engine.Change {
			rule := f.rule(t, "Nightly")
			rule.Encrypt = false
			return engine.Change{EditRule: &rule}
		}},
		"turning a rule off": {nil, func(t *testing.T, f *fixture) engine.Change {
			rule := f.rule(t, "Nightly")
			rule.Enabled = false
			return engine.Change{EditRule: &rule}
		}},
		"removal": {nil, func(t *testing.T, f *fixture) engine.Change {
			return engine.Change{RemoveRule: f.rule(t, "Nightly").ID}
		}},
		"removal while the route is off": {func(t *testing.T, f *fixture) { // turning it on again asks nobody
			f.apply(t, engine.Change{SwitchRoute: &engine.Switch{ID: f.route.ID}})
		}, func(t *testing.T, f *fixture) engine.Change {
			return engine.Change{RemoveRule: f.rule(t, "Nightly").ID}
		}},
		"several edits": {nil, func(t *testing.T, f *fixture) engine.Change {
			return engine.Change{EditRules: &engine.RuleEdits{Put: []engine.Rule{{Name: "Other", Source: byAny(t), Target: byAny(t)}}, Remove: []engine.ID{f.rule(t, "Nightly").ID}}}
		}},
		"an import that replaces": {nil, func(t *testing.T, f *fixture) engine.Change {
			return engine.Change{ImportRules: &engine.RuleImport{Replace: true, RuleSet: engine.RuleSet{Rules: []engine.Rule{engine.InternetRule()}}}}
		}},
		"taking a tag off": {func(t *testing.T, f *fixture) {
			f.apply(t, engine.Change{Tags: &engine.TagChange{Component: f.target.ID, Tags: []string{"vault"}}})
			rule := f.rule(t, "Nightly")
			rule.Target = []engine.Selector{byTag}
			f.apply(t, engine.Change{EditRule: &rule})
		}, func(t *testing.T, f *fixture) engine.Change {
			return engine.Change{Tags: &engine.TagChange{Component: f.target.ID, Tags: nil}}
		}},
		"the override": {func(t *testing.T, f *fixture) {
			f.apply(t, engine.Change{RemoveRule: f.rule(t, "Nightly").ID})
			public := component(t, "source", "203.0.113.9")
			public.ID = f.source.ID
			if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(public) }); err != nil {
				t.Fatal(err)
			}
		}, func(t *testing.T, f *fixture) engine.Change {
			return engine.Change{Setting: &engine.SettingChange{Name: "DisablePublicIPTrafficEncryption", Value: "1"}}
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			rule := encryptRule("Nightly")
			f.apply(t, engine.Change{AddRule: &rule})
			if test.prepare != nil {
				test.prepare(t, f)
			}
			change := f.reread(t, test.change(t, f))
			before, err := f.RuleSet(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			effect, err := f.Apply(t.Context(), change, engine.Confirmation{})
			if !errors.Is(err, engine.ErrNeedsConfirmation) {
				t.Fatalf("unconfirmed: %v, wanted that a confirmation is needed", err)
			}
			if effect.LosesEncryption() != 1 {
				t.Errorf("the effect names %d links that lose encryption, wanted 1", effect.LosesEncryption())
			}
			after, err := f.RuleSet(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(after.Rules) != len(before.Rules) || after.Settings != before.Settings {
				t.Error("something was changed without a confirmation")
			}
			if _, err := f.Apply(t.Context(), change, effect.Confirm()); err != nil {
				t.Errorf("confirmed: %v", err)
			}
		})
	}
}

func TestAChangeIsRefusedWhenItWasMadeOnAnOutdatedCopy(t *testing.T) {
	f := newFixture(t)
	rule := encryptRule("Nightly")
	f.apply(t, engine.Change{AddRule: &rule})
	first, second := f.rule(t, "Nightly"), f.rule(t, "Nightly")
	first.Comment = "first"
	f.apply(t, engine.Change{EditRule: &first})
	second.Comment = "second"
	if _, err := f.Apply(t.Context(), engine.Change{EditRule: &second}, engine.Confirmation{}); !errors.Is(err, engine.ErrOutdated) {
		t.Errorf("%v, wanted that it is outdated", err)
	}
}

func TestThePredefinedRuleCanBeNeitherRemovedNorRenamed(t *testing.T) {
	f := newFixture(t)
	internet := f.rule(t, engine.InternetRuleName)
	if _, err := f.Apply(t.Context(), engine.Change{RemoveRule: internet.ID}, engine.Confirmation{}); !errors.Is(err, engine.ErrPredefined) {
		t.Errorf("removing it: %v", err)
	}
	internet.Name = "Public"
	if _, err := f.Apply(t.Context(), engine.Change{EditRule: &internet}, engine.Confirmation{}); !errors.Is(err, engine.ErrPredefined) {
		t.Errorf("renaming it: %v", err)
	}
}

func TestRenamingAComponentRenamesItInTheRules(t *testing.T) {
	f := newFixture(t)
	rule := encryptRule("Nightly")
	named, _ := engine.ParseSelector("component:target")
	rule.Target = []engine.Selector{named}
	f.apply(t, engine.Change{AddRule: &rule})
	effect := f.apply(t, engine.Change{Rename: &engine.Renaming{Component: f.target.ID, Name: "vault-2"}})
	if len(effect.Links) != 0 {
		t.Errorf("renaming changed decisions: %+v", effect.Links)
	}
	if got := f.rule(t, "Nightly").Target[0].String(); got != "component:vault-2" {
		t.Errorf("the rule names %s", got)
	}
}

func TestRevokingAComponentSaysWhatNeedsItAndEndsItsSessionsOnlyWhenConfirmed(t *testing.T) {
	f := newFixture(t)
	f.broker.sessions = []engine.Session{{ID: engine.NewID(), Source: f.source.ID, Target: f.target.ID, Route: f.route.ID, State: engine.SessionLive, Decision: engine.SessionDecision{Decision: engine.Decision{Mode: engine.Plain}}}}
	change := engine.Change{Revoke: []engine.ID{f.target.ID}}
	if _, err := f.Apply(t.Context(), change, engine.Confirmation{}); !errors.Is(err, engine.ErrNeedsConfirmation) {
		t.Errorf("unconfirmed: %v", err)
	}
	effect := f.apply(t, change)
	if warnings := strings.Join(effect.Warnings, "\n"); !strings.Contains(warnings, "nightly") {
		t.Errorf("the warnings do not name the route: %s", warnings)
	}
	if _, err := f.Apply(t.Context(), change, engine.Confirmation{}); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("revoking it again: %v", err)
	}
}

func TestSeveralComponentsAreRevokedAsOneChange(t *testing.T) {
	f := newFixture(t)
	f.broker.sessions = []engine.Session{
		{ID: "1", Source: f.source.ID, Target: engine.NewID()}, {ID: "2", Source: engine.NewID(), Target: f.target.ID}, {ID: "3", Source: engine.NewID(), Target: engine.NewID()},
	}
	effect := f.apply(t, engine.Change{Revoke: []engine.ID{f.source.ID, f.target.ID}})
	if len(effect.EndingSessions) != 2 || effect.EndingSessions[0].ID != "1" || effect.EndingSessions[1].ID != "2" {
		t.Errorf("these end: %+v", effect.EndingSessions)
	}
	entries, err := f.Audit(t.Context(), engine.AuditQuery{Change: effect.Change})
	if err != nil || len(entries) != 2 {
		t.Errorf("the change has %d entries, %v", len(entries), err)
	}
	components, err := f.Store.Components(t.Context())
	for _, c := range components {
		if (c.ID == f.source.ID || c.ID == f.target.ID) == c.Revoked.IsZero() || err != nil {
			t.Errorf("%s: revoked %v, %v", c.Name, c.Revoked, err)
		}
	}
}

// plainSession goes on over the route of a fixture, where a rule that encrypts makes it stale.
func (f *fixture) plainSession() engine.Session {
	session := engine.Session{ID: engine.NewID(), Source: f.source.ID, Target: f.target.ID, Route: f.route.ID, State: engine.SessionLive}
	session.Decision.Mode, session.Decision.By = engine.Plain, engine.ByNone
	return session
}

func TestStaleSessionsAreCutOnlyWhenAsked(t *testing.T) {
	for _, cut := range []bool{false, true} {
		f := newFixture(t)
		f.broker.sessions = []engine.Session{f.plainSession()}
		rule := encryptRule("Nightly")
		effect, err := engine.ApplyShown(t.Context(), f.Local, engine.Change{AddRule: &rule}, cut, func(engine.Effect) {})
		if err != nil {
			t.Fatal(err)
		}
		if len(effect.StaleSessions) != 1 {
			t.Fatalf("%d stale sessions", len(effect.StaleSessions))
		}
		if got := len(f.broker.cut) == 1; got != cut {
			t.Errorf("cut wanted %v, cut was %v", cut, f.broker.cut)
		}
	}
}

// byAny is a source or target that has every address.
func byAny(t *testing.T) []engine.Selector {
	t.Helper()
	any, err := engine.ParseSelector("any")
	if err != nil {
		t.Fatal(err)
	}
	return []engine.Selector{any}
}

func TestSeveralEditsAreOneChange(t *testing.T) {
	f := newFixture(t)
	for _, name := range []string{"First", "Second", "Third"} {
		rule := encryptRule(name)
		f.apply(t, engine.Change{AddRule: &rule})
	}
	refreshed := f.broker.refreshed
	off, taken := f.rule(t, "First"), encryptRule("Third")
	off.Enabled = false
	edits := engine.RuleEdits{Put: []engine.Rule{off, taken}, Remove: []engine.ID{f.rule(t, "Third").ID}}
	effect, err := f.Apply(t.Context(), engine.Change{EditRules: &edits}, engine.Confirmation{})
	if err != nil {
		t.Fatal(err)
	}
	var did []string
	for _, change := range effect.Rules {
		did = append(did, change.What+" "+change.Name)
	}
	if got := strings.Join(did, ", "); got != "remove Third, edit First, add Third" {
		t.Errorf("it did %q", got)
	}
	if now := f.rule(t, "First"); now.Enabled || now.Revision != off.Revision+1 {
		t.Errorf("First is %+v", now)
	}
	if now := f.rule(t, "Third"); now.ID == edits.Remove[0] || now.Revision != 1 {
		t.Errorf("Third is %+v", now)
	}
	if f.broker.refreshed != refreshed+1 {
		t.Errorf("the broker was told %d times", f.broker.refreshed-refreshed)
	}
	entries, err := f.Audit(t.Context(), engine.AuditQuery{Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	if entries[0].What != "rule.add" || entries[1].What != "rule.edit" || entries[2].What != "rule.remove" {
		t.Errorf("the audit says %v", entries)
	}
}

func TestOneWrongEditOfSeveralChangesNothing(t *testing.T) {
	f := newFixture(t)
	for _, name := range []string{"First", "Second"} {
		rule := encryptRule(name)
		f.apply(t, engine.Change{AddRule: &rule})
	}
	first, outdated := f.rule(t, "First"), f.rule(t, "Second")
	first.Enabled = false
	outdated.Revision--
	internet := f.rule(t, "Internet")
	taken := encryptRule("second")
	for name, c := range map[string]struct {
		edits engine.RuleEdits
		want  error
	}{
		"an outdated one":        {engine.RuleEdits{Put: []engine.Rule{first, outdated}}, engine.ErrOutdated},
		"one twice":              {engine.RuleEdits{Put: []engine.Rule{first, first}}, engine.ErrOutdated},
		"one that is not there":  {engine.RuleEdits{Put: []engine.Rule{first}, Remove: []engine.ID{engine.NewID()}}, engine.ErrNotFound},
		"one that is removed":    {engine.RuleEdits{Put: []engine.Rule{first}, Remove: []engine.ID{first.ID}}, engine.ErrNotFound},
		"the predefined one":     {engine.RuleEdits{Put: []engine.Rule{first}, Remove: []engine.ID{internet.ID}}, engine.ErrPredefined},
		"a name that is taken":   {engine.RuleEdits{Put: []engine.Rule{first, taken}}, engine.ErrNameTaken},
		"more than there can be": {engine.RuleEdits{Remove: make([]engine.ID, 2*engine.MaximumRules+1)}, nil},
		"none":                   {engine.RuleEdits{}, nil},
	} {
		_, err := engine.ApplyShown(t.Context(), f.Local, engine.Change{EditRules: &c.edits}, false, func(engine.Effect) {})
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, wanted %v", name, err, c.want)
		}
		if now := f.rule(t, "First"); !now.Enabled || now.Revision != first.Revision {
			t.Errorf("%s: First is %+v", name, now)
		}
	}
}
