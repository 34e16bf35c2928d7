package administration

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"lockwire/engine"
)

// newest gives the newest entry of the audit of a kind.
func (f *fixture) newest(t *testing.T, what string) engine.AuditEntry {
	t.Helper()
	entries, err := f.Audit(t.Context(), engine.AuditQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.What == what {
			return e
		}
	}
	t.Fatalf("no entry of the kind %s", what)
	return engine.AuditEntry{}
}

// standing is all that can be undone, as it is now, in words without ids and revisions.
func (f *fixture) standing(t *testing.T) string {
	t.Helper()
	s, err := f.state(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, r := range s.rules.Rules {
		limit := ""
		if r.Throttle != nil {
			limit = r.Throttle.InWords()
		}
		words = append(words, "rule "+r.Name+" "+engine.SelectorsInWords(r.Source)+" "+engine.SelectorsInWords(r.Target)+" "+r.Comment+" "+limit, map[bool]string{true: "on", false: "off"}[r.Enabled], map[bool]string{true: "encrypts"}[r.Encrypt])
	}
	for _, setting := range engine.SettingNames() {
		value, _ := s.rules.Settings.Get(setting.Name)
		words = append(words, setting.Name+" "+value)
	}
	words = append(words, string(s.rules.PreferredNetworks.Mode))
	for _, n := range s.rules.PreferredNetworks.Networks {
		words = append(words, n.String())
	}
	for _, c := range s.components {
		limit := ""
		if c.LocalLimit != nil {
			limit = c.LocalLimit.String()
		}
		words = append(words, "component "+c.Name+" "+strings.Join(c.Tags, ",")+" "+limit)
	}
	for _, r := range s.routes {
		service, target := s.behind(r)
		words = append(words, "route "+r.Name+" "+r.Listen+" "+service.Name+" "+service.Backend+" "+target.Name+" "+map[bool]string{true: "on", false: "off"}[r.Enabled])
	}
	slices.Sort(words)
	return strings.Join(words, "\n")
}

func TestEveryChangeThatCanBeUndoneIsTakenBack(t *testing.T) {
	own := func(f *fixture, name string) engine.RouteEdit {
		return engine.RouteEdit{Route: engine.Route{Name: name, Sources: []engine.ID{f.source.ID}, Listen: "127.0.0.1:9000", Direction: engine.Push, Enabled: true},
			Own: &engine.OwnService{Target: f.target.ID, Backend: "127.0.0.1:8000"}}
	}
	named := encryptRule("By name")
	named.Source = []engine.Selector{{Kind: engine.SelectComponent, Name: "source"}}
	for name, test := range map[string]struct {
		prepare, do func(f *fixture) engine.Change
		what        string
	}{
		"a rule that was added": {nil, func(*fixture) engine.Change { r := encryptRule("New"); return engine.Change{AddRule: &r} }, "rule.add"},
		"a rule that was edited": {nil, func(f *fixture) engine.Change {
			r := f.rule(t, "Nightly")
			r.Comment, r.Encrypt, r.Name = "other", false, "Daily"
			return engine.Change{EditRule: &r}
		}, "rule.edit"},
		"a rule that was removed": {nil, func(f *fixture) engine.Change { return engine.Change{RemoveRule: f.rule(t, "Nightly").ID} }, "rule.remove"},
		"a rule that was turned off": {nil, func(f *fixture) engine.Change {
			return engine.Change{SwitchRules: []engine.Switch{{ID: f.rule(t, "Nightly").ID}}}
		}, "rule.edit"},
		"an import that replaces all, with settings": {nil, func(*fixture) engine.Change {
			return engine.Change{ImportRules: &engine.RuleImport{Replace: true, WithSettings: true, RuleSet: engine.RuleSet{
				Rules: []engine.Rule{engine.InternetRule(), encryptRule("Imported")}, Settings: engine.Settings{LingerSeconds: 77}}}}
		}, "rule.add"},
		"a setting": {nil, func(*fixture) engine.Change {
			return engine.Change{Setting: &engine.SettingChange{Name: "LingerSeconds", Value: "44"}}
		}, "settings.set"},
		"preferred networks": {nil, func(*fixture) engine.Change {
			return engine.Change{Preferred: &engine.PreferredChange{Networks: engine.PreferredNetworks{Mode: engine.PreferredRequire}}}
		}, "preferred-networks.set"},
		"tags": {nil, func(f *fixture) engine.Change {
			return engine.Change{Tags: &engine.TagChange{Component: f.source.ID, Tags: []string{"office"}}}
		}, "component.tag"},
		"limit": {nil, func(f *fixture) engine.Change {
			return engine.Change{Limit: &engine.LimitChange{Component: f.source.ID, Limit: &engine.Limit{Value: 3, Unit: engine.MegabytesPerSecond}}}
		}, "component.limit"},
		"a name, in the rules too": {func(*fixture) engine.Change { return engine.Change{AddRule: &named} },
			func(f *fixture) engine.Change {
				return engine.Change{Rename: &engine.Renaming{Component: f.source.ID, Name: "files"}}
			}, "component.rename"},
		"a route that was added": {nil, func(f *fixture) engine.Change { e := own(f, "second"); return engine.Change{PutRoute: &e} }, "route.add"},
		"a route that was removed": {func(f *fixture) engine.Change { e := own(f, "second"); return engine.Change{PutRoute: &e} }, func(f *fixture) engine.Change {
			s, _ := f.state(t.Context())
			at := slices.IndexFunc(s.routes, func(r engine.Route) bool { return r.Name == "second" })
			return engine.Change{RemoveRoute: s.routes[at].ID}
		}, "route.remove"},
		"a route that was turned off": {nil, func(f *fixture) engine.Change { return engine.Change{SwitchRoute: &engine.Switch{ID: f.route.ID}} }, "route.edit"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			nightly := encryptRule("Nightly")
			f.apply(t, engine.Change{AddRule: &nightly})
			if test.prepare != nil {
				f.apply(t, test.prepare(f))
			}
			before := f.standing(t)
			f.apply(t, test.do(f))
			if f.standing(t) == before {
				t.Fatal("the change changes nothing")
			}
			entry := f.newest(t, test.what)
			// Something else that happens since stays.
			f.apply(t, engine.Change{Setting: &engine.SettingChange{Name: "CutSessionsThatShouldBeSealed", Value: "1"}})
			f.apply(t, engine.Change{Undo: entry.ID})
			f.apply(t, engine.Change{Setting: &engine.SettingChange{Name: "CutSessionsThatShouldBeSealed", Value: "0"}})
			if after := f.standing(t); after != before {
				t.Errorf("it is not as it was:\n%s\n\nbut\n%s", before, after)
			}
			if _, err := f.Preview(t.Context(), engine.Change{Undo: entry.ID}); err == nil {
				t.Error("it can be undone twice")
			}
		})
	}
}

func TestAnOlderChangeIsUndoneAndALaterOneOfAnotherFieldStays(t *testing.T) {
	f := newFixture(t)
	rule := encryptRule("Nightly")
	f.apply(t, engine.Change{AddRule: &rule})
	edit := f.rule(t, "Nightly")
	edit.Comment = "first"
	f.apply(t, engine.Change{EditRule: &edit})
	first := f.newest(t, "rule.edit")
	edit = f.rule(t, "Nightly")
	edit.Name = "Daily"
	f.apply(t, engine.Change{EditRule: &edit})
	f.apply(t, engine.Change{Undo: first.ID})
	if got := f.rule(t, "Daily"); got.Comment != "" {
		t.Errorf("it is %+v", got)
	}
}

func TestWhatCannotBeUndoneIsRefusedInWords(t *testing.T) {
	f := newFixture(t)
	rule := encryptRule("Nightly")
	f.apply(t, engine.Change{AddRule: &rule})
	added := f.newest(t, "rule.add")
	edit := f.rule(t, "Nightly")
	edit.Comment = "first"
	f.apply(t, engine.Change{EditRule: &edit})
	edited := f.newest(t, "rule.edit")
	edit = f.rule(t, "Nightly")
	edit.Comment = "second"
	f.apply(t, engine.Change{EditRule: &edit})
	refused := func(entry engine.AuditEntry, says string) {
		t.Helper()
		before := f.standing(t)
		_, err := f.Apply(t.Context(), engine.Change{Undo: entry.ID}, engine.Confirmation{})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, wanted %q", entry.What, err, says)
		}
		if f.standing(t) != before {
			t.Errorf("%s: it was refused, and done", entry.What)
		}
	}
	refused(edited, `its comment was changed since`)
	refused(added, "was changed since it was added")
	f.apply(t, engine.Change{RemoveRule: f.rule(t, "Nightly").ID})
	removed := f.newest(t, "rule.remove")
	refused(edited, "was removed since")
	again := encryptRule("Nightly")
	f.apply(t, engine.Change{AddRule: &again})
	refused(removed, "Nightly")
	f.apply(t, engine.Change{Revoke: []engine.ID{f.source.ID}})
	refused(f.newest(t, "component.revoke"), "cannot be undone")
	if _, err := f.Preview(t.Context(), engine.Change{Undo: engine.NewID()}); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("of no entry: %v", err)
	}
}

func TestUndoThatLosesEncryptionAsksLikeAnyChange(t *testing.T) {
	f := newFixture(t)
	rule := encryptRule("Nightly")
	f.apply(t, engine.Change{AddRule: &rule})
	entry := f.newest(t, "rule.add")
	effect, err := f.Apply(t.Context(), engine.Change{Undo: entry.ID}, engine.Confirmation{})
	if !errors.Is(err, engine.ErrNeedsConfirmation) || effect.LosesEncryption() != 1 {
		t.Errorf("%v, with %d links that lose encryption", err, effect.LosesEncryption())
	}
}

func TestAnEntryKeepsWhatItsChangeMadeOfPairs(t *testing.T) {
	f := newFixture(t)
	rule := encryptRule("Nightly")
	f.apply(t, engine.Change{AddRule: &rule})
	want := []engine.TurnedPair{{NamedPair: engine.NamedPair{Source: "source", Target: "target", Routes: []string{"nightly"}}, Before: engine.ProtectionPlain, After: engine.ProtectionSealed}}
	entry := f.newest(t, "rule.add")
	if entry.Turned == nil || entry.Turned.Sealed != 1 || len(entry.Turned.Pairs) != 1 || entry.Turned.Pairs[0].Source != want[0].Source || entry.Turned.Pairs[0].After != want[0].After || !slices.Equal(entry.Turned.Pairs[0].Routes, want[0].Routes) {
		t.Errorf("it keeps %+v", entry.Turned)
	}
	f.apply(t, engine.Change{Setting: &engine.SettingChange{Name: "LingerSeconds", Value: "44"}})
	if entry := f.newest(t, "settings.set"); entry.Turned != nil {
		t.Errorf("a setting that decides nothing made %+v", entry.Turned)
	}
	networks := engine.PreferredNetworks{Mode: engine.PreferredRequire}
	f.apply(t, engine.Change{Preferred: &engine.PreferredChange{Networks: networks}})
	if entry := f.newest(t, "preferred-networks.set"); entry.Turned == nil || entry.Turned.Refused != 1 || entry.Turned.Pairs[0].Before != engine.ProtectionSealed {
		t.Errorf("a required network that nobody has made %+v", entry.Turned)
	}
	f.put(t, component(t, "cloud", "203.0.113.9"))
	f.prescribe(t, engine.Prescribed(1, byRegistry))
	if entry := f.newest(t, "settings.prescribe"); entry.Turned != nil { // all is refused: nothing turns plain
		t.Errorf("what the machine prescribes made %+v", entry.Turned)
	}
	f.apply(t, engine.Change{Undo: f.newest(t, "preferred-networks.set").ID})
	f.prescribe(t, engine.Prescription{})
	if entry := f.newest(t, "settings.prescribe"); entry.Turned == nil || entry.Turned.Sealed != 2 {
		t.Errorf("what the machine prescribes no more made %+v", entry.Turned)
	}
	several := engine.RuleEdits{Put: []engine.Rule{{Name: "One", Enabled: true, Source: rule.Source, Target: rule.Target}, {Name: "Two", Enabled: true, Source: rule.Source, Target: rule.Target}}, Remove: []engine.ID{f.rule(t, "Nightly").ID}}
	f.apply(t, engine.Change{EditRules: &several})
	entries, _ := f.Audit(t.Context(), engine.AuditQuery{Limit: 3})
	for _, e := range entries {
		if e.Change == "" || e.Change != entries[0].Change || e.Turned == nil || e.Turned.Plain != 1 {
			t.Errorf("of one change: %+v", e)
		}
	}
}
