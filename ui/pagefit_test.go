package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lockwire/ui/uitest"
)

// TestEveryPageFitsASmallWindow holds the least size of each page within what a window of 1024 x 700 leaves it beside rail and
// status bar: a page that needs more is scrolled, which is no way to work.
func TestEveryPageFitsASmallWindow(t *testing.T) {
	s, _, state := uitest.Linked(t)
	uitest.WithHeadroom(t, state, 60)
	s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
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
