package ui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/grid"
)

// ComponentsPage lists the machines that run the agent.
type ComponentsPage struct {
	console *Console
	state   *State
	stage   *pageStage
	table   *pageTable[componentRow]
	rows    []componentRow
	details *componentDetails
	side    *pageStage
	several *severalDetails
	filter  *widget.Entry
	revoked *widget.Check
	count   *widget.Label
	counted string // what count says, without what is selected
	add     *widget.Button
	adding  *addComponent // the dialog that waits for a machine; nil while none is open

	full             fyne.CanvasObject
	busy, failed     *placeholder
	empty, emptyView *placeholder
	none             *placeholder
}

// NewComponentsPage makes the page.
func NewComponentsPage(c *Console) Page {
	p := &ComponentsPage{console: c, count: tableCaption()}
	p.add = widget.NewButtonWithIcon("Add component…", theme.ContentAddIcon(), p.addComponent)
	p.add.Importance = widget.HighImportance
	first := widget.NewButtonWithIcon("Add component…", theme.ContentAddIcon(), p.addComponent)
	first.Importance = widget.HighImportance
	const about = "Components are the machines between which backups go: each runs the agent. A token lets one join; nothing has to be typed on it but one command."
	p.busy = busyText("Reading the components…")
	p.failed = newPlaceholder(theme.ErrorIcon(), "No components", "", nil)
	p.empty = newPlaceholder(theme.ComputerIcon(), "No component yet", about, first)
	p.emptyView = newPlaceholder(theme.ComputerIcon(), "No component yet", about, nil)
	p.none = newPlaceholder(nil, "No component chosen", "Choose one in the table to see everything that is known of it.", nil)

	p.table = newPageTable(componentColumns(), func(r *componentRow) string { return string(r.id) })
	p.table.onSelected = func(*componentRow) { p.showDetails() }
	p.table.onOpen = func(r *componentRow) { p.rename() }
	p.table.onKey = p.key
	p.table.menu = p.menu
	p.table.content.Remember(c.Preferences, "components")
	p.table.content.SetEmpty(nonePasses("component"))
	p.filter = newFilter(func(string) { p.showRows() })
	p.revoked = widget.NewCheck("Revoked ones too", func(bool) { p.showRows() })
	button := func(title string, icon fyne.Resource, run func()) *widget.Button {
		return widget.NewButtonWithIcon(title, icon, run)
	}
	revoke := button("Revoke…", theme.DeleteIcon(), p.revoke)
	p.details = newComponentDetails(button("Rename…", theme.DocumentCreateIcon(), p.rename), widget.NewButton("Tags…", p.tags), widget.NewButton("Own limit…", p.limit), revoke)
	p.several = newSeveralDetails()
	p.side = newPageStage(p.none.content)
	split := container.NewVSplit(border(toolbar(p.filter, p.add, p.revoked), nil, nil, nil, underTable(p.table.content, p.count)), container.NewPadded(p.side.content))
	split.SetOffset(0.5)
	p.full = split
	p.stage = newPageStage(p.busy.content)
	return p
}

func componentColumns() []tableColumn[componentRow] {
	text := func(of func(*componentRow) string) func(*componentRow) tableCell {
		return func(r *componentRow) tableCell { return tableCell{text: of(r)} }
	}
	by := func(of func(*componentRow) string) func(a, b *componentRow) int {
		return func(a, b *componentRow) int { return cmp.Compare(strings.ToLower(of(a)), strings.ToLower(of(b))) }
	}
	name := func(r *componentRow) string { return r.name }
	role := func(r *componentRow) string { return r.role }
	return []tableColumn[componentRow]{
		{id: "name", title: "Name", width: 120, cell: text(name), compare: by(name)},
		{id: "role", title: "Role", width: 80, cell: text(role), compare: by(role)},
		{id: "state", title: "State", width: 132, cell: func(r *componentRow) tableCell {
			return tableCell{text: r.state, color: r.color, icon: componentStateIcon(r.color)}
		}, compare: by(func(r *componentRow) string { return r.state })},
		{id: "addresses", title: "Addresses", width: 160, cell: func(r *componentRow) tableCell {
			if r.public == "" {
				return tableCell{text: r.private}
			}
			return tableCell{text: strings.TrimPrefix(r.private+"; "+r.public, "; "), color: ColorPlain, icon: theme.WarningIcon()}
		}, compare: by(func(r *componentRow) string { return r.private + r.public })},
		{id: "headroom", title: "Headroom", width: 205, bars: true, cell: func(r *componentRow) tableCell {
			return r.headroom.cell()
		}, tips: true, compare: func(a, b *componentRow) int { return cmp.Compare(a.headroom.rate, b.headroom.rate) }},
		{id: "sessions", title: "Sessions", width: 74, right: true, cell: text(func(r *componentRow) string { return numberWords(r.sessions) }), compare: func(a, b *componentRow) int { return cmp.Compare(a.sessions, b.sessions) }},
		{id: "load", title: "Load", width: 54, right: true, cell: text(func(r *componentRow) string { return r.loadText }), compare: func(a, b *componentRow) int { return cmp.Compare(a.load, b.load) }},
		{id: "aes", title: "AES instructions", width: 158, yields: 1, cell: text(func(r *componentRow) string { return r.aes }), compare: by(func(r *componentRow) string { return r.aes })},
		{id: "cores", title: "Cores", width: 54, right: true, yields: 2, cell: text(func(r *componentRow) string { return numberWords(r.cores) }), compare: func(a, b *componentRow) int { return cmp.Compare(a.cores, b.cores) }},
		{id: "version", title: "Version", width: 66, yields: 4, cell: text(func(r *componentRow) string { return r.version }), compare: by(func(r *componentRow) string { return r.version })},
		{id: "seen", title: "Last seen", width: 88, yields: 3, cell: text(func(r *componentRow) string { return r.seen }), compare: func(a, b *componentRow) int { return a.seenAt.Compare(b.seenAt) }},
		{id: "certificate", title: "Certificate", width: 98, cell: func(r *componentRow) tableCell {
			if r.soon {
				return tableCell{text: r.expires, color: ColorPlain, icon: theme.WarningIcon()}
			}
			return tableCell{text: r.expires}
		}, compare: func(a, b *componentRow) int { return a.expireAt.Compare(b.expireAt) }},
	}
}

// componentStateIcon goes with the colour of a state, for those who do not see the colour.
func componentStateIcon(color fyne.ThemeColorName) fyne.Resource {
	switch color {
	case ColorSealed:
		return theme.ConfirmIcon()
	case ColorPlain:
		return theme.WarningIcon()
	case ColorRefused:
		return theme.CancelIcon()
	}
	return theme.MediaStopIcon()
}

// numberWords writes a count; nothing for none.
func numberWords(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// Name is components.
func (p *ComponentsPage) Name() string { return "components" }

// Title is the word on the rail.
func (p *ComponentsPage) Title() string { return "Components" }

// Icon is a machine.
func (p *ComponentsPage) Icon() fyne.Resource { return theme.ComputerIcon() }

// Content is the page.
func (p *ComponentsPage) Content() fyne.CanvasObject { return p.stage.content }

// Commands are what the page can do.
func (p *ComponentsPage) Commands() []Command {
	return []Command{
		{Title: "Add component…", Run: p.addComponent, Changes: true},
		{Title: "Rename…", Run: p.rename, Changes: true},
		{Title: "Tags…", Run: p.tags, Changes: true},
		{Title: "Own limit…", Run: p.limit, Changes: true},
		{Title: "Revoke…", Run: p.revoke, Changes: true},
		{Title: "Copy rows", Shortcut: &fyne.ShortcutCopy{}, Run: p.table.content.Copy},
	}
}

// Open shows a component by its id.
func (p *ComponentsPage) Open(thing string) {
	p.filter.SetText("")
	if p.state != nil {
		if c := componentIn(p.state, engine.ID(thing)); c != nil && !c.Revoked.IsZero() {
			p.revoked.SetChecked(true)
		}
	}
	p.table.choose(thing)
	p.showDetails()
}

// Find gives all components by name, role, tags and addresses.
func (p *ComponentsPage) Find(state *State) []Found {
	var found []Found
	for i := range state.Components {
		c := &state.Components[i]
		row := makeComponentRow(c, state.When)
		found = append(found, Found{Page: p.Name(), Thing: string(c.ID), Text: strings.Join(slices.DeleteFunc([]string{"component " + c.Name, row.role, strings.Join(c.Tags, " "), row.private, row.public}, func(s string) bool { return s == "" }), ", ")})
	}
	return found
}

// Update shows the newest state.
func (p *ComponentsPage) Update(state *State) {
	p.state = state
	if p.adding != nil {
		p.adding.update(state)
	}
	present(p.add, state.MayChange())
	switch {
	case state.When.IsZero() && state.Problem != "":
		p.failed.text.SetText("The broker could not be asked: " + state.Problem + ". It is tried again.")
		p.stage.show(p.failed.content)
	case state.When.IsZero():
		p.stage.show(p.busy.content)
	case len(state.Components) == 0 && state.MayChange():
		p.stage.show(p.empty.content)
	case len(state.Components) == 0:
		p.stage.show(p.emptyView.content)
	default:
		p.stage.show(p.full)
		p.showRows()
		p.showDetails()
	}
}

// showRows puts what the filter lets through into the table.
func (p *ComponentsPage) showRows() {
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
		row.headroom = showHeadroom(c, carried[c.ID])
		if words.In(row.text) {
			rows = append(rows, row)
		}
	}
	if p.rows == nil || !slices.Equal(rows, p.rows) {
		p.rows = rows
		p.table.setRows(rows)
	}
	p.counted = shownWords(len(rows), all, "component", "components") + ", " + counted(online, "online", "online")
	setLabel(p.count, p.counted+selectedWords(p.table.content.SelectionSize()))
}

func setLabel(label *widget.Label, text string) {
	if label.Text != text {
		label.SetText(text)
	}
}

// chosen is the component that is selected; nil where none is.
func (p *ComponentsPage) chosen() *engine.ComponentStatus {
	row := p.table.chosen()
	if row == nil || p.state == nil {
		return nil
	}
	return componentIn(p.state, row.id)
}

func (p *ComponentsPage) showDetails() {
	selected := p.table.content.Selection()
	setLabel(p.count, p.counted+selectedWords(len(selected)))
	if len(selected) > 1 {
		p.several.set(counted(len(selected), "component", "components"), componentSums(selected))
		p.side.show(p.several.content)
		return
	}
	c := p.chosen()
	if c == nil {
		p.side.show(p.none.content)
		return
	}
	p.details.update(p.state, c)
	p.side.show(p.details.content)
}

func (p *ComponentsPage) key(name fyne.KeyName) {
	switch name {
	case fyne.KeyInsert:
		p.addComponent()
	case fyne.KeyDelete:
		p.revoke()
	case fyne.KeyF2:
		p.rename()
	}
}

func (p *ComponentsPage) menu(r *componentRow) []*fyne.MenuItem {
	if p.table.content.SelectionSize() > 1 {
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

func (p *ComponentsPage) addComponent() {
	if p.state != nil && p.state.MayChange() {
		p.adding = showAddComponent(p.console, p.state)
	}
}
