package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// finding is a window with all pages in which Ctrl+K was pressed.
func finding(t *testing.T, may bool) (*uitest.Stage, *Shell) {
	t.Helper()
	s, _, _ := uitest.Linked(t)
	s.May = may
	s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	s.OtherBrokers = &page.OtherBrokers{}
	s.SetAppearance = func(kit.Appearance) {}
	shell := NewShell(s.Console, Pages(s.Console)...)
	s.Window.SetContent(shell.Content())
	state := uitest.FullState(t, s)
	if !may {
		state.Installation.Role = engine.MayView
	}
	shell.Update(state)
	menuItem(t, s.Window, "Find").Action()
	return s, shell
}

// typeWords types into the field that has the keyboard.
func typeWords(s *uitest.Stage, words string) {
	focused := s.Window.Canvas().Focused().(*findEntry)
	focused.SetText(words)
}

func TestCtrlKFindsActionsAndThingsInGroups(t *testing.T) {
	s, shell := finding(t, true)
	for words, wants := range map[string][]string{
		"":           {"Actions", "Add rule…", "Import rules…"},
		"import":     {"Actions", "Import rules…"},
		"add route":  {"Actions", "Add route…"},
		"backup":     {"Actions", "Back up now…"},
		"theme":      {"Actions", "Theme: dark", "Theme: high contrast"},
		"open other": {"Actions", "Open another broker…"},
		"vault":      {"Components", "component vault", "Routes", "route nightly"},
		"nightly":    {"Rules", "rule Nightly", "Routes", "route nightly"},
	} {
		typeWords(s, words)
		top := uitest.Top(s)
		screen.MustContain(t, top, wants...)
		at := -1
		for _, want := range wants { // in this order
			next := strings.Index(top, want)
			if words != "" && next < at {
				t.Errorf("%q: %q stands too high in\n%s", words, want, top)
			}
			at = next
		}
	}
	typeWords(s, "no such thing")
	screen.MustContain(t, uitest.Top(s), `Nothing has "no such thing" in its name.`)
	typeWords(s, "add route")
	s.Key(fyne.KeyReturn)
	if shell.Shown().Name() != "routes" {
		t.Errorf("it went to %s", shell.Shown().Name())
	}
	screen.MustContain(t, uitest.Top(s), "Add a route")
}

func TestCtrlKIsWalkedByKeys(t *testing.T) {
	s, shell := finding(t, true)
	typeWords(s, "vault") // the component, and below the next title the route
	s.Key(fyne.KeyDown)
	s.Key(fyne.KeyReturn)
	if shell.Shown().Name() != "routes" || uitest.Top(s) != "" {
		t.Errorf("Down and Enter go to %s, and %q is shown", shell.Shown().Name(), uitest.Top(s))
	}
	menuItem(t, s.Window, "Find").Action()
	typeWords(s, "vault")
	s.Key(fyne.KeyDown)
	s.Key(fyne.KeyDown) // there is nothing below
	s.Key(fyne.KeyUp)
	s.Key(fyne.KeyReturn)
	if shell.Shown().Name() != "components" {
		t.Errorf("and Up to %s", shell.Shown().Name())
	}
	menuItem(t, s.Window, "Find").Action()
	s.Key(fyne.KeyEscape)
	if uitest.Top(s) != "" {
		t.Error("Esc leaves it open")
	}
}

func TestCtrlKOffersNoChangeToWhoMayOnlyView(t *testing.T) {
	s, _ := finding(t, false)
	for _, words := range []string{"import", "add route", "backup", "add rule", "new tenant"} {
		typeWords(s, words)
		if top := uitest.Top(s); strings.Contains(top, "Actions") {
			t.Errorf("%q offers\n%s", words, top)
		}
	}
	typeWords(s, "export")
	screen.MustContain(t, uitest.Top(s), "Export rules…", "Export history as CSV…")
}

// TestAllGroupsAreSeenHoweverManyThingsOneHas: a thousand rules do not push the components out of the list.
func TestAllGroupsAreSeenHoweverManyThingsOneHas(t *testing.T) {
	many := findGroup{title: "Rules"}
	for i := range 1000 {
		many.of = append(many.of, findable{text: fmt.Sprintf("rule vault %d", i)})
	}
	groups := []findGroup{{title: "Actions"}, many, {"Components", []findable{{text: "component vault"}}}}
	rows := findRows(groups, "vault")
	if got := rows[len(rows)-1]; len(rows) != 1+shownOfGroup+1+2 || got.thing == nil || got.thing.text != "component vault" {
		t.Errorf("%d rows, the last is %+v", len(rows), got)
	}
	if got := rows[1+shownOfGroup].more; !strings.Contains(got, "992 more") {
		t.Errorf("it says %q", got)
	}
	if rows := findRows(groups, "rule vault"); len(rows) != 1+shownAlone+1 {
		t.Errorf("%d rows of one group", len(rows))
	}
	if rows := findRows(groups, "nothing"); len(rows) != 0 {
		t.Errorf("%d rows of nothing", len(rows))
	}
}

func TestKeysOfThePageWorkBeforeItsTableHasTheKeyboard(t *testing.T) {
	s, _, state := uitest.Linked(t)
	shell := NewShell(s.Console, Pages(s.Console)...)
	s.Window.SetContent(shell.Content())
	shell.Update(state)
	for name, title := range map[string]string{"rules": "Add traffic rule", "routes": "Add a route", "components": "Add a component"} {
		shell.Show(name)
		s.Window.Canvas().Unfocus()
		s.Key(fyne.KeyInsert)
		screen.MustContain(t, uitest.Top(s), title)
		s.Key(fyne.KeyEscape)
		if top := uitest.Top(s); top != "" {
			t.Fatalf("%s: Esc leaves\n%s", name, top)
		}
		s.Tab(false) // a button of the toolbar
		s.Key(fyne.KeyInsert)
		screen.MustContain(t, uitest.Top(s), title)
		s.Key(fyne.KeyInsert) // and not once more above the dialog
		s.Key(fyne.KeyEscape)
		if top := uitest.Top(s); top != "" {
			t.Fatalf("%s: Esc leaves\n%s", name, top)
		}
	}
}

func TestCtrlFGoesToTheFilterOfEachPageThatHasOne(t *testing.T) {
	s, _, state := uitest.Linked(t)
	shell := NewShell(s.Console, Pages(s.Console)...)
	s.Window.SetContent(shell.Content())
	shell.Update(state)
	for _, name := range []string{"rules", "sessions", "components", "headroom", "routes", "activity"} {
		shell.Show(name)
		item := menuItem(t, s.Window, "Filter")
		if !strings.HasSuffix(item.Label, "Ctrl+F") {
			t.Errorf("%s: the menu says %q", name, item.Label)
		}
		item.Action()
		want := shell.Shown().(page.Filtered).TakesFilter()
		if focused := s.Window.Canvas().Focused(); focused != fyne.Focusable(want) {
			t.Errorf("%s: %T has the keyboard", name, focused)
		}
	}
}

func TestCtrlEnterSavesWhateverHasTheKeyboard(t *testing.T) {
	s := uitest.NewStage(t)
	s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	shell := NewShell(s.Console, Pages(s.Console)...)
	s.Window.SetContent(shell.Content())
	shell.Update(s.State(t))
	save := func() { kit.WindowSave(s.Window.Canvas(), func() { t.Error("it was no dialog's") }) }
	s.Console.Go("rules", "Nightly")
	menuItem(t, s.Window, "Edit rule").Action()
	fieldWith(t, s, "Nightly").SetText("Mine")
	for range 6 { // past the name, into lists and checks
		s.Tab(false)
	}
	save()
	if _, found := s.Rule(t, "Mine"); !found || uitest.Top(s) != "" {
		t.Errorf("it is not saved; it shows\n%s", uitest.Top(s))
	}
	delivered := 0
	kit.WindowSave(s.Window.Canvas(), func() { delivered++ })
	if delivered != 1 {
		t.Error("without a dialog it does something")
	}
}

// TestEveryActionOfCtrlKNeedsNothingSelected runs each on an installation where nothing is selected or even there.
func TestEveryActionOfCtrlKNeedsNothingSelected(t *testing.T) {
	s := uitest.NewStage(t)
	s.Link(t)
	shell := NewShell(s.Console, Pages(s.Console)...)
	s.Window.SetContent(shell.Content())
	shell.Update(uitest.FullState(t, s))
	var ran []string
	for _, action := range shell.findGroups(shell.state)[0].of {
		action.run()
		if uitest.Top(s) == "" {
			t.Errorf("%s does nothing", action.text)
		}
		ran = append(ran, action.text)
		for range 3 {
			s.Key(fyne.KeyEscape)
		}
	}
	if len(ran) < 8 || !slices.Contains(ran, "Import rules…") {
		t.Errorf("ran %q", ran)
	}
}
