package routes

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
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// view lists the ways on which backup tools reach their backends.
type view struct {
	console *page.Console
	state   *model.State
	stage   *kit.PageStage
	table   *kit.PageTable[routeRow]
	rows    []routeRow
	filter  *widget.Entry
	count   *widget.Label
	add     *widget.Button

	side         *kit.PageStage
	several      *kit.SeveralDetails
	none         *kit.Placeholder
	details      fyne.CanvasObject
	heading      *kit.DetailHeading
	legs         *kit.Notice
	list         *kit.DetailList
	turn         *widget.Button
	change       *fyne.Container
	full         fyne.CanvasObject
	busy, failed *kit.Placeholder
	empty        *kit.Placeholder
	emptyView    *kit.Placeholder
	noComponents *kit.Placeholder
}

// New makes the page.
func New(c *page.Console) page.Page {
	p := &view{console: c, count: kit.TableCaption(), heading: kit.NewDetailHeading(), list: kit.NewDetailList()}
	const about = "A route listens on the machine of a backup tool and leads through a channel to the backend on another machine. In the tool nothing changes but an address."
	p.add = widget.NewButtonWithIcon("Add route…", theme.ContentAddIcon(), p.addRoute)
	p.add.Importance = widget.HighImportance
	first := widget.NewButtonWithIcon("Add route…", theme.ContentAddIcon(), p.addRoute)
	first.Importance = widget.HighImportance
	p.busy = kit.NewBusy("Reading the routes…")
	p.failed = kit.NewPlaceholder(theme.ErrorIcon(), "No routes", "", nil)
	p.empty = kit.NewPlaceholder(theme.MailForwardIcon(), "No route yet", about, first)
	p.emptyView = kit.NewPlaceholder(theme.MailForwardIcon(), "No route yet", about, nil)
	p.noComponents = kit.NewPlaceholder(theme.MailForwardIcon(), "No route yet", about+" It needs two components, a source and a target: add them first.", widget.NewButton("To the components", func() { c.Go("components", "") }))
	p.none = kit.NewPlaceholder(nil, "No route chosen", "Choose one in the table to see everything of it, and the line to change in the tool.", nil)

	p.table = kit.NewPageTable(routeColumns(), func(r *routeRow) string { return string(r.id) })
	p.table.OnSelected = func(*routeRow) { p.showDetails() }
	p.table.OnOpen = func(*routeRow) { p.edit() }
	p.table.OnKey = p.key
	p.table.Menu = p.menu
	p.table.Content.Remember(c.Preferences, "routes")
	p.table.Content.SetEmpty(kit.NonePasses("route"))
	p.filter = kit.NewFilter(func(string) { p.showRows() })

	p.legs = kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, "")
	p.turn = widget.NewButton("Turn off", p.turnRoute)
	p.change = container.NewHBox(widget.NewButtonWithIcon("Test…", theme.MediaPlayIcon(), p.test), widget.NewButtonWithIcon("Edit…", theme.DocumentCreateIcon(), p.edit), p.turn, widget.NewButtonWithIcon("Remove…", theme.DeleteIcon(), p.remove))
	p.details = kit.Border(container.NewVBox(p.heading.Content, p.change, p.legs), nil, nil, nil, container.NewVScroll(p.list.Content))
	p.several = kit.NewSeveralDetails()
	p.side = kit.NewPageStage(p.none.Content)
	split := container.NewVSplit(kit.Border(kit.NewToolbar(p.filter, p.add), nil, nil, nil, kit.UnderTable(p.table.Content, p.count)), container.NewPadded(p.side.Content))
	split.SetOffset(0.5)
	p.full = split
	p.stage = kit.NewPageStage(p.busy.Content)
	return p
}

func routeColumns() []kit.TableColumn[routeRow] {
	column := func(id, title string, width float32, of func(*routeRow) string) kit.TableColumn[routeRow] {
		return kit.TableColumn[routeRow]{ID: id, Title: title, Width: width, Cell: func(r *routeRow) kit.TableCell { return kit.TableCell{Text: of(r)} }}
	}
	columns := []kit.TableColumn[routeRow]{
		column("on", "On", 38, func(r *routeRow) string { return r.on }),
		column("name", "Name", 96, func(r *routeRow) string { return r.name }),
		column("sources", "Sources", 95, func(r *routeRow) string { return r.sources }),
		column("state", "State", 102, nil),
		column("listen", "Listens on", 122, func(r *routeRow) string { return r.listen }),
		column("target", "Target", 70, func(r *routeRow) string { return r.target }),
		column("backend", "Backend", 122, func(r *routeRow) string { return r.backend }),
		column("flow", "Flow", 52, func(r *routeRow) string { return r.flow }),
		column("sessions", "Sessions", 74, func(r *routeRow) string { return text.NumberUnlessNone(r.sessions) }),
		column("open", "Open legs", 108, nil),
	}
	for i := range columns {
		switch c := &columns[i]; c.ID {
		case "state":
			c.Cell = func(r *routeRow) kit.TableCell {
				return kit.TableCell{Text: r.state, Color: r.color, Icon: page.ComponentStateIcon(r.color)}
			}
		case "open":
			c.Cell = func(r *routeRow) kit.TableCell {
				if r.open == "" {
					return kit.TableCell{}
				}
				return kit.TableCell{Text: r.open, Color: kit.ColorPlain, Icon: theme.WarningIcon()}
			}
		case "sessions":
			c.Right = true
			c.Compare = func(a, b *routeRow) int { return cmp.Compare(a.sessions, b.sessions) }
		}
	}
	return columns
}

// Name is routes.
func (p *view) Name() string { return "routes" }

// Title is the word on the rail.
func (p *view) Title() string { return "Routes" }

// Icon is an arrow.
func (p *view) Icon() fyne.Resource { return theme.MailForwardIcon() }

// Content is the page.
func (p *view) Content() fyne.CanvasObject { return p.stage.Content }

// Commands are what the page can do.
func (p *view) Commands() []page.Command {
	return []page.Command{
		{Title: "Add route…", Run: p.addRoute, Changes: true},
		{Title: "Edit…", Run: p.edit, Changes: true},
		{Title: "Duplicate…", Run: p.duplicate, Shortcut: &desktop.CustomShortcut{KeyName: fyne.KeyD, Modifier: fyne.KeyModifierControl}, Changes: true},
		{Title: "Turn on or off", Run: p.turnRoute, Changes: true},
		{Title: "Test…", Run: p.test, Changes: true},
		{Title: "Remove…", Run: p.remove, Changes: true},
		{Title: "Copy rows", Shortcut: &fyne.ShortcutCopy{}, Run: p.table.Content.Copy},
	}
}

// Open shows a route by its id.
func (p *view) Open(thing string) {
	p.filter.SetText("")
	p.table.Choose(thing)
	p.showDetails()
}

// Find gives all routes.
func (p *view) Find(state *model.State) []page.Found {
	var found []page.Found
	for i := range state.Routes {
		r := &state.Routes[i]
		found = append(found, page.Found{Page: p.Name(), Thing: string(r.ID), Text: "route " + r.Name + ": " + sourceWords(r) + " " + r.Listen + " to " + r.TargetName + " " + r.Backend})
	}
	return found
}

// Update shows the newest state.
func (p *view) Update(state *model.State) {
	p.state = state
	kit.Present(p.add, state.MayChange())
	switch {
	case state.When.IsZero() && state.Problem != "":
		p.failed.Text.SetText("The broker could not be asked: " + state.Problem + ". It is tried again.")
		p.stage.Show(p.failed.Content)
	case state.When.IsZero():
		p.stage.Show(p.busy.Content)
	case len(state.Routes) > 0:
		p.stage.Show(p.full)
		p.showRows()
		p.showDetails()
	case !state.MayChange():
		p.stage.Show(p.emptyView.Content)
	case len(state.Components) < 2:
		p.stage.Show(p.noComponents.Content)
	default:
		p.stage.Show(p.empty.Content)
	}
}

func (p *view) showRows() {
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
		p.table.SetRows(rows)
	}
	p.tell()
}

// tell says how many routes there are, and how many are selected.
func (p *view) tell() {
	if p.state != nil {
		kit.SetLabel(p.count, text.Shown(len(p.rows), len(p.state.Routes), "route", "routes")+text.Selected(p.table.Content.SelectionSize()))
	}
}

// chosen is the selected route; nil where none is.
func (p *view) chosen() *engine.RouteStatus {
	row := p.table.Chosen()
	if row == nil || p.state == nil {
		return nil
	}
	return model.RouteIn(p.state, row.id)
}

// editable is the selected route where the user may change it.
func (p *view) editable() *engine.RouteStatus {
	if r := p.chosen(); r != nil && p.state.MayChange() {
		return r
	}
	return nil
}

func (p *view) showDetails() {
	p.tell()
	if selected := p.table.Content.Selection(); len(selected) > 1 {
		p.several.Set(text.Count(len(selected), "route", "routes"), routeSums(selected))
		p.side.Show(p.several.Content)
		return
	}
	r := p.chosen()
	if r == nil {
		p.side.Show(p.none.Content)
		return
	}
	words, color := listenerWords(r)
	p.heading.Set(r.Name, words, color)
	kit.Present(p.change, p.state.MayChange())
	if turn := map[bool]string{true: "Turn off", false: "Turn on"}[r.Enabled]; p.turn.Text != turn {
		p.turn.SetText(turn)
	}
	if len(r.OpenLegs) > 0 {
		p.legs.SetText("Open leg: " + strings.Join(r.OpenLegs, "; ") + ".")
	}
	kit.Present(p.legs, len(r.OpenLegs) > 0)
	p.list.Set(routeFacts(r))
	p.side.Show(p.details)
}

func (p *view) key(name fyne.KeyName) {
	switch name {
	case fyne.KeyInsert:
		p.addRoute()
	case fyne.KeyDelete:
		p.remove()
	}
}

func (p *view) menu(row *routeRow) []*fyne.MenuItem {
	if p.table.Content.SelectionSize() > 1 {
		return nil
	}
	items := []*fyne.MenuItem{fyne.NewMenuItem("Copy listen address", func() { fyne.CurrentApp().Clipboard().SetContent(row.listen) })}
	if r := p.editable(); r != nil {
		items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Test…", p.test), fyne.NewMenuItem("Edit…", p.edit), fyne.NewMenuItem("Duplicate…", p.duplicate),
			fyne.NewMenuItem(p.turn.Text, p.turnRoute), fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Remove…", p.remove))
	}
	return items
}

func (p *view) addRoute() {
	if p.state != nil && p.state.MayChange() {
		showRouteWizard(p.console, p.state, nil, p.testRoute)
	}
}

func (p *view) edit() {
	if r := p.editable(); r != nil {
		showRouteWizard(p.console, p.state, r, p.testRoute)
	}
}

// duplicate opens the wizard on a new route that is like the selected one. It must listen elsewhere, or on other sources.
func (p *view) duplicate() {
	r := p.editable()
	if r == nil {
		return
	}
	like := *r
	kit.Fetch(p.console.Background, p.console.Admin.Services, func(services []engine.Service, err error) {
		if err != nil {
			kit.ShowError(p.console.Window, "The services could not be read", err)
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
		w.dialog.Body.Refresh()
	})
}

// turnRoute turns the selected route on or off. On, it may need the same confirmation as when it was made.
func (p *view) turnRoute() {
	r := p.editable()
	if r == nil {
		return
	}
	route := r.Route
	route.Enabled = !route.Enabled
	p.put(route, r.Sessions)
}

func (p *view) put(route engine.Route, sessions int) {
	put := func() {
		kit.Fetch(p.console.Background, func(ctx context.Context) (engine.Route, error) {
			return p.console.Admin.PutRoute(ctx, route, true) // it is there already, and its open legs are shown
		}, func(_ engine.Route, err error) {
			if err != nil {
				kit.ShowError(p.console.Window, "Route "+route.Name+" was not changed", err)
				return
			}
			p.console.Refresh()
		})
	}
	if route.Enabled || sessions == 0 {
		put()
		return
	}
	kit.Confirm(p.console.Window, "Turn off route "+route.Name+"?", kit.Wrapped("It takes no new connection; "+text.Count(sessions, "live session finishes", "live sessions finish")+". The backup tool cannot reach its backend over it until it is on again."), "Turn off", put)
}

func (p *view) remove() {
	r := p.editable()
	if r == nil {
		return
	}
	keeping := routeKeeping{admin: p.console.Admin, previousImplicit: implicitService(r)}
	id, name := r.ID, r.Name
	keeping.previous = &engine.Service{ID: r.Service, Name: r.ServiceName}
	words := "The backup tool cannot reach its backend over it any more."
	if r.Sessions > 0 {
		words += " " + text.Count(r.Sessions, "live session takes", "live sessions take") + " no new connection; what is open finishes."
	}
	kit.Confirm(p.console.Window, "Remove route "+name+"?", kit.Wrapped(words), "Remove", func() {
		p.console.Background(func(ctx context.Context) error {
			if err := p.console.Admin.RemoveRoute(ctx, id); err != nil {
				return err
			}
			return keeping.tidy(ctx, "") // the service that was made with it
		}, func(err error) {
			p.console.Refresh()
			if err != nil {
				kit.ShowError(p.console.Window, "Route "+name+" was not removed whole", err)
			}
		})
	})
}

func (p *view) test() {
	if r := p.editable(); r != nil {
		p.testRoute(*r)
	}
}

func (p *view) testRoute(r engine.RouteStatus) {
	if newest := model.RouteIn(p.state, r.ID); newest != nil {
		r = *newest
	}
	showRouteTest(p.console, r)
}
