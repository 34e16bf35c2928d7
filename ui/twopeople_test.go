package ui

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// annsConsole is Ann's window with all pages, and Bert at another machine. Both reach the installation as clients.
func annsConsole(t *testing.T) (s *uitest.Stage, shell *Shell, bert engine.Administration) {
	t.Helper()
	s = uitest.NewStage(t)
	s.Link(t)
	s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	if _, err := s.Local.PutTenant(t.Context(), engine.Tenant{Name: "smith"}); err != nil {
		t.Fatal(err)
	}
	s.Admin = s.Elsewhere(t, "administrator Ann")
	shell = NewShell(s.Console, Pages(s.Console)...)
	s.Window.SetContent(shell.Content())
	shell.Update(uitest.FullState(t, s))
	return s, shell, s.Elsewhere(t, "administrator Bert")
}

// fieldWith is the field of the topmost dialog, or of the page, that has a text.
func fieldWith(t *testing.T, s *uitest.Stage, text string) (found interface{ SetText(string) }) {
	t.Helper()
	root := s.Window.Canvas().Overlays().Top()
	if root == nil {
		root = s.Window.Content()
	}
	screen.Walk(root, func(o fyne.CanvasObject) {
		if found != nil {
			return
		}
		switch entry := o.(type) {
		case *kit.FormEntry:
			if entry.Text == text {
				found = entry
			}
		case *kit.PickEntry:
			if entry.Text == text {
				found = entry
			}
		case *widget.Entry:
			if entry.Text == text {
				found = entry
			}
		}
	})
	if found == nil {
		t.Fatalf("no field holds %q in\n%s", text, screen.Text(root))
	}
	return found
}

// overwriting is how Ann opens and changes a thing, and what Bert saves meanwhile.
type overwriting struct {
	page, command string
	choose        func(*uitest.Stage) string // the thing that is chosen on the page
	from, to      string                     // a field, and what Ann types there
	save          string
	theirs        func(*testing.T, *uitest.Stage, engine.Administration) error
	seen          string // what the editor says before Ann saves
	differs       []string
	stored        func(*testing.T, *uitest.Stage) (mine bool)
}

func overwritings() map[string]overwriting {
	apply := func(t *testing.T, a engine.Administration, change engine.Change) error {
		_, err := engine.ApplyShown(t.Context(), a, change, false, func(engine.Effect) {})
		return err
	}
	rule := func(t *testing.T, s *uitest.Stage) engine.Rule {
		all := s.State(t).Rules.Rules
		return all[slices.IndexFunc(all, func(r engine.Rule) bool { return r.Name != "Internet" })]
	}
	vault := func(t *testing.T, s *uitest.Stage) *engine.ComponentStatus {
		return uitest.ComponentByName(s.State(t), "vault")
	}
	return map[string]overwriting{
		"a rule": {page: "rules", command: "Edit rule…", choose: func(s *uitest.Stage) string { return "Nightly" }, from: "Nightly", to: "Mine", save: "Save",
			theirs: func(t *testing.T, s *uitest.Stage, bert engine.Administration) error {
				edited := rule(t, s)
				edited.Comment = "theirs"
				return apply(t, bert, engine.Change{EditRule: &edited})
			}, seen: "Administrator Bert saved it at", differs: []string{"Nightly", "Mine", "comment", "theirs"},
			stored: func(t *testing.T, s *uitest.Stage) bool { return rule(t, s).Name == "Mine" }},
		"a route": {page: "routes", command: "Edit…", choose: func(s *uitest.Stage) string { return "" }, from: "nightly", to: "mine", save: "Save",
			theirs: func(t *testing.T, s *uitest.Stage, bert engine.Administration) error {
				routes, err := bert.Routes(t.Context())
				if err != nil {
					return err
				}
				edited := routes[0].Route
				edited.Listen = "127.0.0.1:8007"
				return apply(t, bert, engine.Change{PutRoute: &engine.RouteEdit{Route: edited}})
			}, seen: "Somebody else changed this route", differs: []string{"mine", "listen", "127.0.0.1:8007"},
			stored: func(t *testing.T, s *uitest.Stage) bool {
				return slices.ContainsFunc(uitest.FullState(t, s).Routes, func(r engine.RouteStatus) bool { return r.Name == "mine" })
			}},
		"a tenant": {page: "tenants", command: "Edit…", choose: func(s *uitest.Stage) string { return "" }, from: "smith", to: "mine", save: "Save",
			theirs: func(t *testing.T, s *uitest.Stage, bert engine.Administration) error {
				edited := s.State(t).Tenants[0].Tenant
				edited.Quota = 5e12
				_, err := bert.PutTenant(t.Context(), edited)
				return err
			}, seen: "Somebody else changed this tenant", differs: []string{"mine", "quota", "5TB"},
			stored: func(t *testing.T, s *uitest.Stage) bool { return s.State(t).Tenants[0].Name == "mine" }},
		"the tags of a component": {page: "components", command: "Tags…", choose: func(s *uitest.Stage) string { return "vault" }, from: "", to: "mine", save: "Save",
			theirs: func(t *testing.T, s *uitest.Stage, bert engine.Administration) error {
				c := vault(t, s)
				return apply(t, bert, engine.Change{Tags: &engine.TagChange{Component: c.ID, Revision: c.Revision, Tags: []string{"theirs"}}})
			}, seen: "Somebody else changed this component", differs: []string{"tags", "mine", "theirs"},
			stored: func(t *testing.T, s *uitest.Stage) bool { return slices.Equal(vault(t, s).Tags, []string{"mine"}) }},
		"a setting": {page: "settings", from: "15", to: "33", save: "Save",
			theirs: func(t *testing.T, s *uitest.Stage, bert engine.Administration) error {
				return apply(t, bert, engine.Change{Setting: &engine.SettingChange{Name: "LingerSeconds", Value: "44"}})
			}, seen: `somebody else has set "44" meanwhile`, differs: []string{"linger", "33", "44"},
			stored: func(t *testing.T, s *uitest.Stage) bool { return s.State(t).Rules.Settings.LingerSeconds == 33 }},
	}
}

// begin has Ann open the editor and type, and Bert save meanwhile; her window then gets the new state.
func (o *overwriting) begin(t *testing.T) (*uitest.Stage, *Shell) {
	s, shell, bert := annsConsole(t)
	shell.Show(o.page)
	if o.choose != nil {
		thing := o.choose(s)
		if c := uitest.ComponentByName(s.State(t), thing); c != nil {
			thing = string(c.ID)
		}
		s.Console.Go(o.page, thing)
		menuItem(t, s.Window, o.command).Action()
	}
	fieldWith(t, s, o.from).SetText(o.to)
	if err := o.theirs(t, s, bert); err != nil {
		t.Fatal(err)
	}
	shell.Update(uitest.FullState(t, s))
	return s, shell
}

// TestNobodyWritesOverWhatSomebodyElseHasJustSaved goes through every editor, and through all three ways out.
func TestNobodyWritesOverWhatSomebodyElseHasJustSaved(t *testing.T) {
	for name, o := range overwritings() {
		for _, press := range []string{"Keep editing", "Take theirs", "Save mine over it"} {
			t.Run(name+", "+press, func(t *testing.T) {
				s, shell := o.begin(t)
				shown := uitest.Top(s)
				if o.choose == nil {
					shown = screen.Text(shell.Content())
				}
				screen.MustContain(t, shown, o.seen)
				screen.Press(t, s.Window, o.save)
				if o.stored(t, s) {
					t.Fatal("it was written over unseen")
				}
				screen.MustContain(t, uitest.Top(s), append([]string{"Changed meanwhile", "Administrator Bert saved it at", "Mine", "Theirs", "Nothing of yours was saved yet."}, o.differs...)...)
				screen.Press(t, s.Window, press)
				if mine := o.stored(t, s); mine != (press == "Save mine over it") {
					t.Errorf("mine is stored: %v; it shows %q", mine, uitest.Top(s))
				}
				if press == "Keep editing" {
					fieldWith(t, s, o.to) // what was typed is there
				}
			})
		}
	}
}

// TestWhatIsRemovedWhileItIsEditedIsSaid removes what Ann edits.
func TestWhatIsRemovedWhileItIsEditedIsSaid(t *testing.T) {
	all := overwritings()
	for name, removal := range map[string]func(*testing.T, *uitest.Stage, engine.Administration) error{
		"a route": func(t *testing.T, s *uitest.Stage, bert engine.Administration) error {
			_, err := engine.ApplyShown(t.Context(), bert, engine.Change{RemoveRoute: uitest.FullState(t, s).Routes[0].ID}, false, func(engine.Effect) {})
			return err
		},
		"a tenant": func(t *testing.T, s *uitest.Stage, bert engine.Administration) error {
			return bert.RemoveTenant(t.Context(), s.State(t).Tenants[0].ID)
		},
		"the tags of a component": func(t *testing.T, s *uitest.Stage, bert engine.Administration) error {
			_, err := engine.ApplyShown(t.Context(), bert, engine.Change{Revoke: []engine.ID{uitest.ComponentByName(s.State(t), "vault").ID}}, false, func(engine.Effect) {})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := all[name]
			o.theirs = removal
			s, _ := o.begin(t)
			screen.MustContain(t, uitest.Top(s), "Somebody else removed this")
			screen.Press(t, s.Window, o.save)
			screen.MustContain(t, uitest.Top(s), "Removed meanwhile", "Administrator Bert removed it at", "Keep editing")
			screen.Press(t, s.Window, "Keep editing")
			fieldWith(t, s, o.to)
			screen.Press(t, s.Window, o.save)
			screen.Press(t, s.Window, "Leave it removed")
			if top := uitest.Top(s); top != "" {
				t.Errorf("it stays open:\n%s", top)
			}
		})
	}
	// A route can be added anew, for it is nothing but what is in its fields.
	o := all["a route"]
	o.theirs = func(t *testing.T, s *uitest.Stage, bert engine.Administration) error {
		_, err := engine.ApplyShown(t.Context(), bert, engine.Change{RemoveRoute: uitest.FullState(t, s).Routes[0].ID}, false, func(engine.Effect) {})
		return err
	}
	s, _ := o.begin(t)
	screen.Press(t, s.Window, o.save)
	screen.Press(t, s.Window, "Add mine anew")
	screen.MustContain(t, uitest.Top(s), "Save this route anyway?", `route "mine"`) // as of any route that is added
}
