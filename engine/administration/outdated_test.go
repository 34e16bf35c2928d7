package administration

import (
	"errors"
	"slices"
	"testing"

	"lockwire/engine"
)

// TestAnEditOfAnOlderCopyIsRefusedWithWhatIsThereNow edits each kind of thing twice from one copy, by a client elsewhere.
func TestAnEditOfAnOlderCopyIsRefusedWithWhatIsThereNow(t *testing.T) {
	f := newFixture(t)
	client := newClient(t, f.Local, engine.MayChange)
	set, err := f.RuleSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rule := set.Rules[0]
	rule.Comment = "mine"
	theirRule := rule.Clone()
	theirRule.Comment = "theirs"
	route, theirRoute := f.route, f.route
	route.LingerSeconds, theirRoute.Listen = 3, "127.0.0.1:8007"
	tests := map[string]struct {
		theirs, mine engine.Change
		differ       []string
	}{
		"a rule":  {engine.Change{EditRule: &theirRule}, engine.Change{EditRule: &rule}, []string{"comment"}},
		"a route": {engine.Change{PutRoute: &engine.RouteEdit{Route: theirRoute}}, engine.Change{PutRoute: &engine.RouteEdit{Route: route}}, []string{"listen", "linger"}},
		"a component": {engine.Change{Tags: &engine.TagChange{Component: f.source.ID, Tags: []string{"theirs"}}},
			engine.Change{Tags: &engine.TagChange{Component: f.source.ID, Tags: []string{"mine"}}}, []string{"tags"}},
		"a component, another field": {engine.Change{Rename: &engine.Renaming{Component: f.target.ID, Name: "tape"}},
			engine.Change{Limit: &engine.LimitChange{Component: f.target.ID, Limit: &engine.Limit{Value: 1, Unit: engine.MegabytesPerSecond}}}, []string{"limit"}},
		"a setting": {engine.Change{Setting: &engine.SettingChange{Name: "LingerSeconds", Value: "5", Revision: set.SettingsRevision}},
			engine.Change{Setting: &engine.SettingChange{Name: "LingerSeconds", Value: "6", Revision: set.SettingsRevision}}, []string{"LingerSeconds"}},
		"preferred networks": {engine.Change{Preferred: &engine.PreferredChange{Networks: engine.PreferredNetworks{Mode: engine.PreferredPrefer}, Revision: set.PreferredRevision}},
			engine.Change{Preferred: &engine.PreferredChange{Networks: engine.PreferredNetworks{Mode: engine.PreferredRequire}, Revision: set.PreferredRevision}}, []string{"mode"}},
	}
	for name, test := range tests {
		if _, err := f.Apply(t.Context(), test.theirs, engine.Confirmation{}); err != nil {
			t.Fatalf("%s: theirs: %v", name, err)
		}
		_, err := client.Apply(t.Context(), test.mine, engine.Confirmation{})
		var outdated *engine.OutdatedError
		if !errors.Is(err, engine.ErrOutdated) || !errors.As(err, &outdated) {
			t.Errorf("%s: %v, wanted that it is outdated", name, err)
			continue
		}
		var differ []string
		for _, d := range engine.Conflict(test.mine, outdated.Now, func(id engine.ID) string { return string(id) }) {
			differ = append(differ, d.Field)
		}
		if !slices.Equal(differ, test.differ) {
			t.Errorf("%s differs in %q, wanted %q", name, differ, test.differ)
		}
		if _, err := client.Apply(t.Context(), test.mine.Again(outdated.Now), engine.Confirmation{}); err != nil {
			t.Errorf("%s: mine again: %v", name, err)
		}
	}
	service := engine.Service{ID: f.route.Service, Name: "vault 2", Target: f.target.ID, Backend: "127.0.0.1:8000"}
	if _, err := client.PutService(t.Context(), service); err != nil {
		t.Fatal(err)
	}
	var outdated *engine.OutdatedError
	if _, err := client.PutService(t.Context(), service); !errors.As(err, &outdated) || outdated.Now.Service == nil || outdated.Now.Service.Name != "vault 2" {
		t.Errorf("a service: %v", err)
	}
}

// TestTurningARouteOffAndOnLeavesWhatSomebodyElseNarrowed is the lost update that opened a leg again, unconfirmed.
func TestTurningARouteOffAndOnLeavesWhatSomebodyElseNarrowed(t *testing.T) {
	f := newFixture(t)
	open := f.route
	open.Listen = "10.0.0.1:8000"
	open, err := f.putRoute(t, engine.RouteEdit{Route: open}, true)
	if err != nil {
		t.Fatal(err)
	}
	narrowed := open
	narrowed.Listen = "127.0.0.1:8000"
	if _, err := f.putRoute(t, engine.RouteEdit{Route: narrowed}, false); err != nil {
		t.Fatal(err)
	}
	if _, err := f.putRoute(t, engine.RouteEdit{Route: open}, true); !errors.Is(err, engine.ErrOutdated) {
		t.Errorf("the old copy: %v", err)
	}
	for _, on := range []bool{false, true} {
		f.apply(t, engine.Change{SwitchRoute: &engine.Switch{ID: open.ID, On: on}})
		routes, err := f.Store.Routes(t.Context())
		if err != nil || routes[0].Listen != narrowed.Listen || routes[0].Enabled != on {
			t.Errorf("%+v, %v", routes, err)
		}
	}
}

func TestTurningRulesOffLeavesTheirOtherFields(t *testing.T) {
	f := nightly(t)
	old := f.rule(t, "Nightly")
	edited := old.Clone()
	edited.Comment = "edited"
	f.apply(t, engine.Change{EditRule: &edited})
	f.apply(t, engine.Change{SwitchRules: []engine.Switch{{ID: old.ID}}})
	if now := f.rule(t, "Nightly"); now.Comment != "edited" || now.Enabled {
		t.Errorf("%+v", now)
	}
}

func TestOneEditSwapsTwoNames(t *testing.T) {
	f := nightly(t)
	other := encryptRule("Weekly")
	f.apply(t, engine.Change{AddRule: &other})
	a, b := f.rule(t, "Nightly"), f.rule(t, "Weekly")
	a.Name, b.Name = b.Name, a.Name
	f.apply(t, engine.Change{EditRules: &engine.RuleEdits{Put: []engine.Rule{a, b}}})
	if f.rule(t, "Weekly").ID != a.ID || f.rule(t, "Nightly").ID != b.ID {
		t.Error("the names are not swapped")
	}
}
