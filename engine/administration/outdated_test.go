package administration

import (
	"errors"
	"net/netip"
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
		"a setting": {engine.Change{Setting: &engine.SettingChange{Name: "LingerSeconds", Value: "5"}},
			engine.Change{Setting: &engine.SettingChange{Name: "LingerSeconds", Value: "6"}}, []string{"linger, in seconds"}},
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

// TestTwoSettingsAreEditedApart: who sets one neither stands in the way of who sets another, nor brings the other's old value back.
func TestTwoSettingsAreEditedApart(t *testing.T) {
	f := newFixture(t)
	client := newClient(t, f.Local, engine.MayChange)
	before, err := client.RuleSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	set := func(name, value string) error {
		change := engine.Change{Setting: &engine.SettingChange{Name: name, Value: value, Revision: before.SettingRevisions[name]}}
		_, err := client.Apply(t.Context(), change, engine.Confirmation{})
		return err
	}
	if err := errors.Join(set("LingerSeconds", "60"), set("TimeZone", "UTC")); err != nil {
		t.Fatal(err)
	}
	now, err := client.RuleSet(t.Context())
	if err != nil || now.Settings.LingerSeconds != 60 || now.Settings.TimeZone != "UTC" {
		t.Errorf("%+v, %v", now.Settings, err)
	}
	if err := set("LingerSeconds", "30"); !errors.Is(err, engine.ErrOutdated) {
		t.Errorf("the same one again, from the first copy: %v", err)
	}
	imported := engine.RuleImport{RuleSet: now, WithSettings: true}
	imported.RuleSet.Settings.LingerSeconds = 90
	before = now
	f.apply(t, engine.Change{ImportRules: &imported})
	if err := set("LingerSeconds", "30"); !errors.Is(err, engine.ErrOutdated) {
		t.Errorf("after an import that set it: %v", err)
	}
	if err := set("TimeZone", "Europe/Berlin"); err != nil {
		t.Errorf("after an import that left it: %v", err)
	}
}

// TestARoutesOwnBackendIsNotWrittenOver edits the backend of a route, with the route and by its service, under somebody who edits the route.
func TestARoutesOwnBackendIsNotWrittenOver(t *testing.T) {
	for name, theirs := range map[string]func(*testing.T, *fixture, engine.Route, engine.Service){
		"with the route": func(t *testing.T, f *fixture, route engine.Route, service engine.Service) {
			own := engine.OwnService{Target: f.target.ID, Backend: "127.0.0.1:9009", Revision: service.Revision}
			if _, err := f.putRoute(t, engine.RouteEdit{Route: route, Own: &own}, true); err != nil {
				t.Fatal(err)
			}
		},
		"by its service": func(t *testing.T, f *fixture, _ engine.Route, service engine.Service) {
			service.Backend = "127.0.0.1:9009"
			if _, err := f.PutService(t.Context(), service); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			client := newClient(t, f.Local, engine.MayChange)
			route := f.own(t, "second", "127.0.0.1:8001")
			service := f.ownOf(t, route)
			theirs(t, f, route, service)
			route.LingerSeconds = 3
			own := engine.OwnService{Target: service.Target, Backend: service.Backend, Revision: service.Revision}
			mine := engine.Change{PutRoute: &engine.RouteEdit{Route: route, Own: &own}}
			_, err := client.Apply(t.Context(), mine, engine.Confirmation{})
			outdated, is := errors.AsType[*engine.OutdatedError](err)
			if !is {
				t.Fatalf("%v, wanted that it is outdated", err)
			}
			var differ []string
			for _, d := range engine.Conflict(mine, outdated.Now, func(id engine.ID) string { return string(id) }) {
				differ = append(differ, d.Field+" "+d.Mine+" "+d.Theirs)
			}
			if !slices.Equal(differ, []string{"linger 3 s 0 s", "backend 127.0.0.1:9000 127.0.0.1:9009"}) {
				t.Errorf("they differ in %q", differ)
			}
			if _, err := client.Apply(t.Context(), mine.Again(outdated.Now), engine.Confirmation{}); err != nil {
				t.Errorf("mine again: %v", err)
			}
			if now := f.ownOf(t, route); now.Backend != "127.0.0.1:9000" {
				t.Errorf("the backend is %s", now.Backend)
			}
		})
	}
}

// TestAConflictSaysThatARouteIsLedElsewhere: to a service that others use, while somebody edits the one of its own.
func TestAConflictSaysThatARouteIsLedElsewhere(t *testing.T) {
	f := newFixture(t)
	route := f.own(t, "second", "127.0.0.1:8001")
	service := f.ownOf(t, route)
	led := route
	led.Service = f.route.Service
	if _, err := f.putRoute(t, engine.RouteEdit{Route: led}, true); err != nil {
		t.Fatal(err)
	}
	mine := engine.Change{PutRoute: &engine.RouteEdit{Route: route, Own: &engine.OwnService{Target: service.Target, Backend: service.Backend, Revision: service.Revision}}}
	_, err := f.Apply(t.Context(), mine, engine.Confirmation{})
	outdated, is := errors.AsType[*engine.OutdatedError](err)
	if !is {
		t.Fatal(err)
	}
	var differ []string
	for _, d := range engine.Conflict(mine, outdated.Now, func(id engine.ID) string { return string(id) }) {
		differ = append(differ, d.Field+": "+d.Mine+", "+d.Theirs)
	}
	if !slices.Equal(differ, []string{"service: a backend of its own, vault", "backend: 127.0.0.1:9000, 127.0.0.1:8000"}) {
		t.Errorf("they differ in %q", differ)
	}
	again, err := engine.ApplyShown(t.Context(), f.Local, mine.Again(outdated.Now), false, func(engine.Effect) {})
	if err != nil || f.ownOf(t, *again.Route).Backend != "127.0.0.1:9000" {
		t.Errorf("mine again: %v", err)
	}
}

// TestAnImportOverWhatWasReadIsRefusedOnceThatChanged: to take an import back replaces all rules, and those that somebody saved since too.
func TestAnImportOverWhatWasReadIsRefusedOnceThatChanged(t *testing.T) {
	rule := encryptRule("Theirs")
	for name, change := range map[string]engine.Change{
		"a rule was added":                    {AddRule: &rule},
		"a setting was changed":               {Setting: &engine.SettingChange{Name: "LingerSeconds", Value: "60"}},
		"the preferred networks were changed": {Preferred: &engine.PreferredChange{Networks: engine.PreferredNetworks{Mode: engine.PreferredOff, Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			client := newClient(t, f.Local, engine.MayChange)
			read, err := client.RuleSet(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			over := engine.Change{ImportRules: &engine.RuleImport{RuleSet: read, Replace: true, WithSettings: true, Over: read.Digest()}}
			if _, err := client.Apply(t.Context(), over, engine.Confirmation{}); err != nil {
				t.Fatalf("with nothing changed: %v", err)
			}
			if read, err = client.RuleSet(t.Context()); err != nil {
				t.Fatal(err)
			}
			over.ImportRules.Over = read.Digest()
			f.apply(t, change)
			if _, err := client.Apply(t.Context(), over, engine.Confirmation{}); !errors.Is(err, engine.ErrOutdated) {
				t.Errorf("it is written over: %v", err)
			}
		})
	}
}
