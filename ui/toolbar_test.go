package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
)

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
