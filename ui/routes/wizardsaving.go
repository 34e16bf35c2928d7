package routes

import (
	"fmt"
	"slices"

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
		Console: w.console, Change: engine.Change{PutRoute: &edit}, Question: "Save this route anyway?", Left: w.save.Enable, Told: "Route " + edit.Route.Name + " " + w.outcome(),
		// What the target does not offer stands beside the backend, with what to do.
		Shown: func(ask engine.Ask) bool { return ask.Kind == engine.AskBackend && w.offered != "" },
		Failed: func(err error) {
			w.save.Enable()
			w.fail(err)
		},
		Done: func(effect engine.Effect) {
			w.save.Enable()
			w.route, w.saved = *effect.Route, true
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

// outcome is what becomes of the route.
func (w *routeWizard) outcome() string {
	if w.before == nil {
		return "added"
	}
	return "changed"
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
			showRouteWizard(w.console, w.state, &routes[at], w.test, nil)
		}
	})
}

// fail shows an error of the engine, beside its field if it names one.
func (w *routeWizard) fail(err error) {
	if field := w.fields()[text.FieldOf(err)]; field != nil {
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
	return page.NewMeanwhile(w.console, w.dialog, "route", w.before.Revision, func(state *model.State) (int64, bool) {
		if r := model.RouteIn(state, w.before.ID); r != nil {
			return r.Revision, true
		}
		return 0, false
	}, func() bool { return !w.dialog.Done && !w.saved }, w.submit).Content
}

// finish is the last step: the line to change in the tool, and what the target does not offer yet.
func (w *routeWizard) finish() {
	if w.before != nil && w.before.Listen == w.route.Listen && presetFor(w.before.Backend) == presetFor(w.service.Backend) {
		w.dialog.Close() // the line for the tool has not changed
		return
	}
	change, note := w.preset.toolChange(w.route.Listen)
	status := engine.RouteStatus{Route: w.route}
	tests := widget.NewButton("Test the route", func() {
		w.dialog.Close()
		w.test(status)
	})
	done := widget.NewButton("Done", w.dialog.Close)
	done.Importance = widget.HighImportance
	w.dialog.Heading.SetText("Route " + w.outcome() + ": " + w.route.Name)
	rows := container.NewVBox()
	if target := w.missing(); target != nil {
		rows.Add(notOffered(target, w.backend.Text))
	}
	protection := container.NewVBox()
	rows.Objects = append(rows.Objects, kit.Wrapped("On each source, tell the tool the new address. This is the line:"),
		kit.Copyable(kit.Monospaced(change)), kit.Wrapped(note), kit.Section("What protects it now"), protection)
	w.dialog.Set(rows, tests, done)
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
