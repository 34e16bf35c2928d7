package ui

import (
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/ui/components"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/providers"
	"lockwire/ui/routes"
	"lockwire/ui/settings"
	"lockwire/ui/tenants"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestWhatChangesThingsIsAbsentForWhoMayOnlyView(t *testing.T) {
	s, _, state := uitest.Linked(t)
	state.Installation.Role = engine.MayView
	state.Tenants, state.Providers = uitest.Tenants(), uitest.Providers()
	for _, c := range []struct {
		page page.Page
		id   engine.ID
		not  []string
	}{
		{components.New(s.Console), state.Components[0].ID, []string{"Add component…", "Revoke…", "Rename…"}},
		{routes.New(s.Console), state.Routes[0].ID, []string{"Add route…", "Remove…", "Test…"}},
		{tenants.New(s.Console), state.Tenants[1].ID, []string{"Add tenant…", "Confirm…", "Make link…", "Edit…", "Disable…", "Remove…"}},
		{providers.New(s.Console), state.Providers[0].ID, []string{"Add service provider…", "Remove…"}},
		{settings.New(s.Console), "", []string{"Back up now…", "Add administrator…"}},
	} {
		s.Window.SetContent(c.page.Content())
		c.page.Update(state)
		if opener, ok := c.page.(page.Opener); ok && c.id != "" {
			opener.Open(string(c.id))
		}
		for _, not := range c.not {
			if strings.Contains(screen.Text(c.page.Content()), not) {
				t.Errorf("%s shows %q", c.page.Name(), not)
			}
		}
	}
}

func TestPagesSayWhyTheyAreEmptyBusyOrFailed(t *testing.T) {
	s := uitest.NewStage(t)
	for _, page := range []page.Page{components.New(s.Console), routes.New(s.Console), tenants.New(s.Console), providers.New(s.Console), settings.New(s.Console)} {
		s.Window.SetContent(page.Content())
		page.Update(&model.State{})
		screen.MustContain(t, screen.Text(page.Content()), "Reading the")
		page.Update(&model.State{Problem: "connection refused"})
		screen.MustContain(t, screen.Text(page.Content()), "connection refused")
		if page.Name() != "settings" {
			page.Update(s.State(t))
			screen.MustContain(t, screen.Text(page.Content()), "No "+strings.TrimSuffix(page.Name(), "s")+" yet")
		}
	}
}
