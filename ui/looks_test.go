package ui

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"lockwire/engine"
	"lockwire/ui/chart"
)

// looks draws something as a page shows it, and wants the picture that was looked at.
func looks(t *testing.T, master string, size fyne.Size, o fyne.CanvasObject) {
	t.Helper()
	window := test.NewTempWindow(t, container.NewPadded(o))
	window.Resize(size)
	test.AssertRendersToImage(t, master, window.Canvas())
}

func TestLookOfTheThroughputChart(t *testing.T) {
	newStage(t)
	area := chart.NewArea(func(v float64) string { return fmt.Sprintf("%.0f Mbit/s", v) }, func(i int) string { return fmt.Sprintf("%d s ago", 29-i) },
		chart.Series{Name: "sealed", Color: ColorSealedFill}, chart.Series{Name: "plain", Color: ColorPlainFill})
	var values [][]float64
	for i := range 30 {
		sealed, plain := float64(20+4*i), 0.0
		if i >= 10 && i < 20 { // a plain session in the middle
			plain = 60
		}
		values = append(values, []float64{sealed, plain})
	}
	area.SetValues(values)
	looks(t, "area.png", fyne.NewSize(520, 200), area)
}

func TestLookOfTheStatusBar(t *testing.T) {
	s := newStage(t)
	s.link(t)
	state := s.state(t)
	for i := range state.Components {
		state.Components[i].Online = true
		state.Components[i].Headroom = engine.Headroom{BytesPerSecond: 500_000_000, Cost: engine.Cost{PerGB: 1}, LimitedBy: engine.LimitedByProcessor}
	}
	traffic := engine.Traffic{RateToTarget: 25_000_000}
	state.Sessions = []engine.Session{
		{ID: "1", Decision: engine.SessionDecision{Decision: engine.Decision{Mode: engine.Sealed}}, Traffic: traffic},
		{ID: "2", Decision: engine.SessionDecision{Decision: engine.Decision{Mode: engine.Plain}}, Traffic: traffic},
	}
	bar := newStatusBar(&steadyRate{}, func(string, string) {})
	bar.update(state)
	lost := newStatusBar(&steadyRate{}, func(string, string) {})
	state.Problem = "connection refused"
	lost.update(state)
	looks(t, "statusbar.png", fyne.NewSize(900, 70), container.NewVBox(bar.content, lost.content))
}

func TestLookOfWhatSavingARuleWillChange(t *testing.T) {
	panel := newEffectPanel(newStage(t).Console, nil)
	window := test.NewTempWindow(t, container.NewPadded(panel.content))
	window.Resize(fyne.NewSize(400, 620))
	sealed, plain := engine.SessionDecision{Decision: engine.Decision{Mode: engine.Sealed, By: engine.ByRule, Rules: []string{"Branch uplink"}}}, engine.SessionDecision{Decision: engine.Decision{Mode: engine.Plain}}
	panel.show(effectParts(&engine.Effect{
		Matched: 3, Pairs: 12, OtherPairs: 2,
		Links: []engine.LinkEffect{
			{Source: "fileserver", Target: "vault", Before: sealed, After: plain},
			{Source: "database", Target: "a component with a name that is far too long for the panel", Before: plain, After: sealed},
		},
		StaleSessions: []engine.StaleSession{{Source: "fileserver", Target: "vault", Before: sealed, After: plain}},
	})...)
	test.AssertRendersToImage(t, "effectpanel.png", window.Canvas())
}

func TestLookOfTheFiguresOfTheOverview(t *testing.T) {
	newStage(t)
	row := container.NewGridWithColumns(4)
	for _, c := range []struct {
		title, value, detail string
		color                fyne.ThemeColorName
	}{
		{"live sessions", "12", "11 sealed, 1 plain", theme.ColorNameForeground}, {"of today's bytes sealed", "100 %", "1.20 TB of 1.20 TB", ColorSealed},
		{"of today's bytes sealed", "99 %", "1.19 TB of 1.20 TB", ColorPlain}, {"lowest headroom", "–", "not measured yet", ColorMuted},
	} {
		f := newFigure(c.title)
		f.set(c.value, c.detail, c.color)
		row.Add(f)
	}
	spark := chart.NewSpark()
	spark.Set(chart.TrendOf([]float64{1, 3, 2, 5, 8, 6, 7, 9, 9, 9, 4, 1, 0, 0, 2, 6, 7, 8, 8, 8, 9, 9, 9, 9}), ColorSealedFill)
	looks(t, "figures.png", fyne.NewSize(800, 110), container.NewBorder(nil, container.NewHBox(container.NewGridWrap(fyne.NewSize(88, 20), spark)), nil, nil, row))
}
