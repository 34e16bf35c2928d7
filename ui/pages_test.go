package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/activity"
	"lockwire/ui/components"
	"lockwire/ui/headroom"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/overview"
	"lockwire/ui/page"
	"lockwire/ui/routes"
	"lockwire/ui/rules"
	"lockwire/ui/sessions"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestTheFilterStandsAtTheSamePlaceOnEveryPage(t *testing.T) {
	s, _, state := uitest.Linked(t)
	for page, want := range map[page.Page]bool{
		overview.New(s.Console): false, rules.New(s.Console): true, sessions.New(s.Console): true, components.New(s.Console): true,
		headroom.New(s.Console): true, routes.New(s.Console): true, activity.New(s.Console): true,
	} {
		shell := NewShell(s.Console, page)
		s.Window.SetContent(shell.Content())
		shell.Update(state)
		found := false
		screen.Walk(shell.Content(), func(o fyne.CanvasObject) {
			entry, ok := o.(*widget.Entry)
			if !ok || entry.PlaceHolder != "filter" {
				return
			}
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(entry)
			if end := at.X + entry.Size().Width; entry.Size().Width != kit.FilterWidth || end < s.Window.Canvas().Size().Width-3*theme.Padding() {
				t.Errorf("%s: the filter is %v wide and ends at %v", page.Name(), entry.Size().Width, end)
			}
			found = true
		})
		if found != want {
			t.Errorf("%s: that it has a filter is %t, wanted %t", page.Name(), found, want)
		}
	}
}

// TestTheFilterIsDrawnWhereItIs holds the drawn box beside its toolbar: at the edge of what is scrolled it was drawn two rows too low.
func TestTheFilterIsDrawnWhereItIs(t *testing.T) {
	s, _, state := uitest.Linked(t)
	s.Banner = &page.Banner{Text: "This is a try-out."} // its height is no whole number
	s.Window.SetPadded(false)
	shell := NewShell(s.Console, Pages(s.Console)...)
	s.Window.SetContent(shell.Content())
	for _, page := range shell.pages {
		shell.Show(page.Name())
		shell.Update(state)
		picture := software.RenderCanvas(s.Window.Canvas(), fyne.CurrentApp().Settings().Theme())
		screen.Walk(page.Content(), func(o fyne.CanvasObject) {
			entry, ok := o.(*widget.Entry)
			if !ok || entry.PlaceHolder != "filter" {
				return
			}
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(entry)
			x, y := int(at.X+entry.Size().Width/2), int(at.Y)-1
			for screen.Contrast(picture.At(x, y), kit.Color(theme.ColorNameBackground)) < 1.1 {
				y++
			}
			if off := float32(y) - at.Y; off < -1 || off > 1 {
				t.Errorf("%s: the filter begins at %v and is drawn from %d on", page.Name(), at.Y, y)
			}
		})
	}
}

func TestAFilterThatLetsNothingThroughIsNamedAsTheReason(t *testing.T) {
	s, _, state := uitest.Linked(t)
	state.Sessions = []engine.Session{uitest.LiveSession(engine.Sealed)}
	for page, want := range map[page.Page][]string{
		rules.New(s.Console):      {"No rule matches the filter.", "0 of 1 rule"},
		sessions.New(s.Console):   {"No session matches the filter.", "0 of 1 session"},
		components.New(s.Console): {"No component matches the filter.", "0 of 2 components, 0 online"},
		headroom.New(s.Console):   {"No component matches the filter.", "0 of 2 components"},
		routes.New(s.Console):     {"No route matches the filter.", "0 of 1 route"},
	} {
		s.Window.SetContent(page.Content())
		page.Update(state)
		screen.Walk(page.Content(), func(o fyne.CanvasObject) {
			if entry, ok := o.(*widget.Entry); ok && entry.PlaceHolder == "filter" {
				entry.SetText("like nothing that there is")
			}
		})
		page.Update(state)
		screen.MustContain(t, screen.Text(page.Content()), want...)
	}
}

// TestWhatIsNotKnownIsNotShownAsNone: a broker that did not answer yet is no installation without sessions, and no state in which nothing
// needs anybody.
func TestWhatIsNotKnownIsNotShownAsNone(t *testing.T) {
	s := uitest.NewStage(t)
	for _, step := range []struct {
		state  *model.State
		wanted string
	}{
		{&model.State{}, "The broker has been asked."},
		{&model.State{Problem: "nobody listens there"}, "The broker could not be asked: nobody listens there. It is tried again."},
	} {
		for _, page := range []page.Page{overview.New(s.Console), rules.New(s.Console), sessions.New(s.Console), components.New(s.Console), headroom.New(s.Console), routes.New(s.Console)} {
			s.Window.SetContent(page.Content())
			page.Update(step.state)
			text := screen.Text(page.Content())
			screen.MustContain(t, text, step.wanted)
			for _, claim := range []string{"Nothing needs attention", "No live session", "No component yet", "No route yet", "matches the filter"} {
				if strings.Contains(text, claim) {
					t.Errorf("%s claims %q", page.Name(), claim)
				}
			}
		}
	}
}
