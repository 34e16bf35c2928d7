package routes

import (
	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
)

// ownBackend is the choice of Leads to that has the route lead to a service of its own.
const ownBackend = "a backend of its own"

// pendingService stands for the service that is made together with the route, while the fields are checked.
const pendingService engine.ID = "00000000-0000-7000-8000-000000000000"

// own reports whether the route leads to a backend of its own, behind the target that is chosen.
func (w *routeWizard) own() bool { return w.to.Text == ownBackend }

// leadsTo are the choices of Leads to: a backend of the route's own, and the existing services. One of a provider is no backend, even
// where it is the route's own.
func (w *routeWizard) leadsTo() []kit.Option {
	choices := []kit.Option{{Name: ownBackend}}
	for i := range w.services {
		if s := &w.services[i]; w.before == nil || s.ID != w.before.Service || s.MadeFor != w.before.ID || s.Provider != "" || w.shared(s.ID) {
			choices = append(choices, kit.Option{Name: w.serviceChoice(s)})
		}
	}
	return append(choices, w.remoteChoices()...)
}

// remoteChoices are the services that providers let this installation use and to which no service here leads yet.
func (w *routeWizard) remoteChoices() []kit.Option {
	w.remotes = map[string]engine.OwnService{}
	var choices []kit.Option
	for i := range w.state.Providers {
		p := &w.state.Providers[i]
		for _, offered := range p.Services {
			if w.leadsAlready(p.ID, offered.ID) {
				continue
			}
			choice := offered.Name + ", a service of the provider " + p.Name
			w.remotes[choice] = engine.OwnService{Provider: p.ID, Remote: offered.ID}
			choices = append(choices, kit.Option{Name: choice})
		}
	}
	return choices
}

// leadsAlready reports whether a service here leads to one of a provider.
func (w *routeWizard) leadsAlready(provider, remote engine.ID) bool {
	for i := range w.services {
		if s := &w.services[i]; s.Provider == provider && s.Remote == remote {
			return true
		}
	}
	return false
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

// chosenService puts where the route leads into it, and its service. It reports false where that is not known.
func (w *routeWizard) chosenService() bool {
	w.service, w.route.Service = engine.Service{Name: w.route.Name}, pendingService
	if w.own() {
		w.service.Backend = w.backend.Text
		if target := model.ComponentNamed(w.state, w.target.Text); target != nil {
			w.service.Target = target.ID
		}
		return true
	}
	for i := range w.services {
		if s := &w.services[i]; w.to.Text == w.serviceChoice(s) {
			w.service, w.route.Service = *s, s.ID
			return true
		}
	}
	w.remoteChoices()
	remote, chosen := w.remotes[w.to.Text]
	if chosen {
		remote.Lead(&w.service)
	}
	return chosen
}
