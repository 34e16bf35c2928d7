package headroom

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestARateIsReadInItsUnit(t *testing.T) {
	for text, want := range map[string]uint64{
		"": 0, "  ": 0, "800 Mbit/s": 100_000_000, "2.5 Gbit/s": 312_500_000, "2,5 Gbit/s": 312_500_000, "12 MB/s": 12_000_000,
		"1e3 Mbit/s": 125_000_000,
	} {
		number, unit, _ := strings.Cut(strings.TrimSpace(text), " ")
		if got, err := parseForecastRate(number, unit); err != nil || got != want {
			t.Errorf("%q is %d, %v; wanted %d", text, got, err, want)
		}
	}
	for _, text := range []string{"0", "-3", "x", "NaN", "Inf", "1e300", "1e-9", "1 2", "0x10p400"} {
		if got, err := parseForecastRate(text, "Mbit/s"); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
	if got, err := parseForecastRate("9e6", "Gbit/s"); err != nil || got > engine.MaximumForecastRate || got > math.MaxInt64 {
		t.Errorf("%d, %v", got, err)
	}
}

func TestFlowsAreReadWithinTheirBounds(t *testing.T) {
	for text, want := range map[string]int{"": 0, " 4 ": 4, "65536": 65536} {
		if got, err := parseFlows(text); err != nil || got != want {
			t.Errorf("%q is %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"0", "-1", "65537", "2.5", "many"} {
		if got, err := parseFlows(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func TestAForecastBeginsWithTheFirstRouteAndShowsBothEnds(t *testing.T) {
	_, _, _, page := headroomStage(t)
	p := page.forecast
	if p.source.Text != "fileserver" || p.target.Text != "vault" {
		t.Errorf("from %q to %q", p.source.Text, p.target.Text)
	}
	screen.MustContain(t, screen.Text(p.content), "3.3 Gbit/s ± 0.4", "limited by the processor of vault", "then all cores of vault are busy", "sealed", "because of rule Backup network",
		"1.4 of 8 cores busy now", "2.1 of 4 cores busy now", "0.91 ± 0.08 CPU seconds for each GB, calibrated", "carries 1.0 Gbit/s, its network 10.0 Gbit/s")
}

func TestAForecastIsMadeAnewAtEachChangeAndNowAndThen(t *testing.T) {
	_, a, state, page := headroomStage(t)
	p := page.forecast
	var asked []engine.ForecastQuestion
	a.OnForecast = func(_ context.Context, q engine.ForecastQuestion) (engine.Forecast, error) {
		asked = append(asked, q)
		return uitest.ForecastOf(q), nil
	}
	p.more.SetText("2")
	p.unit.SetSelected("Gbit/s")
	p.flows.SetText("3")
	p.direction.SetSelected(restoreWord)
	want := engine.ForecastQuestion{Source: "fileserver", Target: "vault", BytesPerSecond: 250_000_000, Flows: 3, Operation: engine.Restore}
	if len(asked) != 4 || asked[3] != want {
		t.Errorf("asked for %+v, wanted %+v at last", asked, want)
	}
	asked = nil
	for second := range 10 {
		state.When = uitest.Moment.Add(time.Duration(second) * time.Second)
		page.Update(state)
	}
	if len(asked) != 3 {
		t.Errorf("asked %d times in 10 seconds", len(asked))
	}
	state.Problem = "connection refused"
	state.When = uitest.Moment.Add(time.Hour)
	page.Update(state)
	if len(asked) != 3 {
		t.Error("a broker that is away was asked")
	}
	page.forecast.from(&state.Components[1])
	page.forecast.to(&state.Components[0])
	if last := asked[len(asked)-1]; last.Source != "vault" || last.Target != "fileserver" {
		t.Errorf("asked for %+v", last)
	}
}

func TestAForecastThatIsOvertakenIsCancelledAndNotShown(t *testing.T) {
	s, a, state := uitest.Linked(t)
	uitest.WithHeadroom(t, state, 2)
	var later []func()
	s.Background = func(work func(context.Context) error, done func(error)) {
		later = append(later, func() { done(work(context.Background())) })
	}
	asked := 0
	a.OnForecast = func(ctx context.Context, q engine.ForecastQuestion) (engine.Forecast, error) {
		if err := ctx.Err(); err != nil {
			return engine.Forecast{}, err
		}
		asked++
		return uitest.ForecastOf(q), nil
	}
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(state)
	test.Type(page.forecast.flows, "12")
	for _, run := range later {
		run()
	}
	if asked != 1 {
		t.Errorf("%d questions were asked of the engine", asked)
	}
	screen.MustContain(t, screen.Text(page.forecast.content), "3.3 Gbit/s")
	// While one is under way, no other one is asked because time passes.
	state.When = state.When.Add(time.Minute)
	page.Update(state)
	n := len(later)
	state.When = state.When.Add(time.Minute)
	page.Update(state)
	if len(later) != n {
		t.Error("a second question was asked while the first is under way")
	}
}

func TestWhatIsWrongWithAForecastStandsInPlaceOfIt(t *testing.T) {
	_, a, _, page := headroomStage(t)
	p := page.forecast
	p.source.SetText("nobody")
	p.more.SetText("lots")
	p.flows.SetText("0")
	for field, want := range map[string]string{"source": "no component has that name", "rate": "a number above 0", "flows": "from 1 to 65536", "target": ""} {
		if got := p.fields[field].Problem(); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("beside %s stands %q, wanted %q", field, got, want)
		}
	}
	screen.MustContain(t, screen.Text(p.content), "Source: no component has that name")
	p.more.SetText("")
	p.flows.SetText("")
	a.OnForecast = func(context.Context, engine.ForecastQuestion) (engine.Forecast, error) {
		return engine.Forecast{}, &engine.FieldError{Field: "target", Err: errors.New("it was revoked")}
	}
	p.source.SetText("FILESERVER")
	if got := p.fields["target"].Problem(); got != "it was revoked" {
		t.Errorf("beside the target stands %q", got)
	}
	a.OnForecast = func(context.Context, engine.ForecastQuestion) (engine.Forecast, error) {
		return engine.Forecast{}, engine.ErrNoBroker
	}
	p.flows.SetText("1")
	screen.MustContain(t, screen.Text(p.content), "There is no forecast: the broker is not running")
	p.source.SetText("")
	screen.MustContain(t, screen.Text(p.content), "Choose a source and a target")
}

func TestAForecastSaysWhatItDoesNotKnowAndWhatIsPlain(t *testing.T) {
	uitest.NewStage(t)
	r := newForecastResult()
	f := uitest.ForecastOf(engine.ForecastQuestion{Source: "a", Target: "b"})
	f.Mode, f.By, f.Rules = engine.Plain, engine.ByNone, nil
	f.Possible, f.Low, f.High, f.LimitedBy, f.At = 0, 0, 0, engine.LimitedUnknown, "b"
	f.Target.Cost, f.Target.Cores, f.Target.Link = engine.Cost{}, 0, 0
	r.set(&f)
	screen.MustContain(t, screen.Text(r.content), "not known", "nothing was measured of b", "plain", "nothing requires encryption", "an unknown cost", "its cores are not known", "the speed of its network is not known")
	f = uitest.ForecastOf(engine.ForecastQuestion{Source: "a", Target: "b"})
	f.LimitedBy, f.At, f.Cap = engine.LimitedByCap, "", &engine.CapLeft{Cap: engine.Cap{Rule: "Branch uplink"}}
	r.set(&f)
	screen.MustContain(t, screen.Text(r.content), "limited by rule Branch uplink")
	f.SharedProcessor = true
	r.set(&f)
	screen.MustContain(t, screen.Text(r.source.content), "0.3 more then, and 0.4 by the other end")
	f.LimitedBy, f.At = engine.LimitedByOneCore, "b"
	r.set(&f)
	screen.MustContain(t, screen.Text(r.content), "limited by one core for each flow, at b")
}
