package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func openRules(t *testing.T, s *uitest.Stage) *view {
	t.Helper()
	page := New(s.Console).(*view)
	s.Show(t, page)
	return page
}

func TestAnEditOfAnOutdatedRuleKeepsWhatWasTypedAndSaysWhatChanged(t *testing.T) {
	s := uitest.NewStage(t)
	stored := s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	e := showRuleEditor(s.Console, noon, stored, func(_, _ engine.Rule) {})
	other := stored.Clone()
	other.Name = "Night run"
	if _, err := s.Local.Apply(t.Context(), engine.Change{EditRule: &other}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	typed(e.comment, "mine") // which previews, and finds that it is outdated
	screen.MustContain(t, screen.Text(e.outdated), "saved it", "Show what differs")
	test.Tap(e.save)
	screen.MustContain(t, uitest.Top(s), "Changed meanwhile", "Mine", "Theirs", "Night run")
	if e.comment.Text != "mine" || e.dialog.Done {
		t.Fatal("what was typed is lost")
	}
	screen.Press(t, s.Window, "Save mine over it")
	if now, found := s.Rule(t, "Nightly"); !found || now.Comment != "mine" {
		t.Errorf("stored as %+v", now)
	}
}

// TestUndoOfAnEditThatWasPutOverAnotherBringsThatBack: what the other one had saved, not what the editor was opened with.
func TestUndoOfAnEditThatWasPutOverAnotherBringsThatBack(t *testing.T) {
	s := uitest.NewStage(t)
	stored := s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	page := openRules(t, s)
	page.table.Select(string(stored.ID))
	page.table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	other := stored.Clone()
	other.Comment = "theirs"
	if _, err := s.Local.Apply(t.Context(), engine.Change{EditRule: &other}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	typed(page.editor.name, "Night run")
	test.Tap(page.editor.save)
	screen.Press(t, s.Window, "Save mine over it")
	if now, found := s.Rule(t, "Night run"); !found || now.Comment != "" {
		t.Fatalf("stored as %+v", now)
	}
	page.undo()
	if now, found := s.Rule(t, "Nightly"); !found || now.Comment != "theirs" {
		t.Errorf("undo left %+v", now)
	}
}

func TestARuleIsReloadedAsSomebodyElseSavedIt(t *testing.T) {
	s := uitest.NewStage(t)
	stored := s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	page := openRules(t, s)
	page.table.Select(string(stored.ID))
	page.table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	other := stored.Clone()
	other.Comment = "theirs"
	if _, err := s.Local.Apply(t.Context(), engine.Change{EditRule: &other}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	typed(page.editor.comment, "mine")
	screen.Press(t, s.Window, "Show what differs")
	screen.MustContain(t, uitest.Top(s), "Changed meanwhile", "comment", "mine", "theirs")
	screen.Press(t, s.Window, "Take theirs")
	screen.MustContain(t, uitest.Top(s), "Edit traffic rule", "theirs")
	if now, _ := s.Rule(t, "Nightly"); now.Comment != "theirs" {
		t.Errorf("stored as %+v", now)
	}
}

func TestARuleThatSomebodyElseRemovedIsAddedAnew(t *testing.T) {
	s := uitest.NewStage(t)
	stored := s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	e := showRuleEditor(s.Console, noon, stored, func(_, _ engine.Rule) {})
	if _, err := engine.ApplyShown(t.Context(), s.Local, engine.Change{RemoveRule: stored.ID}, false, func(engine.Effect) {}); err != nil {
		t.Fatal(err)
	}
	typed(e.comment, "mine")
	if words := screen.Text(e.outdated); !strings.Contains(words, "removed") {
		t.Errorf("the notice says %q", words)
	}
	test.Tap(e.save)
	if now, found := s.Rule(t, "Nightly"); !found || now.Comment != "mine" {
		t.Errorf("stored as %+v", now)
	}
}

func TestNothingTypedIsLostWhileTheBrokerIsAway(t *testing.T) {
	s := uitest.NewStage(t)
	e := showRuleEditor(s.Console, noon, engine.Rule{Enabled: true}, func(_, _ engine.Rule) {})
	typed(e.name, "Nightly")
	typed(e.source, "any")
	s.Broken = errors.New("the broker cannot be reached")
	typed(e.target, "10.0.0.2")
	if words := screen.Text(e.effect.Content); !strings.Contains(words, "cannot be reached") {
		t.Errorf("the panel says %q", words)
	}
	test.Tap(e.save)
	screen.Press(t, s.Window, "Close")
	s.Broken = nil
	if e.name.Text != "Nightly" || e.dialog.Done || e.save.Disabled() {
		t.Fatal("it cannot be saved once the broker is back")
	}
	test.Tap(e.save)
	if _, found := s.Rule(t, "Nightly"); !found {
		t.Error("it was not stored")
	}
}

func TestEscAsksBeforeItThrowsAwayWhatWasTyped(t *testing.T) {
	s := uitest.NewStage(t)
	escape := &fyne.KeyEvent{Name: fyne.KeyEscape}
	e := showRuleEditor(s.Console, noon, engine.Rule{Enabled: true}, func(_, _ engine.Rule) {})
	e.name.TypedKey(escape)
	if !e.dialog.Done {
		t.Error("an untouched editor stays")
	}
	e = showRuleEditor(s.Console, noon, engine.Rule{Enabled: true}, func(_, _ engine.Rule) {})
	typed(e.name, "Nightly")
	e.name.TypedKey(escape)
	if e.dialog.Done {
		t.Fatal("it closed without asking")
	}
	screen.Press(t, s.Window, "Keep editing")
	if e.dialog.Done {
		t.Error("Cancel closed it")
	}
	e.schedule.TypedKey(escape)
	screen.Press(t, s.Window, "Discard changes")
	if !e.dialog.Done {
		t.Error("it stays")
	}
}

func TestATakenNameStandsBesideTheName(t *testing.T) {
	s := uitest.NewStage(t)
	s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	e := showRuleEditor(s.Console, noon, engine.Rule{Enabled: true}, func(_, _ engine.Rule) {})
	typed(e.source, "any")
	typed(e.target, "any")
	typed(e.name, "nightly")
	if got := e.fields["name"].Problem(); !strings.Contains(got, "nightly (2)") {
		t.Errorf("beside the name: %q", got)
	}
}

func TestEveryWrongFieldIsMarkedNotOnlyTheFirst(t *testing.T) {
	s := uitest.NewStage(t)
	e := showRuleEditor(s.Console, noon, engine.Rule{Enabled: true}, func(_, _ engine.Rule) {})
	for name, field := range e.fields {
		if field.Problem() != "" {
			t.Errorf("untouched, %s says %q", name, field.Problem())
		}
	}
	typed(e.comment, "x")
	for field, want := range map[string]string{"name": "a name is needed", "source": "at least one entry", "target": "at least one entry"} {
		if got := e.fields[field].Problem(); !strings.Contains(got, want) {
			t.Errorf("%s: %q, wanted %q", field, got, want)
		}
	}
	test.Tap(e.throttle)
	typed(e.value, "100")
	test.Tap(e.hasRelaxed)
	typed(e.relaxed, "0")
	test.Tap(e.scheduled)
	typed(e.zone, "Nowhere")
	for field, want := range map[string]string{"throttle": "", "relaxed": "from 1 to"} {
		if got := e.fields[field].Problem(); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, wanted %q", field, got, want)
		}
	}
	typed(e.relaxed, "400")
	if got := e.fields["schedule"].Problem(); !strings.Contains(got, "Europe/Berlin") {
		t.Errorf("time zone: %q", got)
	}
}

func TestAClickOnTheCheckTurnsARuleOnOrOff(t *testing.T) {
	s := uitest.NewStage(t)
	stored := s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	page := openRules(t, s)
	page.table.Select(string(stored.ID))
	row, _ := page.table.Selected()
	page.table.OnTapped(row, "name")
	if now, _ := s.Rule(t, "Nightly"); !now.Enabled {
		t.Error("a click on the name turned it off")
	}
	page.table.OnTapped(row, "on")
	if now, _ := s.Rule(t, "Nightly"); now.Enabled {
		t.Error("it is still on")
	}
	page.undo()
	if now, _ := s.Rule(t, "Nightly"); !now.Enabled {
		t.Error("undo did not turn it on again")
	}
}

func TestAnEditThatWasLeftIsNothingToUndo(t *testing.T) {
	s := uitest.NewStage(t)
	s.Link(t)
	stored := s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	page := openRules(t, s)
	page.table.Select(string(stored.ID))
	page.toggle()
	screen.Press(t, s.Window, "Cancel")
	if now, _ := s.Rule(t, "Nightly"); !now.Enabled || len(page.past.done) != 0 || !page.back.Disabled() {
		t.Errorf("enabled %v, %d steps to undo", now.Enabled, len(page.past.done))
	}
	page.toggle()
	screen.Press(t, s.Window, "Turn off")
	if now, _ := s.Rule(t, "Nightly"); now.Enabled || page.back.Disabled() {
		t.Error("it was not turned off, or cannot be undone")
	}
}

func TestKeysAddRemoveAndTurnOff(t *testing.T) {
	s := uitest.NewStage(t)
	stored := s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	page := openRules(t, s)
	page.table.Select(string(stored.ID))
	page.table.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	if now, _ := s.Rule(t, "Nightly"); now.Enabled {
		t.Error("Space did not turn it off")
	}
	page.table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if page.editor == nil || page.editor.rule.ID != stored.ID {
		t.Fatal("Enter did not open the editor")
	}
	page.editor.dialog.Close()
	page.Update(s.State(t))
	page.table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	screen.Press(t, s.Window, "Remove rule")
	if _, found := s.Rule(t, "Nightly"); found {
		t.Error("Del did not remove it")
	}
	page.table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyInsert})
	if page.editor.rule.ID != "" || page.editor.dialog.Done {
		t.Error("Ins did not open an empty editor")
	}
}

func TestAnImportShowsWhatItChangesAndCanBeUndone(t *testing.T) {
	s := uitest.NewStage(t)
	s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	s.Put(t, "Old", "10.0.0.5", "10.0.0.6", nil)
	set := s.State(t).Rules
	s.Console.ReadRules = func(file io.Reader, replace, settings bool) (engine.RuleImport, []string, error) {
		var read engine.RuleSet
		err := json.NewDecoder(file).Decode(&read)
		return engine.RuleImport{RuleSet: read, Replace: replace, WithSettings: settings}, []string{"a note"}, err
	}
	s.Console.WriteRules = func(file io.Writer, set engine.RuleSet) error { return json.NewEncoder(file).Encode(set) }
	set.Rules = append([]engine.Rule(nil), set.Rules...)
	for i := range set.Rules {
		set.Rules[i] = set.Rules[i].Clone()
		if set.Rules[i].Name == "Nightly" {
			set.Rules[i].Comment = "from the file"
		}
		if set.Rules[i].Name == "Old" {
			set.Rules[i].Name = "New"
		}
		set.Rules[i].ID, set.Rules[i].Revision = "", 0
	}
	var text bytes.Buffer
	if err := s.Console.WriteRules(&text, set); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "rules.json")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}

	page := openRules(t, s)
	page.importFile()
	s.Window.Canvas().Focused().(interface{ SetText(string) }).SetText(path)
	screen.Press(t, s.Window, "Open")
	d := page.importing
	if d == nil {
		t.Fatal("the import is not shown")
	}
	test.Tap(d.replace)
	words := screen.Text(d.rows)
	for _, want := range []string{"1 rule added, 1 edited, 1 removed, 1 as they are.", "a note", `comment from "" to "from the file"`, "remove Old", "add New"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is not in %q", want, words)
		}
	}
	test.Tap(d.do)
	if now, _ := s.Rule(t, "Nightly"); now.Comment != "from the file" {
		t.Error("it was not imported")
	}
	page.undo()
	if _, found := s.Rule(t, "Old"); !found {
		t.Error("undo did not bring the removed rule back")
	}
	if _, found := s.Rule(t, "New"); found {
		t.Error("undo left the added rule")
	}
	page.redo()
	if _, found := s.Rule(t, "New"); !found {
		t.Error("redo did not import again")
	}
}

// imported is a page on which a file was imported that edits Nightly and adds New, with the file's settings or without.
func imported(t *testing.T, settings bool) (*uitest.Stage, *view) {
	t.Helper()
	s := uitest.NewStage(t)
	s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	s.Put(t, "Weekly", "10.0.0.5", "10.0.0.6", nil)
	s.Console.ReadRules = func(_ io.Reader, replace, settings bool) (engine.RuleImport, []string, error) {
		set := s.State(t).Rules
		set.Rules, set.Settings.LingerSeconds = slices.Clone(set.Rules), 77
		for i := range set.Rules {
			set.Rules[i] = set.Rules[i].Clone()
			if set.Rules[i].Name == "Nightly" {
				set.Rules[i].Comment = "from the file"
			}
			set.Rules[i].ID, set.Rules[i].Revision = "", 0
		}
		added := set.Rules[0].Clone()
		added.Name = "New"
		set.Rules = append(set.Rules, added)
		return engine.RuleImport{RuleSet: set, WithSettings: settings}, nil, nil
	}
	page := openRules(t, s)
	d := showRuleImport(s.Console, "rules.json", []byte("{}"), page.note)
	if settings {
		test.Tap(d.settings)
	}
	test.Tap(d.do)
	if now, _ := s.Rule(t, "Nightly"); now.Comment != "from the file" {
		t.Fatal("it was not imported")
	}
	return s, page
}

// weeklyEdited is an edit by somebody else, of a rule that the import left.
func weeklyEdited(t *testing.T, s *uitest.Stage) {
	t.Helper()
	weekly, _ := s.Rule(t, "Weekly")
	weekly.Comment = "theirs"
	if _, err := s.Local.Apply(t.Context(), engine.Change{EditRule: &weekly}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
}

func TestUndoOfAnImportLeavesWhatSomebodyElseEdited(t *testing.T) {
	s, page := imported(t, false)
	weeklyEdited(t, s)
	page.undo()
	weekly, _ := s.Rule(t, "Weekly")
	nightly, _ := s.Rule(t, "Nightly")
	if _, found := s.Rule(t, "New"); found || nightly.Comment != "" || weekly.Comment != "theirs" {
		t.Errorf("undo left New %v, %q and %q", found, nightly.Comment, weekly.Comment)
	}
	page.redo()
	nightly, _ = s.Rule(t, "Nightly")
	if _, found := s.Rule(t, "New"); !found || nightly.Comment != "from the file" {
		t.Errorf("redo left New %v, %q", found, nightly.Comment)
	}
}

func TestAnImportIsShownAnewWhereSomebodyElseEditedMeanwhile(t *testing.T) {
	s, page := imported(t, true)
	page.undo()
	d := showRuleImport(s.Console, "rules.json", []byte("{}"), page.note)
	weeklyEdited(t, s)
	test.Tap(d.do)
	screen.MustContain(t, uitest.Top(s), "Nothing was imported", "changed by somebody else")
	if weekly, _ := s.Rule(t, "Weekly"); weekly.Comment != "theirs" {
		t.Error("an edit that was not shown was written over")
	}
	test.Tap(d.do)
	if nightly, _ := s.Rule(t, "Nightly"); nightly.Comment != "from the file" {
		t.Error("once it is shown it cannot be imported")
	}
}

func TestUndoOfAnImportWithSettingsIsRefusedWhereSomebodyElseEdited(t *testing.T) {
	for name, edit := range map[string]func(*testing.T, *uitest.Stage){
		"nothing": nil, "a rule": weeklyEdited,
		"a setting": func(t *testing.T, s *uitest.Stage) {
			if _, err := s.Local.Apply(t.Context(), engine.Change{Setting: &engine.SettingChange{Name: "TimeZone", Value: "UTC"}}, engine.Confirmation{}); err != nil {
				t.Fatal(err)
			}
		},
		"a rule that is new": func(t *testing.T, s *uitest.Stage) { s.Put(t, "Theirs", "10.0.0.7", "10.0.0.8", nil) },
	} {
		t.Run(name, func(t *testing.T) {
			s, page := imported(t, true)
			if edit != nil {
				edit(t, s)
			}
			page.undo()
			linger := s.State(t).Rules.Settings.LingerSeconds
			if edit == nil {
				if linger != 0 || uitest.Top(s) != "" {
					t.Errorf("linger is %d, and it shows %q", linger, uitest.Top(s))
				}
				page.redo()
				page.undo()
				if now := s.State(t).Rules.Settings.LingerSeconds; now != 0 || uitest.Top(s) != "" {
					t.Errorf("after redo and undo linger is %d, and it shows %q", now, uitest.Top(s))
				}
				return
			}
			screen.MustContain(t, uitest.Top(s), "Nothing was changed", "since the import")
			if linger != 77 {
				t.Errorf("linger is %d", linger)
			}
		})
	}
}

func TestAFileThatIsNoRulesIsRefusedInWords(t *testing.T) {
	s := uitest.NewStage(t)
	s.Console.ReadRules = func(io.Reader, bool, bool) (engine.RuleImport, []string, error) {
		return engine.RuleImport{}, nil, errors.New(`rule "x": target: bogus`)
	}
	d := showRuleImport(s.Console, "rules.json", []byte("{}"), func(ruleStep) { t.Error("it was stored") })
	if words := screen.Text(d.rows); !strings.Contains(words, "target: bogus") || !d.do.Disabled() {
		t.Errorf("the dialog says %q", words)
	}
}
