package ui

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
)

// TestDrawDialogs draws the dialogs of components, routes, rules and settings, and what long names and few rights make of the pages,
// into the folder that LOCKWIRE_SHOTS names, to be looked at.
func TestDrawDialogs(t *testing.T) {
	folder := os.Getenv("LOCKWIRE_SHOTS")
	if folder == "" {
		t.Skip("LOCKWIRE_SHOTS names no folder")
	}
	long := strings.Repeat("longname", 8)
	for _, appearance := range []Appearance{Light, Dark, Contrast} {
		s, _, state := linked(t)
		fyne.CurrentApp().Settings().SetTheme(Theme{Appearance: appearance})
		size := fyne.NewSize(1024, 700)
		draw := func(name string) {
			s.Window.Resize(size)
			s.draw(t, filepath.Join(folder, fmt.Sprintf("%s-%s.png", name, appearance)), appearance)
			for overlays := s.Window.Canvas().Overlays(); overlays.Top() != nil; {
				overlays.Remove(overlays.Top())
			}
		}
		for i := range 30 {
			c := testComponent(t, fmt.Sprintf("site-%02d", i), fmt.Sprintf("10.3.0.%d", i+1))
			if err := s.local.Store.Write(t.Context(), func(tx engine.Transaction) error {
				return errors.Join(tx.PutComponent(c), tx.PutRoute(engine.Route{ID: engine.NewID(), Name: "of " + c.Name, Sources: []engine.ID{c.ID}, Listen: "127.0.0.1:8000", Service: state.Routes[0].Service, Flow: engine.Push, Enabled: true}))
			}); err != nil {
				t.Fatal(err)
			}
		}
		rule := s.put(t, "Sites", "10.3.0.0/24", "10.0.0.2", func(r *engine.Rule) { r.Encrypt = true })
		state = fullState(t, s)
		c := &state.Components[0]
		c.Name, c.Online, c.Sessions = long, true, 3
		for i := range 40 {
			c.Tags = append(c.Tags, fmt.Sprintf("tag-%02d", i))
		}
		r := &state.Routes[0]
		r.Name = long
		session := liveSession(engine.Sealed)
		session.Source, session.SourceName, session.TargetName, session.RouteName = c.ID, long, long, long
		session.Began = testMoment.Add(-time.Minute)
		state.Sessions = []engine.Session{session}

		pages := Pages(s.Console)
		shell := NewShell(s.Console, pages...)
		s.Window.SetPadded(false)
		s.Window.SetContent(shell.Content())
		s.Window.Resize(size)
		shell.Update(state)
		for _, page := range pages {
			shell.Show(page.Name())
			switch p := page.(type) {
			case *ComponentsPage:
				p.Open(string(c.ID))
				draw("long-components")
				for name, open := range map[string]func(){"rename": p.rename, "tags": p.tags, "limit": p.limit, "revoke": p.revoke} {
					open()
					draw("dialog-" + name)
				}
			case *RoutesPage:
				p.Open(string(r.ID))
				draw("long-routes")
				for name, open := range map[string]func(){"edit": p.edit, "remove": p.remove, "test": p.test} {
					open()
					draw("dialog-route-" + name)
				}
			case *SettingsPage:
				p.add()
				draw("dialog-administrator")
				showBackup(s.Console, state)
				draw("dialog-backup")
			case *sessionsPage:
				draw("long-sessions")
				p.askCut()
				draw("dialog-cut")
			case *rulesPage:
				e := showRuleEditor(s.Console, rule, func(_, _ engine.Rule) {})
				test.Tap(e.encrypt)
				draw("editor-many")
				shell.Find()
				draw("dialog-find")
			default:
				draw("long-" + page.Name())
			}
		}
		s.may = false
		view := s.state(t)
		view.Installation.ID = state.Installation.ID
		view.Components, view.Routes, view.Sessions = state.Components, state.Routes, state.Sessions
		shell.Update(view)
		for _, page := range pages {
			shell.Show(page.Name())
			draw("view-" + page.Name())
		}
	}
}
