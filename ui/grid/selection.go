package grid

import (
	"maps"
	"slices"
)

// selection is which rows are selected, by their keys, so that it stays with them wherever sorting and updates put them. What is
// not shown is never selected: nobody acts on a row that they do not see.
type selection struct {
	chosen map[string]bool // nil where none is
	cursor string          // the row from which keys go on; empty for none
	anchor string          // the row at which a range begins
}

// Selected gives the selected row, where it is the only one.
func (g *Grid[T]) Selected() (T, bool) {
	if len(g.chosen) == 1 {
		for _, row := range g.shown {
			if g.chosen[g.key(row)] {
				return row, true
			}
		}
	}
	var none T
	return none, false
}

// Selection gives the selected rows in the order in which they are shown.
func (g *Grid[T]) Selection() []T {
	rows := make([]T, 0, len(g.chosen))
	for _, row := range g.shown {
		if len(rows) == len(g.chosen) {
			break
		}
		if g.chosen[g.key(row)] {
			rows = append(rows, row)
		}
	}
	return rows
}

// SelectionSize is how many rows are selected.
func (g *Grid[T]) SelectionSize() int { return len(g.chosen) }

// Select selects the row of a key alone and brings it into sight; an empty key selects none.
func (g *Grid[T]) Select(key string) {
	g.choose(key)
	g.revealCursor()
	g.list.update()
}

// SelectFirst selects the first row, and reports whether there is one.
func (g *Grid[T]) SelectFirst() bool {
	if len(g.shown) == 0 {
		return false
	}
	g.Select(g.key(g.shown[0]))
	return true
}

// choose selects the row of a key alone, or none where it is not shown.
func (g *Grid[T]) choose(key string) {
	g.cursor, g.anchor = key, key
	if g.indexOf(key) < 0 {
		g.settle(nil)
		return
	}
	g.settle(map[string]bool{key: true})
}

// toggleRow selects a row besides the others, or takes it out of them.
func (g *Grid[T]) toggleRow(key string) {
	chosen := maps.Clone(g.chosen)
	if chosen == nil {
		chosen = map[string]bool{}
	}
	if chosen[key] {
		delete(chosen, key)
	} else {
		chosen[key] = true
	}
	g.cursor, g.anchor = key, key
	g.settle(chosen)
}

// extend selects all rows from the anchor to an index; with others, those selected before stay.
func (g *Grid[T]) extend(to int, others bool) {
	from := g.indexOf(g.anchor)
	if from < 0 {
		from = max(g.indexOf(g.cursor), 0)
		g.anchor = g.key(g.shown[from])
	}
	chosen := map[string]bool{}
	if others {
		maps.Copy(chosen, g.chosen)
	}
	for _, row := range g.shown[min(from, to) : max(from, to)+1] {
		chosen[g.key(row)] = true
	}
	g.cursor = g.key(g.shown[to])
	g.settle(chosen)
}

// selectAll selects all rows that are shown. The cursor stays where it is.
func (g *Grid[T]) selectAll() {
	if len(g.shown) == 0 {
		return
	}
	chosen := make(map[string]bool, len(g.shown))
	for _, row := range g.shown {
		chosen[g.key(row)] = true
	}
	if !chosen[g.cursor] {
		g.cursor = g.key(g.shown[0])
	}
	g.anchor = g.cursor
	g.settle(chosen)
	g.list.update()
}

// backToOne leaves only the cursor's row selected, and reports whether there were more.
func (g *Grid[T]) backToOne() bool {
	if len(g.chosen) < 2 {
		return false
	}
	g.choose(g.cursor)
	g.list.update()
	return true
}

// settle computes the selection, and calls OnSelected if it changed.
func (g *Grid[T]) settle(chosen map[string]bool) {
	changed := !maps.Equal(chosen, g.chosen)
	g.chosen = chosen
	if g.OnSelected != nil && (changed || len(chosen) == 1) { // one that is chosen again may be shown anew
		row, one := g.Selected()
		g.OnSelected(row, one)
	}
}

// keepShown takes the rows that are not shown any more out of the selection.
func (g *Grid[T]) keepShown() {
	left := len(g.chosen)
	for i := 0; i < len(g.shown) && left > 0; i++ {
		if g.chosen[g.key(g.shown[i])] {
			left--
		}
	}
	if left == 0 {
		return
	}
	kept := make(map[string]bool, len(g.chosen)-left)
	for _, row := range g.Selection() {
		kept[g.key(row)] = true
	}
	g.settle(kept)
}

// indexOf is the index of the row of a key among those shown; -1 for none.
func (g *Grid[T]) indexOf(key string) int {
	if key == "" {
		return -1
	}
	return slices.IndexFunc(g.shown, func(row T) bool { return g.key(row) == key })
}

// revealCursor scrolls to the row of the cursor.
func (g *Grid[T]) revealCursor() {
	if at := g.indexOf(g.cursor); at >= 0 {
		g.list.reveal(at)
	}
}
