package sessions

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/model"
	"lockwire/ui/page"
)

// What History offers to choose from.
const (
	anyKind     = "every kind"
	sealedKind  = "sealed"
	plainKind   = "plain"
	refusedKind = "refused"

	anyComponent = "every component"
	anyRoute     = "every route"
)

// historyChoice says which sessions the history shows.
type historyChoice struct {
	content   fyne.CanvasObject
	days      *page.DateChoice
	kind      *widget.Select
	component *thingChoice
	route     *thingChoice
	state     *model.State // the newest; an empty one at first
}

func newHistoryChoice(changed func()) *historyChoice {
	c := &historyChoice{state: &model.State{}, days: page.NewDateChoice(page.SpanWeek, "Began from", changed)}
	c.kind = widget.NewSelect([]string{anyKind, sealedKind, plainKind, refusedKind}, nil)
	c.kind.Selected = anyKind
	c.kind.OnChanged = func(string) { changed() }
	c.component, c.route = newThingChoice(anyComponent, c.components, changed), newThingChoice(anyRoute, c.routes, changed)
	width := func(o fyne.CanvasObject, w float32) fyne.CanvasObject {
		return container.NewGridWrap(fyne.NewSize(w, o.MinSize().Height), o)
	}
	c.content = container.NewHBox(width(c.days.Span, 130), width(c.kind, 110), width(c.component, 160), width(c.route, 150))
	return c
}

// update offers the present components and routes.
func (c *historyChoice) update(state *model.State) {
	c.state = state.Lean()
	c.component.update()
	c.route.update()
}

// components are all that there are: those that were revoked have a history, too.
func (c *historyChoice) components() []thing {
	var components []thing
	for i := range c.state.Components {
		component := &c.state.Components[i].Component
		components = append(components, thing{component.ID, page.ComponentOption(component)})
	}
	return components
}

func (c *historyChoice) routes() []thing {
	var routes []thing
	for i := range c.state.Routes {
		routes = append(routes, thing{c.state.Routes[i].ID, page.RouteOption(&c.state.Routes[i])})
	}
	return routes
}

// query is what was chosen. The error, in words for a person, says why it makes no sense.
func (c *historyChoice) query() (engine.ReceiptQuery, error) {
	q := engine.ReceiptQuery{Component: c.component.id(), Route: c.route.id()}
	var err error
	if q.From, q.Until, err = c.days.Days(); err != nil {
		return q, err
	}
	switch c.kind.Selected {
	case sealedKind:
		q.Mode, q.State = engine.Sealed, engine.SessionEnded
	case plainKind:
		q.Mode, q.State = engine.Plain, engine.SessionEnded
	case refusedKind:
		q.State = engine.SessionRefused
	}
	return q, nil
}
