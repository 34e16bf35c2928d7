package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
)

func TestTheFilterEndsAtTheRightAndGivesWayToButtons(t *testing.T) {
	newStage(t)
	filter, button, hidden := newFilter(nil), widget.NewButton("Add a thing with a long title…", nil), widget.NewButton("For others", nil)
	hidden.Hide()
	bar := toolbar(filter, button, hidden)
	needs := bar.MinSize().Width
	for _, c := range []struct {
		name          string
		width, wanted float32
	}{
		{"wide", 1000, filterWidth},
		{"as wide as both", needs - filter.MinSize().Width + filterWidth, filterWidth},
		{"narrower", needs + 20, filter.MinSize().Width + 20},
		{"as narrow as can be", needs, filter.MinSize().Width},
	} {
		bar.Resize(fyne.NewSize(c.width, bar.MinSize().Height))
		if filter.Size().Width != c.wanted || filter.Position().X+filter.Size().Width != c.width {
			t.Errorf("%s: the filter is %v wide at %v, wanted %v at the end of %v", c.name, filter.Size().Width, filter.Position().X, c.wanted, c.width)
		}
		if end := button.Position().X + button.Size().Width; end > filter.Position().X {
			t.Errorf("%s: the button ends at %v, the filter begins at %v", c.name, end, filter.Position().X)
		}
	}
	alone := toolbar(filter)
	if alone.MinSize() != filter.MinSize() {
		t.Errorf("a filter alone needs %v, itself %v", alone.MinSize(), filter.MinSize())
	}
}

func TestTheFilterStandsAtTheSamePlaceOnEveryPage(t *testing.T) {
	s, _, state := linked(t)
	for page, want := range map[Page]bool{
		NewOverviewPage(s.Console): false, NewRulesPage(s.Console): true, NewSessionsPage(s.Console): true, NewComponentsPage(s.Console): true,
		NewHeadroomPage(s.Console): true, NewRoutesPage(s.Console): true, NewActivityPage(s.Console): true,
	} {
		shell := NewShell(s.Console, page)
		s.Window.SetContent(shell.Content())
		shell.Update(state)
		found := false
		walk(shell.Content(), func(o fyne.CanvasObject) {
			entry, ok := o.(*widget.Entry)
			if !ok || entry.PlaceHolder != "filter" {
				return
			}
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(entry)
			if end := at.X + entry.Size().Width; entry.Size().Width != filterWidth || end < s.Window.Canvas().Size().Width-3*theme.Padding() {
				t.Errorf("%s: the filter is %v wide and ends at %v", page.Name(), entry.Size().Width, end)
			}
			found = true
		})
		if found != want {
			t.Errorf("%s: that it has a filter is %t, wanted %t", page.Name(), found, want)
		}
	}
}

func TestAFilterThatLetsNothingThroughIsNamedAsTheReason(t *testing.T) {
	s, _, state := linked(t)
	state.Sessions = []engine.Session{liveSession(engine.Sealed)}
	for page, want := range map[Page][]string{
		NewRulesPage(s.Console):      {"No rule passes the filter.", "0 of 1 rule"},
		NewSessionsPage(s.Console):   {"No session passes the filter.", "0 of 1 session"},
		NewComponentsPage(s.Console): {"No component passes the filter.", "0 of 2 components, 0 online"},
		NewHeadroomPage(s.Console):   {"No component passes the filter.", "0 of 2 components"},
		NewRoutesPage(s.Console):     {"No route passes the filter.", "0 of 1 route"},
	} {
		s.Window.SetContent(page.Content())
		page.Update(state)
		walk(page.Content(), func(o fyne.CanvasObject) {
			if entry, ok := o.(*widget.Entry); ok && entry.PlaceHolder == "filter" {
				entry.SetText("like nothing that there is")
			}
		})
		page.Update(state)
		mustContain(t, textOf(page.Content()), want...)
	}
}
