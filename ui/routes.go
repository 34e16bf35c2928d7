package ui

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/grid"
)

// RoutesPage lists the ways on which backup tools reach their backends.
type RoutesPage struct {
	console *Console
	state   *State
	stage   *pageStage
	table   *pageTable[routeRow]
	rows    []routeRow
	filter  *widget.Entry
	count   *widget.Label
	add     *widget.Button

	side         *pageStage
	several      *severalDetails
	none         *placeholder
	details      fyne.CanvasObject
	heading      *detailHeading
	legs         *notice
	list         *detailList
	turn         *widget.Button
	change       *fyne.Container
	full         fyne.CanvasObject
	busy, failed *placeholder
	empty        *placeholder
	emptyView    *placeholder
	noComponents *placeholder
}

// NewRoutesPage makes the page.
func NewRoutesPage(c *Console) Page {
	p := &RoutesPage{console: c, count: tableCaption(), heading: newDetailHeading(), list: newDetailList()}
	const about = "A route listens on the machine of a backup tool and leads through a channel to the backend on another machine. In the tool nothing changes but an address."
	p.add = widget.NewButtonWithIcon("Add route…", theme.ContentAddIcon(), p.addRoute)
	p.add.Importance = widget.HighImportance
	first := widget.NewButtonWithIcon("Add route…", theme.ContentAddIcon(), p.addRoute)
	first.Importance = widget.HighImportance
	p.busy = busyText("Reading the routes…")
	p.failed = newPlaceholder(theme.ErrorIcon(), "No routes", "", nil)
	p.empty = newPlaceholder(theme.MailForwardIcon(), "No route yet", about, first)
	p.emptyView = newPlaceholder(theme.MailForwardIcon(), "No route yet", about, nil)
	p.noComponents = newPlaceholder(theme.MailForwardIcon(), "No route yet", about+" It needs two components, a source and a target: add them first.", widget.NewButton("To the components", func() { c.Go("components", "") }))
	p.none = newPlaceholder(nil, "No route chosen", "Choose one in the table to see everything of it, and the line to change in the tool.", nil)

	p.table = newPageTable(routeColumns(), func(r *routeRow) string { return string(r.id) })
	p.table.onSelected = func(*routeRow) { p.showDetails() }
	p.table.onOpen = func(*routeRow) { p.edit() }
	p.table.onKey = p.key
	p.table.menu = p.menu
	p.table.content.Remember(c.Preferences, "routes")
	p.table.content.SetEmpty(nonePasses("route"))
	p.filter = newFilter(func(string) { p.showRows() })

	p.legs = newNotice(theme.WarningIcon(), ColorPlain, "")
	p.turn = widget.NewButton("Turn off", p.turnRoute)
	p.change = container.NewHBox(widget.NewButtonWithIcon("Test…", theme.MediaPlayIcon(), p.test), widget.NewButtonWithIcon("Edit…", theme.DocumentCreateIcon(), p.edit), p.turn, widget.NewButtonWithIcon("Remove…", theme.DeleteIcon(), p.remove))
	p.details = border(container.NewVBox(p.heading.content, p.change, p.legs), nil, nil, nil, container.NewVScroll(p.list.content))
	p.several = newSeveralDetails()
	p.side = newPageStage(p.none.content)
	split := container.NewVSplit(border(toolbar(p.filter, p.add), nil, nil, nil, underTable(p.table.content, p.count)), container.NewPadded(p.side.content))
	split.SetOffset(0.5)
	p.full = split
	p.stage = newPageStage(p.busy.content)
	return p
}

func routeColumns() []tableColumn[routeRow] {
	column := func(id, title string, width float32, of func(*routeRow) string) tableColumn[routeRow] {
		return tableColumn[routeRow]{id: id, title: title, width: width, cell: func(r *routeRow) tableCell { return tableCell{text: of(r)} }}
	}
	columns := []tableColumn[routeRow]{
		column("on", "On", 38, func(r *routeRow) string { return r.on }),
		column("name", "Name", 96, func(r *routeRow) string { return r.name }),
		column("sources", "Sources", 95, func(r *routeRow) string { return r.sources }),
		column("state", "State", 102, nil),
		column("listen", "Listens on", 122, func(r *routeRow) string { return r.listen }),
		column("target", "Target", 70, func(r *routeRow) string { return r.target }),
		column("backend", "Backend", 122, func(r *routeRow) string { return r.backend }),
		column("flow", "Flow", 52, func(r *routeRow) string { return r.flow }),
		column("sessions", "Sessions", 74, func(r *routeRow) string { return numberWords(r.sessions) }),
		column("open", "Open legs", 108, nil),
	}
	for i := range columns {
		switch c := &columns[i]; c.id {
		case "state":
			c.cell = func(r *routeRow) tableCell {
				return tableCell{text: r.state, color: r.color, icon: componentStateIcon(r.color)}
			}
		case "open":
			c.cell = func(r *routeRow) tableCell {
				if r.open == "" {
					return tableCell{}
				}
				return tableCell{text: r.open, color: ColorPlain, icon: theme.WarningIcon()}
			}
		case "sessions":
			c.right = true
			c.compare = func(a, b *routeRow) int { return cmp.Compare(a.sessions, b.sessions) }
		}
	}
	return columns
}

// Name is routes.
func (p *RoutesPage) Name() string { return "routes" }

// Title is the word on the rail.
func (p *RoutesPage) Title() string { return "Routes" }

// Icon is an arrow.
func (p *RoutesPage) Icon() fyne.Resource { return theme.MailForwardIcon() }

// Content is the page.
func (p *RoutesPage) Content() fyne.CanvasObject { return p.stage.content }

// Commands are what the page can do.
func (p *RoutesPage) Commands() []Command {
	return []Command{
		{Title: "Add route…", Run: p.addRoute, Changes: true},
		{Title: "Edit…", Run: p.edit, Changes: true},
		{Title: "Duplicate…", Run: p.duplicate, Shortcut: &desktop.CustomShortcut{KeyName: fyne.KeyD, Modifier: fyne.KeyModifierControl}, Changes: true},
		{Title: "Turn on or off", Run: p.turnRoute, Changes: true},
		{Title: "Test…", Run: p.test, Changes: true},
		{Title: "Remove…", Run: p.remove, Changes: true},
		{Title: "Copy rows", Shortcut: &fyne.ShortcutCopy{}, Run: p.table.content.Copy},
	}
}

// Open shows a route by its id.
func (p *RoutesPage) Open(thing string) {
	p.filter.SetText("")
	p.table.choose(thing)
	p.showDetails()
}

// Find gives all routes.
func (p *RoutesPage) Find(state *State) []Found {
	var found []Found
	for i := range state.Routes {
		r := &state.Routes[i]
		found = append(found, Found{Page: p.Name(), Thing: string(r.ID), Text: "route " + r.Name + ": " + sourceWords(r) + " " + r.Listen + " to " + r.TargetName + " " + r.Backend})
	}
	return found
}

// Update shows the newest state.
func (p *RoutesPage) Update(state *State) {
	p.state = state
	present(p.add, state.MayChange())
	switch {
	case state.When.IsZero() && state.Problem != "":
		p.failed.text.SetText("The broker could not be asked: " + state.Problem + ". It is tried again.")
		p.stage.show(p.failed.content)
	case state.When.IsZero():
		p.stage.show(p.busy.content)
	case len(state.Routes) > 0:
		p.stage.show(p.full)
		p.showRows()
		p.showDetails()
	case !state.MayChange():
		p.stage.show(p.emptyView.content)
	case len(state.Components) < 2:
		p.stage.show(p.noComponents.content)
	default:
		p.stage.show(p.empty.content)
	}
}

func (p *RoutesPage) showRows() {
	if p.state == nil {
		return
	}
	words := grid.ParseWords(p.filter.Text)
	rows := make([]routeRow, 0, len(p.state.Routes))
	for i := range p.state.Routes {
		row := makeRouteRow(&p.state.Routes[i])
		if words.In(row.text) {
			rows = append(rows, row)
		}
	}
	if p.rows == nil || !slices.Equal(rows, p.rows) {
		p.rows = rows
		p.table.setRows(rows)
	}
	p.tell()
}

// tell says how many routes there are, and how many are selected.
func (p *RoutesPage) tell() {
	if p.state != nil {
		setLabel(p.count, shownWords(len(p.rows), len(p.state.Routes), "route", "routes")+selectedWords(p.table.content.SelectionSize()))
	}
}

// chosen is the selected route; nil where none is.
func (p *RoutesPage) chosen() *engine.RouteStatus {
	row := p.table.chosen()
	if row == nil || p.state == nil {
		return nil
	}
	return routeIn(p.state, row.id)
}

// editable is the selected route where the user may change it.
func (p *RoutesPage) editable() *engine.RouteStatus {
	if r := p.chosen(); r != nil && p.state.MayChange() {
		return r
	}
	return nil
}

func (p *RoutesPage) showDetails() {
	p.tell()
	if selected := p.table.content.Selection(); len(selected) > 1 {
		p.several.set(counted(len(selected), "route", "routes"), routeSums(selected))
		p.side.show(p.several.content)
		return
	}
	r := p.chosen()
	if r == nil {
		p.side.show(p.none.content)
		return
	}
	words, color := listenerWords(r)
	p.heading.set(r.Name, words, color)
	present(p.change, p.state.MayChange())
	if turn := map[bool]string{true: "Turn off", false: "Turn on"}[r.Enabled]; p.turn.Text != turn {
		p.turn.SetText(turn)
	}
	if len(r.OpenLegs) > 0 {
		p.legs.setText("Open leg: " + strings.Join(r.OpenLegs, "; ") + ".")
	}
	present(p.legs, len(r.OpenLegs) > 0)
	p.list.set(routeFacts(r))
	p.side.show(p.details)
}

func (p *RoutesPage) key(name fyne.KeyName) {
	switch name {
	case fyne.KeyInsert:
		p.addRoute()
	case fyne.KeyDelete:
		p.remove()
	}
}

func (p *RoutesPage) menu(row *routeRow) []*fyne.MenuItem {
	if p.table.content.SelectionSize() > 1 {
		return nil
	}
	items := []*fyne.MenuItem{fyne.NewMenuItem("Copy listen address", func() { fyne.CurrentApp().Clipboard().SetContent(row.listen) })}
	if r := p.editable(); r != nil {
		items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Test…", p.test), fyne.NewMenuItem("Edit…", p.edit), fyne.NewMenuItem("Duplicate…", p.duplicate),
			fyne.NewMenuItem(p.turn.Text, p.turnRoute), fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Remove…", p.remove))
	}
	return items
}

func (p *RoutesPage) addRoute() {
	if p.state != nil && p.state.MayChange() {
		showRouteWizard(p.console, p.state, nil, p.testRoute)
	}
}

func (p *RoutesPage) edit() {
	if r := p.editable(); r != nil {
		showRouteWizard(p.console, p.state, r, p.testRoute)
	}
}

// duplicate opens the wizard on a new route that is like the selected one. It must listen elsewhere, or on other sources.
func (p *RoutesPage) duplicate() {
	r := p.editable()
	if r == nil {
		return
	}
	like := *r
	fetch(p.console.Background, p.console.Admin.Services, func(services []engine.Service, err error) {
		if err != nil {
			showError(p.console.Window, "The services could not be read", err)
			return
		}
		w := newRouteWizard(p.console, p.state, services, nil, p.testRoute)
		w.preset = presetFor(like.Backend)
		w.askFields()
		w.fillFrom(&like)
		w.listen.Text, w.backend.Text, w.linger.Text = like.Listen, like.Backend, strconv.Itoa(like.LingerSeconds)
		w.flow.Selected = flowWords(like.Flow)
		w.named = true
		w.name.SetText(like.Name + " copy")
		w.dialog.body.Refresh()
	})
}

// turnRoute turns the selected route on or off. On, it may need the same confirmation as when it was made.
func (p *RoutesPage) turnRoute() {
	r := p.editable()
	if r == nil {
		return
	}
	route := r.Route
	route.Enabled = !route.Enabled
	p.put(route, r.Sessions)
}

func (p *RoutesPage) put(route engine.Route, sessions int) {
	put := func() {
		fetch(p.console.Background, func(ctx context.Context) (engine.Route, error) {
			return p.console.Admin.PutRoute(ctx, route, true) // it is there already, and its open legs are shown
		}, func(_ engine.Route, err error) {
			if err != nil {
				showError(p.console.Window, "Route "+route.Name+" was not changed", err)
				return
			}
			p.console.Refresh()
		})
	}
	if route.Enabled || sessions == 0 {
		put()
		return
	}
	confirm(p.console.Window, "Turn off route "+route.Name+"?", wrapped("It takes no new connection; "+counted(sessions, "live session finishes", "live sessions finish")+". The backup tool cannot reach its backend over it until it is on again."), "Turn off", put)
}

func (p *RoutesPage) remove() {
	r := p.editable()
	if r == nil {
		return
	}
	keeping := routeKeeping{admin: p.console.Admin, previousImplicit: implicitService(r)}
	id, name := r.ID, r.Name
	keeping.previous = &engine.Service{ID: r.Service, Name: r.ServiceName}
	text := "The backup tool cannot reach its backend over it any more."
	if r.Sessions > 0 {
		text += " " + counted(r.Sessions, "live session takes", "live sessions take") + " no new connection; what is open finishes."
	}
	confirm(p.console.Window, "Remove route "+name+"?", wrapped(text), "Remove", func() {
		p.console.Background(func(ctx context.Context) error {
			if err := p.console.Admin.RemoveRoute(ctx, id); err != nil {
				return err
			}
			return keeping.tidy(ctx, "") // the service that was made with it
		}, func(err error) {
			p.console.Refresh()
			if err != nil {
				showError(p.console.Window, "Route "+name+" was not removed whole", err)
			}
		})
	})
}

func (p *RoutesPage) test() {
	if r := p.editable(); r != nil {
		p.testRoute(*r)
	}
}

func (p *RoutesPage) testRoute(r engine.RouteStatus) {
	if newest := routeIn(p.state, r.ID); newest != nil {
		r = *newest
	}
	showRouteTest(p.console, r)
}
