package components

import (
	"cmp"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
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
	*page.TableFrame[componentRow]
	console *page.Console
	details *componentDetails
	revoked *widget.Check
	add     *widget.Button
	drains  [2]*drainButtons // of the one, and of the several that are selected
	adding  *addComponent    // the dialog that waits for a machine; nil while none is open

	empty, emptyView *kit.Placeholder
}

// New makes the page.
func New(c *page.Console) page.Page {
	p := &view{console: c}
	p.add = widget.NewButtonWithIcon("Add component…", theme.ContentAddIcon(), p.addComponent)
	p.add.Importance = widget.HighImportance
	first := widget.NewButtonWithIcon("Add component…", theme.ContentAddIcon(), p.addComponent)
	first.Importance = widget.HighImportance
	const about = "Components are the machines that backups go between; each runs the agent. To add one, make a token here and run one command on that machine."
	p.empty = kit.NewPlaceholder(theme.ComputerIcon(), "No component yet", about, first)
	p.emptyView = kit.NewPlaceholder(theme.ComputerIcon(), "No component yet", about, nil)
	p.revoked = widget.NewCheck("Show revoked", func(bool) { p.ShowRows() })
	button := func(title string, icon fyne.Resource, run func()) *widget.Button {
		return widget.NewButtonWithIcon(title, icon, run)
	}
	revoke := button("Revoke…", theme.DeleteIcon(), p.revoke)
	p.drains = [2]*drainButtons{p.newDrainButtons(), p.newDrainButtons()}
	p.details = newComponentDetails(button("Rename…", theme.DocumentCreateIcon(), p.rename), widget.NewButton("Tags…", p.tags), widget.NewButton("Own limit…", p.limit), p.drains[0].drain, p.drains[0].undo, revoke)
	p.drains[0].row = p.details.buttons
	p.drains[1].row.Add(widget.NewButton("Tags…", p.tags))
	p.drains[1].row.Add(button("Revoke…", theme.DeleteIcon(), p.revoke))
	p.TableFrame = page.NewTableFrame(page.TableConfig[componentRow]{
		Console: c, Name: "components", One: "component", Many: "components", ID: func(r *componentRow) engine.ID { return r.id }, Columns: componentColumns(),
		Rows: p.rows, Details: p.show, Sums: p.sums, Several: p.drains[1].row, None: "Select one in the table to see its details.",
		Tools: []fyne.CanvasObject{p.add, p.revoked},
	})
	p.Table.OnActivated = func(*componentRow) { p.rename() }
	p.Table.OnKey = p.key
	p.Table.Menu = p.menu
	return p
}

func componentColumns() []grid.Column[*componentRow] {
	type row = *componentRow
	warned := func(warns func(row) bool) (func(row) fyne.Resource, func(row) fyne.ThemeColorName) {
		return func(r row) fyne.Resource {
				if warns(r) {
					return theme.WarningIcon()
				}
				return nil
			}, func(r row) fyne.ThemeColorName {
				if warns(r) {
					return kit.ColorPlain
				}
				return ""
			}
	}
	number := func(id, title string, width float32, words func(row) string, compare func(a, b row) int) grid.Column[row] {
		return grid.Column[row]{ID: id, Title: title, Width: width, Align: fyne.TextAlignTrailing, Text: words, Compare: compare}
	}
	addresses := grid.Column[row]{ID: "addresses", Title: "Addresses", Width: 130, Flexible: true, Text: func(r row) string {
		if r.public == "" {
			return r.private
		}
		return strings.TrimPrefix(r.private+"; "+r.public, "; ")
	}}
	addresses.Icon, addresses.Color = warned(func(r row) bool { return r.public != "" })
	certificate := grid.Column[row]{ID: "certificate", Title: "Certificate", Width: 98, Flexible: true, Yields: 1, Text: func(r row) string { return r.expires }, Compare: func(a, b row) int { return a.expireAt.Compare(b.expireAt) }}
	certificate.Icon, certificate.Color = warned(func(r row) bool { return r.soon })
	cores := number("cores", "Cores", 54, func(r row) string { return text.NumberUnlessNone(r.cores) }, func(a, b row) int { return cmp.Compare(a.cores, b.cores) })
	cores.Yields = 3
	return []grid.Column[row]{
		{ID: "name", Title: "Name", Width: 172, Flexible: true, Text: func(r row) string { return r.name }},
		{ID: "role", Title: "Role", Width: 80, Flexible: true, Text: func(r row) string { return r.role }},
		{ID: "state", Title: "State", Width: 116, Flexible: true, Text: func(r row) string { return r.state }, Color: func(r row) fyne.ThemeColorName { return r.color },
			Icon: func(r row) fyne.Resource { return page.ComponentStateIcon(r.color) }},
		addresses,
		page.HeadroomColumn(205, func(r row) *page.ShownHeadroom { return &r.headroom }),
		number("sessions", "Sessions", 74, func(r row) string { return text.NumberUnlessNone(r.sessions) }, func(a, b row) int { return cmp.Compare(a.sessions, b.sessions) }),
		number("load", "Load", 54, func(r row) string { return r.loadText }, func(a, b row) int { return cmp.Compare(a.load, b.load) }),
		{ID: "aes", Title: "AES instructions", Width: 170, Flexible: true, Yields: 2, Text: func(r row) string { return r.aes }},
		cores,
		{ID: "version", Title: "Version", Width: 66, Flexible: true, Yields: 5, Text: func(r row) string { return r.version }},
		{ID: "seen", Title: "Last seen", Width: 88, Flexible: true, Yields: 4, Text: func(r row) string { return r.seen }, Compare: func(a, b row) int { return a.seenAt.Compare(b.seenAt) }},
		certificate,
	}
}

// Name is components.
func (p *view) Name() string { return "components" }

// Title is the word on the rail.
func (p *view) Title() string { return "Components" }

// Icon is a machine.
func (p *view) Icon() fyne.Resource { return theme.ComputerIcon() }

// Content is the page.
func (p *view) Content() fyne.CanvasObject { return p.TableFrame.Content }

// Commands are what the page can do.
func (p *view) Commands() []page.Command {
	return []page.Command{
		{Title: "Add component…", Run: p.addComponent, Changes: true, Finds: "new machine agent join token"},
		{Title: "Rename…", Run: p.rename, Changes: true},
		{Title: "Tags…", Run: p.tags, Changes: true},
		{Title: "Own limit…", Run: p.limit, Changes: true},
		{Title: "Drain…", Run: p.drain, Changes: true},
		{Title: "Take sessions again", Run: p.undrain, Changes: true},
		{Title: "Revoke…", Run: p.revoke, Changes: true},
		{Title: "Copy rows", Shortcut: &fyne.ShortcutCopy{}, Run: p.Table.Copy},
	}
}

// Open shows a component by its id, or those that have the words of a page.FilterThing; page.AddThing adds
// one.
func (p *view) Open(thing string) {
	if thing == page.AddThing {
		p.addComponent()
		return
	}
	if words, is := page.FilterOf(thing); is {
		p.Filter.SetText(words)
		return
	}
	if p.State != nil {
		if c := model.ComponentIn(p.State, engine.ID(thing)); c != nil && !c.Revoked.IsZero() {
			p.revoked.SetChecked(true)
		}
	}
	p.Choose(engine.ID(thing))
}

// Find lists all components by name, role, tags and addresses.
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
	if p.adding != nil {
		p.adding.update(state)
	}
	kit.Present(p.add, state.MayChange())
	var empty *kit.Placeholder
	switch {
	case len(state.Components) > 0:
	case state.MayChange():
		empty = p.empty
	default:
		empty = p.emptyView
	}
	p.TableFrame.Update(state, empty)
}

// rows are the components that have all words of the filter.
func (p *view) rows(state *model.State, words grid.Words) ([]componentRow, string) {
	rows := make([]componentRow, 0, len(state.Components))
	carried := engine.CarriedBy(state.Sessions)
	online, all := 0, 0 // of the components that the filter applies to
	for i := range state.Components {
		c := &state.Components[i]
		if !c.Revoked.IsZero() && !p.revoked.Checked {
			continue
		}
		all++
		if c.Online {
			online++
		}
		row := makeComponentRow(c, state.When)
		row.headroom = page.ShowHeadroom(c, carried[c.ID], state.Low[c.ID])
		if words.In(row.text) {
			rows = append(rows, row)
		}
	}
	return rows, text.Shown(len(rows), all, "component", "components") + ", " + text.Count(online, "online", "online")
}

// chosen is the component that is selected; nil where none is.
func (p *view) chosen() *engine.ComponentStatus {
	row := p.Chosen()
	if row == nil || p.State == nil {
		return nil
	}
	return model.ComponentIn(p.State, row.id)
}

// show shows everything that is known of a component.
func (p *view) show(row *componentRow) fyne.CanvasObject {
	c := model.ComponentIn(p.State, row.id)
	if c == nil {
		return nil
	}
	p.drains[0].update([]*engine.ComponentStatus{c})
	p.details.update(p.State, c)
	return p.details.content
}

// sums add the selected rows up, whose buttons are those that they have a use for.
func (p *view) sums(rows []*componentRow) []kit.Detail {
	components := p.changeable()
	kit.Present(p.drains[1].row, len(components) > 0)
	p.drains[1].update(components)
	return componentSums(rows)
}

func (p *view) key(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyInsert:
		p.addComponent()
	case fyne.KeyDelete:
		p.revoke()
	case fyne.KeyF2:
		p.rename()
	}
}

// menu is that of one row, or what can be done with several.
func (p *view) menu(r *componentRow) *fyne.Menu {
	if p.Table.SelectionSize() > 1 {
		if items := p.drainItems(); len(items) > 0 {
			return fyne.NewMenu("", append(items, fyne.NewMenuItem("Tags…", p.tags), fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Revoke…", p.revoke))...)
		}
		return nil
	}
	return fyne.NewMenu("", p.rowItems(r)...)
}

// drainItems are those of a menu for the selected components.
func (p *view) drainItems() []*fyne.MenuItem {
	components := p.changeable()
	if len(components) == 0 {
		return nil
	}
	items := []*fyne.MenuItem{fyne.NewMenuItem("Drain…", p.drain)}
	if slices.ContainsFunc(components, drainedByOrder) {
		items = append(items, fyne.NewMenuItem("Take sessions again", p.undrain))
	}
	return items
}

func (p *view) rowItems(r *componentRow) []*fyne.MenuItem {
	items := []*fyne.MenuItem{
		fyne.NewMenuItem("Copy addresses", func() {
			fyne.CurrentApp().Clipboard().SetContent(strings.Trim(r.private+", "+strings.TrimPrefix(r.public, "public: "), ", "))
		}),
		fyne.NewMenuItem("Copy id", func() { fyne.CurrentApp().Clipboard().SetContent(string(r.id)) }),
	}
	if c := p.chosen(); c != nil && c.Revoked.IsZero() && p.State.MayChange() {
		items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Rename…", p.rename), fyne.NewMenuItem("Tags…", p.tags),
			fyne.NewMenuItem("Own limit…", p.limit), fyne.NewMenuItemSeparator())
		items = append(append(items, p.drainItems()...), fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Revoke…", p.revoke))
	}
	return items
}

func (p *view) addComponent() {
	if p.State != nil && p.State.MayChange() {
		p.adding = showAddComponent(p.console, p.State)
	}
}
