package headroom

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
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

const gigabit = 125_000_000 // bytes per second

// headroomStage is the page on two components that are known.
func headroomStage(t *testing.T) (*uitest.Stage, *uitest.Answers, *model.State, *view) {
	t.Helper()
	s, a, state := uitest.Linked(t)
	uitest.WithHeadroom(t, state, 2)
	a.OnForecast = func(_ context.Context, q engine.ForecastQuestion) (engine.Forecast, error) {
		return uitest.ForecastOf(q), nil
	}
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(state)
	return s, a, state, page
}

func TestTheHeadroomPageShowsEachComponentAndWhereItsFiguresComeFrom(t *testing.T) {
	_, _, state, page := headroomStage(t)
	text := screen.Text(page.Content())
	screen.MustContain(t, text, "2 components, measured: 2", "AES-NI, VAES", "0.66 ± 0.11, live", "calibrated", "168 Mbit/s ± 56")
	// The first one is looked at.
	screen.MustContain(t, text, "busiest: core", "agent", "other programs", "Measured 2026-06-02", "AES-256-GCM", "Seal, in memory", "8 threads", "sealed, as the target", "10.0 Gbit/s, the fastest interface")
	page.Open(string(state.Components[1].ID))
	screen.MustContain(t, screen.Text(page.details.content), "vault", "not known: its system does not say", "168 Mbit/s ± 56 more, limited by its processor")
}

func TestTheKeyboardGoesThroughTheComponents(t *testing.T) {
	s, _, state, page := headroomStage(t)
	page.Table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	screen.MustContain(t, screen.Text(page.details.content), "vault")
	page.Table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if want := "components " + string(state.Components[1].ID); len(s.Went) != 1 || s.Went[0] != want {
		t.Errorf("went to %v, wanted %s", s.Went, want)
	}
}

func TestTheHeadroomPageSaysWhyItIsEmptyBusyOrFailed(t *testing.T) {
	s, _, state := uitest.Linked(t)
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(&model.State{})
	screen.MustContain(t, screen.Text(page.Content()), "Reading the components")
	page.Update(&model.State{Problem: "connection refused"})
	screen.MustContain(t, screen.Text(page.Content()), "connection refused")
	none := *state
	none.Components = nil
	page.Update(&none)
	screen.MustContain(t, screen.Text(page.Content()), "No component yet", "Go to the components")
	page.Update(state) // of an installation without a broker
	screen.MustContain(t, screen.Text(page.Content()), "fileserver (offline)", "unknown while it is offline", "Nothing yet. It measures its processor by itself")
}

func TestWhoMayOnlyViewMeasuresNothing(t *testing.T) {
	_, a, state, page := headroomStage(t)
	a.OnCalibrate = func(context.Context, engine.ID) error { t.Error("it was told to measure"); return nil }
	state.Installation.Role = engine.MayView
	page.Update(state)
	if strings.Contains(screen.Text(page.Content()), "Measure again") {
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
	a.OnCalibrate = func(_ context.Context, id engine.ID) error { asked = append(asked, id); return nil }
	screen.Press(t, s.Window, "Measure again")
	page.measure() // it already does
	if len(asked) != 1 || asked[0] != state.Components[0].ID || !page.details.again.Disabled() {
		t.Errorf("asked %v, the button is disabled: %v", asked, page.details.again.Disabled())
	}
	screen.MustContain(t, screen.Text(page.details.content), "It measures its processor")
	anew := *state.Components[0].Report.Calibration
	anew.When, anew.One.Relay = uitest.Moment.Add(4*time.Second), 2_000_000_000
	state.When = uitest.Moment.Add(6 * time.Second)
	state.Components[0].Report.Calibration = &anew
	page.Update(state)
	screen.MustContain(t, screen.Text(page.details.content), "Measured anew, 2 s ago", "16.0 Gbit/s")
	page.measure()
	back := anew
	back.When = uitest.Moment.Add(-time.Hour)
	state.Components[0].Report.Calibration = &back
	page.Update(state)
	screen.MustContain(t, screen.Text(page.details.content), "Measured anew")
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
			a.OnCalibrate = func(context.Context, engine.ID) error { return err }
			screen.Press(t, s.Window, "Measure again")
			state.When = state.When.Add(calibrationPatience + time.Second)
			page.Update(state)
			screen.MustContain(t, screen.Text(page.details.content), want)
			if page.details.again.Disabled() {
				t.Error("it cannot be tried again")
			}
		})
	}
}

func TestHeadroomThatStaysLowNeedsSomebody(t *testing.T) {
	_, _, state, _ := headroomStage(t)
	low := func() string {
		for _, item := range model.Attention(state) {
			if item.Page == "headroom" {
				return item.Text
			}
		}
		return ""
	}
	screen.MustContain(t, low(), "vault can hardly carry more: about 168.0 Mbit/s")
	state.Low = nil
	if got := low(); got != "" {
		t.Errorf("headroom that is not low: %q", got)
	}
}

func TestTwoHundredComponentsNeedAsManyRowsAsAreInSight(t *testing.T) {
	_, _, state, page := headroomStage(t)
	uitest.WithHeadroom(t, state, 200)
	page.Update(state)
	screen.MustContain(t, screen.Text(page.Content()), "200 components")
	bars := 0
	screen.Walk(page.Table, func(o fyne.CanvasObject) {
		if _, ok := o.(*chart.Bar); ok {
			bars++
		}
	})
	if bars == 0 || bars > 40 {
		t.Errorf("%d bars are drawn", bars)
	}
	page.Filter.SetText("chacha20 processor")
	if n := len(page.Table.Shown()); n == 0 || n > 40 {
		t.Errorf("%d pass the filter", n)
	}
}

func TestHeadroomLooksAsItDid(t *testing.T) {
	screen.New(t, kit.Theme{Appearance: kit.Light})
	cost := engine.Cost{PerGB: 1, Error: 0.1, Origin: engine.MeasuredLive}
	rows := container.NewVBox()
	for i, c := range []struct {
		headroom engine.Headroom
		carried  uint64
	}{
		{engine.Headroom{BytesPerSecond: 4.2 * gigabit, Low: 3.8 * gigabit, High: 4.6 * gigabit, Cost: cost, LimitedBy: engine.LimitedByProcessor}, gigabit},
		{engine.Headroom{BytesPerSecond: 9 * gigabit, Low: 9 * gigabit, High: 9 * gigabit, Cost: cost, LimitedBy: engine.LimitedByNetwork}, gigabit},
		{engine.Headroom{BytesPerSecond: 0.3 * gigabit, Low: 0.2 * gigabit, High: 0.5 * gigabit, Cost: cost, LimitedBy: engine.LimitedByProcessor}, 2 * gigabit},
		{engine.Headroom{Cost: cost, LimitedBy: engine.LimitedByProcessor}, gigabit},
		{},
	} {
		line := page.NewHeadroomLine()
		line.Set(&engine.ComponentStatus{Online: true, Load: engine.Load{Cores: []float64{0.5}}, Headroom: c.headroom}, c.carried, i == 2 || i == 3)
		rows.Add(line.Content)
	}
	cores := chart.NewCores(kit.ColorLoadFill)
	cores.SetShares([]float64{0.1, 0.9, 0.4, 1, 0, 0.62, 0.3, 0.2})
	past := chart.NewArea(text.Cores, func(int) string { return "15 min ago" }, chart.Series{Name: "agent", Color: kit.ColorSealedFill}, chart.Series{Name: "others", Color: kit.ColorLoadFill})
	past.SetWhole(8)
	past.SetValues([][]float64{{1, 2}, {2, 2}, {3, 1}, {1, 1}, {0, 0}, {2, 4}})
	end := newForecastEnd("target")
	f := uitest.ForecastOf(engine.ForecastQuestion{Source: "fileserver", Target: "vault"})
	end.set(&f.Target, 0.4)
	least := canvas.NewRectangle(kit.Color(kit.ColorLine))
	least.SetMinSize(fyne.NewSize(480, 1))
	rows.Add(least)
	rows.Add(container.NewGridWithColumns(2, cores, past))
	rows.Add(kit.NewLegend(kit.LegendItem{Color: kit.ColorSealedFill, Text: "agent"}, kit.LegendItem{Color: kit.ColorLoadFill, Text: "other programs"}))
	rows.Add(end.content)
	window := test.NewTempWindow(t, rows)
	window.Resize(fyne.NewSize(480, 460))
	test.AssertRendersToImage(t, "headroom.png", window.Canvas())
}

func BenchmarkTheHeadroomPageOfTwoHundredComponents(b *testing.B) {
	for name, change := range map[string]func(*model.State, int){
		"that stay": func(*model.State, int) {},
		"that change": func(s *model.State, i int) {
			for j := range s.Components {
				s.Components[j].Headroom.BytesPerSecond = uint64(i+j)%97*gigabit/10 + gigabit
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			s, a, state := uitest.Linked(b)
			uitest.WithHeadroom(b, state, 200)
			a.OnForecast = func(_ context.Context, q engine.ForecastQuestion) (engine.Forecast, error) {
				return uitest.ForecastOf(q), nil
			}
			for range 10_000 {
				session := uitest.LiveSession(engine.Sealed)
				session.Source, session.Target = state.Components[3].ID, state.Components[4].ID
				state.Sessions = append(state.Sessions, session)
			}
			page := New(s.Console).(*view)
			s.Window.SetContent(page.Content())
			page.Update(state)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				state.When = state.When.Add(model.TickInterval)
				change(state, i)
				page.Update(state)
			}
		})
	}
}
