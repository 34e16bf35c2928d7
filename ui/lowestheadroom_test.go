package ui

import (
	"context"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/headroom"
	"lockwire/ui/kit"
	"lockwire/ui/overview"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestOverviewAndStatusBarLeadToTheLowestHeadroom(t *testing.T) {
	s, a, state := uitest.Linked(t)
	uitest.WithHeadroom(t, state, 2)
	a.OnForecast = func(_ context.Context, q engine.ForecastQuestion) (engine.Forecast, error) {
		return uitest.ForecastOf(q), nil
	}
	shown := headroom.New(s.Console)
	overview := overview.New(s.Console)
	shell := NewShell(s.Console, overview, shown)
	s.Window.SetContent(shell.Content())
	shell.Update(state)
	screen.MustContain(t, screen.Text(shell.Content()), "lowest headroom", "168.0 Mbit/s", "vault, limited by its processor", "lowest headroom 168.0 Mbit/s, vault")
	var links []*kit.Link
	screen.Walk(shell.Content(), func(o fyne.CanvasObject) {
		if l, ok := o.(*kit.Link); ok {
			links = append(links, l)
		}
	})
	if len(links) != 2 {
		t.Fatalf("%d links", len(links))
	}
	for name, press := range map[string]func(*kit.Link){
		"a click": func(l *kit.Link) { test.Tap(l) },
		"a key":   func(l *kit.Link) { l.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace}) },
	} {
		for i, l := range links {
			shell.Show("overview")
			shown.(page.Opener).Open(string(state.Components[0].ID))
			press(l)
			if shell.Shown() != shown || !strings.Contains(screen.Text(shown.Content()), "168 Mbit/s ± 56 more, limited by its processor") {
				t.Errorf("%s on link %d shows %s", name, i, shell.Shown().Name())
			}
		}
	}
	state.Components = nil
	shell.Show("overview")
	shell.Update(state)
	screen.MustContain(t, screen.Text(shell.Content()), "not measured yet")
	if links[1].Visible() {
		t.Error("the status bar leads to nothing")
	}
}
