package activity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// view shows who changed what and when, newest first, read in pages.
type view struct {
	console *page.Console
	content fyne.CanvasObject
	table   *grid.Grid[*engine.AuditEntry]
	filter  *widget.Entry
	count   *widget.Label
	failed  *fyne.Container
	heading *kit.DetailHeading
	details *fyne.Container
	changes *grid.Grid[difference]
	hint    fyne.CanvasObject

	query    engine.AuditQuery
	seen     engine.ID // the newest entry that was read
	reading  bool
	again    bool // something was changed while a page was read
	all      bool
	begun    bool
	opened   bool   // an entry was selected, so that the page does not begin with an empty half
	turn     int    // the number of the newest search: pages of an older one are dropped
	cancel   func() // ends the reading under way
	revision uint64
}

// activityRead is how many entries are read at a time.
const activityRead = 200

// New makes the page.
func New(c *page.Console) page.Page {
	return &view{console: c, query: engine.AuditQuery{Limit: activityRead}, cancel: func() {}}
}

func (p *view) Name() string        { return "activity" }
func (p *view) Title() string       { return "Activity" }
func (p *view) Icon() fyne.Resource { return theme.HistoryIcon() }

// Commands has the one that copies.
func (p *view) Commands() []page.Command {
	p.Content()
	return []page.Command{{Title: "Copy rows", Shortcut: &fyne.ShortcutCopy{}, Run: p.table.Copy}}
}

// Content builds the page.
func (p *view) Content() fyne.CanvasObject {
	if p.content != nil {
		return p.content
	}
	type entry = *engine.AuditEntry
	p.table = grid.New(func(e entry) string { return string(e.ID) },
		grid.Column[entry]{ID: "when", Title: "When", Width: 145, Text: func(e entry) string { return text.Time(e.When) }, Descending: true,
			Tip: func(e entry) string { return text.ZonedTime(e.When) }},
		grid.Column[entry]{ID: "who", Title: "Who", Width: 150, Flexible: true, Text: func(e entry) string { return string(e.Who) }},
		grid.Column[entry]{ID: "what", Title: "What", Width: 170, Text: func(e entry) string { return e.InWords() }},
		grid.Column[entry]{ID: "thing", Title: "Of what", Width: 200, Flexible: true, Text: func(e entry) string { return e.Thing }},
	)
	p.table.Sort("when", true)
	p.table.Remember(p.console.Preferences, "activity")
	p.table.OnOrder = func() { p.begin(0) }
	p.table.SetEmpty(kit.NewPlaceholder(p.Icon(), "Nothing here", "Whatever is changed, here or on the command line, is kept with who did it and when. Entries are only ever added.", nil).Content)
	p.table.NearEnd = p.more
	p.table.OnSelected = p.show
	p.filter = kit.NewFilter(p.find)
	p.count = kit.TableCaption()
	p.failed = container.NewStack()
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
	split := container.NewVSplit(kit.UnderTable(p.table, p.count), container.NewPadded(p.details))
	split.Offset = 0.6
	p.content = kit.Border(container.NewVBox(kit.NewToolbar(p.filter), p.failed), nil, nil, nil, split)
	return p.content
}

// find reads anew what has the words that were typed, once typing has paused. The engine looks for them, so that they are found
// in whatever entry they stand.
func (p *view) find(string) { p.begin(p.console.TypingPause) }

// begin reads from the first entry on, in the order of the table.
func (p *view) begin(typing time.Duration) {
	p.cancel()
	p.turn++
	p.query = engine.AuditQuery{Text: p.filter.Text, Limit: activityRead}
	if column, downward := p.table.Order(); column != "" {
		p.query.Upward = !downward
		if column != "when" {
			p.query.Order = engine.AuditOrder(column)
		}
	}
	p.begun, p.all, p.reading, p.again = true, false, false, false
	p.next(typing)
	p.tell()
}

// Update reads what is new when something was changed.
func (p *view) Update(state *model.State) {
	p.Content()
	switch {
	case !p.begun:
		p.begin(0)
	case state.Revision != p.revision:
		p.renew()
	}
	p.revision = state.Revision
}

// more reads the next page.
func (p *view) more() { p.next(0) }

func (p *view) next(typing time.Duration) {
	if p.reading || p.all || !p.begun {
		return
	}
	p.read(p.query, typing, func(entries []engine.AuditEntry) {
		p.all = len(entries) < p.query.Limit
		first := p.query.Before == ""
		if len(entries) > 0 {
			p.query.Before = entries[len(entries)-1].ID
			if first && p.query.Order == engine.AuditByWhen && !p.query.Upward {
				p.seen = entries[0].ID
			}
		}
		if first {
			p.table.SetRows(page.Pointers(entries)) // only now, so that what is selected stays so where it is among them
			p.opened = p.opened || p.table.SelectFirst()
		} else {
			p.table.Append(page.Pointers(entries))
		}
	})
}

// renew reads the newest page and puts what is new where it belongs among what was read before. Where more than a page is new, all is
// read anew.
func (p *view) renew() {
	if p.reading {
		p.again = true
		return
	}
	query := p.query
	query.Before, query.Order, query.Upward = "", engine.AuditByWhen, false
	p.read(query, 0, func(entries []engine.AuditEntry) {
		known := p.table.Rows()
		have := make(map[engine.ID]bool, len(known))
		for _, e := range known {
			have[e.ID] = true
		}
		seen := p.seen
		if len(entries) > 0 {
			p.seen = entries[0].ID
		}
		at := slices.IndexFunc(entries, func(e engine.AuditEntry) bool { return e.ID == seen })
		if at < 0 && seen != "" && len(entries) == query.Limit {
			p.again = false
			p.begin(0)
			return
		}
		fresh := slices.DeleteFunc(page.Pointers(entries), func(e *engine.AuditEntry) bool {
			return have[e.ID] || !p.all && (len(known) == 0 || p.query.Compare(e, known[len(known)-1]) > 0)
		})
		if len(fresh) == 0 {
			return
		}
		rows := append(fresh, known...)
		if p.query.Order != engine.AuditByWhen || p.query.Upward {
			slices.SortStableFunc(rows, p.query.Compare)
		}
		p.table.SetRows(rows)
	})
}

func (p *view) read(query engine.AuditQuery, typing time.Duration, take func([]engine.AuditEntry)) {
	p.reading = true
	turn := p.turn
	p.cancel = kit.FetchCancellable(p.console.Background, func(ctx context.Context) ([]engine.AuditEntry, error) {
		if err := kit.Pause(ctx, typing); err != nil {
			return nil, err
		}
		return p.console.Admin.Audit(ctx, query)
	}, func(entries []engine.AuditEntry, err error) {
		if turn != p.turn {
			return
		}
		p.reading = false
		p.failed.Objects = nil
		if err != nil {
			p.all = true // asked again by a person, not by each row that scrolls by
			if p.query.Before == "" {
				p.table.SetRows(nil) // what was shown is not what was asked for
			}
			again := widget.NewButton("Try again", func() {
				if p.all = false; len(p.table.Rows()) == 0 {
					p.begin(0)
				} else {
					p.renew()
				}
			})
			p.failed.Objects = []fyne.CanvasObject{kit.Border(nil, nil, nil, container.NewCenter(again), kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "The activity could not be read: "+text.FieldError(err).Error()+"."))}
		} else {
			take(entries)
		}
		p.failed.Refresh()
		p.tell()
		if p.again {
			p.again = false
			p.renew()
		}
	})
}

// tell says how much was read.
func (p *view) tell() {
	words := text.Count(len(p.table.Rows()), "entry", "entries")
	if !p.all {
		words += " read so far; scroll down for more"
	}
	kit.SetLabel(p.count, words+text.Selected(p.table.SelectionSize()))
}

// show shows what an entry changed, field by field.
func (p *view) show(e *engine.AuditEntry, ok bool) {
	p.tell()
	shown := p.hint
	switch n := p.table.SelectionSize(); {
	case n > 1:
		shown = container.NewCenter(kit.Caption(text.Count(n, "entry", "entries") + " selected. Select one to see what it changed, field by field."))
	case ok:
		p.heading.Set(strings.TrimSpace(e.InWords()+": "+e.Thing), fmt.Sprintf("by %s, %s", e.Who, text.ZonedTime(e.When)), kit.ColorMuted)
		p.changes.SetRows(differences(e.Before, e.After))
		shown = kit.Border(p.heading.Content, nil, nil, nil, p.changes)
	}
	p.details.Objects = []fyne.CanvasObject{shown}
	p.details.Refresh()
}
