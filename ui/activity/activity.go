package activity

import (
	"context"
	"fmt"
	"maps"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/engine/record"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// view shows who changed what and when, newest first.
type view struct {
	console *page.Console
	content fyne.CanvasObject
	list    *page.PagedList[engine.AuditEntry]
	filter  *widget.Entry
	days    *page.DateChoice
	names   names               // of what ids in entries stand for
	told    []engine.AuditEntry // whose changes are shown
	chosen  engine.ID
	heading *kit.DetailHeading
	details *fyne.Container
	panes   *kit.Panes
	changes *grid.Grid[record.Difference]
	pairs   *fyne.Container // what the change made of pairs
	undo    *widget.Button  // absent for who may only view
	hint    fyne.CanvasObject

	shown    bool
	revision uint64
}

// New makes the page.
func New(c *page.Console) page.Page {
	p := &view{console: c}
	p.content = p.build()
	return p
}

func (p *view) Name() string        { return "activity" }
func (p *view) Title() string       { return "Activity" }
func (p *view) Icon() fyne.Resource { return theme.HistoryIcon() }

// Commands are what the page can do.
func (p *view) Commands() []page.Command {
	return []page.Command{
		{Title: "Undo this change…", Run: p.takeBack, Changes: true},
		{Title: "Copy rows", Shortcut: &fyne.ShortcutCopy{}, Run: p.list.Table.Copy},
	}
}

// TakesFilter is the filter.
func (p *view) TakesFilter() *widget.Entry { return p.filter }

// TakesKeys is the table.
func (p *view) TakesKeys() fyne.Focusable { return p.list.Table }

// Content is the page.
func (p *view) Content() fyne.CanvasObject { return p.content }

func (p *view) build() fyne.CanvasObject {
	type entry = *engine.AuditEntry
	p.list = page.NewPagedList(page.ListConfig[engine.AuditEntry]{
		Console: p.console, Name: "activity", One: "entry", Many: "entries", ID: func(e entry) engine.ID { return e.ID },
		Columns: []grid.Column[entry]{
			{ID: "when", Title: "When", Width: text.TimeWidth(145), Text: func(e entry) string { return text.Time(e.When) }, Descending: true, Tip: func(e entry) string { return text.ZonedTime(e.When) }},
			{ID: "who", Title: "Who", Width: 150, Flexible: true, Text: func(e entry) string { return string(e.Who) }},
			{ID: "what", Title: "What", Width: 170, Flexible: true, Text: func(e entry) string { return record.InWords(e) }},
			{ID: "thing", Title: "Of what", Width: 200, Flexible: true, Text: func(e entry) string { return record.OfWhat(e) }},
		},
		Sorted: "when", Newest: "when",
		Empty: kit.NewPlaceholder(p.Icon(), "Nothing here", "Each change, made here or on the command line, is kept with who made it and when. No entry is ever changed or removed.", nil).Content,
		List:  p.listing, Selected: p.show,
	})
	p.filter = kit.NewFilter(func(string) { p.list.Typed() })
	p.days = page.NewDateChoice(page.SpanAll, "From", p.list.Restart)
	p.heading = kit.NewDetailHeading()
	p.changes = grid.New(func(d record.Difference) string { return d.Field },
		grid.Column[record.Difference]{ID: "field", Title: "Field", Width: 260, Text: func(d record.Difference) string { return d.Field }},
		grid.Column[record.Difference]{ID: "before", Title: "Before", Width: 200, Flexible: true, Text: func(d record.Difference) string { return d.Before }, Color: func(d record.Difference) fyne.ThemeColorName {
			if d.Before == record.Nothing {
				return kit.ColorMuted
			}
			return ""
		}},
		grid.Column[record.Difference]{ID: "after", Title: "After", Width: 200, Flexible: true, Text: func(d record.Difference) string { return d.After }, Color: func(d record.Difference) fyne.ThemeColorName {
			if d.After == record.Nothing {
				return kit.ColorMuted
			}
			return ""
		}},
	)
	p.changes.Remember(p.console.Preferences, "differences")
	p.changes.SetEmpty(container.NewCenter(kit.Caption("This entry has no more details.")))
	p.pairs = container.NewVBox()
	p.undo = widget.NewButtonWithIcon("Undo…", theme.ContentUndoIcon(), p.takeBack)
	p.undo.Disable()
	p.undo.Hide()
	p.hint = container.NewCenter(kit.Caption("Select an entry to see what it changed, field by field."))
	p.details = container.NewStack(p.hint)
	p.panes = kit.NewPanes(p.console.Preferences, "activity", kit.UnderTable(p.list.Table, p.list.Caption), container.NewPadded(p.details))
	return kit.Border(container.NewVBox(kit.NewToolbar(p.filter, container.NewGridWrap(fyne.NewSize(130, p.days.Span.MinSize().Height), p.days.Span), p.newReportButton(), p.undo), p.days.Dates, p.list.Failed), nil, nil, nil, p.panes)
}

// listing is the audit narrowed by the filter. The engine searches the words, so it also finds entries that are not read yet.
func (p *view) listing() (page.Listing[engine.AuditEntry], string) {
	words := p.filter.Text
	from, until, err := p.days.Days()
	if err != nil {
		return page.Listing[engine.AuditEntry]{}, "No activity is listed: " + err.Error()
	}
	query := func(part *page.Part) engine.AuditQuery {
		q := engine.AuditQuery{Text: words, From: from, Until: until, Grouped: true, Before: part.Before, Limit: part.Limit, Upward: part.Upward}
		if part.Column != "when" {
			q.Order = engine.AuditOrder(part.Column)
		}
		return q
	}
	return page.Listing[engine.AuditEntry]{
		Read: func(ctx context.Context, part page.Part) ([]engine.AuditEntry, error) {
			return p.console.Admin.Audit(ctx, query(&part))
		},
		Compare: func(part *page.Part, a, b *engine.AuditEntry) int {
			q := query(part)
			return record.CompareEntries(&q, a, b)
		},
	}, ""
}

// Update reads what is new when something was changed.
func (p *view) Update(state *model.State) {
	if !p.shown || state.Revision != p.revision {
		p.list.Renew()
	}
	p.shown, p.revision = true, state.Revision
	if names := namesIn(state); !maps.Equal(names, p.names) {
		p.names = names
		if len(p.told) > 0 {
			p.tell(p.told)
		}
	}
	kit.Present(p.undo, state.MayChange())
	p.panes.Fit()
}

// show shows what an entry changed, field by field.
func (p *view) show(e *engine.AuditEntry, ok bool) {
	shown := p.hint
	p.chosen = ""
	switch n := p.list.Table.SelectionSize(); {
	case n > 1:
		shown = container.NewCenter(kit.Caption(text.Count(n, "entry", "entries") + " selected. Select one to see what it changed, field by field."))
	case ok:
		p.chosen = e.ID
		p.heading.Set(entryWords(e), fmt.Sprintf("by %s, %s", e.Who, text.ZonedTime(e.When)), kit.ColorMuted)
		p.tell([]engine.AuditEntry{*e})
		if len(e.Parts) > 0 {
			p.unfold(e)
		}
		shown = kit.Border(p.heading.Content, nil, nil, nil, p.changes)
		if e.Turned != nil {
			p.pairs.Objects = pairParts(e.Turned)
			beside := container.NewHSplit(p.changes, container.NewVScroll(p.pairs))
			beside.Offset = 0.6
			shown = kit.Border(p.heading.Content, nil, nil, nil, beside)
		}
	}
	if ok && record.Undoable(e) {
		p.undo.Enable()
	} else {
		p.undo.Disable()
	}
	p.details.Objects = []fyne.CanvasObject{shown}
	p.details.Refresh()
	p.panes.Fit()
}
