package page

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/text"
)

// TableConfig is what differs between pages that are a table with the details of its selected row below it.
type TableConfig[R comparable] struct {
	Console   *Console
	Name      string // the table's name in preferences
	One, Many string // words for its rows
	ID        func(*R) engine.ID
	Columns   []grid.Column[*R]
	// Rows gives the rows that have all words of the filter, and what the caption says of them.
	Rows func(state *model.State, words grid.Words) (rows []R, caption string)
	// Details shows one row; nil if the row's thing is gone.
	Details func(*R) fyne.CanvasObject
	// Sums adds several rows up.
	Sums func([]*R) []kit.Detail
	// Several are actions on several rows; nil for none.
	Several fyne.CanvasObject
	// None says what the details show once a row is selected.
	None string
	// Tools stand left of the filter.
	Tools []fyne.CanvasObject
	// Beside stands right of the details; nil for nothing.
	Beside fyne.CanvasObject
}

// TableFrame is such a page. Until the broker has answered it says so; then it is empty or full.
type TableFrame[R comparable] struct {
	Content fyne.CanvasObject
	Table   *grid.Grid[*R]
	Filter  *widget.Entry
	State   *model.State // the newest; nil before the first
	config  TableConfig[R]

	awaited    *Awaited
	side       *kit.PageStage
	panes      *kit.Panes
	full, none fyne.CanvasObject
	several    *kit.SeveralDetails
	caption    *widget.Label
	said       string // the caption without what is selected
	rows       []R
	begun      bool      // there were rows
	wanted     engine.ID // was asked for before there were any
}

// NewTableFrame makes one. The table's handlers except OnSelected are the page's.
func NewTableFrame[R comparable](config TableConfig[R]) *TableFrame[R] {
	f := &TableFrame[R]{config: config, caption: kit.TableCaption(), several: kit.NewSeveralDetails(config.Several)}
	f.none = kit.NewPlaceholder(nil, "No "+config.One+" chosen", config.None, nil).Content
	f.Table = grid.New(func(r *R) string { return string(config.ID(r)) }, config.Columns...)
	f.Table.OnSelected = func(*R, bool) { f.ShowDetails() }
	f.Table.Remember(config.Console.Preferences, config.Name)
	f.Table.SetEmpty(kit.NonePasses(config.One))
	f.Filter = kit.NewFilter(func(string) {
		f.ShowRows()
		f.Table.ScrollToTop()
	})
	f.side = kit.NewPageStage(f.none)
	var below fyne.CanvasObject = container.NewPadded(f.side.Content)
	if config.Beside != nil {
		split := container.NewHSplit(below, container.NewPadded(config.Beside))
		split.Offset = 0.54
		below = split
	}
	f.panes = kit.NewPanes(config.Console.Preferences, config.Name, kit.Border(kit.NewToolbar(f.Filter, config.Tools...), nil, nil, nil, kit.UnderTable(f.Table, f.caption)), below)
	f.full = f.panes
	f.awaited = NewAwaited(config.Many)
	f.Content = f.awaited.Content
	return f
}

// Update shows the newest state, with empty instead of the table if it is not nil. It reports whether the table is shown.
func (f *TableFrame[R]) Update(state *model.State, empty *kit.Placeholder) (full bool) {
	f.State = state
	if empty != nil {
		f.awaited.Show(state, empty.Content)
		return false
	}
	if !state.When.IsZero() {
		f.ShowRows()
		f.ShowDetails()
	}
	return f.awaited.Show(state, f.full)
}

// ShowRows puts the rows that pass the filter into the table. The first time it selects one, so that the page does not begin with an
// empty half.
func (f *TableFrame[R]) ShowRows() {
	if f.State == nil {
		return
	}
	rows, caption := f.config.Rows(f.State, grid.ParseWords(f.Filter.Text))
	f.said = caption
	if f.rows == nil || !slices.Equal(rows, f.rows) {
		f.rows = rows
		f.Table.SetRows(pointers(rows))
		switch {
		case f.begun || len(rows) == 0:
		case f.wanted != "":
			f.begun = true
			f.Table.Select(string(f.wanted))
		default:
			f.begun = f.Table.SelectFirst()
		}
	}
	f.updateCaption()
}

func (f *TableFrame[R]) updateCaption() {
	if f.State != nil {
		kit.SetLabel(f.caption, f.said+text.Selected(f.Table.SelectionSize()))
	}
}

// ShowDetails shows the details of the selection again.
func (f *TableFrame[R]) ShowDetails() {
	f.updateCaption()
	if selected := f.Table.Selection(); len(selected) > 1 {
		f.several.Set(text.Count(len(selected), f.config.One, f.config.Many), f.config.Sums(selected))
		f.side.Show(f.several.Content)
		f.panes.Fit()
		return
	}
	details := f.none
	if row := f.Chosen(); row != nil && f.State != nil {
		if shown := f.config.Details(row); shown != nil {
			details = shown
		}
	}
	f.side.Show(details)
	f.panes.Fit()
}

// Leave keeps the state lean.
func (f *TableFrame[R]) Leave() { f.State = f.State.Lean() }

// Chosen is the row that is selected alone; nil for none.
func (f *TableFrame[R]) Chosen() *R {
	row, ok := f.Table.Selected()
	if !ok {
		return nil
	}
	return row
}

// Choose clears the filter and selects a row. Before the first state it selects the row once that comes.
func (f *TableFrame[R]) Choose(id engine.ID) {
	f.Filter.SetText("")
	f.wanted = id
	f.Table.Select(string(id))
	f.ShowDetails()
}

// TakesKeys is the table.
func (f *TableFrame[R]) TakesKeys() fyne.Focusable { return f.Table }

// TakesFilter is the filter.
func (f *TableFrame[R]) TakesFilter() *widget.Entry { return f.Filter }

// RowMenu is a context menu for one row; there is none while several are selected.
func (f *TableFrame[R]) RowMenu(items func(*R) []*fyne.MenuItem) func(*R) *fyne.Menu {
	return func(row *R) *fyne.Menu {
		if f.Table.SelectionSize() > 1 {
			return nil
		}
		return fyne.NewMenu("", items(row)...)
	}
}
