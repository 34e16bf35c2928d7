package components

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// several is the page with fileserver and vault selected.
func several(t *testing.T, s *uitest.Stage) *view {
	state := runningBackup(s, t)
	p := New(s.Console).(*view)
	s.Window.SetContent(p.Content())
	p.Update(state)
	p.Open(string(uitest.ComponentByName(state, "fileserver").ID))
	p.Table.TypedShortcut(&fyne.ShortcutSelectAll{})
	if p.Table.SelectionSize() < 2 {
		t.Fatalf("%d are selected", p.Table.SelectionSize())
	}
	return p
}

func TestSeveralComponentsAreRevokedWithOneQuestionAsOneChange(t *testing.T) {
	s, _, state := uitest.Linked(t)
	p := several(t, s)
	revoked := func() (n int) {
		for _, c := range s.State(t).Components {
			if !c.Revoked.IsZero() {
				n++
			}
		}
		return n
	}
	all := len(state.Components)
	p.Table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	screen.MustContain(t, uitest.Top(s), "Revoke 2 components?", "fileserver, vault.", "Their access ends for good", "They have no live session now.")
	screen.Press(t, s.Window, "Cancel")
	if n := revoked(); n != 0 {
		t.Fatalf("cancelled, and %d are revoked", n)
	}
	screen.Press(t, s.Window, "Revoke…")
	screen.Press(t, s.Window, "Revoke")
	if n := revoked(); n != all || n != 2 {
		t.Errorf("%d of %d are revoked", n, all)
	}
	if told := strings.Join(s.Notes.Texts(), "; "); !strings.Contains(told, "2 components revoked") {
		t.Errorf("it tells %q", told)
	}
}

func TestADrainOfSeveralCanBeTakenBackFromItsNote(t *testing.T) {
	s, _, _ := uitest.Linked(t)
	several(t, s)
	drained := func() (n int) {
		for _, c := range s.State(t).Components {
			if c.Drain != nil {
				n++
			}
		}
		return n
	}
	screen.Press(t, s.Window, "Drain…")
	screen.MustContain(t, uitest.Top(s), "Drain 2 components?")
	screen.Press(t, s.Window, "Drain")
	if n := drained(); n != 2 {
		t.Fatalf("%d drain", n)
	}
	s.PressNote(t, "Undo")
	if n := drained(); n != 0 {
		t.Errorf("undone, and %d drain", n)
	}
}

func TestWhoMayOnlyViewSeesNoActionsOnSeveral(t *testing.T) {
	s, _, _ := uitest.Linked(t)
	s.May = false
	p := several(t, s)
	for _, title := range []string{"Tags…", "Drain…", "Revoke…"} {
		for _, shown := range strings.Split(screen.Text(s.Window.Content()), "\n") {
			if shown == title {
				t.Errorf("it offers %s", title)
			}
		}
	}
	if menu := p.Table.Menu(p.Table.Selection()[0]); menu != nil {
		t.Errorf("the menu offers %d things", len(menu.Items))
	}
	p.Table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	if top := uitest.Top(s); top != "" {
		t.Errorf("Del opens %q", top)
	}
}
