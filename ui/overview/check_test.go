package overview

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func rule(name, source, target string) engine.Rule {
	from, _ := engine.ParseSelector(source)
	to, _ := engine.ParseSelector(target)
	return engine.Rule{Name: name, Enabled: true, Encrypt: true, Source: []engine.Selector{from}, Target: []engine.Selector{to}}
}

func TestTheCheckListsAllFindingsAndLeadsToTheirPlaces(t *testing.T) {
	s := uitest.NewStage(t)
	s.Link(t)
	for _, r := range []engine.Rule{rule("all", "any", "any"), rule("covered", "10.0.0.1", "any"), rule("nobody", "component:nobody", "10.0.0.2"), rule("covered too", "10.0.0.0/8", "10.0.0.9"), rule("c3", "10.0.0.7", "any"), rule("c4", "10.0.0.8", "any")} {
		if _, err := s.Local.Apply(t.Context(), engine.Change{AddRule: &r}, engine.Confirmation{}); err != nil {
			t.Fatal(err)
		}
	}
	view := New(s.Console).(*view)
	s.Show(t, view)
	if words := screen.Text(view.attention); strings.Contains(words, "covered") {
		t.Errorf("the overview tells advice: %s", words)
	}
	dialog := func() fyne.CanvasObject { return s.Window.Canvas().Overlays().Top() }
	screen.Press(t, s.Window, "Check")
	screen.MustContain(t, screen.Text(dialog()), "Check of the whole", "Warnings", "component:nobody in the rule nobody stands for nothing", "less than it seems to", "Advice", "5 rules are covered by others", "changes no decision at any hour")
	screen.Press(t, s.Window, "Show")
	screen.MustContain(t, screen.Text(dialog()), "The rule c3 is covered by the rule all", "Hide")
	screen.Walk(dialog(), func(o fyne.CanvasObject) {
		if scroll, is := o.(*container.Scroll); is && scroll.Content.(*fyne.Container).Objects[0].Size().Width > scroll.Size().Width-10 {
			t.Error("the scroll bar lies over the buttons of the findings")
		}
	})
	// The first arrow is that of the warning.
	var arrow *kit.IconButton
	screen.Walk(dialog(), func(o fyne.CanvasObject) {
		if button, is := o.(*kit.IconButton); is && arrow == nil {
			arrow = button
		}
	})
	test.Tap(arrow)
	set, err := s.Local.RuleSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	nobody := slices.IndexFunc(set.Rules, func(r engine.Rule) bool { return r.Name == "nobody" })
	if want := "rules " + string(set.Rules[nobody].ID); !slices.Contains(s.Went, want) || dialog() != nil {
		t.Errorf("it went to %q, not to %q, and shows %v", s.Went, want, dialog())
	}
}

func TestACheckThatFindsNothingOrFailsSaysSo(t *testing.T) {
	s := uitest.NewStage(t)
	view := New(s.Console).(*view)
	s.Show(t, view)
	view.Commands()[0].Run()
	screen.MustContain(t, screen.Text(s.Window.Canvas().Overlays().Top()), "Nothing was found")
	screen.Press(t, s.Window, "Close")
	s.Broken = errors.New("the broker cannot be reached")
	screen.Press(t, s.Window, "Check")
	screen.MustContain(t, screen.Text(s.Window.Canvas().Overlays().Top()), "The check could not be made", "the broker cannot be reached")
	screen.Press(t, s.Window, "Close")
	if view.checkButton.Disabled() || view.checkButton.Text != "Check" {
		t.Error("the button stays off")
	}
}
