package providers

import (
	"cmp"
	"context"
	"slices"
	"strings"

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

// view lists the service providers of which the installation is a tenant.
type view struct {
	*page.TableFrame[providerRow]
	console *page.Console
	add     *widget.Button

	details          fyne.CanvasObject
	heading          *kit.DetailHeading
	notice           *kit.Notice
	list             *kit.DetailList
	change           *fyne.Container
	empty, emptyView *kit.Placeholder
}

// New makes the page.
func New(c *page.Console) page.Page {
	p := &view{console: c, heading: kit.NewDetailHeading(), list: kit.NewDetailList(), notice: kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, "")}
	const about = "A service provider keeps copies of your backups in an installation of its own: they go there through one port, and always encrypted. It gives you a link to begin with."
	p.add = widget.NewButtonWithIcon("Add service provider…", theme.ContentAddIcon(), p.addProvider)
	p.add.Importance = widget.HighImportance
	first := widget.NewButtonWithIcon("Add service provider…", theme.ContentAddIcon(), p.addProvider)
	first.Importance = widget.HighImportance
	p.empty = kit.NewPlaceholder(p.Icon(), "No provider yet", about, first)
	p.emptyView = kit.NewPlaceholder(p.Icon(), "No provider yet", about, nil)
	p.change = kit.ButtonRow(widget.NewButtonWithIcon("Remove…", theme.DeleteIcon(), p.remove))
	p.details = kit.Border(container.NewVBox(p.heading.Content, p.change, p.notice), nil, nil, nil, container.NewVScroll(p.list.Content))
	p.TableFrame = page.NewTableFrame(page.TableConfig[providerRow]{
		Console: c, Name: "providers", One: "provider", Many: "providers", ID: func(r *providerRow) engine.ID { return r.id }, Columns: providerColumns(),
		Rows: providerRows, Details: p.show, Sums: providerSums, None: "Select one in the table to see its details, and the fingerprints to compare.",
		Tools: []fyne.CanvasObject{p.add},
	})
	p.Table.OnKey = p.key
	p.Table.Menu = p.RowMenu(p.menu)
	return p
}

func providerColumns() []grid.Column[*providerRow] {
	type row = *providerRow
	column := func(id, title string, width float32, of func(row) string) grid.Column[row] {
		return grid.Column[row]{ID: id, Title: title, Width: width, Flexible: true, Text: of}
	}
	state := column("state", "State", 130, func(r row) string { return r.state })
	state.Color = func(r row) fyne.ThemeColorName { return r.color }
	state.Icon = func(r row) fyne.Resource { return page.ComponentStateIcon(r.color) }
	limit := column("limit", "Limit", 98, func(r row) string { return limitWords(r.limit) })
	limit.Compare = func(a, b row) int { return cmp.Compare(a.limit, b.limit) }
	sessions := column("sessions", "Sessions", 74, func(r row) string { return text.NumberUnlessNone(r.sessions) })
	sessions.Compare = func(a, b row) int { return cmp.Compare(a.sessions, b.sessions) }
	for _, number := range []*grid.Column[row]{&limit, &sessions} {
		number.Flexible, number.Align, number.Descending = false, fyne.TextAlignTrailing, true
	}
	certificate := column("certificate", "Certificate", 92, func(r row) string { return r.expires })
	certificate.Compare = func(a, b row) int { return a.expireAt.Compare(b.expireAt) }
	gateway := column("gateway", "Gateway", 110, func(r row) string { return r.gateway })
	certificate.Yields, gateway.Yields, limit.Yields = 1, 2, 3
	return []grid.Column[row]{
		column("name", "Name", 84, func(r row) string { return r.name }),
		state,
		gateway,
		column("services", "Services", 80, func(r row) string { return r.services }),
		limit,
		page.QuotaColumn(func(r row) engine.QuotaUse { return r.quota }),
		sessions,
		certificate,
	}
}

// Name is providers.
func (p *view) Name() string { return "providers" }

// Title is the word on the rail.
func (p *view) Title() string { return "Providers" }

// Icon is an arrow that leaves.
func (p *view) Icon() fyne.Resource { return theme.UploadIcon() }

// Content is the page.
func (p *view) Content() fyne.CanvasObject { return p.TableFrame.Content }

// Commands are what the page can do.
func (p *view) Commands() []page.Command {
	return []page.Command{
		{Title: "Add service provider…", Run: p.addProvider, Changes: true, Finds: "new link"},
		{Title: "Remove…", Run: p.remove, Changes: true},
		{Title: "Copy rows", Shortcut: &fyne.ShortcutCopy{}, Run: p.Table.Copy},
	}
}

// Open shows a provider by its id.
func (p *view) Open(thing string) { p.Choose(engine.ID(thing)) }

// Find lists all providers by name and state.
func (p *view) Find(state *model.State) []page.Found {
	var found []page.Found
	for i := range state.Providers {
		words, _ := stateWords(&state.Providers[i])
		found = append(found, page.Found{Page: p.Name(), Thing: string(state.Providers[i].ID), Text: "provider " + state.Providers[i].Name + ", " + words})
	}
	return found
}

// Update shows the newest state.
func (p *view) Update(state *model.State) {
	kit.Present(p.add, state.MayChange())
	var empty *kit.Placeholder
	switch {
	case len(state.Providers) > 0:
	case state.MayChange():
		empty = p.empty
	default:
		empty = p.emptyView
	}
	p.TableFrame.Update(state, empty)
}

// providerRows are the providers that have all words of the filter.
func providerRows(state *model.State, words grid.Words) ([]providerRow, string) {
	rows := make([]providerRow, 0, len(state.Providers))
	for i := range state.Providers {
		if row := makeProviderRow(&state.Providers[i]); words.In(row.text) {
			rows = append(rows, row)
		}
	}
	return rows, text.Shown(len(rows), len(state.Providers), "provider", "providers")
}

// provider finds a provider in the newest state; nil if there is none.
func (p *view) provider(id engine.ID) *engine.ProviderStatus {
	if p.State == nil {
		return nil
	}
	if at := slices.IndexFunc(p.State.Providers, func(s engine.ProviderStatus) bool { return s.ID == id }); at >= 0 {
		return &p.State.Providers[at]
	}
	return nil
}

// editable is the selected provider where the user may change it.
func (p *view) editable() *engine.ProviderStatus {
	row := p.Chosen()
	if row == nil || p.State == nil || !p.State.MayChange() {
		return nil
	}
	return p.provider(row.id)
}

// show shows everything that is known of a provider.
func (p *view) show(row *providerRow) fyne.CanvasObject {
	s := p.provider(row.id)
	if s == nil {
		return nil
	}
	words, color := stateWords(s)
	words, _, _ = strings.Cut(words, ": ") // the problem stands in the notice
	p.heading.Set(s.Name, words, color)
	kit.Present(p.change, p.State.MayChange())
	words = notice(s)
	p.notice.SetText(words)
	kit.Present(p.notice, words != "")
	p.list.Set(providerFacts(s))
	return p.details
}

func (p *view) key(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyInsert:
		p.addProvider()
	case fyne.KeyDelete:
		p.remove()
	}
}

func (p *view) menu(row *providerRow) []*fyne.MenuItem {
	var items []*fyne.MenuItem
	if s := p.provider(row.id); s != nil {
		items = append(items, fyne.NewMenuItem("Copy this broker's fingerprint", func() { fyne.CurrentApp().Clipboard().SetContent(fingerprint(s.Key)) }))
	}
	if p.editable() != nil {
		items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Remove…", p.remove))
	}
	return items
}

// remove forgets the selected provider, after saying what stays.
func (p *view) remove() {
	s := p.editable()
	if s == nil {
		return
	}
	id, name := s.ID, s.Name
	kit.Confirm(p.console.Window, "Remove provider "+name+"?", kit.Wrapped("Nothing goes there any more, and the key for it is forgotten: to come back you need a new link. Routes that lead there have to be removed first.\n\n"+
		"What is stored there stays there: ask the provider to remove it."), "Remove", func() {
		p.console.Background(func(ctx context.Context) error { return p.console.Admin.RemoveProvider(ctx, id) }, func(err error) {
			if err != nil {
				kit.ShowError(p.console.Window, "Provider "+name+" was not removed", err)
				return
			}
			p.console.Refresh()
			p.console.Tell("Provider " + name + " removed")
		})
	})
}
