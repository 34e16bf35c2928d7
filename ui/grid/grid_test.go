package grid

import (
	"fmt"
	"image/color"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// colors is a theme that has the grid's colours too.
type colors struct{ fyne.Theme }

func (c colors) Color(name fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	switch name {
	case colorHover:
		return color.NRGBA{R: 0xf1, G: 0xf5, B: 0xf9, A: 0xff}
	case colorChosen:
		return color.NRGBA{R: 0xdb, G: 0xe9, B: 0xf8, A: 0xff}
	case colorLine:
		return color.NRGBA{R: 0xe3, G: 0xe6, B: 0xeb, A: 0xff}
	case colorMuted:
		return color.NRGBA{R: 0x57, G: 0x60, B: 0x6c, A: 0xff}
	}
	return c.Theme.Color(name, theme.VariantLight)
}

type machine struct {
	name  string
	bytes int
}

// newMachines is a grid of machines in a window.
func newMachines(t testing.TB, rows ...machine) *Grid[machine] {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(colors{theme.DefaultTheme()})
	g := New(func(m machine) string { return m.name },
		Column[machine]{ID: "name", Title: "Name", Width: 100, Flexible: true, Text: func(m machine) string { return m.name }},
		Column[machine]{ID: "bytes", Title: "Bytes", Width: 80, Align: fyne.TextAlignTrailing, Text: func(m machine) string { return fmt.Sprint(m.bytes) }, Compare: func(a, b machine) int { return a.bytes - b.bytes }})
	window := test.NewTempWindow(t, g)
	window.Resize(fyne.NewSize(600, 400))
	g.SetRows(rows)
	return g
}

func names(g *Grid[machine]) []string {
	var all []string
	for _, row := range g.Shown() {
		all = append(all, row.name)
	}
	return all
}

func TestAClickOnATitleSortsAndAnotherOneTurnsRound(t *testing.T) {
	g := newMachines(t, machine{"b", 10}, machine{"a", 9}, machine{"c", 100})
	click := func(x float32) { g.header.Tapped(&fyne.PointEvent{Position: fyne.NewPos(x, 10)}) }
	click(20)
	if got := names(g); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("by name: %v", got)
	}
	click(g.layout()[0] + 20)
	if got := names(g); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("by bytes: %v", got)
	}
	click(g.layout()[0] + 20)
	if got := names(g); !slices.Equal(got, []string{"c", "b", "a"}) {
		t.Errorf("by bytes, downward: %v", got)
	}
}

func TestTheSelectionStaysWithItsRow(t *testing.T) {
	g := newMachines(t, machine{"a", 1}, machine{"b", 2})
	var told []string
	g.OnSelected = func(m machine, ok bool) { told = append(told, fmt.Sprint(m.name, ok)) }
	g.tapped(1, 0)
	g.SetRows([]machine{{"b", 3}, {"c", 4}, {"a", 5}})
	if row, ok := g.Selected(); !ok || row != (machine{"b", 3}) {
		t.Errorf("selected %v, %v", row, ok)
	}
	g.SetRows([]machine{{"a", 5}})
	if _, ok := g.Selected(); ok {
		t.Error("a row that is gone is selected")
	}
	if !slices.Equal(told, []string{"btrue", "false"}) {
		t.Errorf("told %v", told)
	}
}

func TestKeysMoveActivateAndPassOn(t *testing.T) {
	var rows []machine
	for i := range 100 {
		rows = append(rows, machine{fmt.Sprintf("%03d", i), i})
	}
	g := newMachines(t, rows...)
	activated, passed := "", fyne.KeyName("")
	g.OnActivated = func(m machine) { activated = m.name }
	g.OnKey = func(e *fyne.KeyEvent) { passed = e.Name }
	page := g.list.inSight()
	if page < 5 || page > 20 {
		t.Errorf("a page of %d rows", page)
	}
	at := func(i int) string { return fmt.Sprintf("%03d", i) }
	for _, step := range []struct {
		key  fyne.KeyName
		want string
	}{{fyne.KeyDown, at(0)}, {fyne.KeyDown, at(1)}, {fyne.KeyPageDown, at(1 + page)}, {fyne.KeyUp, at(page)}, {fyne.KeyEnd, at(99)}, {fyne.KeyDown, at(99)}, {fyne.KeyPageUp, at(99 - page)}, {fyne.KeyHome, at(0)}} {
		g.TypedKey(&fyne.KeyEvent{Name: step.key})
		if row, _ := g.Selected(); row.name != step.want {
			t.Errorf("%s: %s, wanted %s", step.key, row.name, step.want)
		}
	}
	g.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	g.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	if activated != "000" || passed != fyne.KeyDelete {
		t.Errorf("activated %q, passed on %q", activated, passed)
	}
}

func TestTheSecondClickActivates(t *testing.T) {
	g := newMachines(t, machine{"a", 1}, machine{"b", 2})
	activated := 0
	g.OnActivated = func(machine) { activated++ }
	r := newRow(g)
	g.fill(1, r)
	r.Tapped(nil)
	if row, ok := g.Selected(); !ok || row.name != "b" || activated != 0 {
		t.Errorf("one click: selected %v %v, activated %d times", row, ok, activated)
	}
	r.Tapped(nil)
	if activated != 1 {
		t.Errorf("two clicks: activated %d times", activated)
	}
}

func TestAFilterFindsEveryWordInAnyColumn(t *testing.T) {
	g := newMachines(t, machine{"alpha", 10}, machine{"beta", 10}, machine{"alphabet", 20})
	for text, want := range map[string][]string{"alpha": {"alpha", "alphabet"}, "ALPHA 10": {"alpha"}, "": {"alpha", "beta", "alphabet"}, "x": nil} {
		g.SetFilter(g.Contains(text))
		if got := names(g); !slices.Equal(got, want) {
			t.Errorf("%q: %v, wanted %v", text, got, want)
		}
	}
}

func TestSortingAndWidthsAreRemembered(t *testing.T) {
	g := newMachines(t)
	preferences := fyne.CurrentApp().Preferences()
	g.Remember(preferences, "machines")
	g.sortBy(1)
	g.sortBy(1)
	g.resize(1, 40)
	again := New(g.key, g.columns...)
	again.Remember(preferences, "machines")
	again.Resize(fyne.NewSize(600, 400))
	if again.sortedBy != 1 || !again.downward || again.layout()[1] != 120 {
		t.Errorf("sorted by %d, downward %v, widths %v", again.sortedBy, again.downward, again.layout())
	}
}

func TestColumnsNeverReachBeyondTheGrid(t *testing.T) {
	g := newMachines(t)
	for _, width := range []float32{120, 200, 600} {
		g.Resize(fyne.NewSize(width, 300))
		sum := float32(0)
		for _, w := range g.layout() {
			sum += w
		}
		if sum > width {
			t.Errorf("columns of %v in a grid of %v", sum, width)
		}
	}
}

func TestTheEndOfTheRowsAsksForMore(t *testing.T) {
	var rows []machine
	for i := range 200 {
		rows = append(rows, machine{fmt.Sprintf("%03d", i), i})
	}
	g := newMachines(t, rows...)
	asked := 0
	g.NearEnd = func() { asked++ }
	g.Select("050")
	if asked != 0 {
		t.Error("asked in the middle")
	}
	g.Select("199")
	if asked == 0 {
		t.Error("not asked at the end")
	}
}

func TestAnEmptyGridSaysWhatItIsFor(t *testing.T) {
	g := newMachines(t)
	words := widget.NewLabel("nothing yet")
	g.SetEmpty(words)
	if !g.empty.Visible() || g.list.Visible() {
		t.Error("the words are not shown")
	}
	g.SetRows([]machine{{"a", 1}})
	if g.empty.Visible() || !g.list.Visible() {
		t.Error("the words are still shown")
	}
}

func TestTheFirstRowIsShownFromItsBeginningWhereNotEvenItHasRoom(t *testing.T) {
	g := newMachines(t, machine{"a", 1}, machine{"b", 2})
	g.list.Resize(fyne.NewSize(300, rowHeight/2))
	g.list.reveal(0)
	if got := g.list.scroll.Offset.Y; got != 0 {
		t.Errorf("the table begins at %v", got)
	}
}
