package routes

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
)

// routeWizard adds or edits a route in three steps: the tool, the fields, and the line to change in the tool.
type routeWizard struct {
	console  *page.Console
	state    *model.State
	services []engine.Service
	dialog   *kit.FormDialog
	preset   *routePreset
	remotes  map[string]engine.OwnService // services of providers that no service here leads to yet, by their choice in Leads to
	test     func(engine.RouteStatus)     // tests the route that was made

	before  *engine.RouteStatus // nil for a new route
	route   engine.Route
	service engine.Service // the route's own; its id stays empty until it is saved
	saved   bool

	sources                                           *kit.PickSeveral
	to, target, backend                               *kit.PickEntry
	name, listen, linger, streams                     *kit.FormEntry
	nameField, sourceField, listenField, toField      *kit.FormField
	targetField, backendField, flowField, lingerField *kit.FormField
	streamsField                                      *kit.FormField
	flow                                              *widget.Select
	enabled                                           *widget.Check
	warning, problem                                  *kit.Notice
	offer                                             *fyne.Container // the command that has the target offer the backend
	offered                                           string          // the backend that it is about; empty while none is
	save                                              *widget.Button

	touched, named                               bool // something was typed; the name was
	choseTarget, choseBackend, choseListen, sets bool // these were, and not filled in; sets while they are filled in
}

// showRouteWizard asks for the services and then opens the wizard, on a new route or on one to edit. Opened gets it; it may be nil.
func showRouteWizard(c *page.Console, state *model.State, before *engine.RouteStatus, test func(engine.RouteStatus), opened func(*routeWizard)) {
	kit.Fetch(c.Background, c.Admin.Services, func(services []engine.Service, err error) {
		if err != nil {
			kit.ShowError(c.Window, "The services could not be read", err)
			return
		}
		w := newRouteWizard(c, state, services, before, test)
		if opened != nil {
			opened(w)
		}
	})
}

func newRouteWizard(c *page.Console, state *model.State, services []engine.Service, before *engine.RouteStatus, test func(engine.RouteStatus)) *routeWizard {
	w := &routeWizard{console: c, state: state, services: services, before: before, test: test}
	w.route = engine.Route{Direction: engine.Push, Enabled: true}
	title := "Add a route"
	if before != nil {
		title = "Edit route " + before.Name
		w.route, w.preset, w.named = before.Route, presetFor(before.Backend), true
		w.choseTarget, w.choseBackend, w.choseListen = true, true, true
	}
	w.dialog = kit.ShowForm(c.Window, title, fyne.NewSize(720, 720), nil)
	c.Watch(w.update)
	if before == nil {
		w.askPreset()
	} else {
		w.askFields()
	}
	return w
}

// update takes up a newer state, until the wizard is closed: what a target offers changes meanwhile.
func (w *routeWizard) update(state *model.State) (closed bool) {
	if w.dialog.Done || w.saved {
		return true
	}
	w.state = state
	if w.save != nil {
		w.showOffer()
	}
	return false
}

// askPreset is the first step: which tool.
func (w *routeWizard) askPreset() {
	rows := container.NewVBox(kit.Wrapped("A route listens on the machine of the backup tool and leads to the backend on another machine. Which tool will use it?"))
	for i := range routePresets {
		preset := &routePresets[i]
		button := widget.NewButton(preset.title, func() {
			w.preset = preset
			w.askFields()
			w.sources.Entry.Open() // the tool's machine is the first thing to say
		})
		button.Alignment = widget.ButtonAlignLeading
		about := widget.NewLabel(preset.about)
		about.Importance = widget.LowImportance
		about.Truncation = fyne.TextTruncateEllipsis
		rows.Add(kit.Border(nil, nil, container.NewGridWrap(fyne.NewSize(190, button.MinSize().Height), button), nil, about))
	}
	w.dialog.Set(rows, widget.NewButton("Cancel", w.dialog.Close))
}

// askFields is the second step: everything of the route on one screen.
func (w *routeWizard) askFields() {
	if w.before == nil {
		w.choseTarget, w.choseBackend, w.choseListen = false, false, false
	}
	w.makeFields()
	form := w.layOut()
	w.save = widget.NewButton("Save", func() { w.submit() })
	w.save.Importance = widget.HighImportance
	buttons := []*widget.Button{widget.NewButton("Cancel", w.dialog.Close), w.save}
	if w.before == nil {
		w.save.SetText("Add route")
		buttons = slices.Insert(buttons, 1, widget.NewButton("Back", w.askPreset))
	}
	w.preselect()
	w.check()
	w.dialog.Set(form, buttons...)
	if w.before == nil {
		w.console.Window.Canvas().Focus(w.sources.Entry)
	} else {
		w.console.Window.Canvas().Focus(w.name)
	}
}
