package administration

import (
	"fmt"
	"slices"
	"strings"

	"lockwire/engine"
)

// serviceWrite is the change of one service that goes with a change of a route.
type serviceWrite struct{ before, after *engine.Service }

// planRoute plans to add or edit a route together with its own service.
func (l *Local) planRoute(p *plan, edit engine.RouteEdit) error {
	p.ofRoute = true
	route := edit.Route
	what := "route.add"
	if route.ID == "" {
		route.ID, route.Revision = engine.NewID(), 1
	} else {
		at, err := p.after.route(route.ID)
		if err != nil {
			return err
		}
		before := p.after.routes[at]
		if route.Revision != before.Revision || edit.Own != nil && !p.after.readOwn(before, edit.Own.Revision) {
			service, _ := p.after.behind(before)
			return &engine.OutdatedError{Of: fmt.Sprintf("route %q", before.Name), Now: engine.Present{Route: &before, Service: &service}}
		}
		p.routeBefore, what = &before, "route.edit"
		route.Revision++
	}
	var writes []serviceWrite
	if edit.Own != nil {
		own, err := p.after.putOwn(route, p.routeBefore, *edit.Own)
		if err != nil {
			return err
		}
		route.Service, writes = own.after.ID, append(writes, own)
	}
	if err := route.Check(); err != nil {
		return err
	}
	if err := p.after.checkRoute(route); err != nil {
		return err
	}
	p.after.putRoute(route)
	if p.routeBefore != nil && p.routeBefore.Service != route.Service {
		writes = append(writes, p.after.leaveOwn(*p.routeBefore)...)
	}
	p.route = &route
	before := p.routeBefore
	p.write = func(tx engine.Transaction) error {
		if err := l.writeServices(tx, writes, false); err != nil {
			return err
		}
		if err := tx.PutRoute(route); err != nil {
			return err
		}
		if err := l.audit(tx, what, route.Name, routeOrNil(before), route); err != nil {
			return err
		}
		return l.writeServices(tx, writes, true)
	}
	return nil
}

// planSwitchRoute turns a route on or off and keeps everything else of it, also newer edits.
func (l *Local) planSwitchRoute(p *plan, change engine.Switch) error {
	at, err := p.after.route(change.ID)
	if err != nil {
		return err
	}
	before := p.after.routes[at]
	after := before
	after.Enabled = change.On
	after.Revision++
	if change.On { // what stands in the way of a route must not keep it on
		if err := p.after.checkRoute(after); err != nil {
			return err
		}
	}
	p.after.putRoute(after)
	p.ofRoute, p.route, p.routeBefore = true, &after, &before
	p.write = func(tx engine.Transaction) error {
		if err := tx.PutRoute(after); err != nil {
			return err
		}
		return l.audit(tx, "route.edit", after.Name, before, after)
	}
	return nil
}

// planRemoveRoute removes a route and its own service. Its live sessions accept no new flow; running flows finish.
func (l *Local) planRemoveRoute(p *plan, id engine.ID) error {
	p.ofRoute = true
	at, err := p.after.route(id)
	if err != nil {
		return err
	}
	route := p.after.routes[at]
	p.after.routes = slices.Delete(p.after.routes, at, at+1)
	writes := p.after.leaveOwn(route)
	p.write = func(tx engine.Transaction) error {
		if err := tx.RemoveRoute(id); err != nil {
			return err
		}
		if err := l.audit(tx, "route.remove", route.Name, route, nil); err != nil {
			return err
		}
		return l.writeServices(tx, writes, true)
	}
	return nil
}

// routeAsks lists what a person must confirm before a route is put. What the route did before needs no new confirmation.
func routeAsks(before *state, p *plan) []engine.Ask {
	var known map[engine.AskKind][]string
	if p.routeBefore != nil {
		known = before.opens(*p.routeBefore)
	}
	var asks []engine.Ask
	for kind, words := range p.after.opens(*p.route) {
		words = slices.DeleteFunc(words, func(w string) bool { return slices.Contains(known[kind], w) })
		if len(words) > 0 {
			asks = append(asks, engine.NewAsk(kind, fmt.Sprintf("route %q: %s", p.route.Name, strings.Join(words, "; ")), words...))
		}
	}
	slices.SortFunc(asks, func(a, b engine.Ask) int { return strings.Compare(string(a.Kind), string(b.Kind)) })
	return asks
}

// putRoute adds a route, or replaces the one with the same id.
func (s *state) putRoute(route engine.Route) {
	if at, err := s.route(route.ID); err == nil {
		s.routes[at] = route
		return
	}
	s.routes = append(s.routes, route)
}

// putOwn adds or edits a route's own service: the present one if no other route uses it, else a new one.
func (s *state) putOwn(route engine.Route, before *engine.Route, own engine.OwnService) (serviceWrite, error) {
	var write serviceWrite
	after := engine.Service{ID: engine.NewID(), Revision: 1, MadeFor: route.ID}
	if before != nil {
		if present, found := s.service(before.Service); found && present.MadeFor == route.ID && len(s.othersTo(present.ID, route.ID)) == 0 {
			write.before, after = &present, present
			after.Revision++
		}
	}
	own.Lead(&after)
	if write.before == nil || write.before.Name != route.Name {
		after.Name = s.freeName(route.Name, after.ID)
	}
	if err := after.Check(); err != nil {
		return write, err
	}
	if err := s.checkLead(after, fmt.Sprintf("route %q", route.Name)); err != nil {
		return write, err
	}
	s.services = append(slices.DeleteFunc(s.services, func(other engine.Service) bool { return other.ID == after.ID }), after)
	write.after = &after
	return write, nil
}

// readOwn tells whether an edit was based on the present revision of the route's own service, which can be edited apart from the route; 0 where there
// is none.
func (s *state) readOwn(route engine.Route, revision int64) bool {
	own := int64(0)
	if service, _ := s.service(route.Service); service.MadeFor == route.ID {
		own = service.Revision
	}
	return own == revision
}

// leaveOwn removes the own service of a route that leaves it or is removed. If another route uses the service, it stays and belongs to no route.
func (s *state) leaveOwn(route engine.Route) []serviceWrite {
	service, found := s.service(route.Service)
	if !found || service.MadeFor != route.ID {
		return nil
	}
	write := serviceWrite{before: &service}
	if len(s.othersTo(service.ID, route.ID)) > 0 {
		kept := service
		kept.MadeFor = ""
		kept.Revision++
		write.after = &kept
	}
	return []serviceWrite{write}
}

// othersTo lists the other routes to a service.
func (s *state) othersTo(service, but engine.ID) []engine.Route {
	var others []engine.Route
	for _, route := range s.routes {
		if route.Service == service && route.ID != but {
			others = append(others, route)
		}
	}
	return others
}

// freeName gives a name for a service: the wanted one, or a similar one if it is taken.
func (s *state) freeName(wanted string, of engine.ID) string {
	name := wanted
	for n := 2; slices.ContainsFunc(s.services, func(other engine.Service) bool { return other.ID != of && engine.SameName(other.Name, name) }); n++ {
		ending := fmt.Sprintf(" (%d)", n)
		letters := []rune(wanted)
		name = string(letters[:min(len(letters), engine.MaximumNameLength-len(ending))]) + ending
	}
	return name
}

// writeServices writes the changes of services: those that stay before their route, those that are removed after it.
func (l *Local) writeServices(tx engine.Transaction, writes []serviceWrite, gone bool) error {
	for _, write := range writes {
		switch {
		case write.after == nil && gone:
			if err := tx.RemoveService(write.before.ID); err != nil {
				return err
			}
			if err := l.audit(tx, "service.remove", write.before.Name, *write.before, nil); err != nil {
				return err
			}
		case write.after != nil && !gone:
			what, before := "service.add", any(nil)
			if write.before != nil {
				what, before = "service.edit", *write.before
				// Only the route changes; its own service stays as it is.
				if write.before.Name == write.after.Name && write.before.LeadsAlike(write.after) && write.before.MadeFor == write.after.MadeFor {
					continue
				}
			}
			if err := tx.PutService(*write.after); err != nil {
				return err
			}
			if err := l.audit(tx, what, write.after.Name, before, *write.after); err != nil {
				return err
			}
		}
	}
	return nil
}

// routeOrNil keeps a nil pointer from becoming a value that is not nil.
func routeOrNil(route *engine.Route) any {
	if route == nil {
		return nil
	}
	return *route
}
