package routes

import (
	"net"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
)

// backends are what the target offers, one by one.
func (w *routeWizard) backends() []kit.Option {
	target := model.ComponentNamed(w.state, w.target.Text)
	if target == nil {
		return nil
	}
	var options []kit.Option
	for _, backend := range engine.OfferedBackends(target.Report.AllowedBackends) {
		options = append(options, kit.Option{Name: backend, About: "offered by " + target.Name})
	}
	return options
}

// fill puts a text into a field that the user has not filled in.
func (w *routeWizard) fill(field interface{ SetText(string) }, text string) {
	before := w.sets
	w.sets = true
	field.SetText(text)
	w.sets = before
}

// preselect chooses the target of a new route where only one component can be meant: the only one that offers the usual backend of
// the tool, or the only other one.
func (w *routeWizard) preselect() {
	if w.choseTarget || !w.own() {
		return
	}
	sources := engine.Route{}
	w.chosenSources(&sources)
	var others, offering []string
	for i := range w.state.Components {
		c := &w.state.Components[i]
		if !c.Revoked.IsZero() || startsOn(&sources, c) {
			continue
		}
		others = append(others, c.Name)
		if engine.AllowsBackend(c.Report.AllowedBackends, listenOn(w.preset.backend)) {
			offering = append(offering, c.Name)
		}
	}
	name := ""
	switch {
	case len(offering) == 1:
		name = offering[0]
	case len(others) == 1 && len(sources.Sources) > 0:
		name = others[0]
	}
	if w.target.Text != name {
		w.fill(w.target, name)
	}
}

// fillBackend chooses among what the target offers: the usual backend of the tool, else one at the usual port, else the only one of a
// tool without a usual port.
func (w *routeWizard) fillBackend() {
	target := model.ComponentNamed(w.state, w.target.Text)
	if w.choseBackend || target == nil {
		return
	}
	usual := listenOn(w.preset.backend)
	best := usual
	offered := engine.OfferedBackends(target.Report.AllowedBackends)
	if usual == "" && len(offered) == 1 {
		best = offered[0]
	}
	if usual != "" && !engine.AllowsBackend(target.Report.AllowedBackends, usual) {
		for _, backend := range offered {
			if _, port, err := net.SplitHostPort(backend); err == nil && port == w.preset.backend {
				best = backend
				break
			}
		}
	}
	if w.backend.Text != best {
		w.fill(w.backend, best)
	}
}

// missing is the target where it does not offer the backend; nil where it does, and where it has not said what it offers.
func (w *routeWizard) missing() *engine.ComponentStatus {
	target := model.ComponentNamed(w.state, w.target.Text)
	if !w.own() || target == nil || target.Report.Version == "" || engine.CheckHostPort(w.backend.Text) != nil || engine.AllowsBackend(target.Report.AllowedBackends, w.backend.Text) {
		return nil
	}
	return target
}

// showOffer shows the command that has the target offer the backend, where it does not yet.
func (w *routeWizard) showOffer() {
	target, offered := w.missing(), ""
	if target != nil {
		offered = target.Name + " " + w.backend.Text
	}
	if offered == w.offered {
		return
	}
	w.offered, w.offer.Objects = offered, nil
	if target != nil {
		w.offer.Objects = []fyne.CanvasObject{notOffered(target, w.backend.Text)}
	}
	w.offer.Refresh()
	w.dialog.Fit()
}

// notOffered says what to run on a target so that it offers a backend.
func notOffered(target *engine.ComponentStatus, backend string) fyne.CanvasObject {
	notice := kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, target.Name+" does not offer "+backend+" yet. Run there:")
	notice.Below = kit.CommandLine(model.AllowBackendCommand(target.Report.OS == "windows", backend))
	return notice
}
