package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// menuItem finds an item of the window's menu by the beginning of its title.
func menuItem(t *testing.T, window fyne.Window, begins string) *fyne.MenuItem {
	t.Helper()
	for _, menu := range window.MainMenu().Items {
		for _, item := range menu.Items {
			if strings.HasPrefix(item.Label, begins) {
				return item
			}
		}
	}
	t.Fatalf("the menu has no %q", begins)
	return nil
}

// TestAChangeIsToldOfAndTakenBackByItsNote tags a component and takes that back, by keys alone.
func TestAChangeIsToldOfAndTakenBackByItsNote(t *testing.T) {
	s, _, state := uitest.Linked(t)
	shell := NewShell(s.Console, Pages(s.Console)...)
	s.Window.SetContent(shell.Content())
	shell.Update(state)
	tags := func() []string { return uitest.ComponentByName(s.State(t), "vault").Tags }
	change := engine.Change{Tags: &engine.TagChange{Component: uitest.ComponentByName(state, "vault").ID, Tags: []string{"branch"}}}
	page.AskChange(s.Console, change, "Change the tags of vault?", "Tags of vault changed")
	if notes := s.Notes.Texts(); !slices.Equal(tags(), []string{"branch"}) || !slices.Equal(notes, []string{"Tags of vault changed"}) {
		t.Fatalf("tags %q, told %q, asked %q", tags(), notes, uitest.Top(s))
	}
	screen.MustContain(t, screen.Text(shell.Content()), "Tags of vault changed", "Undo")
	menuItem(t, s.Window, "Last message").Action()
	s.Clock.Pass(time.Minute)
	s.Key(fyne.KeyReturn)
	if notes := s.Notes.Texts(); len(tags()) != 0 || !slices.Equal(notes, []string{"Undone: tags of vault changed"}) {
		t.Errorf("tags %q, told %q, asked %q", tags(), notes, uitest.Top(s))
	}
	s.Clock.Pass(time.Minute)
	if notes := s.Notes.Texts(); len(notes) != 0 {
		t.Errorf("%q stays", notes)
	}
}

// TestTheMenuSaysWhatUndoUndoes follows the title of the menu's item while a rule is turned off.
func TestTheMenuSaysWhatUndoUndoes(t *testing.T) {
	s := uitest.NewStage(t)
	s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	shell := NewShell(s.Console, Pages(s.Console)...)
	s.Window.SetContent(shell.Content())
	shell.Update(s.State(t))
	shell.Show("rules")
	table := tableOf(t, shell.Shown())
	s.Window.Canvas().Focus(table)
	s.Key(fyne.KeyHome)
	s.Key(fyne.KeyDown)
	s.Key(fyne.KeySpace)
	if rule, _ := s.Rule(t, "Nightly"); rule.Enabled {
		t.Fatal("Space did not turn the rule off")
	}
	item := menuItem(t, s.Window, "Undo")
	if words, _, _ := strings.Cut(item.Label, "\t"); words != "Undo: turning off Nightly" {
		t.Errorf("the menu says %q", words)
	}
	item.Action()
	if rule, _ := s.Rule(t, "Nightly"); !rule.Enabled {
		t.Error("Undo did not turn it on")
	}
}
