package ui

import (
	"lockwire/ui/activity"
	"lockwire/ui/components"
	"lockwire/ui/headroom"
	"lockwire/ui/overview"
	"lockwire/ui/page"
	"lockwire/ui/routes"
	"lockwire/ui/rules"
	"lockwire/ui/sessions"
	"lockwire/ui/settings"
	"lockwire/ui/simulator"
)

// Pages are all pages of the console, in the order of the rail.
func Pages(c *page.Console) []page.Page {
	return []page.Page{
		overview.New(c), rules.New(c), sessions.New(c), components.New(c), headroom.New(c), routes.New(c), simulator.New(c), activity.New(c), settings.New(c),
	}
}
