package ui

import (
	"context"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
)

func TestOverviewAndStatusBarLeadToTheLowestHeadroom(t *testing.T) {
	s, a, state := linked(t)
	withHeadroom(t, state, 2)
	a.forecast = func(_ context.Context, q engine.ForecastQuestion) (engine.Forecast, error) { return forecastOf(q), nil }
	page := NewHeadroomPage(s.Console)
	overview := NewOverviewPage(s.Console)
	shell := NewShell(s.Console, overview, page)
	s.Window.SetContent(shell.Content())
	shell.Update(state)
	mustContain(t, textOf(shell.Content()), "lowest headroom", "168.0 Mbit/s", "vault, limited by its processor", "lowest headroom 168.0 Mbit/s, vault")
	var links []*link
	walk(shell.Content(), func(o fyne.CanvasObject) {
		if l, ok := o.(*link); ok {
			links = append(links, l)
		}
	})
	if len(links) != 2 {
		t.Fatalf("%d links", len(links))
	}
	for name, press := range map[string]func(*link){
		"a click": func(l *link) { test.Tap(l) },
		"a key":   func(l *link) { l.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace}) },
	} {
		for i, l := range links {
			shell.Show("overview")
			page.(Opener).Open(string(state.Components[0].ID))
			press(l)
			if shell.Shown() != page || !strings.Contains(textOf(page.Content()), "168 Mbit/s ± 56 more, limited by its processor") {
				t.Errorf("%s on link %d shows %s", name, i, shell.Shown().Name())
			}
		}
	}
	state.Components = nil
	shell.Show("overview")
	shell.Update(state)
	mustContain(t, textOf(shell.Content()), "not measured yet")
	if links[1].Visible() {
		t.Error("the status bar leads to nothing")
	}
}
