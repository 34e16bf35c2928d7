package administration

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"lockwire/engine"
	"lockwire/engine/exchange"
)

// declaring is a plan that makes the installation what a file says. The steps run in an order in which the record refuses none of them:
// what leads nowhere any more goes last.
type declaring struct {
	*Local
	*plan
	before *state
	writes []func(engine.Transaction) error
	last   []func(engine.Transaction) error
	// moved are the services that lead elsewhere than before.
	moved map[engine.ID]bool
}

// planDeclare plans everything that a file says as one change. What is so already is not written.
func (l *Local) planDeclare(p *plan, wanted engine.Declared) error {
	if err := checkSections(wanted); err != nil {
		return err
	}
	d := &declaring{Local: l, plan: p, before: p.after.clone(), moved: map[engine.ID]bool{}}
	has := func(section engine.Section) bool { return slices.Contains(wanted.Sections, section) }
	if err := d.ruleSet(wanted, has); err != nil {
		return err
	}
	if err := d.tags(wanted.Tags); err != nil {
		return err
	}
	if has(engine.SectionRoutes) {
		d.removeRoutes(wanted.Routes)
	}
	if has(engine.SectionServices) {
		if err := d.services(wanted.Services); err != nil {
			return err
		}
	}
	if has(engine.SectionRoutes) {
		if err := d.routes(wanted.Routes); err != nil {
			return err
		}
	}
	if has(engine.SectionServices) {
		if err := d.removeServices(wanted.Services); err != nil {
			return err
		}
	}
	if err := d.checkRoutes(); err != nil {
		return err
	}
	if len(d.things) == 0 && !slices.ContainsFunc(d.changes, func(c engine.RuleChange) bool { return c.What != keep }) {
		p.write = func(engine.Transaction) error { return nil }
		return nil
	}
	p.write = inTurn(slices.Concat(d.writes, d.last, []func(engine.Transaction) error{func(tx engine.Transaction) error {
		return d.audit(tx, declaredEntry, "file", nil, wanted.Sections)
	}}))
	return nil
}

// declaredEntry is the last entry of the change that a file makes, so that the whole group shows as one.
const declaredEntry = "installation.declare"

// keep is what happens to a rule that is as it should be.
const keep = "keep"

// checkSections bounds what comes from outside, file or not.
func checkSections(wanted engine.Declared) error {
	for section, count := range map[engine.Section][2]int{
		engine.SectionTags: {len(wanted.Tags), engine.MaximumDeclaredComponents}, engine.SectionServices: {len(wanted.Services), engine.MaximumDeclaredServices},
		engine.SectionRoutes: {len(wanted.Routes), engine.MaximumDeclaredRoutes},
	} {
		if count[0] > count[1] {
			return &engine.FieldError{Field: string(section), Err: fmt.Errorf("at most %d", count[1])}
		}
		if count[0] > 0 && !slices.Contains(wanted.Sections, section) {
			return &engine.FieldError{Field: "sections", Err: fmt.Errorf("%s is given and not named", section)}
		}
	}
	if len(wanted.Sections) == 0 {
		return fmt.Errorf("the change is empty")
	}
	return nil
}

// ruleSet plans rules, settings and preferred networks.
func (d *declaring) ruleSet(wanted engine.Declared, has func(engine.Section) bool) error {
	was := d.after.rules
	request := engine.RuleImport{RuleSet: wanted.RuleSet, Replace: true, WithSettings: true}
	if !has(engine.SectionRules) {
		request.RuleSet.Rules = was.Rules
	}
	if !has(engine.SectionSettings) {
		request.RuleSet.Settings = was.Settings
	}
	if !has(engine.SectionPreferred) {
		request.RuleSet.PreferredNetworks = was.PreferredNetworks
	}
	after, changes, err := exchange.Plan(was, request)
	if err != nil {
		return err
	}
	if err := after.Check(); err != nil {
		return err
	}
	d.after.rules, d.changes = after, changes
	d.writes = append(d.writes, func(tx engine.Transaction) error { return d.writeRules(tx, changes) })
	if after.Settings != was.Settings {
		d.things = append(d.things, engine.ThingChange{Kind: "settings", What: "edit"})
		d.writes = append(d.writes, func(tx engine.Transaction) error {
			if err := tx.PutSettings(after.Settings); err != nil {
				return err
			}
			return d.audit(tx, "settings.import", "settings", was.Settings, after.Settings)
		})
	}
	if !samePreferred(was.PreferredNetworks, after.PreferredNetworks) {
		d.things = append(d.things, engine.ThingChange{Kind: "preferred networks", What: "edit"})
		d.warnings = append(d.warnings, preferredWarnings(&after.PreferredNetworks, d.after)...)
		d.writes = append(d.writes, func(tx engine.Transaction) error {
			if err := tx.PutPreferredNetworks(after.PreferredNetworks); err != nil {
				return err
			}
			return d.audit(tx, "preferred-networks.import", "preferred networks", was.PreferredNetworks, after.PreferredNetworks)
		})
	}
	return nil
}

// samePreferred tells whether two say the same; no mode is the mode off.
func samePreferred(a, b engine.PreferredNetworks) bool {
	off := func(mode engine.PreferredMode) engine.PreferredMode {
		if mode == "" {
			return engine.PreferredOff
		}
		return mode
	}
	return off(a.Mode) == off(b.Mode) && slices.Equal(a.Networks, b.Networks)
}

// tags plans the tags of the components that the file names.
func (d *declaring) tags(wanted []engine.DeclaredTags) error {
	seen := map[engine.ID]bool{}
	for _, declared := range wanted {
		component, err := d.after.named(declared.Name)
		if err != nil {
			return &engine.FieldError{Of: "components", Field: "name", Err: fmt.Errorf("%w; a file cannot make components: they join with a token", err)}
		}
		if seen[component.ID] {
			return &engine.FieldError{Of: "components", Field: "name", Err: fmt.Errorf("%s is there twice", component.Name)}
		}
		seen[component.ID] = true
		was, is := slices.Sorted(slices.Values(component.Tags)), slices.Sorted(slices.Values(declared.Tags))
		if slices.Equal(was, is) {
			continue
		}
		if err := d.planTags(d.plan, engine.TagChange{Component: component.ID, Revision: component.Revision, Tags: declared.Tags}); err != nil {
			return err
		}
		d.writes = append(d.writes, d.write)
		d.things = append(d.things, engine.ThingChange{Kind: "component", Name: component.Name, What: "edit", Words: fmt.Sprintf("tags %s become %s", listed(was), listed(is))})
	}
	return nil
}

func listed(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

// removeRoutes plans the removal of the routes that the file does not have.
func (d *declaring) removeRoutes(wanted []engine.DeclaredRoute) {
	stays := map[string]bool{}
	for i := range wanted {
		stays[engine.Fold(wanted[i].Name)] = true
	}
	for _, route := range d.before.routes {
		if stays[engine.Fold(route.Name)] {
			continue
		}
		d.after.routes = slices.DeleteFunc(d.after.routes, func(other engine.Route) bool { return other.ID == route.ID })
		left := d.after.leaveOwn(route)
		d.dropServices(left)
		d.things = append(d.things, engine.ThingChange{Kind: "route", Name: route.Name, What: "remove"})
		d.writes = append(d.writes, func(tx engine.Transaction) error {
			if err := tx.RemoveRoute(route.ID); err != nil {
				return err
			}
			return d.audit(tx, "route.remove", route.Name, route, nil)
		})
		d.last = append(d.last, func(tx engine.Transaction) error { return d.writeServices(tx, left, true) })
	}
}

// dropServices takes services that are removed out of the state.
func (d *declaring) dropServices(writes []serviceWrite) {
	for _, write := range writes {
		if write.after == nil {
			d.after.services = slices.DeleteFunc(d.after.services, func(s engine.Service) bool { return s.ID == write.before.ID })
		}
	}
}

// services plans the services that stand by themselves.
func (d *declaring) services(wanted []engine.DeclaredService) error {
	seen := map[string]bool{}
	for _, declared := range wanted {
		of := fmt.Sprintf("service %q", declared.Name)
		if seen[engine.Fold(declared.Name)] {
			return &engine.FieldError{Of: of, Field: "name", Err: fmt.Errorf("it is there twice")}
		}
		seen[engine.Fold(declared.Name)] = true
		own, err := d.lead(of, declared.DeclaredLead)
		if err != nil {
			return err
		}
		after := engine.Service{ID: engine.NewID(), Revision: 1}
		var write serviceWrite
		at := slices.IndexFunc(d.after.services, func(s engine.Service) bool { return engine.SameName(s.Name, declared.Name) })
		if at >= 0 {
			present := d.after.services[at]
			write.before, after = &present, present
			after.Revision++
			after.MadeFor = ""
		}
		after.Name = declared.Name
		own.Lead(&after)
		if err := after.Check(); err != nil {
			return err
		}
		what := "add"
		if write.before != nil {
			what = "edit"
			if write.before.Name == after.Name && write.before.LeadsAlike(&after) && write.before.MadeFor == "" {
				continue
			}
			d.moved[after.ID] = !write.before.LeadsAlike(&after)
			d.after.services[at] = after
		} else {
			d.after.services = append(d.after.services, after)
		}
		write.after = &after
		d.things = append(d.things, engine.ThingChange{Kind: "service", Name: after.Name, What: what})
		d.writes = append(d.writes, func(tx engine.Transaction) error { return d.writeServices(tx, []serviceWrite{write}, false) })
	}
	return nil
}

// lead finds what a file's names stand for.
func (d *declaring) lead(of string, declared engine.DeclaredLead) (engine.OwnService, error) {
	own := engine.OwnService{Backend: declared.Backend, Remote: declared.Remote}
	if declared.Target != "" {
		target, err := d.after.named(declared.Target)
		if err != nil {
			return own, &engine.FieldError{Of: of, Field: "target", Err: err}
		}
		own.Target = target.ID
	}
	if declared.Provider != "" {
		at := slices.IndexFunc(d.after.providers, func(p engine.Provider) bool { return engine.SameName(p.Name, declared.Provider) })
		if at < 0 {
			return own, &engine.FieldError{Of: of, Field: "provider", Err: fmt.Errorf("provider %q: %w", declared.Provider, engine.ErrNotFound)}
		}
		own.Provider = d.after.providers[at].ID
	}
	return own, nil
}

// routes plans the routes of the file.
func (d *declaring) routes(wanted []engine.DeclaredRoute) error {
	seen := map[string]bool{}
	for _, declared := range wanted {
		if seen[engine.Fold(declared.Name)] {
			return &engine.FieldError{Of: fmt.Sprintf("route %q", declared.Name), Field: "name", Err: fmt.Errorf("it is there twice")}
		}
		seen[engine.Fold(declared.Name)] = true
		if err := d.putRoute(declared); err != nil {
			return err
		}
	}
	return nil
}

func (d *declaring) putRoute(declared engine.DeclaredRoute) error {
	of := fmt.Sprintf("route %q", declared.Name)
	var before *engine.Route
	route := engine.Route{ID: engine.NewID()}
	if at := slices.IndexFunc(d.after.routes, func(r engine.Route) bool { return engine.SameName(r.Name, declared.Name) }); at >= 0 {
		present := d.after.routes[at]
		before, route = &present, present
	}
	route.Name, route.Listen, route.Direction, route.Enabled = declared.Name, declared.Listen, declared.Direction, declared.Enabled
	route.LingerSeconds, route.Streams = declared.LingerSeconds, declared.Streams
	if err := d.sources(of, &route, declared.Source); err != nil {
		return err
	}
	var writes []serviceWrite
	if declared.Own != nil {
		own, err := d.lead(of, *declared.Own)
		if err != nil {
			return err
		}
		write, err := d.after.putOwn(route, before, own)
		if err != nil {
			return err
		}
		if write.before != nil && !write.before.LeadsAlike(write.after) {
			d.moved[write.after.ID] = true
		}
		route.Service, writes = write.after.ID, append(writes, write)
	} else {
		at := slices.IndexFunc(d.after.services, func(s engine.Service) bool { return engine.SameName(s.Name, declared.Service) })
		if at < 0 {
			return &engine.FieldError{Of: of, Field: "service", Err: fmt.Errorf("service %q: %w", declared.Service, engine.ErrNotFound)}
		}
		route.Service = d.after.services[at].ID
	}
	if err := route.Check(); err != nil {
		return err
	}
	same := before != nil && reflect.DeepEqual(*before, route)
	what := "add"
	if before != nil {
		what = "edit"
	}
	if same && !d.moved[route.Service] {
		if len(writes) > 0 { // its own service as it was
			d.restore(*writes[0].before)
		}
		return nil
	}
	if !same {
		route.Revision++
	}
	d.after.putRoute(route)
	var left []serviceWrite
	if before != nil && before.Service != route.Service {
		left = d.after.leaveOwn(*before)
		d.dropServices(left)
		writes = append(writes, left...)
	}
	d.things = append(d.things, engine.ThingChange{Kind: "route", Name: route.Name, What: what})
	d.writes = append(d.writes, func(tx engine.Transaction) error {
		if err := d.writeServices(tx, writes, false); err != nil || same {
			return err
		}
		if err := tx.PutRoute(route); err != nil {
			return err
		}
		return d.audit(tx, "route."+what, route.Name, routeOrNil(before), route)
	})
	d.last = append(d.last, func(tx engine.Transaction) error { return d.writeServices(tx, left, true) })
	return nil
}

// restore has a service be as it was before it was planned.
func (d *declaring) restore(service engine.Service) {
	at := slices.IndexFunc(d.after.services, func(s engine.Service) bool { return s.ID == service.ID })
	d.after.services[at] = service
}

// sources finds the components, or the tag, that a route listens on. The order of names does not count.
func (d *declaring) sources(of string, route *engine.Route, names []string) error {
	if len(names) == 1 && strings.HasPrefix(names[0], "tag:") {
		route.Sources, route.SourceTag = nil, strings.TrimPrefix(names[0], "tag:")
		return nil
	}
	var ids []engine.ID
	for _, name := range names {
		component, err := d.after.named(name)
		if err != nil {
			return &engine.FieldError{Of: of, Field: "source", Err: err}
		}
		if slices.Contains(ids, component.ID) {
			return &engine.FieldError{Of: of, Field: "source", Err: fmt.Errorf("%s is there twice", component.Name)}
		}
		ids = append(ids, component.ID)
	}
	if route.SourceTag == "" && slices.Equal(slices.Sorted(slices.Values(ids)), slices.Sorted(slices.Values(route.Sources))) {
		return nil
	}
	route.Sources, route.SourceTag = ids, ""
	return nil
}

// removeServices plans the removal of the services by themselves that the file does not have.
func (d *declaring) removeServices(wanted []engine.DeclaredService) error {
	stays := map[string]bool{}
	for _, declared := range wanted {
		stays[engine.Fold(declared.Name)] = true
	}
	for _, service := range slices.Clone(d.after.services) {
		if service.MadeFor != "" || stays[engine.Fold(service.Name)] {
			continue
		}
		if routes := d.after.othersTo(service.ID, ""); len(routes) > 0 {
			return &engine.FieldError{Of: "services", Field: service.Name, Err: fmt.Errorf("the file does not have it, and the route %q leads to it: %w", routes[0].Name, engine.ErrInUse)}
		}
		gone := []serviceWrite{{before: &service}}
		d.dropServices(gone)
		d.things = append(d.things, engine.ThingChange{Kind: "service", Name: service.Name, What: "remove"})
		d.last = append(d.last, func(tx engine.Transaction) error { return d.writeServices(tx, gone, true) })
	}
	return nil
}

// checkRoutes checks all routes that the change touches, as they are with all of it, and collects what they open that they did not.
func (d *declaring) checkRoutes() error {
	words, items := map[engine.AskKind][]string{}, map[engine.AskKind][]string{}
	for _, route := range d.after.routes {
		at, err := d.before.route(route.ID)
		known := map[engine.AskKind][]string{}
		if err == nil {
			known = d.before.opens(d.before.routes[at])
		}
		if err != nil || !reflect.DeepEqual(d.before.routes[at], route) || d.moved[route.Service] {
			if err := d.after.checkRoute(route); err != nil {
				return err
			}
		}
		for kind, opened := range d.after.opens(route) {
			opened = slices.DeleteFunc(opened, func(w string) bool { return slices.Contains(known[kind], w) })
			if len(opened) == 0 {
				continue
			}
			words[kind] = append(words[kind], fmt.Sprintf("route %q: %s", route.Name, strings.Join(opened, "; ")))
			for _, one := range opened {
				items[kind] = append(items[kind], route.Name+"\n"+one)
			}
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(words)) {
		d.opened = append(d.opened, engine.NewAsk(kind, strings.Join(firstWarnings(words[kind], "routes are like that"), "; "), items[kind]...))
	}
	return nil
}
