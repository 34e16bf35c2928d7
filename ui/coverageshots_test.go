package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"

	"lockwire/engine"
)

// TestDrawCoverage draws all pairs of few and of many components into the folder that LOCKWIRE_SHOTS names, to be looked at.
func TestDrawCoverage(t *testing.T) {
	folder := os.Getenv("LOCKWIRE_SHOTS")
	if folder == "" {
		t.Skip("LOCKWIRE_SHOTS names no folder")
	}
	for _, appearance := range []Appearance{Light, Dark} {
		for _, count := range []int{0, 8, 200} {
			s, page := allPairs(t)
			fyne.CurrentApp().Settings().SetTheme(Theme{Appearance: appearance})
			addresses := map[string]string{}
			for i := range count {
				addresses[fmt.Sprintf("backup-proxy-%03d.example", i)] = fmt.Sprintf("%d.9.%d.%d", []int{10, 10, 10, 203}[i%4], i%7, i+1)
			}
			s.join(t, addresses)
			s.put(t, "Backup network", "10.9.0.0/22", "10.9.0.0/22", nil)
			shell := NewShell(s.Console, page)
			s.Window.SetPadded(false)
			s.Window.SetContent(shell.Content())
			state := s.state(t)
			state.Revision++
			shell.Update(state)
			for _, size := range []fyne.Size{fyne.NewSize(1280, 800), fyne.NewSize(1024, 700)} {
				s.Window.Resize(size)
				page.pairs.show()
				s.draw(t, filepath.Join(folder, fmt.Sprintf("coverage-%d-%s-%.0f.png", count, appearance, size.Width)), appearance)
			}
		}
	}
}

// TestDrawAnswer draws a decision with the week of its limits.
func TestDrawAnswer(t *testing.T) {
	folder := os.Getenv("LOCKWIRE_SHOTS")
	if folder == "" {
		t.Skip("LOCKWIRE_SHOTS names no folder")
	}
	s, page := allPairs(t)
	limited := engine.AlwaysOn()
	s.put(t, "Branch uplink", "10.0.0.0/24", "10.0.0.0/24", func(r *engine.Rule) {
		r.Throttle = &engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabitsPerSecond}}
		for hour := range 8 {
			limited.Days[2][hour] = engine.Off
		}
		r.Schedule = &limited
	})
	s.Window.SetPadded(false)
	s.Window.SetContent(NewShell(s.Console, page).Content())
	page.askAbout("fileserver", "vault")
	s.draw(t, filepath.Join(folder, "answer.png"), Light)
}
