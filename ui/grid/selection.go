package grid

import (
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Selected gives the selected row.
func (g *Grid[T]) Selected() (T, bool) {
	if at := g.selectedAt(); at >= 0 {
		return g.shown[at], true
	}
	var none T
	return none, false
}

func (g *Grid[T]) selectedAt() int {
	if g.selected == "" {
		return -1
	}
	return slices.IndexFunc(g.shown, func(row T) bool { return g.key(row) == g.selected })
}

// Select selects the row of a key and brings it into sight; an empty key selects none.
func (g *Grid[T]) Select(key string) {
	g.choose(key)
	if at := g.selectedAt(); at >= 0 {
		g.list.reveal(at)
	}
	g.list.update()
}

func (g *Grid[T]) choose(key string) {
	g.selected = key
	if g.OnSelected != nil {
		row, found := g.Selected()
		g.OnSelected(row, found)
	}
}

// move selects another row by its place.
func (g *Grid[T]) move(to int) {
	if len(g.shown) == 0 {
		return
	}
	g.Select(g.key(g.shown[min(max(to, 0), len(g.shown)-1)]))
}

// TypedKey moves the selection, activates it and opens its menu; other keys go to OnKey.
func (g *Grid[T]) TypedKey(e *fyne.KeyEvent) {
	at := g.selectedAt()
	switch e.Name {
	case fyne.KeyDown:
		g.move(at + 1)
	case fyne.KeyUp:
		g.move(at - 1)
	case fyne.KeyPageDown:
		g.move(max(at, 0) + g.list.inSight())
	case fyne.KeyPageUp:
		g.move(at - g.list.inSight())
	case fyne.KeyHome:
		g.move(0)
	case fyne.KeyEnd:
		g.move(len(g.shown) - 1)
	case fyne.KeyReturn, fyne.KeyEnter:
		if row, found := g.Selected(); found && g.OnActivated != nil {
			g.OnActivated(row)
		}
	case desktop.KeyMenu, fyne.KeyF10: // Shift+F10 where a keyboard has no menu key
		if at >= 0 {
			g.list.reveal(at)
			place := fyne.CurrentApp().Driver().AbsolutePositionForObject(g)
			g.menuFor(at, -1, place.AddXY(cellPadding, headerHeight+float32(at+1)*rowHeight-g.list.scroll.Offset.Y))
		}
	case fyne.KeyF1, fyne.KeyF5: // help and refresh are the window's; the driver gives them to the focus alone
		if canvas := fyne.CurrentApp().Driver().CanvasForObject(g); canvas != nil && canvas.OnTypedKey() != nil {
			canvas.OnTypedKey()(e)
		}
	default:
		if g.OnKey != nil {
			g.OnKey(e)
		}
	}
}

// TypedRune does nothing: letters are for the filter beside the grid.
func (g *Grid[T]) TypedRune(rune) {}

// FocusGained shows that this grid takes the keys.
func (g *Grid[T]) FocusGained() {
	g.ring.StrokeColor = themed(theme.ColorNameFocus)
	g.ring.Show()
}

// FocusLost leaves the selection as it is.
func (g *Grid[T]) FocusLost() { g.ring.Hide() }

// SelectedText is the selected row as text, its cells apart by tabs, for the clipboard.
func (g *Grid[T]) SelectedText() string {
	row, found := g.Selected()
	if !found {
		return ""
	}
	var cells []string
	for _, i := range g.visible() {
		cells = append(cells, g.columns[i].Text(row))
	}
	return strings.Join(cells, "\t")
}

// The row's side of the grid, so that a row need not know its type.

func (g *Grid[T]) tapped(i int) {
	if i < 0 || i >= len(g.shown) {
		return
	}
	if canvas := fyne.CurrentApp().Driver().CanvasForObject(g); canvas != nil {
		canvas.Focus(g)
	}
	g.choose(g.key(g.shown[i]))
	g.list.update()
}

// doubleWithin is the time within which a second click makes a double click.
const doubleWithin = 400 * time.Millisecond

// clicked is a click with the primary button at a place in a row. It selects at once, and activates a row that was clicked a
// moment ago: Fyne's own double taps would make each single one wait. Rows that changed places between two clicks are not mixed up.
func (g *Grid[T]) clicked(i int, x float32) {
	if i < 0 || i >= len(g.shown) {
		return
	}
	row := g.shown[i]
	key, now := g.key(row), time.Now()
	again := key == g.clickedKey && now.Sub(g.clickedAt) < doubleWithin
	g.clickedKey, g.clickedAt = key, now
	g.tapped(i)
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

// menuFor shows the context menu of a row: what the page offers, and what every grid does.
func (g *Grid[T]) menuFor(i int, x float32, at fyne.Position) {
	if i < 0 || i >= len(g.shown) {
		return
	}
	g.tapped(i)
	row := g.shown[i]
	var items []*fyne.MenuItem
	if g.Menu != nil {
		if menu := g.Menu(row); menu != nil {
			items = append(items, menu.Items...)
		}
	}
	if len(items) > 0 {
		items = append(items, fyne.NewMenuItemSeparator())
	}
	if column := g.columnAt(x); column >= 0 {
		if text := g.columns[column].Text(row); text != "" {
			items = append(items, fyne.NewMenuItem("Copy “"+beginning(text)+"”", func() { fyne.CurrentApp().Clipboard().SetContent(text) }))
		}
	}
	g.popUp(at, append(items, g.columnItems()...))
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
		widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), canvas, at)
	}
}
