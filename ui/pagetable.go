package ui

import (
	"fyne.io/fyne/v2"

	"lockwire/ui/chart"
	"lockwire/ui/grid"
)

// tableCell is what one cell of a page's table shows.
type tableCell struct {
	text   string
	icon   fyne.Resource
	color  fyne.ThemeColorName
	bar    chart.Level // drawn in columns of bars, where barred says so
	barred bool
	tip    string // told by the mouse; empty where the text says all
}

// tableColumn is one column of a page's table.
type tableColumn[R any] struct {
	id, title string
	width     float32
	right     bool // the text stands at the right, as numbers do
	bars      bool // the cells have bars
	tips      bool // the cells have tips
	yields    int  // as that of grid.Column
	cell      func(*R) tableCell
	compare   func(a, b *R) int
}

// pageTable is a grid of pointers to rows.
type pageTable[R any] struct {
	content    *grid.Grid[*R]
	id         func(*R) string
	onSelected func(*R) // nil for none
	onOpen     func(*R)
	onKey      func(fyne.KeyName)
	menu       func(*R) []*fyne.MenuItem
	begun      bool   // there have been rows
	wanted     string // chosen before there were any
}

func newPageTable[R any](columns []tableColumn[R], id func(*R) string) *pageTable[R] {
	t := &pageTable[R]{id: id}
	of := make([]grid.Column[*R], len(columns))
	for i, c := range columns {
		of[i] = grid.Column[*R]{
			ID: c.id, Title: c.title, Width: c.width, Flexible: !c.right && !c.bars, Compare: c.compare, Yields: c.yields,
			Text:  func(r *R) string { return c.cell(r).text },
			Icon:  func(r *R) fyne.Resource { return c.cell(r).icon },
			Color: func(r *R) fyne.ThemeColorName { return c.cell(r).color },
		}
		if c.right {
			of[i].Align = fyne.TextAlignTrailing
		}
		if c.bars {
			of[i].Bar = func(r *R) (chart.Level, bool) { cell := c.cell(r); return cell.bar, cell.barred }
		}
		if c.tips {
			of[i].Tip = func(r *R) string { return c.cell(r).tip }
		}
	}
	t.content = grid.New(id, of...)
	t.content.OnSelected = func(r *R, ok bool) {
		if !ok {
			r = nil
		}
		if t.onSelected != nil {
			t.onSelected(r)
		}
	}
	t.content.OnActivated = func(r *R) {
		if t.onOpen != nil {
			t.onOpen(r)
		}
	}
	t.content.OnKey = func(e *fyne.KeyEvent) {
		if t.onKey != nil {
			t.onKey(e.Name)
		}
	}
	t.content.Menu = func(r *R) *fyne.Menu {
		if t.menu == nil {
			return nil
		}
		return fyne.NewMenu("", t.menu(r)...)
	}
	return t
}

// setRows shows other rows. The first time it selects one, so that a page does not begin with an empty half.
func (t *pageTable[R]) setRows(rows []R) {
	pointers := make([]*R, len(rows))
	for i := range rows {
		pointers[i] = &rows[i]
	}
	t.content.SetRows(pointers)
	switch {
	case t.begun || len(rows) == 0:
	case t.wanted != "":
		t.begun = true
		t.choose(t.wanted)
	default:
		t.begun = t.content.SelectFirst()
	}
}

// chosen is the selected row; nil for none.
func (t *pageTable[R]) chosen() *R {
	row, ok := t.content.Selected()
	if !ok {
		return nil
	}
	return row
}

// choose selects a row; one that is chosen before there are any is selected when they come.
func (t *pageTable[R]) choose(id string) {
	t.wanted = id
	t.content.Select(id)
}
