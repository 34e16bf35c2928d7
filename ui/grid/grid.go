package grid

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Grid is a table of rows of one type.
type Grid[T any] struct {
	widget.BaseWidget
	// OnSelected is told which row is selected; ok is false where none is.
	OnSelected func(row T, ok bool)
	// OnActivated is told of a double click, and of Enter.
	OnActivated func(row T)
	// OnTapped is told of a click, after the row is selected, with the id of the column that was clicked.
	OnTapped func(row T, column string)
	// Menu gives the context menu of a row; nil, or a nil menu, is none.
	Menu func(row T) *fyne.Menu
	// OnKey is offered each key that the grid does not use itself.
	OnKey func(*fyne.KeyEvent)
	// NearEnd is called when the last rows come into sight, for lists that are read in pages.
	NearEnd func()

	columns  []Column[T]
	key      func(T) string
	rows     []T // all
	shown    []T // that pass the filter, sorted
	filter   func(T) bool
	sortedBy int // a column; -1 keeps the order of the rows
	downward bool
	selected string
	widths   []float32 // as the user made them; 0 is the column's own
	remember func()

	list   *widget.List
	header *header
	empty  *fyne.Container
}

// New makes an empty grid. Key names a row for as long as it lives, so that the selection stays with it.
func New[T any](key func(T) string, columns ...Column[T]) *Grid[T] {
	g := &Grid[T]{columns: columns, key: key, sortedBy: -1, widths: make([]float32, len(columns)), empty: container.NewStack()}
	g.header = newHeader(g.titles, g.sortBy, g.resize)
	g.list = widget.NewList(func() int { return len(g.shown) }, func() fyne.CanvasObject { return newRow(g) }, func(i widget.ListItemID, o fyne.CanvasObject) {
		g.fill(i, o.(*row))
	})
	g.list.HideSeparators = true
	g.ExtendBaseWidget(g)
	return g
}

// SetEmpty is shown instead of the rows while there are none.
func (g *Grid[T]) SetEmpty(o fyne.CanvasObject) {
	g.empty.Objects = []fyne.CanvasObject{o}
	g.Refresh()
}

// SetRows shows other rows. The selection stays with the row of its key.
func (g *Grid[T]) SetRows(rows []T) {
	g.rows = rows
	g.arrange()
}

// Append adds rows at the end, for lists that are read in pages.
func (g *Grid[T]) Append(rows []T) { g.SetRows(append(g.rows[:len(g.rows):len(g.rows)], rows...)) }

// Rows are all rows, in the order in which they were given. They must not be changed.
func (g *Grid[T]) Rows() []T { return g.rows }

// Shown are the rows that pass the filter, sorted. They must not be changed.
func (g *Grid[T]) Shown() []T { return g.shown }

// SetFilter shows only the rows that it lets pass; nil shows all.
func (g *Grid[T]) SetFilter(filter func(T) bool) {
	g.filter = filter
	g.arrange()
}

// Contains is a filter for rows of which any column has every word of a text, whatever its case.
func (g *Grid[T]) Contains(text string) func(T) bool {
	words := strings.Fields(strings.ToLower(text))
	if len(words) == 0 {
		return nil
	}
	return func(row T) bool {
		all := ""
		for i := range g.columns {
			all += "\x00" + g.columns[i].Text(row)
		}
		all = strings.ToLower(all)
		return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(all, word) })
	}
}

// arrange filters and sorts anew.
func (g *Grid[T]) arrange() {
	g.shown = g.rows
	if g.filter != nil {
		g.shown = nil
		for _, row := range g.rows {
			if g.filter(row) {
				g.shown = append(g.shown, row)
			}
		}
	}
	if g.sortedBy >= 0 {
		column, way := &g.columns[g.sortedBy], 1
		if g.downward {
			way = -1
		}
		g.shown = slices.Clone(g.shown)
		slices.SortStableFunc(g.shown, func(a, b T) int { return way * column.compare(a, b) })
	}
	if g.selected != "" {
		if _, found := g.Selected(); !found {
			g.choose("")
		}
	}
	g.Refresh()
}

// Sort sorts by a column; an unknown one keeps the order of the rows.
func (g *Grid[T]) Sort(column string, downward bool) {
	g.sortedBy = slices.IndexFunc(g.columns, func(c Column[T]) bool { return c.ID == column })
	g.downward = downward
	g.arrange()
}

// sortBy is a click on a title: upward, downward, and upward again.
func (g *Grid[T]) sortBy(column int) {
	if g.sortedBy == column {
		g.downward = !g.downward
	} else {
		g.sortedBy, g.downward = column, false
	}
	g.arrange()
	if g.remember != nil {
		g.remember()
	}
}

// minimumWidth keeps a column from vanishing.
const minimumWidth = 36

// resize makes a column wider or narrower.
func (g *Grid[T]) resize(column int, by float32) {
	g.widths[column] = max(g.layout()[column]+by, minimumWidth)
	g.Refresh()
	if g.remember != nil {
		g.remember()
	}
}

// Remember keeps sorting and widths under a name in the user's preferences, and takes up what was kept.
func (g *Grid[T]) Remember(preferences fyne.Preferences, name string) {
	if preferences == nil {
		return
	}
	prefix := "grid." + name + "."
	if sorted := preferences.String(prefix + "sort"); sorted != "" {
		g.Sort(strings.TrimPrefix(sorted, "-"), strings.HasPrefix(sorted, "-"))
	}
	for i := range g.columns {
		g.widths[i] = float32(preferences.Float(prefix + "width." + g.columns[i].ID))
	}
	g.remember = func() {
		sorted := ""
		if g.sortedBy >= 0 {
			sorted = g.columns[g.sortedBy].ID
			if g.downward {
				sorted = "-" + sorted
			}
		}
		preferences.SetString(prefix+"sort", sorted)
		for i, width := range g.widths {
			if width > 0 {
				preferences.SetFloat(prefix+"width."+g.columns[i].ID, float64(width))
			}
		}
	}
}

// layout gives the widths of all columns at the grid's present width.
func (g *Grid[T]) layout() []float32 {
	widths := make([]float32, len(g.columns))
	left, flexible := g.Size().Width-theme.ScrollBarSize(), 0
	for i, column := range g.columns {
		widths[i] = column.Width
		switch {
		case g.widths[i] > 0:
			widths[i] = g.widths[i]
		case column.Flexible:
			flexible++
		}
		left -= widths[i]
	}
	for i, column := range g.columns {
		if column.Flexible && g.widths[i] == 0 && left > 0 {
			widths[i] += left / float32(flexible)
		}
	}
	if left < 0 {
		narrow(widths, -left)
	}
	return widths
}

// narrow takes too much width from all columns, from each in proportion to what it has above the least.
func narrow(widths []float32, excess float32) {
	spare := float32(0)
	for _, width := range widths {
		spare += max(width-minimumWidth, 0)
	}
	if spare == 0 {
		return
	}
	part := min(excess/spare, 1)
	for i, width := range widths {
		widths[i] -= max(width-minimumWidth, 0) * part
	}
}

// titles are what the header shows.
func (g *Grid[T]) titles() []title {
	titles := make([]title, len(g.columns))
	widths := g.layout()
	for i, column := range g.columns {
		titles[i] = title{text: column.Title, width: widths[i], align: column.Align}
		if g.sortedBy == i {
			titles[i].arrow = 1
			if g.downward {
				titles[i].arrow = -1
			}
		}
	}
	return titles
}

// fill shows a row's cells.
func (g *Grid[T]) fill(i int, r *row) {
	if i >= len(g.shown) {
		return
	}
	if g.NearEnd != nil && i >= len(g.shown)-10 {
		g.NearEnd()
	}
	data := g.shown[i]
	r.index, r.chosen = i, g.key(data) == g.selected
	widths := g.layout()
	r.cells = r.cells[:0]
	for j := range g.columns {
		column := &g.columns[j]
		c := cell{text: column.Text(data), width: widths[j], align: column.Align, color: theme.ColorNameForeground}
		if column.Icon != nil {
			c.icon = column.Icon(data)
		}
		if column.Color != nil {
			if color := column.Color(data); color != "" {
				c.color = color
			}
		}
		r.cells = append(r.cells, c)
	}
	r.Refresh()
}

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
		g.list.ScrollTo(at)
	}
	g.Refresh()
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

// pageRows is how far PageUp and PageDown go.
const pageRows = 15

// TypedKey moves the selection and activates it; other keys go to OnKey.
func (g *Grid[T]) TypedKey(e *fyne.KeyEvent) {
	at := g.selectedAt()
	switch e.Name {
	case fyne.KeyDown:
		g.move(at + 1)
	case fyne.KeyUp:
		g.move(at - 1)
	case fyne.KeyPageDown:
		g.move(at + pageRows)
	case fyne.KeyPageUp:
		g.move(at - pageRows)
	case fyne.KeyHome:
		g.move(0)
	case fyne.KeyEnd:
		g.move(len(g.shown) - 1)
	case fyne.KeyReturn, fyne.KeyEnter:
		if row, found := g.Selected(); found && g.OnActivated != nil {
			g.OnActivated(row)
		}
	default:
		if g.OnKey != nil {
			g.OnKey(e)
		}
	}
}

// TypedRune does nothing: letters are for the filter beside the grid.
func (g *Grid[T]) TypedRune(rune) {}

// FocusGained and FocusLost show which grid takes keys by its selection alone.
func (g *Grid[T]) FocusGained() {}

// FocusLost leaves the selection as it is.
func (g *Grid[T]) FocusLost() {}

// SelectedText is the selected row as text, its cells apart by tabs, for the clipboard.
func (g *Grid[T]) SelectedText() string {
	row, found := g.Selected()
	if !found {
		return ""
	}
	cells := make([]string, len(g.columns))
	for i := range g.columns {
		cells[i] = g.columns[i].Text(row)
	}
	return strings.Join(cells, "\t")
}

// CreateRenderer lays header and list out.
func (g *Grid[T]) CreateRenderer() fyne.WidgetRenderer {
	return &gridRenderer[T]{grid: g, objects: []fyne.CanvasObject{g.list, g.header, g.empty}}
}

type gridRenderer[T any] struct {
	grid    *Grid[T]
	objects []fyne.CanvasObject
}

func (r *gridRenderer[T]) Destroy()                     {}
func (r *gridRenderer[T]) Objects() []fyne.CanvasObject { return r.objects }
func (r *gridRenderer[T]) MinSize() fyne.Size           { return fyne.NewSize(200, headerHeight+3*rowHeight) }

func (r *gridRenderer[T]) Layout(size fyne.Size) {
	r.grid.header.Resize(fyne.NewSize(size.Width, headerHeight))
	below := fyne.NewSize(size.Width, max(size.Height-headerHeight, 0))
	for _, object := range []fyne.CanvasObject{r.grid.list, r.grid.empty} {
		object.Move(fyne.NewPos(0, headerHeight))
		object.Resize(below)
	}
	r.grid.header.Refresh()
	r.grid.list.Refresh()
}

func (r *gridRenderer[T]) Refresh() {
	if len(r.grid.shown) == 0 && len(r.grid.empty.Objects) > 0 {
		r.grid.list.Hide()
		r.grid.empty.Show()
	} else {
		r.grid.empty.Hide()
		r.grid.list.Show()
	}
	r.grid.header.Refresh()
	r.grid.list.Refresh()
}

// The row's side of the grid, so that a row need not know its type.

func (g *Grid[T]) tapped(i int) {
	if i < len(g.shown) {
		if canvas := fyne.CurrentApp().Driver().CanvasForObject(g); canvas != nil {
			canvas.Focus(g)
		}
		g.choose(g.key(g.shown[i]))
		g.list.Refresh()
	}
}

// clicked is a click with the primary button at a place in a row.
func (g *Grid[T]) clicked(i int, x float32) {
	g.tapped(i)
	if i >= len(g.shown) || g.OnTapped == nil || x < 0 {
		return
	}
	for j, width := range g.layout() {
		if x -= width; x < 0 {
			g.OnTapped(g.shown[i], g.columns[j].ID)
			return
		}
	}
}

func (g *Grid[T]) doubleTapped(i int) {
	g.tapped(i)
	if i < len(g.shown) && g.OnActivated != nil {
		g.OnActivated(g.shown[i])
	}
}

func (g *Grid[T]) menuFor(i int, at fyne.Position) {
	g.tapped(i)
	if g.Menu == nil || i >= len(g.shown) {
		return
	}
	canvas := fyne.CurrentApp().Driver().CanvasForObject(g)
	menu := g.Menu(g.shown[i])
	if menu == nil || canvas == nil {
		return
	}
	widget.ShowPopUpMenuAtPosition(menu, canvas, at)
}

func compareText(a, b string) int {
	if order := strings.Compare(strings.ToLower(a), strings.ToLower(b)); order != 0 {
		return order
	}
	return strings.Compare(a, b)
}
