package grid

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// What a row calls on the grid, so that the row need not know its type.

// tapped selects a row: alone, with Ctrl besides the others, with Shift all from the anchor to it.
func (g *Grid[T]) tapped(i int, held fyne.KeyModifier) {
	if i < 0 || i >= len(g.shown) {
		return
	}
	g.focus()
	more := held&fyne.KeyModifierShortcutDefault != 0
	switch {
	case held&fyne.KeyModifierShift != 0:
		g.extend(i, more)
	case more:
		g.toggleRow(g.key(g.shown[i]))
	default:
		g.choose(g.key(g.shown[i]))
	}
	g.list.update()
}

func (g *Grid[T]) focus() {
	if canvas := fyne.CurrentApp().Driver().CanvasForObject(g); canvas != nil {
		canvas.Focus(g)
	}
}

// doubleWithin is the time within which a second click makes a double click.
const doubleWithin = 400 * time.Millisecond

// selecting are the keys with which a click only selects.
const selecting = fyne.KeyModifierShift | fyne.KeyModifierShortcutDefault

// clicked is a click with the primary button at a position in a row. It selects at once, and activates a row that was clicked a
// moment ago: Fyne's own double taps would make each single one wait. Rows that moved between two clicks are not mixed up.
func (g *Grid[T]) clicked(i int, x float32) {
	if i < 0 || i >= len(g.shown) {
		return
	}
	held := g.held()
	if held&selecting != 0 {
		g.clickedKey = ""
		g.tapped(i, held)
		return
	}
	row := g.shown[i]
	key, now := g.key(row), time.Now()
	again := key == g.clickedKey && now.Sub(g.clickedAt) < doubleWithin
	g.clickedKey, g.clickedAt = key, now
	g.tapped(i, 0)
	if again {
		g.clickedKey = ""
		if g.OnActivated != nil {
			g.OnActivated(row)
		}
		return
	}
	if column := g.columnAt(x); column >= 0 && g.OnTapped != nil {
		g.OnTapped(row, g.columns[column].ID)
	}
}

// menuFor shows the context menu of a row: the page's items and those of every grid. For a selected row it covers the whole selection;
// any other row is selected first.
func (g *Grid[T]) menuFor(i int, x float32, at fyne.Position) {
	if i < 0 || i >= len(g.shown) {
		return
	}
	row := g.shown[i]
	if key := g.key(row); g.chosen[key] {
		g.focus()
		g.cursor = key
		g.list.update()
	} else {
		g.tapped(i, 0)
	}
	var items []*fyne.MenuItem
	if g.Menu != nil {
		if menu := g.Menu(row); menu != nil {
			items = append(items, menu.Items...)
		}
	}
	if len(items) > 0 {
		items = append(items, fyne.NewMenuItemSeparator())
	}
	if column := g.columnAt(x); column >= 0 && len(g.chosen) == 1 {
		if text := g.columns[column].Text(row); text != "" {
			items = append(items, fyne.NewMenuItem("Copy “"+beginning(text)+"”", func() { fyne.CurrentApp().Clipboard().SetContent(text) }))
		}
	}
	items = append(items, g.selectionItems()...)
	g.popUp(at, append(append(items, fyne.NewMenuItemSeparator()), g.columnItems()...))
}

// beginning is as much of a text as a menu has room for.
func beginning(text string) string {
	const most = 24
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

func (g *Grid[T]) popUp(at fyne.Position, items []*fyne.MenuItem) {
	g.tip.Hide()
	if canvas := fyne.CurrentApp().Driver().CanvasForObject(g); canvas != nil {
		widget.ShowPopUpMenuAtPosition(Menu("", items...), canvas, at)
	}
}
