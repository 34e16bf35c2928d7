package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
)

// NewTabs makes the tabs of a page. What has the keyboard on the tab that is left gives it up: it must not take keys unseen.
func NewTabs(window fyne.Window, chosen func(), items ...*container.TabItem) *container.AppTabs {
	tabs := container.NewAppTabs(items...)
	tabs.OnSelected = func(*container.TabItem) {
		window.Canvas().Unfocus()
		chosen()
	}
	return tabs
}

// TabCommand goes to the next of a page's tabs. Fyne's own can be chosen by the mouse alone.
func TabCommand(title string, tabs *container.AppTabs) Command {
	return Command{Title: title, Shortcut: &desktop.CustomShortcut{KeyName: fyne.KeyTab, Modifier: fyne.KeyModifierControl}, Run: func() {
		tabs.SelectIndex((tabs.SelectedIndex() + 1) % len(tabs.Items))
	}}
}
