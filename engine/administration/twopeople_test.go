package administration

import (
	"errors"
	"strings"
	"testing"

	"lockwire/engine"
)

// twoPeople are the consoles of two administrators elsewhere, on one broker.
func twoPeople(t *testing.T) (f *fixture, ann, bert *Client) {
	f = newFixture(t)
	return f, newClientOf(t, f.Local, "administrator Ann", engine.MayChange), newClientOf(t, f.Local, "administrator Bert", engine.MayChange)
}

// TestWhoSavedMeanwhileIsSaid has Bert edit each kind of thing that Ann edits from an older copy.
func TestWhoSavedMeanwhileIsSaid(t *testing.T) {
	f, ann, bert := twoPeople(t)
	nightly := encryptRule("Nightly")
	f.apply(t, engine.Change{AddRule: &nightly})
	nightly = f.rule(t, "Nightly")
	set, err := ann.RuleSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tenant, err := ann.PutTenant(t.Context(), engine.Tenant{Name: "smith"})
	if err != nil {
		t.Fatal(err)
	}
	service, err := ann.PutService(t.Context(), engine.Service{Name: "tape", Target: f.target.ID, Backend: "127.0.0.1:8010"})
	if err != nil {
		t.Fatal(err)
	}
	own := f.own(t, "second", "127.0.0.1:8001")
	behind := f.ownOf(t, own)
	rule := set.Rules[0]
	apply := func(change engine.Change) func(*Client) error {
		return func(c *Client) error {
			_, err := c.Apply(t.Context(), change, engine.Confirmation{})
			return err
		}
	}
	for name, edit := range map[string]func(*Client) error{
		"a rule":                     apply(engine.Change{EditRule: &rule}),
		"a rule among several":       apply(engine.Change{EditRules: &engine.RuleEdits{Put: []engine.Rule{nightly}}}),
		"a route":                    apply(engine.Change{PutRoute: &engine.RouteEdit{Route: f.route}}),
		"a component":                apply(engine.Change{Tags: &engine.TagChange{Component: f.source.ID, Tags: []string{"x"}}}),
		"a setting":                  apply(engine.Change{Setting: &engine.SettingChange{Name: "LingerSeconds", Value: "20"}}),
		"the preferred networks":     apply(engine.Change{Preferred: &engine.PreferredChange{Networks: engine.PreferredNetworks{Mode: engine.PreferredPrefer}, Revision: set.PreferredRevision}}),
		"a tenant":                   func(c *Client) error { _, err := c.PutTenant(t.Context(), tenant); return err },
		"a service":                  func(c *Client) error { _, err := c.PutService(t.Context(), service); return err },
		"the backend behind a route": apply(engine.Change{PutRoute: &engine.RouteEdit{Route: own, Own: &engine.OwnService{Target: f.target.ID, Backend: behind.Backend, Revision: behind.Revision}}}),
	} {
		theirs := edit
		if name == "the backend behind a route" {
			moved := behind
			moved.Backend = "127.0.0.1:9009"
			theirs = func(c *Client) error { _, err := c.PutService(t.Context(), moved); return err }
		}
		if err := theirs(bert); err != nil {
			t.Fatalf("%s: Bert: %v", name, err)
		}
		outdated, is := errors.AsType[*engine.OutdatedError](edit(ann))
		switch {
		case !is:
			t.Errorf("%s: Ann's is not refused", name)
		case outdated.Now.By != "administrator Bert" || !outdated.Now.At.Equal(moment) || outdated.Now.Removed:
			t.Errorf("%s: saved by %q at %v", name, outdated.Now.By, outdated.Now.At)
		case !strings.Contains(outdated.Error(), "changed by administrator Bert"):
			t.Errorf("%s: it says %q", name, outdated)
		}
	}
}

// TestWhatSomebodyElseRemovedMeanwhileIsNotBroughtBackUnseen: an edit of a thing that is gone says who removed it, and can be added anew.
func TestWhatSomebodyElseRemovedMeanwhileIsNotBroughtBackUnseen(t *testing.T) {
	f, ann, bert := twoPeople(t)
	nightly := encryptRule("Nightly")
	f.apply(t, engine.Change{AddRule: &nightly})
	rule := f.rule(t, "Nightly")
	tenant, err := ann.PutTenant(t.Context(), engine.Tenant{Name: "smith"})
	if err != nil {
		t.Fatal(err)
	}
	edits := map[string]engine.Change{
		`rule "Nightly"`: {EditRule: &rule}, `route "` + f.route.Name + `"`: {PutRoute: &engine.RouteEdit{Route: f.route}},
		`component "` + f.target.Name + `"`: {Rename: &engine.Renaming{Component: f.target.ID, Name: "tape"}},
	}
	for _, removal := range []engine.Change{{RemoveRule: rule.ID}, {RemoveRoute: f.route.ID}, {Revoke: []engine.ID{f.target.ID}}} {
		if _, err := engine.ApplyShown(t.Context(), bert, removal, false, func(engine.Effect) {}); err != nil {
			t.Fatal(err)
		}
	}
	if err := bert.RemoveTenant(t.Context(), tenant.ID); err != nil {
		t.Fatal(err)
	}
	check := func(of string, err error) {
		t.Helper()
		outdated, is := errors.AsType[*engine.OutdatedError](err)
		if !is || !errors.Is(err, engine.ErrNotFound) || !errors.Is(err, engine.ErrOutdated) {
			t.Errorf("%s: %v", of, err)
			return
		}
		if now := outdated.Now; outdated.Of != of || !now.Removed || now.By != "administrator Bert" || !now.At.Equal(moment) {
			t.Errorf("%s: %s, %+v", of, outdated.Of, now)
		}
	}
	for of, edit := range edits {
		_, err := ann.Preview(t.Context(), edit)
		check(of, err)
		_, err = ann.Apply(t.Context(), edit, engine.Confirmation{})
		check(of, err)
	}
	_, err = ann.PutTenant(t.Context(), tenant)
	check(`tenant "smith"`, err)

	again := edits[`rule "Nightly"`].Again(engine.Present{Removed: true})
	if _, err := ann.Apply(t.Context(), again, engine.Confirmation{}); err != nil || f.rule(t, "Nightly").ID == rule.ID {
		t.Errorf("adding it anew: %v", err)
	}
	// What was never there is not found, and nobody removed it.
	never := rule.Clone()
	never.ID = engine.NewID()
	_, err = ann.Apply(t.Context(), engine.Change{EditRule: &never}, engine.Confirmation{})
	if errors.Is(err, engine.ErrOutdated) || !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("what was never there: %v", err)
	}
}

// TestOfSeveralThingsTheOneThatIsGoneIsNamed: one that was removed and had back again is not what stands in the way.
func TestOfSeveralThingsTheOneThatIsGoneIsNamed(t *testing.T) {
	f, ann, bert := twoPeople(t)
	var put []engine.Rule
	for _, name := range []string{"Nightly", "Weekly"} {
		rule := encryptRule(name)
		f.apply(t, engine.Change{AddRule: &rule})
		put = append(put, f.rule(t, name))
	}
	change := func(c *Client, change engine.Change) {
		t.Helper()
		if _, err := engine.ApplyShown(t.Context(), c, change, false, func(engine.Effect) {}); err != nil {
			t.Fatal(err)
		}
	}
	change(bert, engine.Change{RemoveRule: put[1].ID})
	change(ann, engine.Change{RemoveRule: put[0].ID})
	change(ann, engine.Change{Undo: f.newest(t, "rule.remove").ID})
	put[0] = f.rule(t, "Nightly")
	_, err := ann.Apply(t.Context(), engine.Change{EditRules: &engine.RuleEdits{Put: put}}, engine.Confirmation{})
	if outdated, is := errors.AsType[*engine.OutdatedError](err); !is || outdated.Of != `rule "Weekly"` || outdated.Now.By != "administrator Bert" {
		t.Errorf("it says %v", err)
	}
}
