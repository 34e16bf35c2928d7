package rules

import (
	"slices"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestAStepSaysWhatItIs(t *testing.T) {
	on := engine.Rule{ID: "1", Name: "Nightly", Enabled: true}
	off, other := on.Clone(), on.Clone()
	off.Enabled = false
	other.Comment = "x"
	turned := ruleStep{before: &on, after: &off}
	for _, test := range []struct {
		step        ruleStep
		words, told string
	}{
		{ruleStep{after: &on}, "adding Nightly", "Rule Nightly added"},
		{ruleStep{before: &on}, "removal of Nightly", "Rule Nightly removed"},
		{turned, "turning off Nightly", "Rule Nightly turned off"},
		{turned.reversed(), "turning on Nightly", "Rule Nightly turned on"},
		{ruleStep{before: &on, after: &other}, "change of Nightly", "Rule Nightly changed"},
		{ruleStep{several: []ruleStep{turned, turned}}, "turning off 2 rules", "2 rules turned off"},
		{ruleStep{several: []ruleStep{turned, {before: &on}}}, "change of 2 rules", "2 rules changed"},
		{ruleStep{several: []ruleStep{{after: &on}, {after: &on}}, file: true}, "import of 2 rules", "2 rules imported"},
		{ruleStep{imported: &engine.RuleImport{}, led: []engine.RuleChange{{What: "add"}, {What: "keep"}}}, "import of 1 rule with settings", "1 rule and the settings imported"},
	} {
		if words, told := test.step.words(), test.step.told(); words != test.words || told != test.told {
			t.Errorf("%q and %q, wanted %q and %q", words, told, test.words, test.told)
		}
	}
}

// TestUndoSaysWhatItUndoes looks at the button, the menu and the notes while rules are removed and brought back.
func TestUndoSaysWhatItUndoes(t *testing.T) {
	s := uitest.NewStage(t)
	stored := s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	remade := 0
	s.RemakeMenu = func() { remade++ }
	page := openRules(t, s)
	titles := func() string {
		var all []string
		for _, command := range page.Commands() {
			if strings.HasPrefix(command.Title, "Undo") || strings.HasPrefix(command.Title, "Redo") {
				all = append(all, command.Title)
			}
		}
		return strings.Join(all, ", ")
	}
	if got := titles(); got != "Undo, Redo" {
		t.Errorf("at first: %s", got)
	}
	page.table.Select(string(stored.ID))
	before := remade
	page.toggle()
	if got := titles(); got != "Undo: turning off Nightly, Redo" || page.back.Text != "Undo: turning off Nightly" || remade == before {
		t.Errorf("%s; the button says %q; the menu was made anew %d times", got, page.back.Text, remade-before)
	}
	// The note's own button takes it back.
	if notes := s.Notes.Texts(); !slices.Equal(notes, []string{"Rule Nightly turned off"}) {
		t.Fatalf("told %q", notes)
	}
	s.PressNote(t, "Undo")
	if rule, _ := s.Rule(t, "Nightly"); !rule.Enabled || titles() != "Undo, Redo: turning off Nightly" {
		t.Errorf("on %v, %s", rule.Enabled, titles())
	}
	if notes := s.Notes.Texts(); !slices.Equal(notes, []string{"Undone: turning off Nightly"}) {
		t.Errorf("told %q", notes)
	}
}

// TestTheButtonOfAnOlderNoteUndoesNothingElse presses it after something else was changed.
func TestTheButtonOfAnOlderNoteUndoesNothingElse(t *testing.T) {
	s := uitest.NewStage(t)
	page := openRules(t, s)
	for _, name := range []string{"A", "B"} {
		rule := s.Put(t, name, "10.0.0.1", "10.0.0.2", nil)
		page.Update(s.State(t))
		page.table.Select(string(rule.ID))
		page.toggle()
	}
	s.PressNote(t, "Undo") // the first that is found is the older one
	screen.MustContain(t, uitest.Top(s), "Nothing was undone")
	if got := s.Enabled(t, "AB"); got != "00" {
		t.Errorf("enabled: %s", got)
	}
}
