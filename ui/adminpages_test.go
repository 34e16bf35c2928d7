package ui

import (
	"strings"
	"testing"

	"lockwire/engine"
)

func TestWhatChangesThingsIsAbsentForWhoMayOnlyView(t *testing.T) {
	s, _, state := linked(t)
	state.Installation.Role = engine.MayView
	for _, c := range []struct {
		page Page
		id   engine.ID
		not  []string
	}{
		{NewComponentsPage(s.Console), state.Components[0].ID, []string{"Add component…", "Revoke…", "Rename…"}},
		{NewRoutesPage(s.Console), state.Routes[0].ID, []string{"Add route…", "Remove…", "Test…"}},
		{NewSettingsPage(s.Console), "", []string{"Back up now…", "Add administrator…"}},
	} {
		s.Window.SetContent(c.page.Content())
		c.page.Update(state)
		if opener, ok := c.page.(Opener); ok && c.id != "" {
			opener.Open(string(c.id))
		}
		for _, not := range c.not {
			if strings.Contains(textOf(c.page.Content()), not) {
				t.Errorf("%s shows %q", c.page.Name(), not)
			}
		}
	}
}

func TestPagesSayWhyTheyAreEmptyBusyOrFailed(t *testing.T) {
	s := newStage(t)
	for _, page := range []Page{NewComponentsPage(s.Console), NewRoutesPage(s.Console), NewSettingsPage(s.Console)} {
		s.Window.SetContent(page.Content())
		page.Update(&State{})
		mustContain(t, textOf(page.Content()), "Reading the")
		page.Update(&State{Problem: "connection refused"})
		mustContain(t, textOf(page.Content()), "connection refused")
		if page.Name() != "settings" {
			page.Update(s.state(t))
			mustContain(t, textOf(page.Content()), "No "+strings.TrimSuffix(page.Name(), "s")+" yet")
		}
	}
}
