package rules

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// tagged opens the editor of a new rule where vault carries a tag.
func tagged(t *testing.T) (*uitest.Stage, *ruleEditor) {
	t.Helper()
	s := uitest.NewStage(t)
	s.Link(t)
	vault := uitest.ComponentByName(s.State(t), "vault")
	if _, err := s.Local.Apply(t.Context(), engine.Change{Tags: &engine.TagChange{Component: vault.ID, Tags: []string{"backup"}}}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	return s, showRuleEditor(s.Console, noon, engine.Rule{Enabled: true}, func(_, _ engine.Rule) {})
}

func TestEntriesAreCompletedWhileTyping(t *testing.T) {
	for name, c := range map[string]struct{ typed, want string }{
		"a tag by its prefix":         {"tag:b", "tag:backup"},
		"a component by its name":     {"vau", "component:vault"},
		"a component by a tag":        {"backup 10.0", "component:vault"},
		"a role":                      {"role:", "role:server"},
		"a component by its prefix":   {"component:f", "component:fileserver"},
		"the second entry":            {"10.1.0.0/16, tag:", "10.1.0.0/16, tag:backup"},
		"an address is left as it is": {"10.0.0.2", "10.0.0.2"},
		"so is a range":               {"10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.9"},
	} {
		t.Run(name, func(t *testing.T) {
			s, e := tagged(t)
			on := s.Window.Canvas()
			on.Focus(e.source)
			screen.TypeText(on, c.typed)
			if c.want == "component:vault" && name == "a component by a tag" {
				screen.TypeKey(on, fyne.KeyDown) // found by what its name does not say
			}
			screen.TypeKey(on, fyne.KeyReturn)
			if e.source.Text != c.want {
				t.Errorf("%q", e.source.Text)
			}
			if problem := e.fields["source"].Problem(); problem != "" {
				t.Error(problem)
			}
		})
	}
}

func TestThePlusBesideSourceAndTargetOffersAllThatRulesAllow(t *testing.T) {
	s, e := tagged(t)
	plus := func(field int) {
		var found []*kit.IconButton
		screen.Walk(s.Window.Canvas().Overlays().Top(), func(o fyne.CanvasObject) {
			if b, ok := o.(*kit.IconButton); ok && b.Icon == theme.ContentAddIcon() {
				found = append(found, b)
			}
		})
		if len(found) != 2 {
			t.Fatalf("%d buttons", len(found))
		}
		test.Tap(found[field])
	}
	take := func(word string) {
		on := s.Window.Canvas()
		screen.TypeText(on, word)
		screen.TypeKey(on, fyne.KeyReturn)
	}
	plus(0)
	screen.MustContain(t, uitest.Top(s), "any", "every address", "tag:backup", "1 component", "role:server", "2 components", "component:vault", "component:fileserver", "host:", "address, range or network")
	take("file")
	plus(0)
	take("tag:")
	plus(1)
	take("public")
	if e.source.Text != "component:fileserver, tag:backup" || !e.public.Checked || e.target.Text != "" {
		t.Errorf("source %q, target %q, public %v", e.source.Text, e.target.Text, e.public.Checked)
	}
	typed(e.name, "Nightly")
	rule, problems := e.read()
	if len(problems) != 0 || len(rule.Source) != 2 || !slices.Equal(rule.Target, []engine.Selector{engine.Public}) {
		t.Errorf("%v, %v", rule, problems)
	}
}

func TestAnEntryThatIsNoneSaysWhichThereAre(t *testing.T) {
	_, e := tagged(t)
	typed(e.source, "nosuchmachine")
	screen.MustContain(t, e.fields["source"].Problem(), "component:NAME", "tag:NAME", "role:ROLE", "host:NAME", "10.1.0.0/16")
	typed(e.source, "tag:")
	screen.MustContain(t, e.fields["source"].Problem(), "tag: needs a name behind the colon")
}

// TestNoListStaysOpenOverAnAddress types what is no name: nothing may lie over the form then.
func TestNoListStaysOpenOverAnAddress(t *testing.T) {
	for _, address := range []string{"10.1.0.0/16", "192.168.0.1-192.168.0.255", "172.16.0.31"} {
		s, e := tagged(t)
		s.Window.Canvas().Focus(e.source)
		screen.TypeText(s.Window.Canvas(), address)
		screen.MustContain(t, uitest.Top(s), "What saving will change")
	}
}
