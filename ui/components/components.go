package components

import (
	"cmp"
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

// view lists the machines that run the agent.
type view struct {
	console *page.Console
	state   *model.State
	stage   *kit.PageStage
	table   *kit.PageTable[componentRow]
	rows    []componentRow
	details *componentDetails
	side    *kit.PageStage
	several *kit.SeveralDetails
	filter  *widget.Entry
	revoked *widget.Check
	count   *widget.Label
	counted string // what count says, without what is selected
	add     *widget.Button
	adding  *addComponent // the dialog that waits for a machine; nil while none is open

	full             fyne.CanvasObject
	busy, failed     *kit.Placeholder
	empty, emptyView *kit.Placeholder
	none             *kit.Placeholder
}

// New makes the page.
func New(c *page.Console) page.Page {
	p := &view{console: c, count: kit.TableCaption()}
	p.add = widget.NewButtonWithIcon("Add component…", theme.ContentAddIcon(), p.addComponent)
	p.add.Importance = widget.HighImportance
	first := widget.NewButtonWithIcon("Add component…", theme.ContentAddIcon(), p.addComponent)
	first.Importance = widget.HighImportance
	const about = "Components are the machines between which backups go: each runs the agent. A token lets one join; nothing has to be typed on it but one command."
	p.busy = kit.NewBusy("Reading the components…")
	p.failed = kit.NewPlaceholder(theme.ErrorIcon(), "No components", "", nil)
	p.empty = kit.NewPlaceholder(theme.ComputerIcon(), "No component yet", about, first)
	p.emptyView = kit.NewPlaceholder(theme.ComputerIcon(), "No component yet", about, nil)
	p.none = kit.NewPlaceholder(nil, "No component chosen", "Choose one in the table to see everything that is known of it.", nil)

	p.table = kit.NewPageTable(componentColumns(), func(r *componentRow) string { return string(r.id) })
	p.table.OnSelected = func(*componentRow) { p.showDetails() }
	p.table.OnOpen = func(r *componentRow) { p.rename() }
	p.table.OnKey = p.key
	p.table.Menu = p.menu
	p.table.Content.Remember(c.Preferences, "components")
	p.table.Content.SetEmpty(kit.NonePasses("component"))
	p.filter = kit.NewFilter(func(string) { p.showRows() })
	p.revoked = widget.NewCheck("Revoked ones too", func(bool) { p.showRows() })
	button := func(title string, icon fyne.Resource, run func()) *widget.Button {
		return widget.NewButtonWithIcon(title, icon, run)
	}
	revoke := button("Revoke…", theme.DeleteIcon(), p.revoke)
	p.details = newComponentDetails(button("Rename…", theme.DocumentCreateIcon(), p.rename), widget.NewButton("Tags…", p.tags), widget.NewButton("Own limit…", p.limit), revoke)
	p.several = kit.NewSeveralDetails()
	p.side = kit.NewPageStage(p.none.Content)
	split := container.NewVSplit(kit.Border(kit.NewToolbar(p.filter, p.add, p.revoked), nil, nil, nil, kit.UnderTable(p.table.Content, p.count)), container.NewPadded(p.side.Content))
	split.SetOffset(0.5)
	p.full = split
	p.stage = kit.NewPageStage(p.busy.Content)
	return p
}

func componentColumns() []kit.TableColumn[componentRow] {
	words := func(of func(*componentRow) string) func(*componentRow) kit.TableCell {
		return func(r *componentRow) kit.TableCell { return kit.TableCell{Text: of(r)} }
	}
	by := func(of func(*componentRow) string) func(a, b *componentRow) int {
		return func(a, b *componentRow) int { return cmp.Compare(strings.ToLower(of(a)), strings.ToLower(of(b))) }
	}
	name := func(r *componentRow) string { return r.name }
	role := func(r *componentRow) string { return r.role }
	return []kit.TableColumn[componentRow]{
		{ID: "name", Title: "Name", Width: 120, Cell: words(name), Compare: by(name)},
		{ID: "role", Title: "Role", Width: 80, Cell: words(role), Compare: by(role)},
		{ID: "state", Title: "State", Width: 132, Cell: func(r *componentRow) kit.TableCell {
			return kit.TableCell{Text: r.state, Color: r.color, Icon: page.ComponentStateIcon(r.color)}
		}, Compare: by(func(r *componentRow) string { return r.state })},
		{ID: "addresses", Title: "Addresses", Width: 160, Cell: func(r *componentRow) kit.TableCell {
			if r.public == "" {
				return kit.TableCell{Text: r.private}
			}
			return kit.TableCell{Text: strings.TrimPrefix(r.private+"; "+r.public, "; "), Color: kit.ColorPlain, Icon: theme.WarningIcon()}
		}, Compare: by(func(r *componentRow) string { return r.private + r.public })},
		{ID: "headroom", Title: "Headroom", Width: 205, Bars: true, Cell: func(r *componentRow) kit.TableCell {
			return r.headroom.Cell()
		}, Tips: true, Compare: func(a, b *componentRow) int { return cmp.Compare(a.headroom.Rate, b.headroom.Rate) }},
		{ID: "sessions", Title: "Sessions", Width: 74, Right: true, Cell: words(func(r *componentRow) string { return text.NumberUnlessNone(r.sessions) }), Compare: func(a, b *componentRow) int { return cmp.Compare(a.sessions, b.sessions) }},
		{ID: "load", Title: "Load", Width: 54, Right: true, Cell: words(func(r *componentRow) string { return r.loadText }), Compare: func(a, b *componentRow) int { return cmp.Compare(a.load, b.load) }},
		{ID: "aes", Title: "AES instructions", Width: 158, Yields: 1, Cell: words(func(r *componentRow) string { return r.aes }), Compare: by(func(r *componentRow) string { return r.aes })},
		{ID: "cores", Title: "Cores", Width: 54, Right: true, Yields: 2, Cell: words(func(r *componentRow) string { return text.NumberUnlessNone(r.cores) }), Compare: func(a, b *componentRow) int { return cmp.Compare(a.cores, b.cores) }},
		{ID: "version", Title: "Version", Width: 66, Yields: 4, Cell: words(func(r *componentRow) string { return r.version }), Compare: by(func(r *componentRow) string { return r.version })},
		{ID: "seen", Title: "Last seen", Width: 88, Yields: 3, Cell: words(func(r *componentRow) string { return r.seen }), Compare: func(a, b *componentRow) int { return a.seenAt.Compare(b.seenAt) }},
		{ID: "certificate", Title: "Certificate", Width: 98, Cell: func(r *componentRow) kit.TableCell {
			if r.soon {
				return kit.TableCell{Text: r.expires, Color: kit.ColorPlain, Icon: theme.WarningIcon()}
			}
			return kit.TableCell{Text: r.expires}
		}, Compare: func(a, b *componentRow) int { return a.expireAt.Compare(b.expireAt) }},
	}
}

// Name is components.
func (p *view) Name() string { return "components" }

// Title is the word on the rail.
func (p *view) Title() string { return "Components" }

// Icon is a machine.
func (p *view) Icon() fyne.Resource { return theme.ComputerIcon() }

// Content is the page.
func (p *view) Content() fyne.CanvasObject { return p.stage.Content }

// Commands are what the page can do.
func (p *view) Commands() []page.Command {
	return []page.Command{
		{Title: "Add component…", Run: p.addComponent, Changes: true},
		{Title: "Rename…", Run: p.rename, Changes: true},
		{Title: "Tags…", Run: p.tags, Changes: true},
		{Title: "Own limit…", Run: p.limit, Changes: true},
		{Title: "Revoke…", Run: p.revoke, Changes: true},
		{Title: "Copy rows", Shortcut: &fyne.ShortcutCopy{}, Run: p.table.Content.Copy},
	}
}

// Open shows a component by its id.
func (p *view) Open(thing string) {
	p.filter.SetText("")
	if p.state != nil {
		if c := model.ComponentIn(p.state, engine.ID(thing)); c != nil && !c.Revoked.IsZero() {
			p.revoked.SetChecked(true)
		}
	}
	p.table.Choose(thing)
	p.showDetails()
}

// Find gives all components by name, role, tags and addresses.
func (p *view) Find(state *model.State) []page.Found {
	var found []page.Found
	for i := range state.Components {
		c := &state.Components[i]
		row := makeComponentRow(c, state.When)
		found = append(found, page.Found{Page: p.Name(), Thing: string(c.ID), Text: strings.Join(slices.DeleteFunc([]string{"component " + c.Name, row.role, strings.Join(c.Tags, " "), row.private, row.public}, func(s string) bool { return s == "" }), ", ")})
	}
	return found
}

// Update shows the newest state.
func (p *view) Update(state *model.State) {
	p.state = state
	if p.adding != nil {
		p.adding.update(state)
	}
	kit.Present(p.add, state.MayChange())
	switch {
	case state.When.IsZero() && state.Problem != "":
		p.failed.Text.SetText("The broker could not be asked: " + state.Problem + ". It is tried again.")
		p.stage.Show(p.failed.Content)
	case state.When.IsZero():
		p.stage.Show(p.busy.Content)
	case len(state.Components) == 0 && state.MayChange():
		p.stage.Show(p.empty.Content)
	case len(state.Components) == 0:
		p.stage.Show(p.emptyView.Content)
	default:
		p.stage.Show(p.full)
		p.showRows()
		p.showDetails()
	}
}

// showRows puts what the filter lets through into the table.
func (p *view) showRows() {
	if p.state == nil {
		return
	}
	words := grid.ParseWords(p.filter.Text)
	rows := make([]componentRow, 0, len(p.state.Components))
	carried := engine.CarriedBy(p.state.Sessions)
	online, all := 0, 0 // of those that the filter may let through
	for i := range p.state.Components {
		c := &p.state.Components[i]
		if !c.Revoked.IsZero() && !p.revoked.Checked {
			continue
		}
		all++
		if c.Online {
			online++
		}
		row := makeComponentRow(c, p.state.When)
		row.headroom = page.ShowHeadroom(c, carried[c.ID], p.state.Low[c.ID])
		if words.In(row.text) {
			rows = append(rows, row)
		}
	}
	if p.rows == nil || !slices.Equal(rows, p.rows) {
		p.rows = rows
		p.table.SetRows(rows)
	}
	p.counted = text.Shown(len(rows), all, "component", "components") + ", " + text.Count(online, "online", "online")
	kit.SetLabel(p.count, p.counted+text.Selected(p.table.Content.SelectionSize()))
}

// chosen is the component that is selected; nil where none is.
func (p *view) chosen() *engine.ComponentStatus {
	row := p.table.Chosen()
	if row == nil || p.state == nil {
		return nil
	}
	return model.ComponentIn(p.state, row.id)
}

func (p *view) showDetails() {
	selected := p.table.Content.Selection()
	kit.SetLabel(p.count, p.counted+text.Selected(len(selected)))
	if len(selected) > 1 {
		p.several.Set(text.Count(len(selected), "component", "components"), componentSums(selected))
		p.side.Show(p.several.Content)
		return
	}
	c := p.chosen()
	if c == nil {
		p.side.Show(p.none.Content)
		return
	}
	p.details.update(p.state, c)
	p.side.Show(p.details.content)
}

func (p *view) key(name fyne.KeyName) {
	switch name {
	case fyne.KeyInsert:
		p.addComponent()
	case fyne.KeyDelete:
		p.revoke()
	case fyne.KeyF2:
		p.rename()
	}
}

func (p *view) menu(r *componentRow) []*fyne.MenuItem {
	if p.table.Content.SelectionSize() > 1 {
		return nil
	}
	items := []*fyne.MenuItem{
		fyne.NewMenuItem("Copy addresses", func() {
			fyne.CurrentApp().Clipboard().SetContent(strings.Trim(r.private+", "+strings.TrimPrefix(r.public, "public: "), ", "))
		}),
		fyne.NewMenuItem("Copy id", func() { fyne.CurrentApp().Clipboard().SetContent(string(r.id)) }),
	}
	if c := p.chosen(); c != nil && c.Revoked.IsZero() && p.state.MayChange() {
		items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Rename…", p.rename), fyne.NewMenuItem("Tags…", p.tags),
			fyne.NewMenuItem("Own limit…", p.limit), fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Revoke…", p.revoke))
	}
	return items
}

func (p *view) addComponent() {
	if p.state != nil && p.state.MayChange() {
		p.adding = showAddComponent(p.console, p.state)
	}
}
