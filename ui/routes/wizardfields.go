package routes

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
)

// makeFields makes the fields, with the usual ports of the tool in them, or with what the route has.
func (w *routeWizard) makeFields() {
	d := w.dialog
	changed := func(string) { w.changed() }
	listen, backend, flow := listenOn(w.preset.listen), listenOn(w.preset.backend), w.preset.flow
	name, linger, streams := "", 0, 0
	if w.before != nil {
		listen, backend, flow, name, linger = w.before.Listen, w.before.Backend, w.before.Direction, w.before.Name, w.before.LingerSeconds
		streams = w.before.Streams
	}
	w.name = d.Entry(name, "nightly backup", func(text string) { w.named = text != ""; w.changed() })
	w.listen = d.Entry(listen, "127.0.0.1:8000", func(string) { w.choseListen = w.choseListen || !w.sets; w.changed() })
	w.linger = d.Entry(numberUnlessSet(linger), strconv.Itoa(int(w.state.Rules.Settings.Linger().Seconds())), changed)
	w.streams = d.Entry(numberUnlessSet(streams), strconv.Itoa(streamsOf(&w.state.Rules.Settings)), changed)

	w.sources = d.PickSeveral("type a name, role, tag or address", func() []kit.Option { return sourceOptions(w.state, w.before) })
	w.sources.Alone = isTag
	w.to = d.PickEntry(ownBackend, "", w.leadsTo, changed)
	w.target = d.PickEntry("", "type a name, role, tag or address", func() []kit.Option { return page.ComponentOptions(w.state) }, func(string) {
		w.choseTarget = w.choseTarget || !w.sets
		w.fillBackend()
		w.changed()
	})
	w.backend = d.PickEntry(backend, "127.0.0.1:8000", w.backends, func(string) {
		w.choseBackend = w.choseBackend || !w.sets
		w.fillListen()
		w.changed()
	})
	w.backend.Free = true
	w.flow = widget.NewSelect([]string{flowWords(engine.Push), flowWords(engine.Pull)}, nil)
	w.flow.Selected = flowWords(flow)
	w.flow.OnChanged = changed
	w.enabled = widget.NewCheck("The route is on", nil)
	w.enabled.Checked = w.route.Enabled
	if w.before != nil {
		w.fillFrom(w.before)
	}
	w.sources.OnChanged = func() {
		w.preselect()
		w.fillListen()
		w.changed()
	}
}

// numberUnlessSet writes a number of a route's own; empty where that of the settings holds.
func numberUnlessSet(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// streamsOf is how many streams the settings have.
func streamsOf(s *engine.Settings) int { return max(s.MultipleUploadStreams, engine.OneStream) }

// layOut puts the fields below each other, in the order in which a new route needs them.
func (w *routeWizard) layOut() fyne.CanvasObject {
	number := func(entry *kit.FormEntry, unit string) fyne.CanvasObject {
		return kit.Border(nil, nil, container.NewGridWrap(fyne.NewSize(90, entry.MinSize().Height), entry), nil, widget.NewLabel(unit))
	}
	w.offer, w.offered = container.NewVBox(), ""
	w.sourceField = kit.NewFormField("Sources", w.sources.Content, "where the backup tool runs; each gets a listener of its own")
	w.toField = kit.NewFormField("Leads to", w.to, "")
	w.targetField = kit.NewFormField("Target", w.target, "the machine in front of the backend; the channel ends there")
	w.backendField = kit.NewFormField("Backend", container.NewVBox(w.backend, w.offer), "as the target reaches it; bind it to loopback, so that nothing gets around the channel")
	w.listenField = kit.NewFormField("Listen on", w.listen, "on each source; loopback keeps other machines out")
	w.nameField = kit.NewFormField("Name", w.name, "what tables and receipts call the route")
	w.flowField = kit.NewFormField("Flow", w.flow, "tells backups from restores, for limits")
	w.lingerField = kit.NewFormField("Linger", number(w.linger, "seconds"), "how long a session without a connection waits for the next one; left empty, as in Settings > linger")
	w.streamsField = kit.NewFormField("Upload streams", number(w.streams, "at most"), "of one sealed connection over a long path, usually 5; left empty, as in Settings > multiple upload streams")
	w.warning = kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, "")
	w.problem = kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "")
	w.problem.Hide()
	form := w.dialog.Rows(w.sourceField, w.toField, w.targetField, w.backendField, w.listenField, w.nameField, w.flowField, w.lingerField, w.streamsField)
	return container.NewVBox(w.meanwhile(), form, container.NewPadded(w.enabled), w.warning, w.problem)
}

// fields are the fields by the names that the engine's errors have.
func (w *routeWizard) fields() map[string]*kit.FormField {
	return map[string]*kit.FormField{
		"name": w.nameField, "source": w.sourceField, "listen": w.listenField, "service": w.toField, "target": w.targetField,
		"backend": w.backendField, "flow": w.flowField, "linger": w.lingerField, "streams": w.streamsField,
	}
}

// fillFrom fills the fields that are choices from the route that is edited.
func (w *routeWizard) fillFrom(before *engine.RouteStatus) {
	var chosen []string
	for _, id := range before.Sources {
		if c := model.ComponentIn(w.state, id); c != nil {
			chosen = append(chosen, c.Name)
		}
	}
	if before.SourceTag != "" {
		chosen = []string{tagOption(before.SourceTag)}
	}
	w.sources.Choose(chosen...)
	w.target.Text = before.TargetName
	if own := w.ownService(); own != nil { // which may have been read after the route
		w.backend.Text = own.Backend
		if c := model.ComponentIn(w.state, own.Target); c != nil {
			w.target.Text = c.Name
		}
	}
	if service := w.serviceOf(before.Service); service != nil && (service.MadeFor != before.ID || service.Provider != "" || w.shared(service.ID)) {
		w.to.Text = w.serviceChoice(service)
	}
}

// like fills the fields of a new route from one that is there.
func (w *routeWizard) like(route *engine.RouteStatus) {
	w.preset = presetFor(route.Backend)
	w.askFields()
	w.named, w.choseTarget, w.choseBackend, w.choseListen = true, true, true, true
	w.fillFrom(route)
	w.listen.Text, w.backend.Text = route.Listen, route.Backend
	w.linger.Text, w.streams.Text = numberUnlessSet(route.LingerSeconds), numberUnlessSet(route.Streams)
	w.flow.Selected = flowWords(route.Direction)
	w.name.SetText(route.Name + " copy")
	w.dialog.Body.Refresh()
}
