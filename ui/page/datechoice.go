package page

import (
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/kit"
)

// The spans of days that a DateChoice offers.
const (
	SpanToday  = "today"
	SpanWeek   = "last 7 days"
	SpanMonth  = "last 30 days"
	SpanAll    = "all dates"
	SpanChosen = "from … until …"
)

// DateChoice limits a list to days of this computer's time: one of the usual spans, or a first and a last day, from a calendar or typed.
type DateChoice struct {
	Span        *widget.Select
	Dates       *fyne.Container // the two days; shown while they are chosen one by one
	From, Until *widget.DateEntry
	Now         func() time.Time
	changed     func()
}

// NewDateChoice makes a choice that begins with a span. Began is the word before the first day; changed is called for each change.
func NewDateChoice(span, began string, changed func()) *DateChoice {
	c := &DateChoice{Span: widget.NewSelect([]string{SpanToday, SpanWeek, SpanMonth, SpanAll, SpanChosen}, nil), From: widget.NewDateEntry(), Until: widget.NewDateEntry(), Now: time.Now, changed: changed}
	c.Span.Selected = span
	c.Span.OnChanged = func(string) {
		kit.Present(c.Dates, c.Span.Selected == SpanChosen)
		c.changed()
	}
	c.From.OnChanged = func(*time.Time) { c.changed() }
	c.Until.OnChanged = func(*time.Time) { c.changed() }
	width := func(o fyne.CanvasObject) fyne.CanvasObject {
		return container.NewGridWrap(fyne.NewSize(150, o.MinSize().Height), o)
	}
	c.Dates = container.NewHBox(widget.NewLabel(began), width(c.From), widget.NewLabel("until the end of"), width(c.Until))
	c.Dates.Hide()
	return c
}

// Days gives the moment of the first day's beginning and that of the last one's end; zero where there is no limit. The error, in words for a
// person, says why the two make no sense.
func (c *DateChoice) Days() (from, until time.Time, err error) {
	midnight := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.Local)
	}
	today := midnight(c.Now().Local())
	switch c.Span.Selected {
	case SpanToday:
		from = today
	case SpanWeek:
		from = today.AddDate(0, 0, -6)
	case SpanMonth:
		from = today.AddDate(0, 0, -29)
	case SpanChosen:
		if c.From.Date != nil {
			from = midnight(*c.From.Date)
		}
		if c.Until.Date != nil {
			until = midnight(*c.Until.Date).AddDate(0, 0, 1)
		}
		if !from.IsZero() && !until.IsZero() && !from.Before(until) {
			err = errors.New("the first day is after the last one")
		}
	}
	return from, until, err
}
