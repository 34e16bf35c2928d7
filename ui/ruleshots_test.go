package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
)

// TestDrawRules draws rules and their editor into the folder that LOCKWIRE_SHOTS names, to be looked at.
func TestDrawRules(t *testing.T) {
	folder := os.Getenv("LOCKWIRE_SHOTS")
	if folder == "" {
		t.Skip("LOCKWIRE_SHOTS names no folder")
	}
	for _, appearance := range []Appearance{Light, Dark, Contrast} {
		for _, size := range []fyne.Size{fyne.NewSize(1280, 800), fyne.NewSize(1024, 700)} {
			draw := func(name string, s *stage) {
				s.Window.Resize(size)
				s.draw(t, filepath.Join(folder, fmt.Sprintf("%s-%s-%.0f.png", name, appearance, size.Width)), appearance)
			}
			s := newStage(t)
			fyne.CurrentApp().Settings().SetTheme(Theme{Appearance: appearance})
			s.Window.Resize(size)
			s.link(t)
			page := s.rulesPage(t)
			draw("rules-empty", s)
			for i := range 60 {
				s.put(t, fmt.Sprintf("Branch %d uplink", i), fmt.Sprintf("192.168.%d.1-192.168.%d.255, 2001:db8:%d::/48", i, i, i), "172.16.0.31, tag:vault", func(r *engine.Rule) {
					r.Encrypt = i%3 != 0
					r.Enabled = i%7 != 3
					if i%3 == 0 {
						r.Exempt = &engine.Exemption{Reason: "leased line"}
					}
					if i%4 == 0 {
						r.Throttle = &engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabitsPerSecond}, Relaxed: &engine.Limit{Value: 400, Unit: engine.MegabitsPerSecond}}
						week := engine.AlwaysOn()
						for hour := range 8 {
							week.Days[1][hour] = engine.Relaxed
							week.Days[0][hour+8] = engine.Off
						}
						r.Schedule = &week
					}
				})
			}
			stored := s.put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
			page.Update(s.state(t))
			page.table.Select(string(stored.ID))
			draw("rules-full", s)
			page.table.Select(string(page.table.Shown()[3].ID))
			selectBelow(page.table, 1, 2, 1, 1, 3)
			draw("rules-several", s)
			page.remove()
			draw("rules-several-remove", s)
			s.Window.Canvas().Overlays().Top().Hide()
			page.table.Select(string(stored.ID))
			e := showRuleEditor(s.Console, stored, func(_, _ engine.Rule) {})
			test.Tap(e.encrypt)
			typed(e.comment, "leased line")
			draw("editor-loses", s)
			test.Tap(e.throttle)
			test.Tap(e.hasRelaxed)
			test.Tap(e.scheduled)
			typed(e.source, "10.0.0.9-10.0.0.1")
			test.Tap(e.exempt)
			draw("editor-errors", s)
			e.dialog.close()
			row, _ := s.rule(t, "Branch 4 uplink")
			showRuleEditor(s.Console, row, func(_, _ engine.Rule) {})
			draw("editor-schedule", s)
		}
	}
}
