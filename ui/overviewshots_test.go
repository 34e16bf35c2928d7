package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"lockwire/engine"
)

// TestDrawOverview draws the overview of few and of many components into the folder that LOCKWIRE_SHOTS names, to be looked at.
func TestDrawOverview(t *testing.T) {
	folder := os.Getenv("LOCKWIRE_SHOTS")
	if folder == "" {
		t.Skip("LOCKWIRE_SHOTS names no folder")
	}
	for _, appearance := range []Appearance{Light, Dark, Contrast} {
		for _, size := range []fyne.Size{fyne.NewSize(1280, 800), fyne.NewSize(1024, 700)} {
			for _, many := range []int{0, 2, 12, 200} {
				s := newStage(t)
				fyne.CurrentApp().Settings().SetTheme(Theme{Appearance: appearance})
				s.record(t, endedSession(engine.Sealed, engine.SessionEnded, testMoment.Add(-time.Hour), 2e9), endedSession(engine.Plain, engine.SessionEnded, testMoment.Add(-time.Hour), 1e9),
					endedSession(engine.Plain, engine.SessionRefused, testMoment.Add(-time.Hour), 0))
				state := s.state(t)
				state.Installation.ID = "installation"
				(&lastLook{}).update(s.Preferences, &State{Snapshot: engine.Snapshot{When: testMoment.Add(-10 * time.Hour)}, Installation: state.Installation})
				for i := range many {
					name := fmt.Sprintf("branch-%03d", i)
					if i%9 == 8 {
						name = strings.Repeat("longname", 8)
					}
					c := engine.ComponentStatus{Component: testComponent(t, name, fmt.Sprintf("10.0.%d.%d", i/200, i%200+1)), Online: i%5 != 4}
					c.LastSeen = testMoment.Add(-3 * time.Hour)
					state.Components = append(state.Components, c)
				}
				for i := 1; i < many; i++ {
					session := liveSession(engine.Mode(i%3/2 + 1))
					session.ID = engine.NewID()
					session.Source, session.SourceName = state.Components[i].ID, state.Components[i].Name
					session.Target, session.TargetName = state.Components[i%3].ID, state.Components[i%3].Name
					if i%4 == 1 {
						session.Stale, session.Now = true, &engine.SessionDecision{Decision: engine.Decision{Mode: engine.Sealed}}
					}
					session.Traffic.RateToTarget = uint64(i) * 30_000_000
					state.Sessions = append(state.Sessions, session)
				}
				for i := range 60 {
					state.Past = append(state.Past, Sample{When: testMoment.Add(time.Duration(i-60) * 15 * time.Second), Sealed: uint64(many*(30+i%17)) * 1e6, Plain: uint64(many*(i%9)) * 1e6})
				}
				shell := NewShell(s.Console, Pages(s.Console)...)
				s.Window.SetPadded(false)
				s.Window.SetContent(shell.Content())
				shell.Update(state)
				s.Window.Resize(size)
				s.draw(t, filepath.Join(folder, fmt.Sprintf("overview-%d-%s-%.0f.png", many, appearance, size.Width)), appearance)
			}
		}
	}
}
