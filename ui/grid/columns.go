package grid

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

const (
	// minimumWidth keeps a column from vanishing.
	minimumWidth = 36
	// readableWidth is the least width of flexible columns while the others keep theirs.
	readableWidth = 64
)

// visible are the columns that are shown, by their number.
func (g *Grid[T]) visible() []int {
	widths := g.layout()
	shown := make([]int, 0, len(g.columns))
	for i := range g.columns {
		if widths[i] > 0 {
			shown = append(shown, i)
		}
	}
	return shown
}

// width is what a column wants.
func (g *Grid[T]) width(i int) float32 {
	switch {
	case g.widths[i] > 0:
		return g.widths[i]
	case g.bare[i]:
		return max(g.columns[i].Bare, minimumWidth)
	}
	return max(g.columns[i].Width, minimumWidth)
}

// findBare looks for the columns in which no row has a text, of those that are narrower then.
func (g *Grid[T]) findBare() {
	for i := range g.columns {
		column := &g.columns[i]
		bare := column.Bare > 0 && !slices.ContainsFunc(g.rows, func(row T) bool { return column.Text(row) != "" })
		if bare != g.bare[i] {
			g.bare[i], g.laidOut = bare, nil
		}
	}
}

// withRoom reports which columns fit into a width: those that the user did not hide, without those that yield.
func (g *Grid[T]) withRoom(room float32) []bool {
	shown := make([]bool, len(g.columns))
	wanted := float32(0)
	for i := range g.columns {
		if shown[i] = !g.hidden[i]; shown[i] {
			wanted += g.width(i)
		}
	}
	for wanted > room && room > 0 {
		first := -1
		for i := range g.columns {
			if shown[i] && g.columns[i].Yields > 0 && (first < 0 || g.columns[i].Yields > g.columns[first].Yields) {
				first = i
			}
		}
		if first < 0 {
			break
		}
		shown[first] = false
		wanted -= g.width(first)
	}
	return shown
}

// layout gives the widths of all columns at the grid's present width; a hidden column has width 0.
func (g *Grid[T]) layout() []float32 {
	room := g.Size().Width
	if g.laidOut != nil && g.laidOutFor == room {
		return g.laidOut
	}
	widths := make([]float32, len(g.columns))
	left, flexible := room-theme.ScrollBarSize(), 0
	shown := g.withRoom(left)
	for i, column := range g.columns {
		if !shown[i] {
			continue
		}
		widths[i] = g.width(i)
		left -= widths[i]
		if column.Flexible && g.widths[i] == 0 && !g.bare[i] {
			flexible++
		}
	}
	if left > 0 {
		for i, column := range g.columns {
			if shown[i] && column.Flexible && g.widths[i] == 0 && !g.bare[i] {
				widths[i] += left / float32(flexible)
			}
		}
	}
	if left < 0 {
		excess := narrow(widths, -left, readableWidth, func(i int) bool { return shown[i] && g.columns[i].Flexible })
		narrow(widths, excess, minimumWidth, func(i int) bool { return shown[i] })
	}
	g.laidOut, g.laidOutFor = widths, room
	return widths
}

// narrow takes an excess of width from some columns, in proportion to what each has above the least width. It returns what is left of the excess.
func narrow(widths []float32, excess, least float32, some func(i int) bool) float32 {
	spare := float32(0)
	for i, width := range widths {
		if some(i) {
			spare += max(width-least, 0)
		}
	}
	if spare <= 0 || excess <= 0 {
		return excess
	}
	part := min(excess/spare, 1)
	for i, width := range widths {
		if some(i) {
			widths[i] -= max(width-least, 0) * part
		}
	}
	return excess - spare*part
}

// columnsChanged computes the widths, redraws everything, and stores the user's choice.
func (g *Grid[T]) columnsChanged() {
	g.laidOut = nil
	if g.remember != nil {
		g.remember()
	}
	g.Refresh()
}

// resize makes a column wider or narrower.
func (g *Grid[T]) resize(column int, by float32) {
	g.widths[column] = max(g.layout()[column]+by, minimumWidth)
	g.columnsChanged()
}

// toggle shows or hides a column; the last one stays.
func (g *Grid[T]) toggle(column int) {
	if !g.hidden[column] && len(g.visible()) == 1 && g.layout()[column] > 0 {
		return
	}
	g.hidden[column] = !g.hidden[column]
	g.columnsChanged()
}

// titles are what the header shows.
func (g *Grid[T]) titles() []title {
	widths := g.layout()
	var titles []title
	for _, i := range g.visible() {
		column := &g.columns[i]
		t := title{column: i, text: column.Title, width: widths[i], align: column.Align}
		if g.sortedBy == i {
			t.arrow = 1
			if g.downward {
				t.arrow = -1
			}
		}
		titles = append(titles, t)
	}
	return titles
}

// columnAt is the number of the column at a position; -1 where there is none.
func (g *Grid[T]) columnAt(x float32) int {
	if x < 0 {
		return -1
	}
	for i, width := range g.layout() {
		if x -= width; x < 0 {
			return i
		}
	}
	return -1
}

// columnItems are the menu items by which columns are chosen and sorted, for the mouse and for the keyboard.
func (g *Grid[T]) columnItems() []*fyne.MenuItem {
	sortBy, choose := fyne.NewMenuItem("Sort by", nil), fyne.NewMenuItem("Columns", nil)
	sortBy.ChildMenu, choose.ChildMenu = fyne.NewMenu(""), fyne.NewMenu("")
	for i := range g.columns {
		name := g.titleOf(i)
		if !g.hidden[i] && !g.columns[i].Unordered {
			item := fyne.NewMenuItem(name, func() { g.sortBy(i) })
			item.Checked = g.sortedBy == i
			sortBy.ChildMenu.Items = append(sortBy.ChildMenu.Items, item)
		}
		item := fyne.NewMenuItem(name, func() { g.toggle(i) })
		item.Checked = !g.hidden[i]
		choose.ChildMenu.Items = append(choose.ChildMenu.Items, item)
	}
	choose.ChildMenu.Items = append(choose.ChildMenu.Items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem("As at first", g.reset))
	return []*fyne.MenuItem{sortBy, choose}
}

// reset forgets which columns the user chose and how wide they were made.
func (g *Grid[T]) reset() {
	for i := range g.columns {
		g.hidden[i], g.widths[i] = g.columns[i].Hidden, 0
	}
	g.columnsChanged()
}

// ordered reports whether a column with this id can be sorted by.
func (g *Grid[T]) ordered(id string) bool {
	return slices.ContainsFunc(g.columns, func(c Column[T]) bool { return c.ID == id && !c.Unordered })
}

// Remember stores order, widths and choice of columns under a name in the user's preferences, and restores what was stored.
func (g *Grid[T]) Remember(preferences fyne.Preferences, name string) {
	if preferences == nil {
		return
	}
	prefix := "grid." + name + "."
	if sorted := preferences.String(prefix + "sort"); sorted != "" && g.ordered(strings.TrimPrefix(sorted, "-")) {
		g.Sort(strings.TrimPrefix(sorted, "-"), strings.HasPrefix(sorted, "-"))
	}
	// The columns shown and hidden are both stored, so that a column of a newer version starts with that version's default.
	shown, hidden := strings.Split(preferences.String(prefix+"shown"), ","), strings.Split(preferences.String(prefix+"hidden"), ",")
	for i := range g.columns {
		id := g.columns[i].ID
		g.widths[i] = float32(preferences.Float(prefix + "width." + id))
		if slices.Contains(shown, id) {
			g.hidden[i] = false
		} else if slices.Contains(hidden, id) {
			g.hidden[i] = true
		}
	}
	g.laidOut = nil
	g.remember = func() {
		sorted := ""
		if g.sortedBy >= 0 {
			sorted = g.columns[g.sortedBy].ID
			if g.downward {
				sorted = "-" + sorted
			}
		}
		preferences.SetString(prefix+"sort", sorted)
		var shown, hidden []string
		for i, width := range g.widths {
			id := g.columns[i].ID
			preferences.SetFloat(prefix+"width."+id, float64(width))
			if g.hidden[i] && !g.columns[i].Hidden {
				hidden = append(hidden, id)
			} else if !g.hidden[i] && g.columns[i].Hidden {
				shown = append(shown, id)
			}
		}
		preferences.SetString(prefix+"shown", strings.Join(shown, ","))
		preferences.SetString(prefix+"hidden", strings.Join(hidden, ","))
	}
}
