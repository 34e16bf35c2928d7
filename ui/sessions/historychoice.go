package sessions

import (
	"errors"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
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
	component   *widget.Select
	route       *widget.Select
	from, until *widget.DateEntry
	changed     func()
	now         func() time.Time

	components, routes map[string]engine.ID // by the name that is offered
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
	c.component = choose([]string{anyComponent}, anyComponent)
	c.route = choose([]string{anyRoute}, anyRoute)
	c.from, c.until = widget.NewDateEntry(), widget.NewDateEntry()
	c.from.OnChanged = func(*time.Time) { c.choose() }
	c.until.OnChanged = func(*time.Time) { c.choose() }
	width := func(o fyne.CanvasObject, w float32) fyne.CanvasObject {
		return container.NewGridWrap(fyne.NewSize(w, o.MinSize().Height), o)
	}
	c.content = container.NewHBox(width(c.span, 130), width(c.kind, 110), width(c.component, 150), width(c.route, 130))
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
	var components, routes []named
	for i := range state.Components {
		components = append(components, named{state.Components[i].ID, state.Components[i].Name})
	}
	for i := range state.Routes {
		routes = append(routes, named{state.Routes[i].ID, state.Routes[i].Name})
	}
	c.components = offer(c.component, anyComponent, components)
	c.routes = offer(c.route, anyRoute, routes)
}

type named struct {
	id   engine.ID
	name string
}

// offer sets the options of a choice, and keeps what is chosen if it is among them.
func offer(choice *widget.Select, any string, things []named) map[string]engine.ID {
	ids := make(map[string]engine.ID, len(things))
	options := []string{}
	for _, thing := range things {
		ids[thing.name] = thing.id
		options = append(options, thing.name)
	}
	slices.Sort(options)
	options = slices.Insert(options, 0, any)
	if !slices.Equal(options, choice.Options) {
		choice.SetOptions(options)
		if !slices.Contains(options, choice.Selected) {
			choice.SetSelected(any)
		}
	}
	return ids
}

// query is what was chosen. The error, in words for a person, says why it makes no sense.
func (c *historyChoice) query() (engine.ReceiptQuery, error) {
	q := engine.ReceiptQuery{Component: c.components[c.component.Selected], Route: c.routes[c.route.Selected]}
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
