package ui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/chart"
)

const gigabit = 125_000_000 // bytes per second

// headroomStage is the page on two components that are known.
func headroomStage(t *testing.T) (*stage, *answers, *State, *headroomPage) {
	t.Helper()
	s, a, state := linked(t)
	withHeadroom(t, state, 2)
	a.forecast = func(_ context.Context, q engine.ForecastQuestion) (engine.Forecast, error) { return forecastOf(q), nil }
	page := NewHeadroomPage(s.Console).(*headroomPage)
	s.Window.SetContent(page.Content())
	page.Update(state)
	return s, a, state, page
}

func TestAnEstimateIsToldWithHowFarOffItMayBe(t *testing.T) {
	for want, rates := range map[string][3]uint64{
		"4.2 Gbit/s ± 0.4":          {4.2 * gigabit, 3.8 * gigabit, 4.6 * gigabit},
		"4.2 Gbit/s":                {4.2 * gigabit, 4.2 * gigabit, 4.2 * gigabit},
		"4.2 Gbit/s (3.8 to 4.2)":   {4.2 * gigabit, 3.8 * gigabit, 4.2 * gigabit},
		"168 Mbit/s ± 56":           {21_000_000, 16_000_000, 28_000_000},
		"250 Gbit/s ± 20":           {250 * gigabit, 230 * gigabit, 268 * gigabit},
		"0.0 Mbit/s":                {0, 0, 0},
		"0.9 Gbit/s (0.5 to 3.0)":   {0.9 * gigabit, 0.5 * gigabit, 3 * gigabit},
		"12.0 Mbit/s (0.0 to 16.0)": {1_500_000, 0, 2_000_000},
		"2000 Gbit/s":               {2000 * gigabit, 2000 * gigabit, 2000 * gigabit},
	} {
		if got := estimateWords(rates[0], rates[1], rates[2]); got != want {
			t.Errorf("%v is %q, wanted %q", rates, got, want)
		}
	}
}

func TestHeadroomIsLowWhereAComponentCanHardlyCarryMore(t *testing.T) {
	cost := engine.Cost{PerGB: 1, Error: 0.1}
	for name, c := range map[string]struct {
		headroom engine.Headroom
		carried  uint64
		offline  bool
		want     bool
	}{
		"plenty":                      {engine.Headroom{BytesPerSecond: 4 * gigabit, Cost: cost, LimitedBy: engine.LimitedByProcessor}, gigabit, false, false},
		"a busy processor":            {engine.Headroom{BytesPerSecond: 0.4 * gigabit, Cost: cost, LimitedBy: engine.LimitedByProcessor}, gigabit, false, true},
		"a slow network, half used":   {engine.Headroom{BytesPerSecond: 0.4 * gigabit, Cost: cost, LimitedBy: engine.LimitedByNetwork}, 0.6 * gigabit, false, false},
		"a network that is full":      {engine.Headroom{BytesPerSecond: 0.4 * gigabit, Cost: cost, LimitedBy: engine.LimitedByNetwork}, 9 * gigabit, false, true},
		"a tenth of much":             {engine.Headroom{BytesPerSecond: 3 * gigabit, Cost: cost, LimitedBy: engine.LimitedByProcessor}, 40 * gigabit, false, true},
		"little, and nothing to do":   {engine.Headroom{BytesPerSecond: 0.1 * gigabit, Cost: cost, LimitedBy: engine.LimitedByProcessor}, 0, false, false},
		"none known":                  {engine.Headroom{}, gigabit, false, false},
		"offline, with an old figure": {engine.Headroom{BytesPerSecond: 1, Cost: cost}, gigabit, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := lowHeadroom(&engine.ComponentStatus{Online: !c.offline, Headroom: c.headroom}, c.carried); got != c.want {
				t.Errorf("low is %v", got)
			}
		})
	}
}

func TestHeadroomThatIsNotKnownSaysWhy(t *testing.T) {
	for want, c := range map[string]engine.ComponentStatus{
		"unknown while it is offline":         {},
		"its load has not been reported":      {Online: true},
		"not measured yet":                    {Online: true, Load: engine.Load{Cores: []float64{0.1}}},
		"4.0 Gbit/s more, limited by its net": {Online: true, Load: engine.Load{Cores: []float64{0.1}}, Headroom: engine.Headroom{BytesPerSecond: 4 * gigabit, Low: 4 * gigabit, High: 4 * gigabit, Cost: engine.Cost{PerGB: 1}, LimitedBy: engine.LimitedByNetwork}},
	} {
		line := newHeadroomLine()
		line.set(&c, 0)
		mustContain(t, line.words.Text, want)
		if line.place.Visible() != c.Headroom.Known() {
			t.Errorf("%q: the bar is visible: %v", want, line.place.Visible())
		}
	}
}

func TestTheHeadroomPageShowsEachComponentAndWhereItsFiguresComeFrom(t *testing.T) {
	_, _, state, page := headroomStage(t)
	text := textOf(page.Content())
	mustContain(t, text, "2 components, measured: 2", "AES-NI, VAES", "0.66 ± 0.11, live", "calibrated", "168 Mbit/s ± 56")
	// The first one is looked at.
	mustContain(t, text, "busiest: core", "agent", "other programs", "Measured 2026-06-02", "AES-256-GCM", "Seal, in memory", "8 threads", "sealed, as the target", "10.0 Gbit/s, the fastest interface")
	page.Open(string(state.Components[1].ID))
	mustContain(t, textOf(page.details.content), "vault", "not known: its system does not say", "168 Mbit/s ± 56 more, limited by its processor")
}

func TestTheKeyboardGoesThroughTheComponents(t *testing.T) {
	s, _, state, page := headroomStage(t)
	page.table.content.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	mustContain(t, textOf(page.details.content), "vault")
	page.table.content.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if want := "components " + string(state.Components[1].ID); len(s.went) != 1 || s.went[0] != want {
		t.Errorf("went to %v, wanted %s", s.went, want)
	}
}

func TestTheHeadroomPageSaysWhyItIsEmptyBusyOrFailed(t *testing.T) {
	s, _, state := linked(t)
	page := NewHeadroomPage(s.Console).(*headroomPage)
	s.Window.SetContent(page.Content())
	page.Update(&State{})
	mustContain(t, textOf(page.Content()), "Reading the components")
	page.Update(&State{Problem: "connection refused"})
	mustContain(t, textOf(page.Content()), "connection refused")
	none := *state
	none.Components = nil
	page.Update(&none)
	mustContain(t, textOf(page.Content()), "No component yet", "Go to the components")
	page.Update(state) // of an installation without a broker
	mustContain(t, textOf(page.Content()), "fileserver (offline)", "unknown while it is offline", "Nothing yet. It measures its processor by itself")
}

func TestWhoMayOnlyViewMeasuresNothing(t *testing.T) {
	_, a, state, page := headroomStage(t)
	a.calibrate = func(context.Context, engine.ID) error { t.Error("it was told to measure"); return nil }
	state.Installation.Role = engine.MayView
	page.Update(state)
	if strings.Contains(textOf(page.Content()), "Measure again") {
		t.Error("the button is there")
	}
	page.measure()
	for _, command := range page.Commands() {
		if command.Title == "Measure again" && !command.Changes {
			t.Error("the menu item is there for all")
		}
	}
}

func TestAComponentThatMeasuresItselfIsFollowedUntilTheResultHasCome(t *testing.T) {
	s, a, state, page := headroomStage(t)
	var asked []engine.ID
	a.calibrate = func(_ context.Context, id engine.ID) error { asked = append(asked, id); return nil }
	press(t, s.Window, "Measure again")
	page.measure() // it already does
	if len(asked) != 1 || asked[0] != state.Components[0].ID || !page.details.again.Disabled() {
		t.Errorf("asked %v, the button is disabled: %v", asked, page.details.again.Disabled())
	}
	mustContain(t, textOf(page.details.content), "It measures its processor")
	anew := *state.Components[0].Report.Calibration
	anew.When, anew.One.Relay = testMoment.Add(4*time.Second), 2_000_000_000
	state.When = testMoment.Add(6 * time.Second)
	state.Components[0].Report.Calibration = &anew
	page.Update(state)
	mustContain(t, textOf(page.details.content), "Measured anew, 2 s ago", "16.0 Gbit/s")
	page.measure()
	back := anew
	back.When = testMoment.Add(-time.Hour)
	state.Components[0].Report.Calibration = &back
	page.Update(state)
	mustContain(t, textOf(page.details.content), "Measured anew")
	if page.details.again.Disabled() {
		t.Error("it cannot be measured again")
	}
}

func TestAComponentThatIsNotMeasuredSaysWhy(t *testing.T) {
	for want, err := range map[string]error{
		"only while it carries none":           fmt.Errorf("component fileserver: %w", engine.ErrInUse),
		"is offline":                           fmt.Errorf("component fileserver: %w", engine.ErrOffline),
		"was not measured: the broker is ill":  errors.New("the broker is ill"),
		"has not measured itself within 1 min": nil,
	} {
		t.Run(want, func(t *testing.T) {
			s, a, state, page := headroomStage(t)
			a.calibrate = func(context.Context, engine.ID) error { return err }
			press(t, s.Window, "Measure again")
			state.When = state.When.Add(calibrationPatience + time.Second)
			page.Update(state)
			mustContain(t, textOf(page.details.content), want)
			if page.details.again.Disabled() {
				t.Error("it cannot be tried again")
			}
		})
	}
}

func TestOverviewAndStatusBarLeadToTheLowestHeadroom(t *testing.T) {
	s, _, state, page := headroomStage(t)
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
			page.Open(string(state.Components[0].ID))
			press(l)
			if shell.Shown() != page || page.chosen().Name != "vault" {
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

func TestHeadroomThatStaysLowNeedsSomebody(t *testing.T) {
	_, _, state, _ := headroomStage(t)
	low := func() string {
		for _, item := range attentionOf(state) {
			if item.page == "headroom" {
				return item.text
			}
		}
		return ""
	}
	mustContain(t, low(), "vault can hardly carry more: about 168.0 Mbit/s")
	samples := state.Loads[state.Components[1].ID]
	samples[len(samples)-2].Short = false
	if got := low(); got != "" {
		t.Errorf("headroom that was low for a moment: %q", got)
	}
}

func TestTwoHundredComponentsNeedAsManyRowsAsAreInSight(t *testing.T) {
	_, _, state, page := headroomStage(t)
	withHeadroom(t, state, 200)
	page.Update(state)
	mustContain(t, textOf(page.Content()), "200 components")
	bars := 0
	walk(page.table.content, func(o fyne.CanvasObject) {
		if _, ok := o.(*chart.Bar); ok {
			bars++
		}
	})
	if bars == 0 || bars > 40 {
		t.Errorf("%d bars are drawn", bars)
	}
	page.filter.SetText("chacha20 processor")
	if n := len(page.table.content.Shown()); n == 0 || n > 40 {
		t.Errorf("%d pass the filter", n)
	}
}

func TestHeadroomLooksAsItDid(t *testing.T) {
	newStage(t)
	cost := engine.Cost{PerGB: 1, Error: 0.1, Origin: engine.MeasuredLive}
	rows := container.NewVBox()
	for _, c := range []struct {
		headroom engine.Headroom
		carried  uint64
	}{
		{engine.Headroom{BytesPerSecond: 4.2 * gigabit, Low: 3.8 * gigabit, High: 4.6 * gigabit, Cost: cost, LimitedBy: engine.LimitedByProcessor}, gigabit},
		{engine.Headroom{BytesPerSecond: 9 * gigabit, Low: 9 * gigabit, High: 9 * gigabit, Cost: cost, LimitedBy: engine.LimitedByNetwork}, gigabit},
		{engine.Headroom{BytesPerSecond: 0.3 * gigabit, Low: 0.2 * gigabit, High: 0.5 * gigabit, Cost: cost, LimitedBy: engine.LimitedByProcessor}, 2 * gigabit},
		{engine.Headroom{Cost: cost, LimitedBy: engine.LimitedByProcessor}, gigabit},
		{},
	} {
		line := newHeadroomLine()
		line.set(&engine.ComponentStatus{Online: true, Load: engine.Load{Cores: []float64{0.5}}, Headroom: c.headroom}, c.carried)
		rows.Add(line.content)
	}
	cores := chart.NewCores(ColorLoadFill)
	cores.SetShares([]float64{0.1, 0.9, 0.4, 1, 0, 0.62, 0.3, 0.2})
	past := chart.NewArea(coresWords, func(int) string { return "15 min ago" }, chart.Series{Name: "agent", Color: ColorSealedFill}, chart.Series{Name: "others", Color: ColorLoadFill})
	past.SetWhole(8)
	past.SetValues([][]float64{{1, 2}, {2, 2}, {3, 1}, {1, 1}, {0, 0}, {2, 4}})
	end := newForecastEnd("target")
	f := forecastOf(engine.ForecastQuestion{Source: "fileserver", Target: "vault"})
	end.set(&f.Target, 0.4)
	least := canvas.NewRectangle(colorOf(ColorLine))
	least.SetMinSize(fyne.NewSize(480, 1))
	rows.Add(least)
	rows.Add(container.NewGridWithColumns(2, cores, past))
	rows.Add(newLegend(legendItem{ColorSealedFill, "agent"}, legendItem{ColorLoadFill, "other programs"}))
	rows.Add(end.content)
	window := test.NewTempWindow(t, rows)
	window.Resize(fyne.NewSize(480, 460))
	test.AssertRendersToImage(t, "headroom.png", window.Canvas())
}

func BenchmarkTheHeadroomPageOfTwoHundredComponents(b *testing.B) {
	for name, change := range map[string]func(*State, int){
		"that stay": func(*State, int) {},
		"that change": func(s *State, i int) {
			for j := range s.Components {
				s.Components[j].Headroom.BytesPerSecond = uint64(i+j)%97*gigabit/10 + gigabit
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			s, a, state := linked(b)
			withHeadroom(b, state, 200)
			a.forecast = func(_ context.Context, q engine.ForecastQuestion) (engine.Forecast, error) { return forecastOf(q), nil }
			for range 10_000 {
				session := liveSession(engine.Sealed)
				session.Source, session.Target = state.Components[3].ID, state.Components[4].ID
				state.Sessions = append(state.Sessions, session)
			}
			page := NewHeadroomPage(s.Console).(*headroomPage)
			s.Window.SetContent(page.Content())
			page.Update(state)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				state.When = state.When.Add(tickInterval)
				change(state, i)
				page.Update(state)
			}
		})
	}
}

func TestTheLowestHeadroomThatIsShownDoesNotFlicker(t *testing.T) {
	var shown steadyRate
	for i, step := range []struct {
		component engine.ID
		rate      uint64
		want      uint64
	}{
		{"a", 1000, 1000}, {"a", 1090, 1000}, {"a", 910, 1000}, {"a", 1101, 1101}, {"a", 0, 0}, {"a", 0, 0}, {"a", 5, 5}, {"b", 5, 5}, {"a", 1000, 1000}, {"b", 1001, 1001},
	} {
		c := &engine.ComponentStatus{Component: engine.Component{ID: step.component}, Headroom: engine.Headroom{BytesPerSecond: step.rate}}
		if got := shown.of(c); got != step.want {
			t.Errorf("step %d shows %d, want %d", i, got, step.want)
		}
	}
}
