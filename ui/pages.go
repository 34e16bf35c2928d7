package ui

// Pages are all pages of the console, in the order of the rail.
func Pages(c *Console) []Page {
	return []Page{
		NewOverviewPage(c), NewRulesPage(c), NewSessionsPage(c), NewComponentsPage(c), NewHeadroomPage(c), NewRoutesPage(c), NewSimulatorPage(c), NewActivityPage(c), NewSettingsPage(c),
	}
}
