package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
)

// join adds components at addresses to a stage.
func (s *stage) join(t *testing.T, addresses map[string]string) {
	t.Helper()
	err := s.local.Store.Write(t.Context(), func(tx engine.Transaction) error {
		var failed error
		for name, address := range addresses {
			failed = errors.Join(failed, tx.PutComponent(testComponent(t, name, address)))
		}
		return failed
	})
	if err != nil {
		t.Fatal(err)
	}
}

// allPairs opens the coverage of a stage with a route from fileserver to vault and a machine with a public address.
func allPairs(t *testing.T) (*stage, *simulatorPage) {
	t.Helper()
	s := newStage(t)
	s.link(t)
	s.join(t, map[string]string{"web": "203.0.113.7"})
	page := NewSimulatorPage(s.Console).(*simulatorPage)
	s.show(t, page)
	page.tabs.SelectIndex(allPairsTab)
	page.Update(s.state(t))
	return s, page
}

func TestAllPairsAreShownWithWhatStandsOut(t *testing.T) {
	s, page := allPairs(t)
	shown := textOf(s.Window.Content())
	for _, want := range []string{"2 pairs sealed, 1 plain", "1  fileserver", "3  web", "2 links of web are sealed only because it has 203.0.113.7"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in\n%s", want, shown)
		}
	}
	rule, _ := s.rule(t, "Internet")
	rule.Enabled = false
	if _, err := s.local.Apply(t.Context(), engine.Change{EditRule: &rule}, engine.Confirmation{LoseEncryption: true}); err != nil {
		t.Fatal(err)
	}
	state := s.state(t)
	state.Revision++
	page.Update(state)
	if shown := textOf(s.Window.Content()); !strings.Contains(shown, "0 pairs sealed, 3 plain") || !strings.Contains(shown, "although web has the public address") {
		t.Errorf("after a change it shows\n%s", shown)
	}
}

func TestAPairIsPointedAtAndAskedAbout(t *testing.T) {
	s, page := allPairs(t)
	matrix := page.pairs.matrix
	cell := func(row, column int) fyne.Position {
		return fyne.NewPos(matrixLeft+(float32(column)+0.5)*matrix.cell(), matrixTop+(float32(row)+0.5)*matrix.cell())
	}
	matrix.Tapped(&fyne.PointEvent{Position: cell(0, 2)})
	if got := page.pairs.pair.Text; got != "fileserver – web: sealed, one has a public address" {
		t.Errorf("it says %q", got)
	}
	for _, key := range []fyne.KeyName{fyne.KeyLeft, fyne.KeyReturn} {
		matrix.TypedKey(&fyne.KeyEvent{Name: key})
	}
	if page.tabs.SelectedIndex() != 0 || page.source.Text != "fileserver" || page.target.Text != "vault" || !strings.Contains(textOf(s.Window.Content()), "Plain: nothing requires encryption") {
		t.Errorf("asked about %q and %q:\n%s", page.source.Text, page.target.Text, textOf(s.Window.Content()))
	}
	page.tabs.SelectIndex(allPairsTab)
	matrix.DoubleTapped(&fyne.PointEvent{Position: cell(2, 1)})
	if page.source.Text != "web" || page.target.Text != "vault" {
		t.Errorf("asked about %q and %q", page.source.Text, page.target.Text)
	}
	page.tabs.SelectIndex(allPairsTab)
	for name, at := range map[string]fyne.Position{"itself": cell(1, 1), "its name": fyne.NewPos(5, matrixTop+5), "beyond": cell(9, 9)} {
		matrix.DoubleTapped(&fyne.PointEvent{Position: at})
		if page.tabs.SelectedIndex() != allPairsTab {
			t.Errorf("%s asked about a pair", name)
		}
	}
}

func TestPairsAreFilteredByNameRoleAndRoute(t *testing.T) {
	_, page := allPairs(t)
	names := func() string {
		var all []string
		for _, place := range page.pairs.matrix.shown {
			all = append(all, page.pairs.coverage.Components[place].Name)
		}
		return strings.Join(all, " ")
	}
	test.Type(page.pairs.filter, "WEB serv")
	if got := names(); got != "web" {
		t.Errorf("shown: %s", got)
	}
	page.pairs.filter.SetText("")
	page.pairs.routed.SetChecked(true)
	if got := names(); got != "fileserver vault" {
		t.Errorf("with a route: %s", got)
	}
}

func TestCoverageSaysWhatIsMissing(t *testing.T) {
	s := newStage(t)
	page := NewSimulatorPage(s.Console).(*simulatorPage)
	s.show(t, page)
	page.tabs.SelectIndex(allPairsTab)
	s.broken = errors.New("the broker is away")
	page.Update(s.state(t))
	if shown := textOf(s.Window.Content()); !strings.Contains(shown, "the broker is away") {
		t.Errorf("it shows\n%s", shown)
	}
	s.broken = nil
	page.Update(s.state(t)) // too soon to ask again
	if shown := textOf(s.Window.Content()); !strings.Contains(shown, "the broker is away") {
		t.Errorf("it shows\n%s", shown)
	}
	later := s.state(t)
	later.When = later.When.Add(coverageRetry)
	page.Update(later)
	if shown := textOf(s.Window.Content()); !strings.Contains(shown, "No pairs yet") {
		t.Errorf("it shows\n%s", shown)
	}
}

func TestTheMatrixLooksAsItShould(t *testing.T) {
	newStage(t)
	matrix := newCoverageMatrix(nil, nil)
	coverage := engine.Coverage{Routed: [][2]int{{0, 1}}}
	for i, row := range []string{"-RAne", "R-Gmn", "AG-AR", "nmA-n", "enRn-"} {
		coverage.Components = append(coverage.Components, engine.Covered{Name: fmt.Sprintf("component %d", i+1)})
		coverage.Rows = append(coverage.Rows, row)
	}
	coverage.Components[1].Name = "a component with a name that is far too long for its place"
	matrix.set(coverage, []int{0, 1, 2, 3, 4}, false)
	window := test.NewTempWindow(t, matrix)
	window.Resize(fyne.NewSize(340, 160))
	test.AssertRendersToImage(t, "coveragematrix.png", window.Canvas())
}

func TestTheWeekOfAPairHasItsLimits(t *testing.T) {
	s := newStage(t)
	s.link(t)
	page := NewSimulatorPage(s.Console).(*simulatorPage)
	s.show(t, page)
	page.askAbout("fileserver", "vault")
	if shown := textOf(s.Window.Content()); !strings.Contains(shown, "No limit holds at any hour") {
		t.Errorf("without a limit it shows\n%s", shown)
	}
	s.put(t, "Branch uplink", "10.0.0.0/24", "10.0.0.0/24", func(r *engine.Rule) {
		r.Throttle = &engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabitsPerSecond}}
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
	shown := textOf(s.Window.Content())
	hours := 0
	for line := range strings.Lines(shown) {
		if line == "1\n" {
			hours++
		}
	}
	if !strings.Contains(shown, "1: 100 Mbit/s, of Branch uplink (not enforced yet)") || hours != 10 {
		t.Errorf("it shows\n%s", shown)
	}
}
