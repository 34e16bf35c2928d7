package grid

import (
	"math"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Menu makes a menu whose shortcuts can be read. Fyne draws a shortcut with a fifth of the opacity of text, whatever the theme says:
// here it is part of the label, in a column of its own, and Fyne gets only its name, which the driver runs it by.
//
// The items have either all an icon or none, or the column is not straight.
func Menu(title string, items ...*fyne.MenuItem) *fyne.Menu {
	column := 0
	for _, item := range items {
		if _, ok := item.Shortcut.(fyne.KeyboardShortcut); ok {
			column = max(column, nextStop(textWidth(item.Label)+menuGap))
		}
	}
	for _, item := range items {
		if shortcut, ok := item.Shortcut.(fyne.KeyboardShortcut); ok {
			item.Label += strings.Repeat("\t", column-int(textWidth(item.Label)/tabStop)) + keys(shortcut)
			item.Shortcut = unseen(shortcut.ShortcutName())
		}
	}
	return fyne.NewMenu(title, items...)
}

const (
	tabStop = 40 // how far apart Fyne's tab stops are
	menuGap = 12 // the least space between a label and a shortcut
)

func textWidth(s string) float32 {
	return fyne.MeasureText(s, theme.TextSize(), fyne.TextStyle{}).Width
}

// nextStop is the number of the tab stop at or behind a width.
func nextStop(width float32) int { return int(math.Ceil(float64(width) / tabStop)) }

// keys names the keys of a shortcut as people write them.
func keys(s fyne.KeyboardShortcut) string {
	text := ""
	for _, modifier := range []struct {
		key  fyne.KeyModifier
		name string
	}{{fyne.KeyModifierControl, "Ctrl+"}, {fyne.KeyModifierAlt, "Alt+"}, {fyne.KeyModifierShift, "Shift+"}, {fyne.KeyModifierSuper, "Super+"}} {
		if s.Mod()&modifier.key != 0 {
			text += modifier.name
		}
	}
	return text + string(s.Key())
}

// unseen is a shortcut by its name alone.
type unseen string

func (u unseen) ShortcutName() string { return string(u) }
