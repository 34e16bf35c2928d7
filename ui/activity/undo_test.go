package activity

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestAnEntryShowsWhatItMadeOfPairsAndIsUndone(t *testing.T) {
	s := uitest.NewStage(t)
	s.Link(t)
	s.Put(t, "Nightly", "10.0.0.0/8", "10.0.0.0/8", func(r *engine.Rule) { r.Encrypt = true })
	s.Put(t, "Later", "192.0.2.0/24", "any", nil)
	page := New(s.Console).(*view)
	s.Show(t, page)
	state := s.State(t)
	page.Update(state)
	chosen := ""
	for _, e := range page.list.Table.Rows() {
		if e.Thing == "Nightly" {
			chosen = string(e.ID)
		}
	}
	page.list.Table.Select(chosen)
	screen.MustContain(t, screen.Text(page.details), "1 pair made sealed", "fileserver and vault", "from plain to sealed")
	if page.undo.Disabled() || !page.undo.Visible() {
		t.Fatal("it cannot be undone")
	}
	page.undo.OnTapped()
	screen.MustContain(t, uitest.Top(s), "Undo: rule added: Nightly?", "1 link loses encryption")
	screen.Press(t, s.Window, "Undo")
	if _, found := s.Rule(t, "Nightly"); found {
		t.Error("the rule is still there")
	}
	if _, found := s.Rule(t, "Later"); !found {
		t.Error("a later rule went with it")
	}
	page.undo.OnTapped()
	if words := uitest.Top(s); !strings.Contains(words, "was removed since") {
		t.Errorf("a second time it says %q", words)
	}
}

func TestAnEntryThatCannotBeUndoneOffersNone(t *testing.T) {
	_, page, audited, state := onAudit(t, 0)
	audited.add("component.revoke", "old vault")
	changed := *state
	changed.Revision++
	page.Update(&changed)
	page.list.Table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	if !page.undo.Disabled() {
		t.Error("a revocation can be undone")
	}
}
