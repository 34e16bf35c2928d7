package grid

import (
	"image/color"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Grid is a table of rows of one type.
type Grid[T any] struct {
	widget.BaseWidget
	// OnSelected is called when the selection changes, with the only selected row. For none or several ok is false; see Selection.
	OnSelected func(row T, ok bool)
	// OnActivated is called for a double click and for Enter.
	OnActivated func(row T)
	// OnTapped is called for a click, after the row is selected, with the id of the clicked column.
	OnTapped func(row T, column string)
	// Menu gives the page's items for the context menu of a selected row; nil, or a nil menu, adds none.
	Menu func(row T) *fyne.Menu
	// OnKey gets each key that the grid does not use itself.
	OnKey func(*fyne.KeyEvent)
	// OnOrder is called when the user chooses another Order, for lists that are read in pages: the grid cannot sort what it does
	// not have, so its rows must arrive in that order. If nil, the grid sorts.
	OnOrder func()
	// NearEnd is called when the last rows become visible, for lists that are read in pages.
	NearEnd func()

	columns  []Column[T]
	key      func(T) string
	rows     []T // all
	shown    []T // that pass the filter, sorted
	filter   func(T) bool
	sortedBy int // a column; -1 keeps the order of the rows
	downward bool
	cells    []cell // of the row that is filled at present
	selection
	held func() fyne.KeyModifier // the keys such as Shift that are held

	hidden     []bool
	widths     []float32 // as the user made them; 0 is the column's own
	bare       []bool    // columns in which no row has a text
	laidOut    []float32 // what layout gave last, for the width laidOutFor; nil where it has to be computed
	laidOutFor float32
	remember   func()

	// The row that was clicked last and when, to tell a second click.
	clickedKey string
	clickedAt  time.Time

	list   *viewport
	header *header
	empty  *fyne.Container
	tip    *Tip
	ring   *canvas.Rectangle // around the grid that has the keyboard
}

// New makes an empty grid. Key identifies a row, so that the selection stays with it.
func New[T any](key func(T) string, columns ...Column[T]) *Grid[T] {
	g := &Grid[T]{columns: columns, key: key, sortedBy: -1, widths: make([]float32, len(columns)), bare: make([]bool, len(columns)), hidden: make([]bool, len(columns)), empty: container.NewStack(), tip: NewTip(), held: Modifiers}
	for i := range columns {
		g.hidden[i] = columns[i].Hidden
	}
	g.ring = canvas.NewRectangle(color.Transparent)
	g.ring.StrokeWidth = 1
	g.ring.Hide()
	g.header = newHeader(g.titles, g.sortBy, g.resize, func(at fyne.Position) { g.popUp(at, g.columnItems()) })
	g.list = newViewport(func() int { return len(g.shown) }, func() *row { return newRow(g) }, g.fill, g.placed)
	g.ExtendBaseWidget(g)
	return g
}

// SetEmpty sets what is shown while there are no rows.
func (g *Grid[T]) SetEmpty(o fyne.CanvasObject) {
	g.empty.Objects = []fyne.CanvasObject{o}
	g.Refresh()
}

// SetRows shows other rows. The selection stays with the rows of its keys.
func (g *Grid[T]) SetRows(rows []T) {
	g.rows = rows
	g.arrange()
}

// SetRowsInPlace replaces the rows without moving those that are read: the row at the top of the view stays there, whatever comes in above
// it. At the very top new rows come into sight.
func (g *Grid[T]) SetRowsInPlace(rows []T) {
	offset := g.list.scroll.Offset
	first := int(offset.Y / rowHeight)
	if offset.Y <= 0 || first >= len(g.shown) {
		g.SetRows(rows)
		return
	}
	top := g.key(g.shown[first])
	g.SetRows(rows)
	if at := g.indexOf(top); at >= 0 {
		offset.Y += float32(at-first) * rowHeight
		g.list.scrollTo(offset)
	}
}

// Append adds rows at the end, for lists that are read in pages.
func (g *Grid[T]) Append(rows []T) {
	all := append(g.rows[:len(g.rows):len(g.rows)], rows...)
	if g.sorts() {
		g.SetRows(all)
		return
	}
	g.rows = all
	if g.filter == nil {
		g.shown = all
	} else {
		for _, row := range rows {
			if g.filter(row) {
				g.shown = append(g.shown, row)
			}
		}
	}
	g.findBare()
	g.update()
}

// Rows are all rows, in the order in which they were given. They must not be changed.
func (g *Grid[T]) Rows() []T { return g.rows }

// NeededHeight is the height at which no row has to be scrolled to.
func (g *Grid[T]) NeededHeight() float32 { return headerHeight + float32(len(g.shown))*rowHeight }

// Shown are the rows that pass the filter, sorted. They must not be changed.
func (g *Grid[T]) Shown() []T { return g.shown }

// SetFilter shows only the rows that it lets pass; nil shows all.
func (g *Grid[T]) SetFilter(filter func(T) bool) {
	g.filter = filter
	g.arrange()
	g.ScrollToTop()
}

// ScrollToTop shows the first rows, as after a filter: the old position means nothing among other rows.
func (g *Grid[T]) ScrollToTop() { g.list.scrollTo(fyne.Position{}) }

// Contains is a filter for rows of which any column has every word of a text, whatever its case.
func (g *Grid[T]) Contains(text string) func(T) bool {
	return WordFilter(text, func(row T) []string {
		texts := make([]string, len(g.columns))
		for i := range g.columns {
			texts[i] = g.columns[i].Text(row)
		}
		return texts
	})
}

// arrange filters and sorts the rows.
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
	if g.sorts() {
		column, way := &g.columns[g.sortedBy], 1
		if g.downward {
			way = -1
		}
		g.shown = slices.Clone(g.shown)
		slices.SortStableFunc(g.shown, func(a, b T) int { return way * column.compare(a, b) })
	}
	g.keepShown()
	g.findBare()
	g.update()
}

// update shows the rows as they are now; what did not change is not drawn again.
func (g *Grid[T]) update() {
	g.showEmpty()
	g.header.update()
	g.list.update()
}

func (g *Grid[T]) showEmpty() {
	nothing := len(g.shown) == 0 && len(g.empty.Objects) > 0
	if nothing == g.empty.Visible() && nothing != g.list.Visible() {
		return
	}
	if nothing {
		g.list.Hide()
		g.empty.Show()
	} else {
		g.empty.Hide()
		g.list.Show()
	}
}

// sorts reports whether the grid itself sorts its rows.
func (g *Grid[T]) sorts() bool { return g.sortedBy >= 0 && g.OnOrder == nil }

// Sort sorts by a column; an unknown or unordered column keeps the order of the rows.
func (g *Grid[T]) Sort(column string, downward bool) {
	g.order(slices.IndexFunc(g.columns, func(c Column[T]) bool { return c.ID == column && !c.Unordered }), downward)
}

// Order is the column by which the rows are sorted; empty for none.
func (g *Grid[T]) Order() (column string, downward bool) {
	if g.sortedBy < 0 {
		return "", false
	}
	return g.columns[g.sortedBy].ID, g.downward
}

func (g *Grid[T]) order(column int, downward bool) {
	g.sortedBy, g.downward = column, downward
	if g.OnOrder != nil {
		g.header.update()
		g.OnOrder()
		return
	}
	g.arrange()
}

// sortBy is a click on a title: one way, the other way, and so on.
func (g *Grid[T]) sortBy(column int) {
	switch {
	case g.columns[column].Unordered:
		return
	case g.sortedBy == column:
		g.order(column, !g.downward)
	default:
		g.order(column, g.columns[column].Descending)
	}
	if g.remember != nil {
		g.remember()
	}
}

// fill shows a row's cells.
func (g *Grid[T]) fill(i int, r *row) {
	if i >= len(g.shown) {
		return
	}
	data := g.shown[i]
	widths := g.layout()
	g.cells = g.cells[:0]
	for j, width := range widths {
		if width == 0 {
			continue
		}
		column := &g.columns[j]
		c := cell{text: column.Text(data), width: width, align: column.Align, color: theme.ColorNameForeground}
		if column.Icon != nil {
			c.icon = column.Icon(data)
		}
		if column.Color != nil {
			if color := column.Color(data); color != "" {
				c.color = color
			}
		}
		if column.Bar != nil {
			c.bar, c.hasBar = column.Bar(data)
		}
		if column.Trend != nil {
			c.trend, c.fill = column.Trend(data), column.TrendColor(data)
		}
		g.cells = append(g.cells, c)
	}
	key := g.key(data)
	chosen := g.chosen[key]
	// The cursor needs a sign of its own only where the selection does not show it.
	r.set(i, g.cells, chosen, key == g.cursor && (!chosen || len(g.chosen) > 1))
}

// nearEnd is how many rows before the last one more are asked for.
const nearEnd = 10

// placed asks for more rows where the last ones are in sight.
func (g *Grid[T]) placed(last int) {
	if g.NearEnd != nil && last >= len(g.shown)-1-nearEnd {
		g.NearEnd()
	}
}

// CreateRenderer lays header and rows out.
func (g *Grid[T]) CreateRenderer() fyne.WidgetRenderer {
	r := &gridRenderer[T]{grid: g, objects: []fyne.CanvasObject{g.list, g.header, g.empty, g.ring, g.tip}}
	g.showEmpty()
	return r
}

type gridRenderer[T any] struct {
	grid    *Grid[T]
	objects []fyne.CanvasObject
	size    fyne.Size // that it was laid out for
}

func (r *gridRenderer[T]) Destroy()                     {}
func (r *gridRenderer[T]) Objects() []fyne.CanvasObject { return r.objects }
func (r *gridRenderer[T]) MinSize() fyne.Size           { return fyne.NewSize(200, headerHeight+3*rowHeight) }

func (r *gridRenderer[T]) Layout(size fyne.Size) {
	r.grid.laidOut = nil
	// Fyne lays it out again whenever a part changes its size, as the tip does when it appears.
	if size != r.size {
		r.size = size
		r.grid.tip.Hide()
	}
	r.grid.header.Resize(fyne.NewSize(size.Width, headerHeight))
	below := fyne.NewSize(size.Width, max(size.Height-headerHeight, 0))
	for _, object := range []fyne.CanvasObject{r.grid.list, r.grid.empty} {
		object.Move(fyne.NewPos(0, headerHeight))
		object.Resize(below)
	}
	r.grid.ring.Resize(size)
	r.grid.header.update()
}

// Refresh redraws everything, for another theme or other columns.
func (r *gridRenderer[T]) Refresh() {
	r.grid.laidOut = nil
	r.grid.ring.StrokeColor = themed(colorRing)
	r.grid.showEmpty()
	r.grid.header.Refresh()
	r.grid.list.update()
	r.grid.list.sheet.Refresh()
	canvas.Refresh(r.grid)
}
