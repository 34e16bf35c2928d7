package sessions

import (
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
)

// What History offers to choose from.
const (
	spanToday  = "today"
	spanWeek   = "last 7 days"
	spanMonth  = "last 30 days"
	spanAll    = "all dates"
	spanChosen = "from … until …"

	anyKind     = "every kind"
	sealedKind  = "sealed"
	plainKind   = "plain"
	refusedKind = "refused"

	anyComponent = "every component"
	anyRoute     = "every route"
)

// historyChoice says which sessions the history shows.
type historyChoice struct {
	content     fyne.CanvasObject
	dates       *fyne.Container // shown while the dates are chosen one by one
	span        *widget.Select
	kind        *widget.Select
	component   *thingChoice
	route       *thingChoice
	from, until *widget.DateEntry
	changed     func()
	now         func() time.Time
}

func newHistoryChoice(changed func()) *historyChoice {
	c := &historyChoice{changed: changed, now: time.Now}
	choose := func(options []string, chosen string) *widget.Select {
		s := widget.NewSelect(options, nil)
		s.Selected = chosen
		s.OnChanged = func(string) { c.choose() }
		return s
	}
	c.span = choose([]string{spanToday, spanWeek, spanMonth, spanAll, spanChosen}, spanWeek)
	c.kind = choose([]string{anyKind, sealedKind, plainKind, refusedKind}, anyKind)
	c.component, c.route = newThingChoice(anyComponent, c.choose), newThingChoice(anyRoute, c.choose)
	c.from, c.until = widget.NewDateEntry(), widget.NewDateEntry()
	c.from.OnChanged = func(*time.Time) { c.choose() }
	c.until.OnChanged = func(*time.Time) { c.choose() }
	width := func(o fyne.CanvasObject, w float32) fyne.CanvasObject {
		return container.NewGridWrap(fyne.NewSize(w, o.MinSize().Height), o)
	}
	c.content = container.NewHBox(width(c.span, 130), width(c.kind, 110), width(c.component, 160), width(c.route, 150))
	c.dates = container.NewHBox(widget.NewLabel("Began from"), width(c.from, 150), widget.NewLabel("until the end of"), width(c.until, 150))
	c.dates.Hide()
	return c
}

func (c *historyChoice) choose() {
	kit.Present(c.dates, c.span.Selected == spanChosen)
	c.changed()
}

// update offers the present components and routes.
func (c *historyChoice) update(state *model.State) {
	var components, routes []thing
	for i := range state.Components { // those that were revoked have a history, too
		component := &state.Components[i].Component
		components = append(components, thing{component.ID, page.ComponentOption(component)})
	}
	for i := range state.Routes {
		routes = append(routes, thing{state.Routes[i].ID, page.RouteOption(&state.Routes[i])})
	}
	c.component.offer(components)
	c.route.offer(routes)
}

// query is what was chosen. The error, in words for a person, says why it makes no sense.
func (c *historyChoice) query() (engine.ReceiptQuery, error) {
	q := engine.ReceiptQuery{Component: c.component.id(), Route: c.route.id()}
	midnight := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.Local)
	}
	today := midnight(c.now().Local())
	switch c.span.Selected {
	case spanToday:
		q.From = today
	case spanWeek:
		q.From = today.AddDate(0, 0, -6)
	case spanMonth:
		q.From = today.AddDate(0, 0, -29)
	case spanChosen:
		if c.from.Date != nil {
			q.From = midnight(*c.from.Date)
		}
		if c.until.Date != nil {
			q.Until = midnight(*c.until.Date).AddDate(0, 0, 1)
		}
		if !q.From.IsZero() && !q.Until.IsZero() && !q.From.Before(q.Until) {
			return q, errors.New("the first day is after the last one")
		}
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
