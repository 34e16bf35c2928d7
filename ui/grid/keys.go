package grid

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// Modifiers are the keys such as Shift and Ctrl that are held at this moment.
func Modifiers() fyne.KeyModifier {
	if driver, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		return driver.CurrentKeyModifiers()
	}
	return 0
}

// TypedKey moves the cursor and with it the selection, which Shift extends; it activates the row and opens its menu. Other keys go
// to OnKey.
func (g *Grid[T]) TypedKey(e *fyne.KeyEvent) {
	at := g.indexOf(g.cursor)
	switch e.Name {
	case fyne.KeyDown, fyne.KeyUp, fyne.KeyPageDown, fyne.KeyPageUp, fyne.KeyHome, fyne.KeyEnd:
		g.moveCursor(e.Name, g.held()&fyne.KeyModifierShift != 0, true)
	case fyne.KeyReturn, fyne.KeyEnter:
		if row, found := g.Selected(); found && g.OnActivated != nil {
			g.OnActivated(row)
		}
	case desktop.KeyMenu, fyne.KeyF10: // Shift+F10 where a keyboard has no menu key
		origin := fyne.CurrentApp().Driver().AbsolutePositionForObject(g)
		if at < 0 {
			g.popUp(origin.AddXY(cellPadding, headerHeight), g.columnItems())
			return
		}
		g.list.reveal(at)
		g.menuFor(at, -1, origin.AddXY(cellPadding, headerHeight+float32(at+1)*rowHeight-g.list.scroll.Offset.Y))
	case fyne.KeyEscape:
		if !g.backToOne() {
			g.pass(e)
		}
	default:
		g.pass(e)
	}
}

func (g *Grid[T]) pass(e *fyne.KeyEvent) {
	if g.OnKey != nil {
		g.OnKey(e)
	}
}

// TypedShortcut selects all rows with Ctrl+A. Ctrl with an arrow moves the cursor and leaves the selection, Ctrl+Space selects the
// row of the cursor besides the others. All other shortcuts are in the window's menu, which takes them before the grid is asked.
func (g *Grid[T]) TypedShortcut(s fyne.Shortcut) {
	switch s := s.(type) {
	case *fyne.ShortcutSelectAll:
		g.selectAll()
	case *desktop.CustomShortcut:
		if s.Modifier&^fyne.KeyModifierShift != fyne.KeyModifierShortcutDefault {
			return
		}
		switch s.KeyName {
		case fyne.KeySpace:
			if g.indexOf(g.cursor) >= 0 {
				g.toggleRow(g.cursor)
				g.list.update()
			}
		case fyne.KeyDown, fyne.KeyUp, fyne.KeyPageDown, fyne.KeyPageUp, fyne.KeyHome, fyne.KeyEnd:
			g.moveCursor(s.KeyName, s.Modifier&fyne.KeyModifierShift != 0, false)
		}
	}
}

// moveCursor moves the cursor by a key. The selection follows the cursor, is extended to it, or stays as it is.
func (g *Grid[T]) moveCursor(key fyne.KeyName, extend, follow bool) {
	if len(g.shown) == 0 {
		return
	}
	at := g.indexOf(g.cursor)
	to := 0
	switch key {
	case fyne.KeyDown:
		to = at + 1
	case fyne.KeyUp:
		to = at - 1
	case fyne.KeyPageDown:
		to = max(at, 0) + g.list.inSight()
	case fyne.KeyPageUp:
		to = at - g.list.inSight()
	case fyne.KeyEnd:
		to = len(g.shown) - 1
	}
	to = min(max(to, 0), len(g.shown)-1)
	switch {
	case extend:
		g.extend(to, !follow)
	case follow:
		g.choose(g.key(g.shown[to]))
	default:
		g.cursor = g.key(g.shown[to])
	}
	g.list.reveal(to)
	g.list.update()
}

// AccessibilityLabel and AccessibilityRole tell assistive tools what it is.
func (g *Grid[T]) AccessibilityLabel() string             { return fmt.Sprintf("Table, %d rows", len(g.shown)) }
func (g *Grid[T]) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// TypedRune does nothing: letters are for the filter beside the grid.
func (g *Grid[T]) TypedRune(rune) {}

// FocusGained shows that this grid takes the keys.
func (g *Grid[T]) FocusGained() {
	g.ring.StrokeColor = themed(colorRing)
	g.ring.Show()
}

// FocusLost leaves the selection as it is.
func (g *Grid[T]) FocusLost() { g.ring.Hide() }
