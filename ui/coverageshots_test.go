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
	for _, appearance := range []Appearance{Light, Dark, Contrast} {
		for _, count := range []int{0, 8, 40, 200, 500} {
			s, page := allPairs(t)
			fyne.CurrentApp().Settings().SetTheme(Theme{Appearance: appearance})
			addresses := map[string]string{}
			for i := range count {
				addresses[fmt.Sprintf("backup-proxy-%03d.example", i)] = fmt.Sprintf("%d.9.%d.%d", []int{10, 10, 10, 203}[i%4], i%7, i/7+1)
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

// TestDrawAnswer draws decisions, with why the other rules did not decide and with the week of their limits.
func TestDrawAnswer(t *testing.T) {
	folder := os.Getenv("LOCKWIRE_SHOTS")
	if folder == "" {
		t.Skip("LOCKWIRE_SHOTS names no folder")
	}
	for _, appearance := range []Appearance{Light, Dark, Contrast} {
		for _, size := range []fyne.Size{fyne.NewSize(1280, 800), fyne.NewSize(1024, 700)} {
			s, page := allPairs(t)
			fyne.CurrentApp().Settings().SetTheme(Theme{Appearance: appearance})
			limited := engine.AlwaysOn()
			s.put(t, "Branch uplink", "10.0.0.0/24", "10.0.0.0/24", func(r *engine.Rule) {
				r.Throttle = &engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabitsPerSecond}}
				for hour := range 8 {
					limited.Days[2][hour] = engine.Off
				}
				r.Schedule = &limited
			})
			for i := range 6 {
				s.put(t, fmt.Sprintf("Site %d", i), fmt.Sprintf("10.%d.0.0/16", i), "172.16.0.31", nil)
			}
			shell := NewShell(s.Console, page)
			s.Window.SetPadded(false)
			s.Window.Resize(size)
			s.Window.SetContent(shell.Content())
			shell.Update(s.state(t))
			name := func(what string) string {
				return filepath.Join(folder, fmt.Sprintf("%s-%s-%.0f.png", what, appearance, size.Width))
			}
			page.askAbout("fileserver", "vault", false)
			s.draw(t, name("answer"), appearance)
			s.Window.Resize(fyne.NewSize(size.Width, 1500))
			unfold(page.answer)
			s.draw(t, name("answer-long"), appearance)
		}
	}
}
