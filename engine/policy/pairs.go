package policy

import (
	"time"

	"lockwire/engine"
)

// State is an installation at one side of a change: all that decisions depend on, besides the moment.
type State struct {
	Rules *Rules
	// Components may have revoked ones among them; those are left out.
	Components []engine.Component
	Names      engine.Names
	Links      []Link
}

// Link is one source of a route and the component that its service is on.
type Link struct {
	Source, Target engine.ID
	Route          string // its name
	Direction      engine.Direction
	Off            bool // the route is not enabled
}

// LinksOf gives the links of the routes, among components that are not revoked.
func LinksOf(components []engine.Component, services []engine.Service, routes []engine.Route) []Link {
	var links []Link
	targets := make(map[engine.ID]engine.ID, len(services))
	for i := range services {
		targets[services[i].ID] = services[i].Target
	}
	live := map[engine.ID]bool{}
	tagged := map[string][]engine.ID{}
	for i := range components {
		if component := &components[i]; component.Revoked.IsZero() {
			live[component.ID] = true
			for _, tag := range component.Tags {
				tagged[tag] = append(tagged[tag], component.ID)
			}
		}
	}
	for i := range routes {
		route := &routes[i]
		sources := route.Sources
		if route.SourceTag != "" {
			sources = tagged[route.SourceTag]
		}
		target := targets[route.Service]
		if !live[target] {
			continue
		}
		for _, source := range sources {
			if live[source] {
				links = append(links, Link{source, target, route.Name, route.Direction, !route.Enabled})
			}
		}
	}
	return links
}

// field is a state made ready for asking about all its pairs: the rules that reach a component are found once for it,
// so that a pair costs only where the two meet.
type field struct {
	rules  *Rules
	names  *binding
	ends   map[engine.ID]*end
	moment time.Time
	limits []timedLimit
	// scratch is the situation of the pair that was asked about last.
	scratch situation
}

func newField(state *State, moment time.Time) *field {
	f := &field{rules: state.Rules, names: state.Rules.bind(&state.Names).index(), moment: moment, limits: state.Rules.limitsAt(moment)}
	f.ends = make(map[engine.ID]*end, len(state.Components))
	words := wordsFor(len(f.rules.all))
	space := make([]uint64, 2*words*len(state.Components)+words)
	for i := range state.Components {
		if component := &state.Components[i]; component.Revoked.IsZero() {
			e := f.rules.reach(component.Party(), "a component", f.names, space[2*words*i:2*words*(i+1)])
			f.ends[component.ID] = &e
		}
	}
	f.scratch.matched = space[2*words*len(state.Components):]
	return f
}

// situation gives the situation of a pair. It holds until the next call.
func (f *field) situation(source, target *end, sameMachine bool) *situation {
	f.scratch = situation{rules: f.rules, names: f.names, source: source, target: target, sameMachine: sameMachine,
		moment: f.moment, limits: f.limits, matched: f.scratch.matched}
	match(source, target, f.scratch.matched)
	return &f.scratch
}

var allWays = [4]oneWay{
	{engine.Backup, true}, {engine.Restore, true},
	{engine.Backup, false}, {engine.Restore, false},
}

// limitsDiffer tells whether two situations limit any session of their pair differently; see [engine.SessionDecision.Differs]. It looks
// at all four ways in which data can flow, so that it holds for either component as the source and for both directions.
func limitsDiffer(was, is *situation) bool {
	if !was.mayThrottle() && !is.mayThrottle() {
		return false
	}
	for _, way := range allWays {
		old, _ := was.lowest(way)
		now, _ := is.lowest(way)
		if old.name != now.name || old.limit != now.limit {
			return true
		}
	}
	return false
}
