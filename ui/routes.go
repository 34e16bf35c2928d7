package ui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
)

// RoutesPage is where backup tools connect, and where that leads.
type RoutesPage struct {
	console *Console
	state   *State
	stage   *pageStage
	full    fyne.CanvasObject

	busy, failed, empty, emptyView, none *placeholder

	table   *pageTable[routeRow]
	filter  *widget.Entry
	add     *widget.Button
	count   *widget.Label
	side    *pageStage
	details fyne.CanvasObject
	facts   *detailList
	heading *widget.Label
	open    *fyne.Container // open legs
	buttons *fyne.Container // absent for who may only view
}

// NewRoutesPage makes the page.
func NewRoutesPage(c *Console) Page {
	p := &RoutesPage{console: c, filter: widget.NewEntry(), count: widget.NewLabel(""), facts: newDetailList(), open: container.NewVBox()}
	p.add = widget.NewButtonWithIcon("Add route …", theme.ContentAddIcon(), p.addRoute)
	first := widget.NewButtonWithIcon("Add route …", theme.ContentAddIcon(), p.addRoute)
	first.Importance = widget.HighImportance
	const about = "A route listens on the machines that are backed up, and leads to where the backups are kept. In the backup tool nothing changes but an address."
	p.busy = busyText("Reading the routes …")
	p.failed = newPlaceholder(theme.ErrorIcon(), "No routes", "", nil)
	p.empty = newPlaceholder(theme.MailForwardIcon(), "No route yet", about, first)
	p.emptyView = newPlaceholder(theme.MailForwardIcon(), "No route yet", about, nil)
	p.none = newPlaceholder(nil, "No route chosen", "Choose one in the table to see everything that is known of it.", nil)

	p.table = newPageTable(routeColumns(), func(r *routeRow) engine.ID { return r.id })
	p.table.content.Remember(c.Preferences, "routes")
	p.table.onSelected = func(*routeRow) { p.showDetails() }
	p.table.onOpen = func(*routeRow) { p.edit() }
	p.table.onKey = p.key
	p.table.menu = p.menu
	p.filter.SetPlaceHolder("filter")
	p.filter.OnChanged = func(string) { p.showRows() }

	p.heading = widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	p.heading.SizeName = theme.SizeNameSubHeadingText
	p.heading.Truncation = fyne.TextTruncateEllipsis
	p.buttons = container.NewHBox(widget.NewButtonWithIcon("Edit …", theme.DocumentCreateIcon(), p.edit), widget.NewButtonWithIcon("Test …", theme.MediaPlayIcon(), p.test),
		widget.NewButton("On / off", p.toggle), widget.NewButtonWithIcon("Remove …", theme.DeleteIcon(), p.remove))
	p.details = container.NewBorder(container.NewVBox(p.heading, p.buttons, p.open), nil, nil, nil, container.NewVScroll(p.facts.content))
	p.side = newPageStage(p.none.content)
	bar := toolbar(container.NewGridWrap(fyne.NewSize(200, p.filter.MinSize().Height), p.filter), p.add, p.count)
	split := container.NewHSplit(container.NewBorder(bar, nil, nil, nil, p.table.content), container.NewPadded(p.side.content))
	split.SetOffset(0.66)
	p.full = split
	p.stage = newPageStage(p.busy.content)
	return p
}

func routeColumns() []tableColumn[routeRow] {
	column := func(id, title string, width float32, of func(*routeRow) string) tableColumn[routeRow] {
		return tableColumn[routeRow]{id: id, title: title, width: width, cell: func(r *routeRow) tableCell { return tableCell{text: of(r)} },
			compare: func(a, b *routeRow) int { return cmp.Compare(strings.ToLower(of(a)), strings.ToLower(of(b))) }}
	}
	state := column("state", "State", 120, func(r *routeRow) string { return r.state })
	state.cell = func(r *routeRow) tableCell {
		return tableCell{text: r.state, color: r.color, icon: componentStateIcon(r.color)}
	}
	sessions := column("sessions", "Sessions", 70, func(r *routeRow) string { return strconv.Itoa(r.sessions) })
	sessions.right, sessions.compare = true, func(a, b *routeRow) int { return cmp.Compare(a.sessions, b.sessions) }
	legs := column("open", "Open legs", 110, func(r *routeRow) string { return r.open })
	legs.cell = func(r *routeRow) tableCell {
		if r.open == "" {
			return tableCell{}
		}
		return tableCell{text: r.open, color: ColorPlain, icon: theme.WarningIcon()}
	}
	return []tableColumn[routeRow]{
		column("name", "Name", 110, func(r *routeRow) string { return r.name }), column("on", "On", 44, func(r *routeRow) string { return r.on }), state,
		column("sources", "Sources", 120, func(r *routeRow) string { return r.sources }), column("listen", "Listens on", 130, func(r *routeRow) string { return r.listen }),
		column("target", "Target", 110, func(r *routeRow) string { return r.target }), column("backend", "Backend", 130, func(r *routeRow) string { return r.backend }),
		column("flow", "Flow", 50, func(r *routeRow) string { return r.flow }), sessions, legs,
	}
}

// Name is routes.
func (p *RoutesPage) Name() string { return "routes" }

// Title is the word on the rail.
func (p *RoutesPage) Title() string { return "Routes" }

// Icon is a way on.
func (p *RoutesPage) Icon() fyne.Resource { return theme.MailForwardIcon() }

// Content is the page.
func (p *RoutesPage) Content() fyne.CanvasObject { return p.stage.content }

// Commands are what the page can do.
func (p *RoutesPage) Commands() []Command {
	return []Command{
		{Title: "Add route …", Run: p.addRoute, Changes: true},
		{Title: "Edit …", Run: p.edit, Changes: true},
		{Title: "Test …", Run: p.test, Changes: true},
		{Title: "Turn on or off", Run: p.toggle, Changes: true},
		{Title: "Remove …", Run: p.remove, Changes: true},
	}
}

// Open shows a route by its id.
func (p *RoutesPage) Open(thing string) {
	p.filter.SetText("")
	p.table.choose(engine.ID(thing))
	p.showDetails()
}

// Find gives all routes by name, sources, target and addresses.
func (p *RoutesPage) Find(state *State) []Found {
	var found []Found
	for i := range state.Routes {
		row := makeRouteRow(&state.Routes[i])
		found = append(found, Found{Page: p.Name(), Thing: string(row.id), Text: fmt.Sprintf("route %s (%s → %s, %s)", row.name, row.sources, row.target, row.listen)})
	}
	return found
}

// Update shows the newest state.
func (p *RoutesPage) Update(state *State) {
	p.state = state
	for _, o := range []fyne.CanvasObject{p.add, p.buttons} {
		if state.MayChange() {
			o.Show()
		} else {
			o.Hide()
		}
	}
	switch {
	case state.When.IsZero() && state.Problem != "":
		p.failed.text.SetText("The broker could not be asked: " + state.Problem + ". It is tried again.")
		p.stage.show(p.failed.content)
	case state.When.IsZero():
		p.stage.show(p.busy.content)
	case len(state.Routes) == 0 && state.MayChange():
		p.stage.show(p.empty.content)
	case len(state.Routes) == 0:
		p.stage.show(p.emptyView.content)
	default:
		p.stage.show(p.full)
		p.showRows()
		p.showDetails()
	}
}

// showRows puts what the filter lets through into the table.
func (p *RoutesPage) showRows() {
	if p.state == nil {
		return
	}
	words := strings.Fields(strings.ToLower(p.filter.Text))
	rows := make([]routeRow, 0, len(p.state.Routes))
	for i := range p.state.Routes {
		row := makeRouteRow(&p.state.Routes[i])
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(row.text, word) }) {
			rows = append(rows, row)
		}
	}
	p.table.setRows(rows)
	setLabel(p.count, counted(len(p.state.Routes), "route", "routes"))
}

// chosen is the route that is selected; nil where none is.
func (p *RoutesPage) chosen() *engine.RouteStatus {
	row := p.table.chosen()
	if row == nil || p.state == nil {
		return nil
	}
	return routeIn(p.state, row.id)
}

func (p *RoutesPage) showDetails() {
	r := p.chosen()
	if r == nil {
		p.side.show(p.none.content)
		return
	}
	setLabel(p.heading, r.Name)
	if len(p.open.Objects) != len(r.OpenLegs) {
		p.open.Objects = nil
		for _, leg := range r.OpenLegs {
			p.open.Add(newNotice(theme.WarningIcon(), ColorPlain, "Open leg: "+leg))
		}
		p.open.Refresh()
	}
	p.facts.set(routeFacts(r))
	p.side.show(p.details)
}

func (p *RoutesPage) key(name fyne.KeyName) {
	switch name {
	case fyne.KeyInsert:
		p.addRoute()
	case fyne.KeyDelete:
		p.remove()
	case fyne.KeySpace:
		p.toggle()
	}
}

func (p *RoutesPage) menu(r *routeRow) []*fyne.MenuItem {
	items := []*fyne.MenuItem{fyne.NewMenuItem("Copy listen address", func() { fyne.CurrentApp().Clipboard().SetContent(r.listen) })}
	if p.mayChange() {
		items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Edit …", p.edit), fyne.NewMenuItem("Test …", p.test), fyne.NewMenuItem("Turn on or off", p.toggle),
			fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Remove …", p.remove))
	}
	return items
}

func (p *RoutesPage) mayChange() bool { return p.state != nil && p.state.MayChange() }

func (p *RoutesPage) addRoute() {
	if p.mayChange() {
		showRouteWizard(p.console, p.state, nil, func(r engine.RouteStatus) { showRouteTest(p.console, r) })
	}
}

func (p *RoutesPage) edit() {
	if r := p.chosen(); r != nil && p.mayChange() {
		showRouteWizard(p.console, p.state, r, func(r engine.RouteStatus) { showRouteTest(p.console, r) })
	}
}

func (p *RoutesPage) test() {
	if r := p.chosen(); r != nil && p.mayChange() {
		showRouteTest(p.console, *r)
	}
}

// toggle turns a route on or off. Off, new connections to it are refused.
func (p *RoutesPage) toggle() {
	r := p.chosen()
	if r == nil || !p.mayChange() {
		return
	}
	route := r.Route
	route.Enabled = !route.Enabled
	do := func() {
		fetch(p.console, func(ctx context.Context) (engine.Route, error) { return p.console.Admin.PutRoute(ctx, route, true) }, func(_ engine.Route, err error) {
			if err != nil {
				showError(p.console.Window, "The route was not changed", err)
			}
			p.console.Refresh()
		})
	}
	if route.Enabled {
		do()
		return
	}
	confirm(p.console.Window, fmt.Sprintf("Turn the route %q off?", route.Name), wrapped("Connections that are open finish. New ones are refused until it is turned on again."), "Turn off", do)
}

func (p *RoutesPage) remove() {
	r := p.chosen()
	if r == nil || !p.mayChange() {
		return
	}
	id := r.ID
	confirm(p.console.Window, fmt.Sprintf("Remove the route %q?", r.Name), wrapped(fmt.Sprintf("It has %s. Connections that are open finish; new ones are refused.", counted(r.Sessions, "live session", "live sessions"))), "Remove route", func() {
		fetch(p.console, func(ctx context.Context) (struct{}, error) { return struct{}{}, p.console.Admin.RemoveRoute(ctx, id) }, func(_ struct{}, err error) {
			if err != nil {
				showError(p.console.Window, "The route was not removed", err)
			}
			p.console.Refresh()
		})
	})
}
