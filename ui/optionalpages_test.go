package ui

import (
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// TestTheRailLeadsToTenantsOnlyWhereThatMakesSense: an installation that is no service provider has no use for the page.
func TestTheRailLeadsToTenantsOnlyWhereThatMakesSense(t *testing.T) {
	s, _, state := uitest.Linked(t)
	shell := NewShell(s.Console, Pages(s.Console)...)
	s.Window.SetContent(shell.Content())
	onRail := func() bool { return strings.Contains(screen.Text(shell.Content()), "Tenants") }
	inMenu := func() bool {
		for _, item := range s.Window.MainMenu().Items[0].Items {
			if item.Label == "Tenants" {
				return true
			}
		}
		return false
	}
	shell.Update(state)
	if onRail() || inMenu() {
		t.Error("an installation without tenants is led to them")
	}
	provider := *state
	provider.Components = append([]engine.ComponentStatus{}, state.Components...)
	provider.Components[1].Role = engine.ProviderGateway
	shell.Update(&provider)
	if !onRail() || !inMenu() {
		t.Error("an installation with a gateway is not led to its tenants")
	}
	shell.Show("tenants")
	shell.Update(state)
	if !onRail() {
		t.Error("the page that is shown is not on the rail")
	}
	shell.Show("overview")
	if onRail() || inMenu() {
		t.Error("the page stays on the rail")
	}
}
