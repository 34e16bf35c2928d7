package routes

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
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

	name, listen, backend, linger, streams            *kit.FormEntry
	nameField, sourceField, listenField, toField      *kit.FormField
	targetField, backendField, flowField, lingerField *kit.FormField
	streamsField                                      *kit.FormField
	sources                                           *widget.CheckGroup
	tag, to, target, flow                             *widget.Select
	enabled                                           *widget.Check
	warning, problem                                  *kit.Notice
	save                                              *widget.Button
	named, touched                                    bool // the name was typed; something was
	finished                                          bool // the route is saved
}

const (
	ownBackend  = "a backend of its own"
	noTag       = "the components chosen above"
	allWithTag  = "all with the tag "
	lingerAsSet = "0 means as in Settings"
)

// showRouteWizard asks for the services and then opens the wizard, on a new route or on one to edit.
func showRouteWizard(c *page.Console, state *model.State, before *engine.RouteStatus, test func(engine.RouteStatus)) {
	kit.Fetch(c.Background, c.Admin.Services, func(services []engine.Service, err error) {
		if err != nil {
			kit.ShowError(c.Window, "The services could not be read", err)
			return
		}
		newRouteWizard(c, state, services, before, test)
	})
}

func newRouteWizard(c *page.Console, state *model.State, services []engine.Service, before *engine.RouteStatus, test func(engine.RouteStatus)) *routeWizard {
	w := &routeWizard{console: c, state: state, services: services, before: before, test: test}
	w.route = engine.Route{Direction: engine.Push, Enabled: true}
	title := "Add a route"
	if before != nil {
		title = "Edit route " + before.Name
		w.route, w.preset, w.named = before.Route, presetFor(before.Backend), true
	}
	w.dialog = kit.ShowForm(c.Window, title, fyne.NewSize(700, 710), nil)
	if before == nil {
		w.askPreset()
	} else {
		w.askFields()
	}
	return w
}

// askPreset is the first step: which tool.
func (w *routeWizard) askPreset() {
	rows := container.NewVBox(kit.Wrapped("A route listens on the machine of the backup tool and leads to the backend on another machine. Which tool will use it?"))
	for i := range routePresets {
		preset := &routePresets[i]
		button := widget.NewButton(preset.title, func() {
			w.preset = preset
			w.askFields()
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
	d := w.dialog
	changed := func(string) { w.touched = true; w.check() }
	listen, backend, flow := listenOn(w.preset.listen), listenOn(w.preset.backend), w.preset.flow
	name, linger, streams := "", 0, 0
	if w.before != nil {
		listen, backend, flow, name, linger = w.before.Listen, w.before.Backend, w.before.Direction, w.before.Name, w.before.LingerSeconds
		streams = w.before.Streams
	}
	w.name = d.Entry(name, "nightly backup", func(text string) { w.named = text != ""; changed(text) })
	w.listen = d.Entry(listen, "127.0.0.1:8000", changed)
	w.backend = d.Entry(backend, "127.0.0.1:8000", changed)
	w.linger = d.Entry(strconv.Itoa(linger), "0", changed)
	w.streams = d.Entry(strconv.Itoa(streams), "0", changed)

	components := w.components()
	w.sources = widget.NewCheckGroup(components, func([]string) { changed("") })
	w.tag = widget.NewSelect(append([]string{noTag}, w.tags()...), nil)
	w.target = widget.NewSelect(components, nil)
	w.target.PlaceHolder = "choose a component"
	w.to = widget.NewSelect(w.leadsTo(), nil)
	w.flow = widget.NewSelect([]string{flowWords(engine.Push), flowWords(engine.Pull)}, nil)
	w.enabled = widget.NewCheck("The route is on", nil)
	w.enabled.Checked = w.route.Enabled
	w.tag.Selected, w.to.Selected, w.flow.Selected = noTag, ownBackend, flowWords(flow)
	if w.before != nil {
		w.fillFrom(w.before)
	}
	for _, s := range []*widget.Select{w.tag, w.target, w.to, w.flow} {
		s.OnChanged = changed
	}

	scroll := container.NewVScroll(w.sources)
	scroll.SetMinSize(fyne.NewSize(0, min(w.sources.MinSize().Height, 110)))
	w.nameField = kit.NewFormField("Name", w.name, "what tables and receipts call the route")
	w.sourceField = kit.NewFormField("Sources", container.NewVBox(scroll, w.tag), "where the backup tool runs; each gets a listener of its own")
	w.listenField = kit.NewFormField("Listen on", w.listen, "on each source; loopback keeps other machines out")
	w.toField = kit.NewFormField("Leads to", w.to, "")
	w.targetField = kit.NewFormField("Target", w.target, "the machine in front of the backend; the channel ends there")
	w.backendField = kit.NewFormField("Backend", w.backend, "as the target reaches it; bind it to loopback, so that nothing gets around the channel")
	w.flowField = kit.NewFormField("Flow", w.flow, "tells backups from restores, for limits")
	w.lingerField = kit.NewFormField("Linger", kit.Border(nil, nil, container.NewGridWrap(fyne.NewSize(90, w.linger.MinSize().Height), w.linger), nil, widget.NewLabel("seconds")), "how long a session without a connection waits for the next one; "+lingerAsSet)
	w.streamsField = kit.NewFormField("Upload streams", kit.Border(nil, nil, container.NewGridWrap(fyne.NewSize(90, w.streams.MinSize().Height), w.streams), nil, widget.NewLabel("at most")), "of one sealed connection over a long path, usually 5; 1 is a single one, "+lingerAsSet)
	w.warning = kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, "")
	w.problem = kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "")
	w.problem.Hide()

	form := d.Rows(w.nameField, w.sourceField, w.listenField, w.toField, w.targetField, w.backendField, w.flowField, w.lingerField, w.streamsField)
	w.save = widget.NewButton("Save", func() { w.submit() })
	w.save.Importance = widget.HighImportance
	buttons := []*widget.Button{widget.NewButton("Cancel", d.Close), w.save}
	if w.before == nil {
		w.save.SetText("Add route")
		buttons = slices.Insert(buttons, 1, widget.NewButton("Back", w.askPreset))
	}
	w.check()
	d.Set(container.NewVBox(w.meanwhile(), form, container.NewPadded(w.enabled), w.warning, w.problem), buttons...)
	w.console.Window.Canvas().Focus(w.name)
}

// fillFrom fills the fields that are choices from the route that is edited.
func (w *routeWizard) fillFrom(before *engine.RouteStatus) {
	for _, id := range before.Sources {
		if c := model.ComponentIn(w.state, id); c != nil {
			w.sources.Selected = append(w.sources.Selected, c.Name)
		}
	}
	if before.SourceTag != "" {
		w.tag.Selected = allWithTag + before.SourceTag
	}
	w.target.Selected = before.TargetName
	if own := w.ownService(); own != nil { // which may have been read after the route
		w.backend.Text = own.Backend
		if c := model.ComponentIn(w.state, own.Target); c != nil {
			w.target.Selected = c.Name
		}
	}
	if service := w.serviceOf(before.Service); service != nil && (service.MadeFor != before.ID || service.Provider != "" || w.shared(service.ID)) {
		w.to.Selected = w.serviceChoice(service)
	}
}

// components are the names of those that can be source or target.
func (w *routeWizard) components() []string {
	var names []string
	for i := range w.state.Components {
		if c := &w.state.Components[i]; c.Revoked.IsZero() {
			names = append(names, c.Name)
		}
	}
	return names
}

func (w *routeWizard) tags() []string {
	var tags []string
	for i := range w.state.Components {
		for _, tag := range w.state.Components[i].Tags {
			if !slices.Contains(tags, allWithTag+tag) {
				tags = append(tags, allWithTag+tag)
			}
		}
	}
	if w.before != nil && w.before.SourceTag != "" && !slices.Contains(tags, allWithTag+w.before.SourceTag) {
		tags = append(tags, allWithTag+w.before.SourceTag)
	}
	slices.Sort(tags)
	return tags
}

// leadsTo are the choices of Leads to: a backend of the route's own, and the existing services. One of a provider is no backend, even
// where it is the route's own.
func (w *routeWizard) leadsTo() []string {
	choices := []string{ownBackend}
	for i := range w.services {
		if s := &w.services[i]; w.before == nil || s.ID != w.before.Service || s.MadeFor != w.before.ID || s.Provider != "" || w.shared(s.ID) {
			choices = append(choices, w.serviceChoice(s))
		}
	}
	return append(choices, w.remoteChoices()...)
}

// remoteChoices are the services that providers let this installation use and to which no service here leads yet.
func (w *routeWizard) remoteChoices() []string {
	w.remotes = map[string]engine.OwnService{}
	var choices []string
	for i := range w.state.Providers {
		p := &w.state.Providers[i]
		for _, offered := range p.Services {
			if slices.ContainsFunc(w.services, func(s engine.Service) bool { return s.Provider == p.ID && s.Remote == offered.ID }) {
				continue
			}
			choice := offered.Name + ", a service of the provider " + p.Name
			w.remotes[choice] = engine.OwnService{Provider: p.ID, Remote: offered.ID}
			choices = append(choices, choice)
		}
	}
	return choices
}

func (w *routeWizard) serviceChoice(s *engine.Service) string {
	for i := range w.state.Providers {
		if p := &w.state.Providers[i]; p.ID == s.Provider {
			return "service " + s.Name + " of the provider " + p.Name
		}
	}
	target := "a component that is gone"
	if c := model.ComponentIn(w.state, s.Target); c != nil {
		target = c.Name
	}
	return "service " + s.Name + ": " + s.Backend + " on " + target
}

func (w *routeWizard) serviceOf(id engine.ID) *engine.Service {
	for i := range w.services {
		if w.services[i].ID == id {
			return &w.services[i]
		}
	}
	return nil
}

// shared reports whether another route uses a service.
func (w *routeWizard) shared(service engine.ID) bool {
	for i := range w.state.Routes {
		if r := &w.state.Routes[i]; r.Service == service && (w.before == nil || r.ID != w.before.ID) {
			return true
		}
	}
	return false
}

// read fills route and service from the fields. A field that cannot be parsed gets an error.
func (w *routeWizard) read() error {
	linger, err := strconv.Atoi(w.linger.Text)
	if err != nil {
		err = &engine.FieldError{Field: "linger", Err: errors.New("write whole seconds, such as 15")}
	}
	streams, notANumber := strconv.Atoi(w.streams.Text)
	if notANumber != nil && err == nil {
		err = &engine.FieldError{Field: "streams", Err: errors.New("write a whole number, such as 5")}
	}
	w.route.Streams = streams
	w.route.Name, w.route.Listen, w.route.Enabled, w.route.LingerSeconds = w.name.Text, w.listen.Text, w.enabled.Checked, linger
	w.route.Direction = engine.Push
	if w.flow.Selected == flowWords(engine.Pull) {
		w.route.Direction = engine.Pull
	}
	w.route.Sources, w.route.SourceTag = nil, ""
	if w.tag.Selected != noTag {
		w.route.SourceTag = w.tag.Selected[len(allWithTag):]
	} else {
		for _, name := range w.sources.Selected {
			w.route.Sources = append(w.route.Sources, w.componentNamed(name))
		}
	}
	w.service = engine.Service{Name: w.route.Name, Backend: w.backend.Text, Target: w.componentNamed(w.target.Selected)}
	w.route.Service = pendingService
	if remote, chosen := w.remotes[w.to.Selected]; chosen {
		w.service = engine.Service{Name: w.route.Name}
		remote.Lead(&w.service)
	}
	for i := range w.services {
		if s := &w.services[i]; w.to.Selected == w.serviceChoice(s) {
			w.service, w.route.Service = *s, s.ID
		}
	}
	return err
}

// pendingService stands for the service that is made together with the route, while the fields are checked.
const pendingService engine.ID = "00000000-0000-7000-8000-000000000000"

func (w *routeWizard) componentNamed(name string) engine.ID {
	for i := range w.state.Components {
		if c := &w.state.Components[i]; c.Name == name && c.Revoked.IsZero() {
			return c.ID
		}
	}
	return ""
}

// check shows the errors of the fields and the warnings, and enables Save if there is no error.
func (w *routeWizard) check() {
	w.suggestName()
	own := w.to.Selected == ownBackend
	w.targetField.Show(own)
	w.backendField.Show(own)
	if w.tag.Selected == noTag {
		w.sources.Enable()
	} else {
		w.sources.Disable()
	}
	problems := map[string]error{}
	add := func(field string, err error) {
		if err != nil && problems[field] == nil {
			problems[field] = err
		}
	}
	readErr := w.read()
	add(text.FieldOf(readErr), readErr)
	add("name", engine.CheckName(w.route.Name))
	add("listen", engine.CheckListen(w.route.Listen))
	if own {
		add("backend", engine.CheckHostPort(w.service.Backend))
		if w.service.Target == "" {
			add("target", errors.New("choose the component in front of the backend"))
		}
	}
	if w.service.Target != "" && slices.Contains(w.route.Sources, w.service.Target) {
		add("source", errors.New("a component cannot be source and target of one route"))
	}
	if err := w.route.Check(); err != nil {
		add(text.FieldOf(err), err)
	}
	if own {
		if err := w.service.Check(); err != nil {
			add(text.FieldOf(err), err)
		}
	}
	w.showProblems(problems)
	w.warn()
}

// suggestName names a new route after its tool and target until the user types a name.
func (w *routeWizard) suggestName() {
	if w.named {
		return
	}
	name := w.preset.title
	if w.target.Selected != "" {
		name += " to " + w.target.Selected
	}
	if w.name.Text != name {
		w.name.Text = name
		w.name.Refresh()
	}
}

// showProblems shows each problem at its field. Empty fields of a new route are not errors before something was typed.
func (w *routeWizard) showProblems(problems map[string]error) {
	fields := map[string]*kit.FormField{
		"name": w.nameField, "source": w.sourceField, "listen": w.listenField, "service": w.toField, "target": w.targetField,
		"backend": w.backendField, "flow": w.flowField, "linger": w.lingerField, "streams": w.streamsField,
	}
	for name, field := range fields {
		err := problems[name]
		untouched := name == "source" && len(w.sources.Selected) == 0 && w.tag.Selected == noTag || name == "target" && w.target.Selected == ""
		if untouched && !w.touched {
			err = nil
		}
		field.SetError(err)
	}
	if len(problems) == 0 {
		w.save.Enable()
	} else {
		w.save.Disable()
	}
}

// warn names the legs of the route that are plain outside the channel.
func (w *routeWizard) warn() {
	text := ""
	if engine.CheckListen(w.route.Listen) == nil && (w.service.Provider != "" || engine.CheckHostPort(w.service.Backend) == nil) {
		for _, leg := range engine.OpenLegs(w.route, w.service) {
			text += "\n" + leg
		}
	}
	if text == "" {
		w.warning.Hide()
		return
	}
	w.warning.SetText("Not all of this route is protected:" + text)
	w.warning.Show()
}

// submit saves the route, after asking for the confirmations that it needs.
func (w *routeWizard) submit() {
	w.check()
	if w.save.Disabled() {
		return
	}
	w.save.Disable()
	w.problem.Hide()
	edit := engine.RouteEdit{Route: w.route}
	if w.route.Service == pendingService {
		edit.Own = w.service.Own()
		if own := w.ownService(); own != nil {
			edit.Own.Revision = own.Revision
		}
	}
	a := &page.Asking{
		Console: w.console, Change: engine.Change{PutRoute: &edit}, Question: "Save this route all the same?", Left: w.save.Enable, Told: "Route " + edit.Route.Name + map[bool]string{true: " added", false: " changed"}[edit.Route.ID == ""],
		Failed: func(err error) {
			w.save.Enable()
			w.fail(err)
		},
		Done: func(effect engine.Effect) {
			w.save.Enable()
			w.route, w.finished = *effect.Route, true
			w.finish()
		},
		Reload: func(now engine.Present) {
			if now.Removed {
				w.dialog.Close()
				return
			}
			w.reload()
		},
	}
	a.Begin()
}

// reload opens the wizard anew, with the route as it is now.
func (w *routeWizard) reload() {
	kit.Fetch(w.console.Background, w.console.Admin.Routes, func(routes []engine.RouteStatus, err error) {
		at := slices.IndexFunc(routes, func(r engine.RouteStatus) bool { return r.ID == w.before.ID })
		switch {
		case err != nil:
			w.save.Enable()
			w.fail(err)
		case at < 0:
			w.save.Enable()
			w.fail(fmt.Errorf("route %q: %w", w.before.Name, engine.ErrNotFound))
		default:
			w.dialog.Close()
			showRouteWizard(w.console, w.state, &routes[at], w.test)
		}
	})
}

// ownService is the service of the route's own as it was read; nil where it had none.
func (w *routeWizard) ownService() *engine.Service {
	if w.before == nil {
		return nil
	}
	if service := w.serviceOf(w.before.Service); service != nil && service.MadeFor == w.before.ID {
		return service
	}
	return nil
}

// fail shows an error of the engine, beside its field if it names one.
func (w *routeWizard) fail(err error) {
	fields := map[string]*kit.FormField{"name": w.nameField, "source": w.sourceField, "listen": w.listenField, "target": w.targetField, "backend": w.backendField, "linger": w.lingerField, "streams": w.streamsField}
	if field := fields[text.FieldOf(err)]; field != nil {
		field.SetError(err)
	}
	w.problem.SetText("Not saved: " + err.Error())
	w.problem.Show()
	w.dialog.Body.ScrollToBottom()
}

// meanwhile says above the fields that somebody else changed or removed the route that is edited.
func (w *routeWizard) meanwhile() fyne.CanvasObject {
	if w.before == nil {
		return container.NewVBox()
	}
	return page.NewMeanwhile(w.console, "route", w.before.Revision, func(state *model.State) (int64, bool) {
		if r := model.RouteIn(state, w.before.ID); r != nil {
			return r.Revision, true
		}
		return 0, false
	}, func() bool { return !w.dialog.Done && !w.finished }, w.submit).Content
}

// finish is the last step: the line to change in the tool.
func (w *routeWizard) finish() {
	if w.before != nil && w.before.Listen == w.route.Listen && presetFor(w.before.Backend) == presetFor(w.service.Backend) {
		w.dialog.Close() // the line for the tool has not changed
		return
	}
	change, note := w.preset.toolChange(w.route.Listen)
	line := kit.Copyable(kit.Monospaced(change))
	status := engine.RouteStatus{Route: w.route}
	tests := widget.NewButton("Test the route", func() {
		w.dialog.Close()
		w.test(status)
	})
	done := widget.NewButton("Done", w.dialog.Close)
	done.Importance = widget.HighImportance
	w.dialog.Heading.SetText("Route " + w.route.Name + " is there")
	protection := container.NewVBox()
	w.dialog.Set(container.NewVBox(
		kit.Wrapped("One thing is left to do, on each source: tell the tool the new address. This is the line:"),
		line, kit.Wrapped(note), kit.Section("What protects it now"), protection), tests, done)
	w.showProtection(protection)
}

// showProtection says what protects the saved route, as the broker decides now.
func (w *routeWizard) showProtection(into *fyne.Container) {
	kit.Fetch(w.console.Background, w.console.Admin.Routes, func(routes []engine.RouteStatus, err error) {
		into.RemoveAll()
		at := slices.IndexFunc(routes, func(r engine.RouteStatus) bool { return r.ID == w.route.ID })
		switch {
		case err != nil:
			into.Add(kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, "What protects the route is not known: "+err.Error()))
		case at < 0:
			into.Add(kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, "The route is not there any more."))
		case len(routes[at].Listeners) == 0:
			into.Add(kit.Wrapped("The route has no source yet."))
		default:
			into.Add(protectionParts(w.console, &routes[at], func() { w.showProtection(into) }))
		}
		into.Refresh()
	})
}
