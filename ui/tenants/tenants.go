package tenants

import (
	"cmp"
	"slices"

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

// view lists the customers of a service provider.
type view struct {
	*page.TableFrame[tenantRow]
	console *page.Console
	add     *widget.Button

	services map[engine.ID]string // the names of this installation's services
	revision uint64               // of the records when they were read
	asked    bool

	details          fyne.CanvasObject
	heading          *kit.DetailHeading
	notice           *kit.Notice
	list             *kit.DetailList
	confirms, turn   *widget.Button
	change           *fyne.Container
	empty, emptyView *kit.Placeholder
}

// New makes the page.
func New(c *page.Console) page.Page {
	p := &view{console: c, heading: kit.NewDetailHeading(), list: kit.NewDetailList(), notice: kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, "")}
	const about = "A tenant is a customer with an installation of its own, whose backups come to your repositories, always encrypted, through the one port of your gateway."
	p.add = widget.NewButtonWithIcon("Add tenant…", theme.ContentAddIcon(), p.addTenant)
	p.add.Importance = widget.HighImportance
	first := widget.NewButtonWithIcon("Add tenant…", theme.ContentAddIcon(), p.addTenant)
	first.Importance = widget.HighImportance
	p.empty = kit.NewPlaceholder(p.Icon(), "No tenant yet", about, first)
	p.emptyView = kit.NewPlaceholder(p.Icon(), "No tenant yet", about, nil)
	p.confirms = widget.NewButtonWithIcon("Confirm…", theme.ConfirmIcon(), p.confirm)
	p.turn = widget.NewButton("Disable…", p.turnTenant)
	p.change = kit.ButtonRow(p.confirms, widget.NewButtonWithIcon("Make link…", theme.MailComposeIcon(), p.link), widget.NewButtonWithIcon("Edit…", theme.DocumentCreateIcon(), p.edit),
		p.turn, widget.NewButtonWithIcon("Remove…", theme.DeleteIcon(), p.remove))
	p.details = kit.Border(container.NewVBox(p.heading.Content, p.change, p.notice), nil, nil, nil, container.NewVScroll(p.list.Content))
	p.TableFrame = page.NewTableFrame(page.TableConfig[tenantRow]{
		Console: c, Name: "tenants", One: "tenant", Many: "tenants", ID: func(r *tenantRow) engine.ID { return r.id }, Columns: tenantColumns(),
		Rows: p.rows, Details: p.show, Sums: tenantSums, None: "Select one in the table to see its details, and what it may do.",
		Tools: []fyne.CanvasObject{p.add},
	})
	p.Table.OnActivated = func(*tenantRow) { p.edit() }
	p.Table.OnKey = p.key
	p.Table.Menu = p.RowMenu(p.menu)
	return p
}

func tenantColumns() []grid.Column[*tenantRow] {
	type row = *tenantRow
	column := func(id, title string, width float32, of func(row) string) grid.Column[row] {
		return grid.Column[row]{ID: id, Title: title, Width: width, Flexible: true, Text: of}
	}
	state := column("state", "State", 140, func(r row) string { return r.state })
	state.Color = func(r row) fyne.ThemeColorName { return r.color }
	state.Icon = func(r row) fyne.Resource { return page.ComponentStateIcon(r.color) }
	sessions := column("sessions", "Sessions", 74, func(r row) string { return text.NumberUnlessNone(r.sessions) })
	sessions.Compare = func(a, b row) int { return cmp.Compare(a.sessions, b.sessions) }
	rate := column("rate", "Rate now", 92, func(r row) string {
		if r.sessions == 0 {
			return ""
		}
		return text.Rate(r.rate)
	})
	rate.Compare = func(a, b row) int { return cmp.Compare(a.rate, b.rate) }
	for _, number := range []*grid.Column[row]{&sessions, &rate} {
		number.Flexible, number.Align, number.Descending = false, fyne.TextAlignTrailing, true
	}
	until := column("until", "Last day", 92, func(r row) string { return r.until })
	until.Yields = 1
	return []grid.Column[row]{
		column("name", "Name", 110, func(r row) string { return r.name }),
		state,
		sessions,
		rate,
		page.QuotaColumn(func(r row) engine.QuotaUse { return r.quota }),
		column("services", "Services", 96, func(r row) string { return r.services }),
		until,
	}
}

// Name is tenants.
func (p *view) Name() string { return "tenants" }

// Title is the word on the rail.
func (p *view) Title() string { return "Tenants" }

// Icon is a person.
func (p *view) Icon() fyne.Resource { return theme.AccountIcon() }

// Content is the page.
func (p *view) Content() fyne.CanvasObject { return p.TableFrame.Content }

// Wanted tells that the installation has tenants, or a gateway through which they would come.
func (p *view) Wanted(state *model.State) bool {
	return len(state.Tenants) > 0 || slices.ContainsFunc(state.Components, func(c engine.ComponentStatus) bool { return isGateway(&c) })
}

// Commands are what the page can do.
func (p *view) Commands() []page.Command {
	return []page.Command{
		{Title: "Add tenant…", Run: p.addTenant, Changes: true, Finds: "new customer"},
		{Title: "Confirm…", Run: p.confirm, Changes: true},
		{Title: "Make link…", Run: p.link, Changes: true},
		{Title: "Edit…", Run: p.edit, Changes: true},
		{Title: "Disable or enable", Run: p.turnTenant, Changes: true},
		{Title: "Remove…", Run: p.remove, Changes: true},
		{Title: "Copy rows", Shortcut: &fyne.ShortcutCopy{}, Run: p.Table.Copy},
	}
}

// Open shows a tenant by its id.
func (p *view) Open(thing string) { p.Choose(engine.ID(thing)) }

// Find lists all tenants by name and state.
func (p *view) Find(state *model.State) []page.Found {
	var found []page.Found
	for i := range state.Tenants {
		words, _ := stateWords(&state.Tenants[i])
		found = append(found, page.Found{Page: p.Name(), Thing: string(state.Tenants[i].ID), Text: "tenant " + state.Tenants[i].Name + ", " + words})
	}
	return found
}

// Update shows the newest state.
func (p *view) Update(state *model.State) {
	kit.Present(p.add, state.MayChange())
	p.readServices(state)
	var empty *kit.Placeholder
	switch {
	case len(state.Tenants) > 0:
	case state.MayChange():
		empty = p.empty
	default:
		empty = p.emptyView
	}
	p.TableFrame.Update(state, empty)
}

// readServices reads the names of the services when the records have changed. Without an answer the ids stand there.
func (p *view) readServices(state *model.State) {
	if state.When.IsZero() || p.asked && p.revision == state.Revision {
		return
	}
	p.asked, p.revision = true, state.Revision
	kit.Fetch(p.console.Background, p.console.Admin.Services, func(services []engine.Service, err error) {
		if err != nil {
			p.asked = false // at the next state again
			return
		}
		p.services = map[engine.ID]string{}
		for _, s := range services {
			p.services[s.ID] = s.Name
		}
		p.ShowRows()
		p.ShowDetails()
	})
}

// rows are the tenants that have all words of the filter.
func (p *view) rows(state *model.State, words grid.Words) ([]tenantRow, string) {
	rows := make([]tenantRow, 0, len(state.Tenants))
	for i := range state.Tenants {
		if row := makeTenantRow(&state.Tenants[i], p.services); words.In(row.text) {
			rows = append(rows, row)
		}
	}
	return rows, text.Shown(len(rows), len(state.Tenants), "tenant", "tenants")
}

// tenant finds a tenant in the newest state; nil if there is none.
func (p *view) tenant(id engine.ID) *engine.TenantStatus {
	if p.State == nil {
		return nil
	}
	if at := slices.IndexFunc(p.State.Tenants, func(t engine.TenantStatus) bool { return t.ID == id }); at >= 0 {
		return &p.State.Tenants[at]
	}
	return nil
}

// editable is the selected tenant where the user may change it.
func (p *view) editable() *engine.TenantStatus {
	row := p.Chosen()
	if row == nil || p.State == nil || !p.State.MayChange() {
		return nil
	}
	return p.tenant(row.id)
}

// show shows everything that is known of a tenant.
func (p *view) show(row *tenantRow) fyne.CanvasObject {
	t := p.tenant(row.id)
	if t == nil {
		return nil
	}
	words, color := stateWords(t)
	p.heading.Set(t.Name, words, color)
	kit.Present(p.change, p.State.MayChange())
	kit.Present(p.confirms, t.State == engine.TenantPending)
	if turn := turnWords(t); p.turn.Text != turn {
		p.turn.SetText(turn)
	}
	words = notice(t, p.State.When)
	p.notice.SetText(words)
	kit.Present(p.notice, words != "")
	p.list.Set(tenantFacts(p.State, t, p.services))
	return p.details
}

func turnWords(t *engine.TenantStatus) string {
	if t.Disabled {
		return "Enable"
	}
	return "Disable…"
}

func (p *view) key(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyInsert:
		p.addTenant()
	case fyne.KeyDelete:
		p.remove()
	}
}

func (p *view) menu(row *tenantRow) []*fyne.MenuItem {
	items := []*fyne.MenuItem{fyne.NewMenuItem("Copy id", func() { fyne.CurrentApp().Clipboard().SetContent(string(row.id)) })}
	if t := p.editable(); t != nil {
		items = append(items, fyne.NewMenuItemSeparator())
		if t.State == engine.TenantPending {
			items = append(items, fyne.NewMenuItem("Confirm…", p.confirm))
		}
		items = append(items, fyne.NewMenuItem("Make link…", p.link), fyne.NewMenuItem("Edit…", p.edit), fyne.NewMenuItem(turnWords(t), p.turnTenant),
			fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Remove…", p.remove))
	}
	return items
}
