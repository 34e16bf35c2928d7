package kit

import (
	"fyne.io/fyne/v2"

	"lockwire/ui/chart"
	"lockwire/ui/grid"
)

// TableCell is what one cell of a page's table shows.
type TableCell struct {
	Text   string
	Icon   fyne.Resource
	Color  fyne.ThemeColorName
	Bar    chart.Level // drawn in columns of bars, where barred says so
	Barred bool
	Tip    string // told by the mouse; empty where the text says all
}

// TableColumn is one column of a page's table.
type TableColumn[R any] struct {
	ID, Title string
	Width     float32
	Right     bool // the text stands at the right, as numbers do
	Bars      bool // the cells have bars
	Tips      bool // the cells have tips
	Yields    int  // as that of grid.Column
	Cell      func(*R) TableCell
	Compare   func(a, b *R) int
}

// PageTable is a grid of pointers to rows.
type PageTable[R any] struct {
	Content    *grid.Grid[*R]
	id         func(*R) string
	OnSelected func(*R) // nil for none
	OnOpen     func(*R)
	OnKey      func(fyne.KeyName)
	Menu       func(*R) []*fyne.MenuItem
	begun      bool   // there have been rows
	wanted     string // chosen before there were any
}

func NewPageTable[R any](columns []TableColumn[R], id func(*R) string) *PageTable[R] {
	t := &PageTable[R]{id: id}
	of := make([]grid.Column[*R], len(columns))
	for i, c := range columns {
		of[i] = grid.Column[*R]{
			ID: c.ID, Title: c.Title, Width: c.Width, Flexible: !c.Right && !c.Bars, Compare: c.Compare, Yields: c.Yields,
			Text:  func(r *R) string { return c.Cell(r).Text },
			Icon:  func(r *R) fyne.Resource { return c.Cell(r).Icon },
			Color: func(r *R) fyne.ThemeColorName { return c.Cell(r).Color },
		}
		if c.Right {
			of[i].Align = fyne.TextAlignTrailing
		}
		if c.Bars {
			of[i].Bar = func(r *R) (chart.Level, bool) { cell := c.Cell(r); return cell.Bar, cell.Barred }
		}
		if c.Tips {
			of[i].Tip = func(r *R) string { return c.Cell(r).Tip }
		}
	}
	t.Content = grid.New(id, of...)
	t.Content.OnSelected = func(r *R, ok bool) {
		if !ok {
			r = nil
		}
		if t.OnSelected != nil {
			t.OnSelected(r)
		}
	}
	t.Content.OnActivated = func(r *R) {
		if t.OnOpen != nil {
			t.OnOpen(r)
		}
	}
	t.Content.OnKey = func(e *fyne.KeyEvent) {
		if t.OnKey != nil {
			t.OnKey(e.Name)
		}
	}
	t.Content.Menu = func(r *R) *fyne.Menu {
		if t.Menu == nil {
			return nil
		}
		return fyne.NewMenu("", t.Menu(r)...)
	}
	return t
}

// SetRows shows other rows. The first time it selects one, so that a page does not begin with an empty half.
func (t *PageTable[R]) SetRows(rows []R) {
	pointers := make([]*R, len(rows))
	for i := range rows {
		pointers[i] = &rows[i]
	}
	t.Content.SetRows(pointers)
	switch {
	case t.begun || len(rows) == 0:
	case t.wanted != "":
		t.begun = true
		t.Choose(t.wanted)
	default:
		t.begun = t.Content.SelectFirst()
	}
}

// Chosen is the selected row; nil for none.
func (t *PageTable[R]) Chosen() *R {
	row, ok := t.Content.Selected()
	if !ok {
		return nil
	}
	return row
}

// Choose selects a row; one that is chosen before there are any is selected when they come.
func (t *PageTable[R]) Choose(id string) {
	t.wanted = id
	t.Content.Select(id)
}
