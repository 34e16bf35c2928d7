package ui

import (
	"lockwire/ui/activity"
	"lockwire/ui/components"
	"lockwire/ui/headroom"
	"lockwire/ui/overview"
	"lockwire/ui/page"
	"lockwire/ui/providers"
	"lockwire/ui/routes"
	"lockwire/ui/rules"
	"lockwire/ui/sessions"
	"lockwire/ui/settings"
	"lockwire/ui/simulator"
	"lockwire/ui/tenants"
)

// Pages are all pages of the console, in the order of the rail. The first nine have Ctrl and a number.
func Pages(c *page.Console) []page.Page {
	return []page.Page{
		overview.New(c), rules.New(c), sessions.New(c), components.New(c), headroom.New(c), routes.New(c), simulator.New(c), activity.New(c), settings.New(c),
		providers.New(c), tenants.New(c),
	}
}
