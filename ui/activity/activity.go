package activity

import (
	"context"
	"fmt"
	"strings"

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
	heading *kit.DetailHeading
	details *fyne.Container
	changes *grid.Grid[difference]
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

// Commands has the one that copies.
func (p *view) Commands() []page.Command {
	return []page.Command{{Title: "Copy rows", Shortcut: &fyne.ShortcutCopy{}, Run: p.list.Table.Copy}}
}

// TakesKeys is the table.
func (p *view) TakesKeys() fyne.Focusable { return p.list.Table }

// Content is the page.
func (p *view) Content() fyne.CanvasObject { return p.content }

func (p *view) build() fyne.CanvasObject {
	type entry = *engine.AuditEntry
	p.list = page.NewPagedList(page.ListConfig[engine.AuditEntry]{
		Console: p.console, Name: "activity", One: "entry", Many: "entries", ID: func(e entry) engine.ID { return e.ID },
		Columns: []grid.Column[entry]{
			{ID: "when", Title: "When", Width: 145, Text: func(e entry) string { return text.Time(e.When) }, Descending: true, Tip: func(e entry) string { return text.ZonedTime(e.When) }},
			{ID: "who", Title: "Who", Width: 150, Flexible: true, Text: func(e entry) string { return string(e.Who) }},
			{ID: "what", Title: "What", Width: 170, Text: func(e entry) string { return record.InWords(e) }},
			{ID: "thing", Title: "Of what", Width: 200, Flexible: true, Text: func(e entry) string { return e.Thing }},
		},
		Sorted: "when", Newest: "when",
		Empty: kit.NewPlaceholder(p.Icon(), "Nothing here", "Whatever is changed, here or on the command line, is kept with who did it and when. Entries are only ever added.", nil).Content,
		List:  p.listing, Selected: p.show,
	})
	p.filter = kit.NewFilter(func(string) { p.list.Typed() })
	p.heading = kit.NewDetailHeading()
	p.changes = grid.New(func(d difference) string { return d.field },
		grid.Column[difference]{ID: "field", Title: "Field", Width: 260, Text: func(d difference) string { return d.field }},
		grid.Column[difference]{ID: "before", Title: "Before", Width: 200, Flexible: true, Text: func(d difference) string { return d.before }, Color: func(d difference) fyne.ThemeColorName {
			if d.before == nothing {
				return kit.ColorMuted
			}
			return ""
		}},
		grid.Column[difference]{ID: "after", Title: "After", Width: 200, Flexible: true, Text: func(d difference) string { return d.after }, Color: func(d difference) fyne.ThemeColorName {
			if d.after == nothing {
				return kit.ColorMuted
			}
			return ""
		}},
	)
	p.changes.Remember(p.console.Preferences, "differences")
	p.changes.SetEmpty(container.NewCenter(kit.Caption("This entry says no more than what stands above.")))
	p.hint = container.NewCenter(kit.Caption("Select an entry to see what it changed, field by field."))
	p.details = container.NewStack(p.hint)
	split := container.NewVSplit(kit.UnderTable(p.list.Table, p.list.Caption), container.NewPadded(p.details))
	split.Offset = 0.6
	return kit.Border(container.NewVBox(kit.NewToolbar(p.filter), p.list.Failed), nil, nil, nil, split)
}

// listing is the audit narrowed by the filter. The engine searches the words, so it also finds entries that are not read yet.
func (p *view) listing() (page.Listing[engine.AuditEntry], string) {
	words := p.filter.Text
	query := func(part *page.Part) engine.AuditQuery {
		q := engine.AuditQuery{Text: words, Before: part.Before, Limit: part.Limit, Upward: part.Upward}
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
}

// show shows what an entry changed, field by field.
func (p *view) show(e *engine.AuditEntry, ok bool) {
	shown := p.hint
	switch n := p.list.Table.SelectionSize(); {
	case n > 1:
		shown = container.NewCenter(kit.Caption(text.Count(n, "entry", "entries") + " selected. Select one to see what it changed, field by field."))
	case ok:
		p.heading.Set(strings.TrimSpace(record.InWords(e)+": "+e.Thing), fmt.Sprintf("by %s, %s", e.Who, text.ZonedTime(e.When)), kit.ColorMuted)
		p.changes.SetRows(differences(e.Before, e.After))
		shown = kit.Border(p.heading.Content, nil, nil, nil, p.changes)
	}
	p.details.Objects = []fyne.CanvasObject{shown}
	p.details.Refresh()
}
