package simulator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestTheWeekOfAPairHasItsLimits(t *testing.T) {
	s := uitest.NewStage(t)
	s.Link(t)
	page := New(s.Console).(*view)
	s.Show(t, page)
	page.askAbout("fileserver", "vault", false)
	if shown := screen.Text(s.Window.Content()); !strings.Contains(shown, "No limit holds at any hour of the week, neither way. All the week it is plain, nothing requires encryption.") {
		t.Errorf("without a limit it shows\n%s", shown)
	}
	s.Put(t, "Branch uplink", "10.0.0.0/24", "10.0.0.0/24", func(r *engine.Rule) {
		r.Throttle = &engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabitsPerSecond}, NeverThrottleRestores: true}
		r.Schedule = &engine.Schedule{TimeZone: "UTC"}
		for day := range r.Schedule.Days {
			for hour := range r.Schedule.Days[day] {
				r.Schedule.Days[day][hour] = engine.Off
				if time.Weekday(day) == time.Monday && hour >= 8 && hour < 18 {
					r.Schedule.Days[day][hour] = engine.On
				}
			}
		}
	})
	page.decide()
	shown := screen.Text(s.Window.Content())
	for _, want := range []string{"at most 100 Mbit/s, of Branch uplink", "fileserver to vault (backup)", "vault to fileserver (restore)", "The week from 1 June 2026"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in\n%s", want, shown)
		}
	}
}

// testWeek is the week in which Berlin's clocks are put back: two limits, and a trusted link that ends on Thursday.
func testWeek() *engine.Week {
	week := &engine.Week{TimeZone: "Europe/Berlin", From: time.Date(2026, 10, 19, 0, 0, 0, 0, time.UTC)}
	week.Limits = []engine.AppliedThrottle{{Rule: "Branch uplink", Value: 100, Unit: engine.MegabitsPerSecond}, {Rule: "Nightly", Value: 2, Unit: engine.MegabytesPerSecond}}
	for day := range week.Hours {
		for hour := range week.Hours[day] {
			switch week.Hours[day][hour] = -1; {
			case hour >= 8 && hour < 18:
				week.Hours[day][hour] = 0
			case hour < 2:
				week.Hours[day][hour] = 1
			}
		}
	}
	week.Phases = []engine.WeekPhase{
		{Mode: engine.Plain, By: engine.ByExempt, Because: "trusted link fibre"},
		{WeekHour: engine.WeekHour{Day: 3}, Mode: engine.Sealed, By: engine.ByAutomatic, Because: "automatic (public address)"},
	}
	week.Clocks = []engine.WeekClock{{WeekHour: engine.WeekHour{Day: 6, Hour: 2}, Twice: true}}
	return week
}

func TestAnHourOfTheWeekIsDescribed(t *testing.T) {
	uitest.NewStage(t)
	restore := testWeek()
	restore.Limits = restore.Limits[1:]
	for day := range restore.Hours {
		for hour := range restore.Hours[day] {
			restore.Hours[day][hour] = max(restore.Hours[day][hour], 0) - 1
		}
	}
	restore.Hours[6][3] = 0
	restore.Clocks = []engine.WeekClock{{WeekHour: engine.WeekHour{Day: 6, Hour: 4}}} // as if they were put forward
	pane := newWeekPane(1092, "fileserver", "vault", testWeek(), restore)
	test.NewTempWindow(t, pane.content).Resize(fyne.NewSize(1200, 600))
	grids := []*weekGrid{weekGridIn(pane.ways[0].shown), weekGridIn(pane.ways[1].shown)}
	middle := func(day, hour int) fyne.Position {
		return fyne.NewPos(page.ScheduleLeft+(float32(hour)+0.5)*page.ScheduleCell, page.ScheduleTop+(float32(day)+0.5)*page.ScheduleHeight)
	}
	for _, step := range []struct {
		way, day, hour int
		want           string
	}{
		{0, 0, 9, "Monday, 19 October, 09:00–10:00, fileserver to vault (backup): plain, because of trusted link fibre; at most 100 Mbit/s, of Branch uplink."},
		{0, 3, 0, "Thursday, 22 October, 00:00–01:00, fileserver to vault (backup): sealed, because of automatic (public address); at most 2 MB/s, of Nightly."},
		{1, 3, 9, "Thursday, 22 October, 09:00–10:00, vault to fileserver (restore): sealed, because of automatic (public address); no limit."},
		{0, 6, 2, "Sunday, 25 October, 02:00–03:00, fileserver to vault (backup): sealed, because of automatic (public address); no limit. The clocks are put back, so that the hour, or a part of it, comes twice; this is the first time."},
		{1, 6, 3, "Sunday, 25 October, 03:00–04:00, vault to fileserver (restore): sealed, because of automatic (public address); at most 2 MB/s, of Nightly."},
		{1, 6, 4, "Sunday, 25 October, 04:00–05:00: there is no such hour, the clocks are put forward."},
	} {
		grids[step.way].MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: middle(step.day, step.hour)}})
		if pane.description.Text != step.want {
			t.Errorf("it says %q, wanted %q", pane.description.Text, step.want)
		}
	}
	if got := grids[1].number(restore.Limit(engine.WeekHour{Day: 6, Hour: 3})); got != 2 {
		t.Errorf("the other way gives the limit the number %d", got)
	}
}

func TestTheHoursOfTheWeekAreReachedByKeys(t *testing.T) {
	uitest.NewStage(t)
	var told []string
	grid := newWeekGrid(testWeek(), func(*engine.AppliedThrottle) int { return 1 }, func(at engine.WeekHour) { told = append(told, fmt.Sprint(at.Day, at.Hour)) })
	window := test.NewTempWindow(t, grid)
	window.Canvas().Focus(grid)
	for _, key := range []fyne.KeyName{fyne.KeyUp, fyne.KeyLeft, fyne.KeyDown, fyne.KeyRight, fyne.KeyEnd, fyne.KeyPageDown, fyne.KeyRight, fyne.KeyDown, fyne.KeyPageUp, fyne.KeyHome, fyne.KeyEscape} {
		grid.TypedKey(&fyne.KeyEvent{Name: key})
	}
	if got := strings.Join(told, ", "); got != "0 0, 0 0, 0 0, 1 0, 1 1, 1 23, 6 23, 6 23, 6 23, 0 23, 0 0" {
		t.Errorf("told %s", got)
	}
}

func TestOneWayOfTheWeekCanBeChosen(t *testing.T) {
	uitest.NewStage(t)
	pane := newWeekPane(1092, "fileserver", "vault", testWeek(), testWeek())
	for choice, want := range map[string]int{pane.ways[1].title: 1, bothWays: 2} {
		pane.choice.SetSelected(choice)
		if got := len(pane.stage.Objects[0].(*fyne.Container).Objects); got != want {
			t.Errorf("%s shows %d", choice, got)
		}
	}
}

func TestTheWeekLooksAsItShould(t *testing.T) {
	uitest.NewStage(t)
	forward := testWeek()
	forward.Clocks[0].Twice = false
	forward.Hours[6][2] = -1
	pane := newWeekPane(1092, "fileserver", "vault", testWeek(), forward)
	window := test.NewTempWindow(t, pane.content)
	window.Resize(fyne.NewSize(1100, 520))
	pane.content.Refresh() // a window without a screen does not ask again how high things are at another width
	grid := weekGridIn(pane.ways[0].shown)
	window.Canvas().Focus(grid)
	grid.move(engine.WeekHour{Day: 2, Hour: 9})
	test.AssertRendersToImage(t, "week.png", window.Canvas())
}

// weekGridIn finds the grid in what shows one way.
func weekGridIn(o fyne.CanvasObject) (grid *weekGrid) {
	screen.Walk(o, func(o fyne.CanvasObject) {
		if found, ok := o.(*weekGrid); ok {
			grid = found
		}
	})
	return grid
}
