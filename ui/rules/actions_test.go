package rules

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/ui/model"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// selectRules selects rules by their names.
func selectRules(t *testing.T, p *view, names ...string) {
	t.Helper()
	p.table.Sort("name", false)
	p.table.Select("")
	at := -1
	slices.Sort(names)
	for _, name := range names {
		to := slices.IndexFunc(p.table.Shown(), func(r ruleRow) bool { return r.Name == name })
		if to < 0 {
			t.Fatalf("there is no rule %q", name)
		}
		screen.SelectBelow(p.table, to-at)
		at = to
	}
	if p.table.SelectionSize() != len(names) {
		t.Fatalf("%d rules are selected, wanted %v", p.table.SelectionSize(), names)
	}
}

// severalRules are the rules A, B and C on a page; C is off, and the only link is sealed by A and B.
func severalRules(t *testing.T) (*uitest.Stage, *view) {
	t.Helper()
	s := uitest.NewStage(t)
	s.Link(t)
	s.Put(t, "A", "10.0.0.1", "10.0.0.2", nil)
	s.Put(t, "B", "10.0.0.1", "10.0.0.2", nil)
	s.Put(t, "C", "10.9.0.1", "10.9.0.2", func(r *engine.Rule) { r.Enabled = false })
	return s, openRules(t, s)
}

func TestSeveralRulesAreTurnedAsOneEditThatOneUndoTakesBack(t *testing.T) {
	s, page := severalRules(t)
	again := func() { page.Update(s.State(t)) }
	selectRules(t, page, "A", "C")
	page.key(&fyne.KeyEvent{Name: fyne.KeySpace})
	if got := s.Enabled(t, "ABC"); got != "111" {
		t.Fatalf("turned on where one was off: %s", got)
	}
	again()
	selectRules(t, page, "A", "B", "C")
	page.toggle()
	asked := screen.Text(s.Window.Canvas().Overlays().Top())
	if !strings.Contains(asked, "Turn 3 rules off?") || !strings.Contains(asked, "1 link loses encryption") {
		t.Errorf("it asks\n%s", asked)
	}
	if got := s.Enabled(t, "ABC"); got != "111" {
		t.Fatalf("turned off without asking: %s", got)
	}
	screen.Press(t, s.Window, "Turn off")
	if got := s.Enabled(t, "ABC"); got != "000" {
		t.Fatalf("turned off: %s", got)
	}
	again()
	page.undo()
	if got := s.Enabled(t, "ABC"); got != "111" {
		t.Errorf("undone: %s", got)
	}
	page.undo()
	if got := s.Enabled(t, "ABC"); got != "110" {
		t.Errorf("undone twice: %s", got)
	}
	page.redo()
	if got := s.Enabled(t, "ABC"); got != "111" {
		t.Errorf("done again: %s", got)
	}
}

func TestSeveralRulesAreRemovedAfterOneQuestionAndInternetStays(t *testing.T) {
	s, page := severalRules(t)
	page.table.TypedShortcut(&fyne.ShortcutSelectAll{})
	page.remove()
	asked := screen.Text(s.Window.Canvas().Overlays().Top())
	for _, want := range []string{"Remove 3 rules?", "A\n", "B\n", "C\n", "Internet stays"} {
		if !strings.Contains(asked, want) {
			t.Errorf("%q is not in\n%s", want, asked)
		}
	}
	screen.Press(t, s.Window, "Remove 3 rules")
	if asked := screen.Text(s.Window.Canvas().Overlays().Top()); !strings.Contains(asked, "1 link loses encryption") || s.Enabled(t, "ABC") != "110" {
		t.Fatalf("it does not ask about the loss, %s:\n%s", s.Enabled(t, "ABC"), asked)
	}
	screen.Press(t, s.Window, "Remove the rules")
	if got := s.Enabled(t, "ABC"); got != "---" {
		t.Fatalf("removed: %s", got)
	}
	if _, found := s.Rule(t, "Internet"); !found {
		t.Error("Internet is gone")
	}
	page.Update(s.State(t))
	page.undo()
	if got := s.Enabled(t, "ABC"); got != "110" {
		t.Errorf("undone: %s", got)
	}
}

func TestSeveralRulesAreDuplicatedUnderFreeNames(t *testing.T) {
	s, page := severalRules(t)
	selectRules(t, page, "A", "Internet")
	page.duplicate()
	for _, name := range []string{"A (2)", "Internet, own"} {
		if _, found := s.Rule(t, name); !found {
			t.Errorf("there is no rule %q", name)
		}
	}
	page.Update(s.State(t))
	page.undo()
	if _, found := s.Rule(t, "A (2)"); found {
		t.Error("one undo does not take both back")
	}
}

func TestAFreeNameFitsAndDiffersFromAllOthers(t *testing.T) {
	long := strings.Repeat("ä", engine.MaximumNameLength)
	for _, c := range []struct {
		name  string
		taken []string
		want  string
	}{
		{"a", nil, "a"},
		{"a", []string{"A"}, "a (2)"},
		{"a", []string{"a", "A (2)"}, "a (3)"},
		{long, []string{long}, strings.Repeat("ä", engine.MaximumNameLength-4) + " (2)"},
	} {
		if got := model.FreeName(c.name, c.taken); got != c.want || engine.CheckName(got) != nil {
			t.Errorf("%q beside %q: %q, wanted %q", c.name, c.taken, got, c.want)
		}
	}
}

func TestOnlyWhatIsForSeveralRulesIsOfferedForSeveral(t *testing.T) {
	_, page := severalRules(t)
	offered := func() string {
		text := ""
		for _, b := range page.needing {
			if !b.Disabled() {
				text += b.Text + " "
			}
		}
		for _, item := range page.table.Menu(page.table.Rows()[0]).Items {
			text += "/" + item.Label
		}
		return text
	}
	selectRules(t, page, "A", "B")
	if got := offered(); got != "Duplicate… Turn off Remove… /Duplicate 2 rules/Turn off 2 rules//Remove 2 rules…" {
		t.Errorf("for two: %s", got)
	}
	selectRules(t, page, "A")
	if got := offered(); !strings.HasPrefix(got, "Edit… Duplicate… ") || !strings.Contains(got, "/Edit…") {
		t.Errorf("for one: %s", got)
	}
	if page.count.Text != "4 rules" {
		t.Errorf("the caption says %q", page.count.Text)
	}
}

// TestTurningARuleLeavesWhatSomebodyElseSavedMeanwhile: the page shows the rule as it was.
func TestTurningARuleLeavesWhatSomebodyElseSavedMeanwhile(t *testing.T) {
	s := uitest.NewStage(t)
	for _, name := range []string{"Hourly", "Nightly"} {
		s.Put(t, name, "10.0.0.0/24", "10.0.1.0/24", func(r *engine.Rule) { r.Encrypt = false })
	}
	page := New(s.Console).(*view)
	s.Show(t, page)
	theirs, _ := s.Rule(t, "Nightly")
	theirs.Comment = "narrowed"
	if _, err := s.Local.Apply(t.Context(), engine.Change{EditRule: &theirs}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	one := page.table.Rows()[0]
	for _, row := range page.table.Rows() {
		if row.Name == "Nightly" {
			one = row
		}
	}
	page.table.Select(string(one.ID))
	page.toggle()
	if rule, _ := s.Rule(t, "Nightly"); rule.Enabled || rule.Comment != "narrowed" {
		t.Errorf("it is kept as %+v", rule)
	}
	theirs, _ = s.Rule(t, "Nightly")
	theirs.Comment = "narrowed again"
	if _, err := s.Local.Apply(t.Context(), engine.Change{EditRule: &theirs}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	page.undo()
	if rule, _ := s.Rule(t, "Nightly"); !rule.Enabled || rule.Comment != "narrowed again" {
		t.Errorf("after undo it is kept as %+v", rule)
	}
	theirs, _ = s.Rule(t, "Nightly")
	theirs.Enabled = false
	if _, err := s.Local.Apply(t.Context(), engine.Change{EditRule: &theirs}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	theirs.Revision++
	theirs.Enabled = true
	if _, err := s.Local.Apply(t.Context(), engine.Change{EditRule: &theirs}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	page.redo()
	if rule, _ := s.Rule(t, "Nightly"); rule.Enabled {
		t.Error("redo does not turn it off again")
	}
}
