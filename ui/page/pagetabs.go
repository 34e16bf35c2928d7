package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
)

// NewTabs makes the tabs of a page. Changing the tab removes the focus: a hidden widget must not get keys.
func NewTabs(window fyne.Window, chosen func(), items ...*container.TabItem) *container.AppTabs {
	tabs := container.NewAppTabs(items...)
	tabs.OnSelected = func(*container.TabItem) {
		window.Canvas().Unfocus()
		chosen()
	}
	return tabs
}

// TabCommand selects the next tab of a page. Fyne's tabs work with the mouse only.
func TabCommand(title string, tabs *container.AppTabs) Command {
	return Command{Title: title, Shortcut: &desktop.CustomShortcut{KeyName: fyne.KeyTab, Modifier: fyne.KeyModifierControl}, Run: func() {
		tabs.SelectIndex((tabs.SelectedIndex() + 1) % len(tabs.Items))
	}}
}
