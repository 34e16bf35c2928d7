package routes

import (
	"cmp"
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

// view lists the routes by which backup tools reach their backends.
type view struct {
	*page.TableFrame[routeRow]
	console *page.Console
	add     *widget.Button

	details      fyne.CanvasObject
	heading      *kit.DetailHeading
	legs         *kit.Notice
	list         *kit.DetailList
	turn         *widget.Button
	change       *fyne.Container
	empty        *kit.Placeholder
	emptyView    *kit.Placeholder
	noComponents *kit.Placeholder
}

// New makes the page.
func New(c *page.Console) page.Page {
	p := &view{console: c, heading: kit.NewDetailHeading(), list: kit.NewDetailList()}
	const about = "A route listens on the machine of a backup tool and leads through a channel to the backend on another machine. In the tool nothing changes but an address."
	p.add = widget.NewButtonWithIcon("Add route…", theme.ContentAddIcon(), p.addRoute)
	p.add.Importance = widget.HighImportance
	first := widget.NewButtonWithIcon("Add route…", theme.ContentAddIcon(), p.addRoute)
	first.Importance = widget.HighImportance
	p.empty = kit.NewPlaceholder(theme.MailForwardIcon(), "No route yet", about, first)
	p.emptyView = kit.NewPlaceholder(theme.MailForwardIcon(), "No route yet", about, nil)
	p.noComponents = kit.NewPlaceholder(theme.MailForwardIcon(), "No route yet", about+" It needs two components, a source and a target: add them first.", widget.NewButton("Go to the components", func() { c.Go("components", "") }))

	p.legs = kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, "")
	p.turn = widget.NewButton("Turn off", p.turnRoute)
	p.change = kit.ButtonRow(widget.NewButtonWithIcon("Test…", theme.MediaPlayIcon(), p.test), widget.NewButtonWithIcon("Edit…", theme.DocumentCreateIcon(), p.edit), p.turn, widget.NewButtonWithIcon("Remove…", theme.DeleteIcon(), p.remove))
	p.details = kit.Border(container.NewVBox(p.heading.Content, p.change, p.legs), nil, nil, nil, container.NewVScroll(p.list.Content))
	p.TableFrame = page.NewTableFrame(page.TableConfig[routeRow]{
		Console: c, Name: "routes", One: "route", Many: "routes", ID: func(r *routeRow) engine.ID { return r.id }, Columns: routeColumns(),
		Rows: routeRows, Details: p.show, Sums: routeSums, None: "Select one in the table to see its details, and the line to change in the tool.",
		Tools: []fyne.CanvasObject{p.add},
	})
	p.Table.OnActivated = func(*routeRow) { p.edit() }
	p.Table.OnKey = p.key
	p.Table.Menu = p.RowMenu(p.menu)
	return p
}

func routeColumns() []grid.Column[*routeRow] {
	type row = *routeRow
	column := func(id, title string, width float32, of func(row) string) grid.Column[row] {
		return grid.Column[row]{ID: id, Title: title, Width: width, Flexible: true, Text: of}
	}
	state := column("state", "State", 94, func(r row) string { return r.state })
	state.Color = func(r row) fyne.ThemeColorName { return r.color }
	state.Icon = func(r row) fyne.Resource { return page.ComponentStateIcon(r.color) }
	protection := column("protection", "Protection", 222, func(r row) string { return r.protection })
	protection.Color = func(r row) fyne.ThemeColorName { return page.ProtectionColor(r.protected) }
	protection.Icon = func(r row) fyne.Resource { return page.ProtectionIcon(r.protected) }
	sessions := column("sessions", "Sessions", 72, func(r row) string { return text.NumberUnlessNone(r.sessions) })
	sessions.Flexible, sessions.Align = false, fyne.TextAlignTrailing
	backend, flow := column("backend", "Backend", 116, func(r row) string { return r.backend }), column("flow", "Flow", 48, func(r row) string { return r.flow })
	backend.Yields, sessions.Yields, flow.Yields = 1, 2, 3
	sessions.Compare = func(a, b row) int { return cmp.Compare(a.sessions, b.sessions) }
	open := column("open", "Open legs", 108, func(r row) string { return r.open })
	open.Bare = 78 // the title alone: most routes have none
	open.Color = func(r row) fyne.ThemeColorName {
		if r.open == "" {
			return ""
		}
		return kit.ColorPlain
	}
	open.Icon = func(r row) fyne.Resource {
		if r.open == "" {
			return nil
		}
		return theme.WarningIcon()
	}
	return []grid.Column[row]{
		column("on", "On", 36, func(r row) string { return r.on }),
		column("name", "Name", 126, func(r row) string { return r.name }),
		column("sources", "Sources", 84, func(r row) string { return r.sources }),
		protection,
		state,
		column("listen", "Listens on", 116, func(r row) string { return r.listen }),
		column("target", "Target", 96, func(r row) string { return r.target }),
		backend,
		flow,
		sessions,
		open,
	}
}

// Name is routes.
func (p *view) Name() string { return "routes" }

// Title is the word on the rail.
func (p *view) Title() string { return "Routes" }

// Icon is an arrow.
func (p *view) Icon() fyne.Resource { return theme.MailForwardIcon() }

// Content is the page.
func (p *view) Content() fyne.CanvasObject { return p.TableFrame.Content }

// Commands are what the page can do.
func (p *view) Commands() []page.Command {
	return []page.Command{
		{Title: "Add route…", Run: p.addRoute, Changes: true, Finds: "new listen backend wizard"},
		{Title: "Edit…", Run: p.edit, Changes: true},
		{Title: "Duplicate…", Run: p.duplicate, Shortcut: &desktop.CustomShortcut{KeyName: fyne.KeyD, Modifier: fyne.KeyModifierControl}, Changes: true},
		{Title: "Turn on or off", Run: p.turnRoute, Changes: true},
		{Title: "Test…", Run: p.test, Changes: true},
		{Title: "Remove…", Run: p.remove, Changes: true},
		{Title: "Copy rows", Shortcut: &fyne.ShortcutCopy{}, Run: p.Table.Copy},
	}
}

// Open shows a route by its id.
func (p *view) Open(thing string) {
	if thing == page.AddThing {
		p.addRoute()
		return
	}
	p.Choose(engine.ID(thing))
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
	kit.Present(p.add, state.MayChange())
	var empty *kit.Placeholder
	switch {
	case len(state.Routes) > 0:
	case !state.MayChange():
		empty = p.emptyView
	case len(state.Components) < 2 && (len(state.Components) == 0 || len(state.Providers) == 0):
		empty = p.noComponents
	default:
		empty = p.empty
	}
	p.TableFrame.Update(state, empty)
}

// routeRows are the routes that have all words of the filter.
func routeRows(state *model.State, words grid.Words) ([]routeRow, string) {
	rows := make([]routeRow, 0, len(state.Routes))
	for i := range state.Routes {
		row := makeRouteRow(&state.Routes[i])
		if words.In(row.text) {
			rows = append(rows, row)
		}
	}
	return rows, text.Shown(len(rows), len(state.Routes), "route", "routes")
}

// chosen is the selected route; nil where none is.
func (p *view) chosen() *engine.RouteStatus {
	row := p.Chosen()
	if row == nil || p.State == nil {
		return nil
	}
	return model.RouteIn(p.State, row.id)
}

// editable is the selected route where the user may change it.
func (p *view) editable() *engine.RouteStatus {
	if r := p.chosen(); r != nil && p.State.MayChange() {
		return r
	}
	return nil
}

// show shows everything of a route, and the line to change in the tool.
func (p *view) show(row *routeRow) fyne.CanvasObject {
	r := model.RouteIn(p.State, row.id)
	if r == nil {
		return nil
	}
	words, color := listenerWords(r)
	p.heading.Set(r.Name, words, color)
	kit.Present(p.change, p.State.MayChange())
	if turn := map[bool]string{true: "Turn off", false: "Turn on"}[r.Enabled]; p.turn.Text != turn {
		p.turn.SetText(turn)
	}
	if len(r.OpenLegs) > 0 {
		p.legs.SetText("Open leg: " + strings.Join(r.OpenLegs, "; ") + ".")
	}
	kit.Present(p.legs, len(r.OpenLegs) > 0)
	p.list.Set(routeFacts(r, &p.State.Rules.Settings))
	return p.details
}

func (p *view) key(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyInsert:
		p.addRoute()
	case fyne.KeyDelete:
		p.remove()
	}
}

func (p *view) menu(row *routeRow) []*fyne.MenuItem {
	items := []*fyne.MenuItem{fyne.NewMenuItem("Copy listen address", func() { fyne.CurrentApp().Clipboard().SetContent(row.listen) })}
	if r := p.editable(); r != nil {
		items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Test…", p.test), fyne.NewMenuItem("Edit…", p.edit), fyne.NewMenuItem("Duplicate…", p.duplicate),
			fyne.NewMenuItem(p.turn.Text, p.turnRoute))
		if isUnruled(r) {
			items = append(items, fyne.NewMenuItem("Encrypt this link…", p.encrypt))
		}
		items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Remove…", p.remove))
	}
	return items
}

func (p *view) addRoute() {
	if p.State != nil && p.State.MayChange() {
		p.openWizard(nil)
	}
}

func (p *view) edit() {
	if r := p.editable(); r != nil {
		p.openWizard(r)
	}
}

func (p *view) openWizard(before *engine.RouteStatus) {
	showRouteWizard(p.console, p.State, before, p.startTest, nil)
}

// duplicate opens the wizard on a copy of the selected route, which must get another listen address or other sources.
func (p *view) duplicate() {
	r := p.editable()
	if r == nil {
		return
	}
	like := *r
	showRouteWizard(p.console, p.State, nil, p.startTest, func(w *routeWizard) { w.like(&like) })
}

// turnRoute turns the selected route on or off, and changes nothing else of it.
func (p *view) turnRoute() {
	r := p.editable()
	if r == nil {
		return
	}
	name, sessions, on := r.Name, r.Sessions, !r.Enabled
	change := engine.Change{SwitchRoute: &engine.Switch{ID: r.ID, On: on}}
	turn := func() {
		page.AskChange(p.console, change, "Turn on route "+name+"?", "Route "+name+" turned "+engine.OnOff(on))
	}
	if on || sessions == 0 {
		turn()
		return
	}
	kit.Confirm(p.console.Window, "Turn off route "+name+"?", kit.Wrapped("It takes no new connection; "+text.Count(sessions, "live session finishes", "live sessions finish")+". The backup tool cannot reach its backend over it until it is on again."), "Turn off", turn)
}

func (p *view) remove() {
	r := p.editable()
	if r == nil {
		return
	}
	change, name := engine.Change{RemoveRoute: r.ID}, r.Name
	words := "The backup tool cannot reach its backend over it any more."
	if r.Sessions > 0 {
		words += " " + text.Count(r.Sessions, "live session takes", "live sessions take") + " no new connection; what is open finishes."
	}
	kit.Confirm(p.console.Window, "Remove route "+name+"?", kit.Wrapped(words), "Remove", func() {
		page.AskChange(p.console, change, "Remove route "+name+"?", "Route "+name+" removed")
	})
}

// encrypt makes a rule for the selected route if it is plain because no rule encrypts it.
func (p *view) encrypt() {
	if r := p.editable(); r != nil && isUnruled(r) {
		encryptLink(p.console, r, nil)
	}
}

func (p *view) test() {
	if r := p.editable(); r != nil {
		p.testRoute(*r)
	}
}

func (p *view) testRoute(r engine.RouteStatus) {
	showRouteTest(p.console, p.State, p.newest(r))
}

// startTest tests a route that was just made, without another question.
func (p *view) startTest(r engine.RouteStatus) {
	showRouteTest(p.console, p.State, p.newest(r)).start()
}

// newest is a route as it is now.
func (p *view) newest(r engine.RouteStatus) engine.RouteStatus {
	if newest := model.RouteIn(p.State, r.ID); newest != nil {
		return *newest
	}
	return r
}
