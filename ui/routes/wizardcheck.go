package routes

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lockwire/engine"
	"lockwire/ui/model"
	"lockwire/ui/text"
)

// changed checks the fields after one of them was changed.
func (w *routeWizard) changed() {
	w.touched = w.touched || !w.sets
	if w.save != nil {
		w.check()
	}
}

// read fills route and service from the fields. A field that cannot be parsed gets an error.
func (w *routeWizard) read(add func(field string, err error)) {
	number := func(field, written, example string) int {
		if strings.TrimSpace(written) == "" {
			return 0 // as in Settings
		}
		n, err := strconv.Atoi(strings.TrimSpace(written))
		if err != nil {
			add(field, fmt.Errorf("write %s, or nothing", example))
		}
		return n
	}
	w.route.LingerSeconds = number("linger", w.linger.Text, "whole seconds, such as 15")
	w.route.Streams = number("streams", w.streams.Text, "a whole number, such as 5")
	w.route.Name, w.route.Listen, w.route.Enabled = w.name.Text, w.listen.Text, w.enabled.Checked
	w.route.Direction = engine.Push
	if w.flow.Selected == flowWords(engine.Pull) {
		w.route.Direction = engine.Pull
	}
	w.chosenSources(&w.route)
	if !w.chosenService() {
		add("service", errors.New("choose one that is offered"))
	}
}

// check shows the errors of the fields and the warnings, and enables Save if there is no error.
func (w *routeWizard) check() {
	w.suggestName()
	own := w.own()
	w.toField.Show(!own || len(w.leadsTo()) > 1)
	w.targetField.Show(own)
	w.backendField.Show(own)
	problems := map[string]error{}
	add := func(field string, err error) {
		if err != nil && problems[field] == nil {
			problems[field] = err
		}
	}
	w.read(add)
	add("name", engine.CheckName(w.route.Name))
	add("listen", engine.CheckListen(w.route.Listen))
	if own {
		add("backend", engine.CheckHostPort(w.service.Backend))
		switch {
		case w.service.Target != "":
		case w.target.Text == "":
			add("target", errors.New("choose the component in front of the backend"))
		default:
			add("target", fmt.Errorf("no component is called %q", w.target.Text))
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
	w.showOffer()
	w.warn()
}

// suggestName names a new route after its tool and target until the user types a name.
func (w *routeWizard) suggestName() {
	if w.named {
		return
	}
	name := w.preset.title
	if target := model.ComponentNamed(w.state, w.target.Text); w.own() && target != nil {
		name += " to " + target.Name
	}
	if w.name.Text != name {
		w.name.Text = name
		w.name.Refresh()
	}
}

// showProblems shows each problem at its field. Empty fields of a new route are not errors before something was typed.
func (w *routeWizard) showProblems(problems map[string]error) {
	for name, field := range w.fields() {
		err := problems[name]
		untouched := name == "source" && len(w.sources.Chosen) == 0 || name == "target" && w.target.Text == "" || w.backend.Text == "" && name == "backend" || w.listen.Text == "" && name == "listen"
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
	legs := ""
	if engine.CheckListen(w.route.Listen) == nil && (w.service.Provider != "" || engine.CheckHostPort(w.service.Backend) == nil) {
		for _, leg := range engine.OpenLegs(w.route, w.service) {
			legs += "\n" + leg
		}
	}
	if legs == "" {
		w.warning.Hide()
		return
	}
	w.warning.SetText("Not all of this route is protected:" + legs)
	w.warning.Show()
}
