package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lockwire/engine"
	"lockwire/ui/model"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestTheStatusBarSaysWhereWhatItSaysIsSecondsOld(t *testing.T) {
	s := uitest.NewStage(t)
	state := s.State(t)
	bar := newStatusBar(&model.SteadyRate{}, func(string, string) {})
	const words = "updated every 5 s"
	for _, resting := range []bool{false, true, false} {
		state.Resting = resting
		if bar.update(state); strings.Contains(bar.broker.Text, words) != resting {
			t.Errorf("while it rests is %t it says %q", resting, bar.broker.Text)
		}
	}
}

func TestLookOfTheStatusBar(t *testing.T) {
	s := uitest.NewStage(t)
	s.Link(t)
	state := s.State(t)
	for i := range state.Components {
		state.Components[i].Online = true
		state.Components[i].Headroom = engine.Headroom{BytesPerSecond: 500_000_000, Cost: engine.Cost{PerGB: 1}, LimitedBy: engine.LimitedByProcessor}
	}
	traffic := engine.Traffic{RateToTarget: 25_000_000}
	state.Sessions = []engine.Session{
		{ID: "1", Decision: engine.SessionDecision{Decision: engine.Decision{Mode: engine.Sealed}}, Traffic: traffic},
		{ID: "2", Decision: engine.SessionDecision{Decision: engine.Decision{Mode: engine.Plain}}, Traffic: traffic},
	}
	bar := newStatusBar(&model.SteadyRate{}, func(string, string) {})
	bar.update(state)
	lost := newStatusBar(&model.SteadyRate{}, func(string, string) {})
	state.Problem = "connection refused"
	lost.update(state)
	screen.Looks(t, "statusbar.png", fyne.NewSize(900, 70), container.NewVBox(bar.content, lost.content))
}
