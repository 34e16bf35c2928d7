package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/grid"
)

// activityPage says who changed what and when, read in pages as one scrolls.
type activityPage struct {
	console  *Console
	content  fyne.CanvasObject
	table    *grid.Grid[engine.AuditEntry]
	details  *fyne.Container
	query    engine.AuditQuery
	reading  bool
	all      bool
	revision uint64
	begun    bool
	turn     int
}

// auditPage is how many entries are read at a time.
const auditPage = 200

// NewActivityPage makes the page.
func NewActivityPage(c *Console) Page { return &activityPage{console: c} }

func (p *activityPage) Name() string        { return "activity" }
func (p *activityPage) Title() string       { return "Activity" }
func (p *activityPage) Icon() fyne.Resource { return theme.HistoryIcon() }

// Commands has the one that copies.
func (p *activityPage) Commands() []Command {
	return []Command{{Title: "Copy row", Shortcut: &fyne.ShortcutCopy{}, Run: func() {
		if text := p.table.SelectedText(); text != "" {
			fyne.CurrentApp().Clipboard().SetContent(text)
		}
	}}}
}

// Content builds the page.
func (p *activityPage) Content() fyne.CanvasObject {
	if p.content != nil {
		return p.content
	}
	p.table = grid.New(func(e engine.AuditEntry) string { return string(e.ID) },
		grid.Column[engine.AuditEntry]{ID: "when", Title: "When", Width: 145, Text: func(e engine.AuditEntry) string { return timeWords(e.When) }, Compare: func(a, b engine.AuditEntry) int { return a.When.Compare(b.When) }},
		grid.Column[engine.AuditEntry]{ID: "who", Title: "Who", Width: 150, Flexible: true, Text: func(e engine.AuditEntry) string { return string(e.Who) }},
		grid.Column[engine.AuditEntry]{ID: "what", Title: "What", Width: 150, Text: func(e engine.AuditEntry) string { return e.What }},
		grid.Column[engine.AuditEntry]{ID: "thing", Title: "Of what", Width: 200, Flexible: true, Text: func(e engine.AuditEntry) string { return e.Thing }},
	)
	p.table.Remember(p.console.Preferences, "activity")
	p.table.NearEnd = p.more
	p.table.OnSelected = p.show
	filter := widget.NewEntry()
	filter.SetPlaceHolder("filter what is shown")
	filter.OnChanged = func(text string) { p.table.SetFilter(p.table.Contains(text)) }
	p.details = container.NewStack(wrapped("Select an entry to see what it changed."))
	split := container.NewVSplit(p.table, container.NewVScroll(p.details))
	split.Offset = 0.65
	p.content = container.NewBorder(filter, nil, nil, nil, split)
	return p.content
}

// Update reads anew when something was changed.
func (p *activityPage) Update(state *State) {
	p.Content()
	if p.begun && state.Revision == p.revision {
		return
	}
	p.begun, p.revision = true, state.Revision
	p.turn++
	p.query, p.all, p.reading = engine.AuditQuery{Limit: auditPage}, false, false
	p.table.SetRows(nil)
	p.more()
}

// more reads the next page.
func (p *activityPage) more() {
	if p.reading || p.all || !p.begun {
		return
	}
	p.reading = true
	query, turn := p.query, p.turn
	fetch(p.console, func(ctx context.Context) ([]engine.AuditEntry, error) { return p.console.Admin.Audit(ctx, query) }, func(entries []engine.AuditEntry, err error) {
		if turn != p.turn {
			return
		}
		p.reading = false
		if err != nil {
			p.all = true
			p.details.Objects = []fyne.CanvasObject{newNotice(theme.ErrorIcon(), ColorRefused, "The activity could not be read: "+err.Error())}
			p.details.Refresh()
			return
		}
		p.all = len(entries) < query.Limit
		if len(entries) > 0 {
			p.query.Before = entries[len(entries)-1].ID
			p.table.Append(entries)
		}
	})
}

// show shows what an entry changed, field by field.
func (p *activityPage) show(e engine.AuditEntry, ok bool) {
	if !ok {
		return
	}
	parts := []fyne.CanvasObject{wrapped(fmt.Sprintf("%s: %s %s, by %s", timeWords(e.When), e.What, e.Thing, e.Who))}
	for _, d := range differences(e.Before, e.After) {
		label := monospaced(d)
		parts = append(parts, label)
	}
	p.details.Objects = []fyne.CanvasObject{container.NewVBox(parts...)}
	p.details.Refresh()
}

// differences compares two documents field by field. One that is not there has no fields.
func differences(before, after json.RawMessage) []string {
	was, is := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	// A document that is no object is shown whole.
	if len(before) > 0 && json.Unmarshal(before, &was) != nil {
		was = map[string]json.RawMessage{"value": before}
	}
	if len(after) > 0 && json.Unmarshal(after, &is) != nil {
		is = map[string]json.RawMessage{"value": after}
	}
	names := map[string]bool{}
	for name := range was {
		names[name] = true
	}
	for name := range is {
		names[name] = true
	}
	var sorted []string
	for name := range names {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	var lines []string
	for _, name := range sorted {
		left, inBefore := was[name]
		right, inAfter := is[name]
		switch {
		case bytes.Equal(left, right):
		case !inBefore:
			lines = append(lines, fmt.Sprintf("%s: %s", name, right))
		case !inAfter:
			lines = append(lines, fmt.Sprintf("%s: %s (gone)", name, left))
		default:
			lines = append(lines, fmt.Sprintf("%s: was %s, is %s", name, left, right))
		}
	}
	return lines
}
