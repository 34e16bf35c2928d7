package routes

import (
	"slices"
	"strings"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
)

// tagOption is the name under which a tag is offered as source. No component's name begins like that.
func tagOption(tag string) string { return engine.Selector{Kind: engine.SelectTag, Name: tag}.String() }

func isTag(name string) bool { return strings.HasPrefix(name, tagOption("")) }

// sourceOptions are what a route can start from: a tag, whoever carries it, or components. The tag of the route that is edited is
// among them even if nobody carries it any more.
func sourceOptions(state *model.State, before *engine.RouteStatus) []kit.Option {
	var options []kit.Option
	for _, tag := range page.TagOptions(state) {
		options = append(options, kit.Option{Name: tagOption(tag.Name), About: tag.About + ", and whichever gets it later"})
	}
	if before != nil && before.SourceTag != "" {
		if mine := tagOption(before.SourceTag); !slices.ContainsFunc(options, func(o kit.Option) bool { return o.Name == mine }) {
			options = append(options, kit.Option{Name: mine, About: "no component yet"})
		}
	}
	return append(options, page.ComponentOptions(state)...)
}

// chosenSources puts the chosen sources into a route.
func (w *routeWizard) chosenSources(route *engine.Route) {
	route.Sources, route.SourceTag = nil, ""
	for _, name := range w.sources.Chosen {
		if isTag(name) {
			route.SourceTag = strings.TrimPrefix(name, tagOption(""))
			continue
		}
		if c := model.ComponentNamed(w.state, name); c != nil {
			route.Sources = append(route.Sources, c.ID)
		}
	}
}
