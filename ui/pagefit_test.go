package ui

import (
	"fmt"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/uitest"
)

// TestEveryPageFitsASmallWindow holds the least size of each page within what a window of 1024 x 700 leaves it beside rail and
// status bar, with 60 components and 200 rules: a page that needs more is scrolled, which is no way to work.
func TestEveryPageFitsASmallWindow(t *testing.T) {
	s, _, state := uitest.Linked(t)
	uitest.WithHeadroom(t, state, 60)
	rules := slices.Clone(state.Rules.Rules)
	for i := range 200 {
		rule := rules[0].Clone()
		rule.ID, rule.Name = engine.NewID(), fmt.Sprintf("Branch office %03d, with a name that says where it is", i)
		rules = append(rules, rule)
	}
	state.Rules.Rules = rules
	state.Tenants, state.Providers = uitest.Tenants(), uitest.Providers()
	shell := NewShell(s.Console, Pages(s.Console)...)
	window := test.NewTempWindow(t, shell.Content())
	window.Resize(fyne.NewSize(1024, 660)) // 40 are the title bar's
	for _, page := range shell.pages {
		shell.Show(page.Name())
		shell.Update(state)
		room, least := shell.stage.Size(), page.Content().MinSize()
		if least.Width > 1024-railWidth-20 || least.Height > 620 {
			t.Errorf("%s needs %v of %v", page.Name(), least, room)
		}
	}
}
