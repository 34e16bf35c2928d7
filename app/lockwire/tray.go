package main

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"lockwire/assets"
	"lockwire/ui/model"
)

// tray is the icon in the desktop's tray: how things are, by shape and colour and in words, and the way back to the window.
type tray struct {
	program desktop.App
	menu    *fyne.Menu
	open    *fyne.MenuItem
	words   *fyne.MenuItem
	outlook model.Outlook
	shown   time.Time // when it was last changed
}

// trayPause keeps what changes often from having the menu made anew each time.
const trayPause = 2 * time.Second

// newTray makes the icon; nil where Fyne's driver has none. Open and quit are what the menu does.
func newTray(program fyne.App, open, quit func()) *tray {
	system, ok := program.(desktop.App)
	if !ok {
		return nil
	}
	t := &tray{program: system, open: fyne.NewMenuItem("Open Lockwire", open), words: fyne.NewMenuItem("Starting…", nil), outlook: model.NoBroker}
	t.words.Disabled = true
	ending := fyne.NewMenuItem("Quit", quit)
	ending.IsQuit = true
	t.menu = fyne.NewMenu("Lockwire", t.open, fyne.NewMenuItemSeparator(), t.words, fyne.NewMenuItemSeparator(), ending)
	t.program.SetSystemTrayIcon(trayIcons[t.outlook])
	t.program.SetSystemTrayMenu(t.menu)
	return t
}

var trayIcons = map[model.Outlook]fyne.Resource{model.AllWell: assets.TrayWell, model.NeedsAttention: assets.TrayAttention, model.NoBroker: assets.TrayNoBroker}

// name says which broker elsewhere the window is of: there may be an icon for each.
func (t *tray) name(about string) {
	t.open.Label = "Open Lockwire – " + about
	t.menu.Refresh()
}

// show says how things are. A change of the outlook is shown at once, other words after a moment.
func (t *tray) show(standing model.Standing, now time.Time) {
	if t.outlook != standing.Outlook {
		t.outlook = standing.Outlook
		t.program.SetSystemTrayIcon(trayIcons[t.outlook])
	} else if t.words.Label == standing.Words || now.Sub(t.shown) < trayPause {
		return
	}
	t.shown = now
	t.words.Label = standing.Words
	t.menu.Refresh()
}
