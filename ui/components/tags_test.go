package components

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// fields gives the fields of the topmost dialog.
func fields(s *uitest.Stage) (all []*kit.PickEntry) {
	screen.Walk(s.Window.Canvas().Overlays().Top(), func(o fyne.CanvasObject) {
		if entry, ok := o.(*kit.PickEntry); ok {
			all = append(all, entry)
		}
	})
	return all
}

func TestTagsOfSeveralComponentsAreEditedTogether(t *testing.T) {
	s, _, state := uitest.Linked(t)
	vault := uitest.ComponentByName(state, "vault")
	if _, err := s.Local.Apply(t.Context(), engine.Change{EditTags: &engine.TagEdit{Components: []engine.ID{vault.ID}, Add: []string{"old", "kept"}}}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	state = s.State(t)
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(state)
	page.Open(string(uitest.ComponentByName(state, "fileserver").ID))
	screen.SelectBelow(page.Table, 1)
	if page.Table.SelectionSize() != 2 {
		t.Fatalf("%d are selected", page.Table.SelectionSize())
	}
	screen.Press(t, s.Window, "Tags…")
	screen.MustContain(t, uitest.Top(s), "Tags of 2 components", "they carry kept (1 of 2), old (1 of 2)")
	typed := fields(s)
	typed[1].SetText("nowhere")
	screen.MustContain(t, uitest.Top(s), "none of them carries nowhere")
	typed[0].SetText("branch, old")
	typed[1].SetText("old")
	screen.MustContain(t, uitest.Top(s), "old is also in the field above")
	typed[0].SetText("branch, kept")
	screen.Press(t, s.Window, "Save")
	if top := uitest.Top(s); top != "" {
		t.Errorf("it shows %q", top)
	}
	for _, name := range []string{"vault", "fileserver"} {
		if tags := uitest.ComponentByName(s.State(t), name).Tags; !slices.Equal(tags, []string{"branch", "kept"}) {
			t.Errorf("%s: %s", name, strings.Join(tags, ", "))
		}
	}
}

func TestTagsThatOthersCarryAreOfferedWhileTyping(t *testing.T) {
	s, _, state := uitest.Linked(t)
	vault := uitest.ComponentByName(state, "vault")
	if _, err := s.Local.Apply(t.Context(), engine.Change{Tags: &engine.TagChange{Component: vault.ID, Tags: []string{"backup"}}}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	state = s.State(t)
	page.Update(state)
	page.Open(string(uitest.ComponentByName(state, "fileserver").ID))
	screen.Press(t, s.Window, "Tags…")
	screen.TypeText(s.Window.Canvas(), "new, back")
	screen.MustContain(t, uitest.Top(s), "backup", "1 component")
	screen.TypeKey(s.Window.Canvas(), fyne.KeyReturn) // takes
	screen.TypeKey(s.Window.Canvas(), fyne.KeyReturn) // saves
	if tags := uitest.ComponentByName(s.State(t), "fileserver").Tags; !slices.Equal(tags, []string{"backup", "new"}) {
		t.Errorf("%q", tags)
	}
}
