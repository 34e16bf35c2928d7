package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/kit"
	"lockwire/ui/text"
)

// AskClose asks before closing a window that runs the broker. Routes is the number of enabled routes, negative if unknown. Keep
// leaves the broker running in the desktop's tray, and is nil without a tray; stop ends it with the window. Closed is called when
// the dialog closes, before keep or stop.
func AskClose(window fyne.Window, routes int, keep, stop, closed func()) {
	choices := []kit.Choice{{Text: "Cancel", Enter: true, Run: closed}}
	if keep != nil {
		choices = append(choices, kit.Choice{Text: "Keep running in the tray", Run: func() { closed(); keep() }})
	}
	choices = append(choices, kit.Choice{Text: "Stop the broker and close", Importance: widget.DangerImportance, Run: func() { closed(); stop() }})
	kit.ShowModal(window, "Stop the broker?", kit.Wrapped(closeText(routes)), fyne.NewSize(560, 180), closed, choices...)
}

// closeText says what the end of the broker means for the backups.
func closeText(routes int) string {
	which := text.Count(routes, "route", "routes")
	if routes < 0 {
		which = "its routes"
	}
	refused := "Backups over " + which + " will be refused until it runs again; sessions that are open go on."
	if routes == 0 {
		refused = "No route is turned on, so no backup is refused."
	}
	return "The broker runs in this window and ends with it. " + refused + "\n\n" +
		"The banner above the pages says how it runs at night and after a restart."
}
