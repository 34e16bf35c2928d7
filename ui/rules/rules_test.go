package rules

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// typed types into a field of the editor as a person does.
func typed(field interface {
	fyne.Focusable
	SetText(string)
}, text string) {
	field.SetText("")
	test.Type(field, text)
}

func TestAddingARuleSaysWhatItWillChangeAndStoresIt(t *testing.T) {
	s := uitest.NewStage(t)
	s.Link(t)
	var saved []engine.Rule
	e := showRuleEditor(s.Console, noon, engine.Rule{Enabled: true}, func(_, r engine.Rule) { saved = append(saved, r) })
	if !e.save.Disabled() {
		t.Error("an empty rule can be saved")
	}
	typed(e.name, "Nightly")
	typed(e.source, "10.0.0.0/24")
	typed(e.target, "10.0.0.2")
	test.Tap(e.encrypt)
	if e.save.Disabled() {
		t.Fatal("a rule that is right cannot be saved")
	}
	words := screen.Text(e.effect.Content)
	for _, want := range []string{"matches 1 of 1 pair", "fileserver to vault", "now plain", "then sealed"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is not in %q", want, words)
		}
	}
	test.Tap(e.save)
	if len(saved) != 1 {
		t.Fatal("it was not saved")
	}
	if rule, found := s.Rule(t, "Nightly"); !found || !rule.Encrypt || rule.Source[0].String() != "10.0.0.0/24" {
		t.Errorf("stored as %+v", rule)
	}
}

func TestWhatIsWrongStandsBesideItsField(t *testing.T) {
	s := uitest.NewStage(t)
	e := showRuleEditor(s.Console, noon, engine.Rule{Enabled: true}, func(_, _ engine.Rule) {})
	typed(e.name, "Nightly")
	typed(e.source, "10.0.0.9-10.0.0.1")
	typed(e.target, "bogus")
	for field, want := range map[string]string{"source": "ends before it begins", "target": "not an IP address", "name": ""} {
		if got := e.fields[field].Problem(); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%s: %q, wanted %q", field, got, want)
		}
	}
	test.Tap(e.throttle)
	typed(e.value, "many")
	if got := e.fields["throttle"].Problem(); !strings.Contains(got, "whole number") {
		t.Errorf("throttle: %q", got)
	}
	test.Tap(e.exempt)
	if got := e.fields["exempt"].Problem(); !strings.Contains(got, "reason") {
		t.Errorf("exempt: %q", got)
	}
}

func TestSavingALossOfEncryptionIsAskedAboutFirst(t *testing.T) {
	s := uitest.NewStage(t)
	s.Link(t)
	source, _ := engine.ParseSelector("10.0.0.1")
	target, _ := engine.ParseSelector("10.0.0.2")
	rule := engine.Rule{Name: "Nightly", Enabled: true, Encrypt: true, Source: []engine.Selector{source}, Target: []engine.Selector{target}}
	if _, err := s.Local.Apply(t.Context(), engine.Change{AddRule: &rule}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	stored, _ := s.Rule(t, "Nightly")
	e := showRuleEditor(s.Console, noon, stored, func(_, _ engine.Rule) {})
	test.Tap(e.encrypt)
	if words := screen.Text(e.effect.Content); !strings.Contains(words, "1 link loses encryption") {
		t.Errorf("the effect says %q", words)
	}
	test.Tap(e.save)
	if now, _ := s.Rule(t, "Nightly"); !now.Encrypt {
		t.Error("it was saved without asking")
	}
	screen.Press(t, s.Window, "Save the rule")
	if now, _ := s.Rule(t, "Nightly"); now.Encrypt {
		t.Error("it was not saved after asking")
	}
}

func TestThePredefinedRuleKeepsItsFixedFields(t *testing.T) {
	s := uitest.NewStage(t)
	internet, _ := s.Rule(t, engine.InternetRuleName)
	e := showRuleEditor(s.Console, noon, internet, func(_, _ engine.Rule) {})
	typed(e.comment, "all of it")
	if e.save.Disabled() {
		t.Fatal("it cannot be saved")
	}
	test.Tap(e.save)
	if now, _ := s.Rule(t, engine.InternetRuleName); now.Comment != "all of it" || now.Target[0] != engine.Public {
		t.Errorf("stored as %+v", now)
	}
}

func TestUndoAndRedoGoThroughTheEditsOfThisWindow(t *testing.T) {
	s := uitest.NewStage(t)
	page := New(s.Console).(*view)
	s.Show(t, page)
	page.add()
	e := page.editor
	typed(e.name, "Nightly")
	typed(e.source, "10.0.0.1")
	typed(e.target, "10.0.0.2")
	test.Tap(e.save)
	page.undo()
	if _, found := s.Rule(t, "Nightly"); found {
		t.Error("undo left the rule there")
	}
	page.redo()
	if _, found := s.Rule(t, "Nightly"); !found {
		t.Error("redo did not bring it back")
	}
}

func TestWhoMayOnlyViewSeesNoButtonThatChangesRules(t *testing.T) {
	s := uitest.NewStage(t)
	s.May = false
	page := New(s.Console).(*view)
	s.Show(t, page)
	if words := screen.Text(page.Content()); strings.Contains(words, "Add") || strings.Contains(words, "Remove") {
		t.Errorf("the page says %q", words)
	}
	row := page.table.Rows()[0]
	page.table.Select(string(row.ID))
	was := row.Enabled
	for name, act := range map[string]func(){
		"Enter":  func() { page.table.OnActivated(row) },
		"Ins":    func() { page.key(&fyne.KeyEvent{Name: fyne.KeyInsert}) },
		"Del":    func() { page.key(&fyne.KeyEvent{Name: fyne.KeyDelete}) },
		"Space":  func() { page.key(&fyne.KeyEvent{Name: fyne.KeySpace}) },
		"a box":  func() { page.table.OnTapped(row, "on") },
		"copied": page.duplicate, "undo": page.undo, "redo": page.redo, "import": page.importFile,
	} {
		act()
		if s.Window.Canvas().Overlays().Top() != nil {
			t.Fatalf("%s opened something", name)
		}
	}
	if page.table.Menu(row) != nil {
		t.Error("there is a menu")
	}
	if set, err := s.Local.RuleSet(t.Context()); err != nil || set.Rules[0].Enabled != was {
		t.Errorf("the rule was turned: %v, %v", set.Rules, err)
	}
}

// The note that there is no rule of one's own leaves no gap above the table when it goes.
func TestTheTableTakesTheRoomOfTheNoteThatGoes(t *testing.T) {
	s := uitest.NewStage(t)
	page := New(s.Console).(*view)
	s.Show(t, page)
	state := s.State(t)
	state.Rules.Rules = []engine.Rule{{ID: engine.NewID(), Name: engine.InternetRuleName, Enabled: true, Encrypt: true}}
	top := func() float32 {
		return fyne.CurrentApp().Driver().AbsolutePositionForObject(page.table).Y
	}
	page.Update(state)
	if !page.alone.Visible() {
		t.Fatal("there is no note")
	}
	with := top()
	state.Rules.Rules = append(state.Rules.Rules, engine.Rule{ID: engine.NewID(), Name: "Nightly", Enabled: true, Encrypt: true})
	page.Update(state)
	if without := top(); without >= with {
		t.Errorf("the table begins at %.0f with the note, and at %.0f without", with, without)
	}
}
