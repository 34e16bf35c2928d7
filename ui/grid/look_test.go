package grid

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/chart"
)

// many makes rows that are named by their number.
func many(n int) []machine {
	rows := make([]machine, n)
	for i := range rows {
		rows[i] = machine{fmt.Sprintf("%05d", i), i}
	}
	return rows
}

// seen are the rows that are in sight, from the top.
func seen(g *Grid[machine]) []*row {
	var rows []*row
	for _, r := range g.list.rows {
		if r.Visible() && r.index >= 0 {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b *row) int { return a.index - b.index })
	return rows
}

func TestTenThousandRowsNeedAsManyWidgetsAsAreInSight(t *testing.T) {
	g := newMachines(t, many(10_000)...)
	if n := len(g.list.rows); n > 20 {
		t.Errorf("%d widgets", n)
	}
	g.Select("05000")
	rows := seen(g)
	if first, last := rows[0].index, rows[len(rows)-1].index; first > 5000 || last < 5000 || last-first > 20 {
		t.Errorf("rows %d to %d are in sight", first, last)
	}
	for _, r := range rows {
		if want := fmt.Sprintf("%05d", r.index); r.drawn.texts[0].Text != want || r.chosen != (r.index == 5000) {
			t.Errorf("row %d shows %s, chosen %v", r.index, r.drawn.texts[0].Text, r.chosen)
		}
	}
	g.SetRows(many(3))
	if rows := seen(g); len(rows) != 3 || rows[0].index != 0 {
		t.Errorf("of three rows %d are in sight", len(rows))
	}
}

func TestRowsStandCloseSoThatEachClickHitsOne(t *testing.T) {
	g := newMachines(t, many(100)...)
	window := fyne.CurrentApp().Driver().CanvasForObject(g)
	origin := fyne.CurrentApp().Driver().AbsolutePositionForObject(g)
	for y := float32(1); y < 5*rowHeight; y += 3 {
		test.TapCanvas(window, origin.AddXY(30, headerHeight+y))
		row, ok := g.Selected()
		if want := int(y / rowHeight); !ok || row.bytes != want {
			t.Errorf("at %v: %v, %v, wanted row %d", y, row, ok, want)
		}
	}
}

func TestOnlyCellsThatChangedAreDrawnAgain(t *testing.T) {
	g := newMachines(t, machine{"a", 1}, machine{"b", 2})
	rows := seen(g)
	name, bytes := rows[1].drawn.texts[0], rows[1].drawn.texts[1]
	name.Text = "mark" // stays for as long as nobody draws it
	g.SetRows([]machine{{"a", 1}, {"b", 3}})
	if name.Text != "mark" || bytes.Text != "3" {
		t.Errorf("the row shows %q and %q", name.Text, bytes.Text)
	}
	rows[1].Refresh()
	if text := rows[1].drawn.texts[0].Text; text != "b" {
		t.Errorf("drawn anew it shows %q", text)
	}
}

func TestTwoClicksOnRowsThatChangedPlacesActivateNone(t *testing.T) {
	g := newMachines(t, machine{"a", 1}, machine{"b", 2})
	activated := 0
	g.OnActivated = func(machine) { activated++ }
	g.clicked(0, 5)
	g.SetRows([]machine{{"b", 2}, {"a", 1}})
	g.clicked(0, 5)
	if row, _ := g.Selected(); row.name != "b" || activated != 0 {
		t.Errorf("selected %v, activated %d times", row, activated)
	}
}

func TestColumnsAreChosenAndRemembered(t *testing.T) {
	g := newMachines(t, machine{"a", 1})
	preferences := fyne.CurrentApp().Preferences()
	g.Remember(preferences, "machines")
	g.Select("a")
	g.toggle(1)
	if got := g.SelectedText(); got != "a" {
		t.Errorf("with one column the row is %q", got)
	}
	if n := len(seen(g)[0].cells); n != 1 {
		t.Errorf("%d cells are shown", n)
	}
	g.toggle(0) // the last one stays
	if got := g.visible(); !slices.Equal(got, []int{0}) {
		t.Errorf("columns %v are shown", got)
	}
	again := New(g.key, g.columns...)
	again.Remember(preferences, "machines")
	if got := again.visible(); !slices.Equal(got, []int{0}) {
		t.Errorf("remembered as %v", got)
	}
	again.reset()
	if got := again.visible(); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("as at first: %v", got)
	}
}

func TestTheMouseShowsWhatWasCut(t *testing.T) {
	long := strings.Repeat("a long name ", 20)
	g := newMachines(t, machine{"short", 1}, machine{long, 2})
	rows := seen(g)
	over := func(r *row) *desktop.MouseEvent {
		return &desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(20, 5)}}
	}
	rows[0].MouseIn(over(rows[0]))
	if g.tip.Visible() {
		t.Error("a text that fits has a tip")
	}
	rows[1].MouseIn(over(rows[1]))
	if !g.tip.Visible() || g.tip.label.Text != long {
		t.Error("a text that was cut has no tip")
	}
	if at, size := g.tip.Position(), g.tip.Size(); at.X < 0 || at.X+size.Width > g.Size().Width || at.Y < headerHeight+2*rowHeight {
		t.Errorf("the tip is at %v, %v large", at, size)
	}
	renderer := test.WidgetRenderer(g)
	renderer.Layout(g.Size()) // as a screen does when the tip has another size than the one before
	if !g.tip.Visible() {
		t.Error("the tip vanishes when it is laid out")
	}
	renderer.Layout(g.Size().SubtractWidthHeight(10, 0))
	if g.tip.Visible() {
		t.Error("the tip stays where the grid has another size")
	}
	rows[1].MouseIn(over(rows[1]))
	rows[1].MouseOut()
	if g.tip.Visible() {
		t.Error("the tip stays")
	}
}

// openMenu is the menu that is open; nil for none.
func openMenu(c fyne.Canvas) *widget.PopUpMenu {
	var menu *widget.PopUpMenu
	for _, o := range test.LaidOutObjects(c.Overlays().Top()) {
		if m, ok := o.(*widget.PopUpMenu); ok {
			menu = m
		}
	}
	return menu
}

func TestTheMenuOffersWhatThePageDoesAndTheCellUnderTheMouse(t *testing.T) {
	g := newMachines(t, machine{"a", 1}, machine{"b", 2})
	ran := ""
	g.Menu = func(m machine) *fyne.Menu {
		return fyne.NewMenu("", fyne.NewMenuItem("Cut", func() { ran = m.name }))
	}
	window := fyne.CurrentApp().Driver().CanvasForObject(g)
	g.menuFor(1, 5, fyne.NewPos(50, 60))
	menu := openMenu(window)
	if menu == nil {
		t.Fatal("no menu opened")
	}
	if row, _ := g.Selected(); row.name != "b" {
		t.Errorf("the menu is that of another row than the selected %v", row)
	}
	test.Tap(menu.Items[0].(fyne.Tappable))
	if ran != "b" {
		t.Errorf("the first item ran for %q", ran)
	}
	items := g.columnItems()
	if len(items) != 2 || len(items[0].ChildMenu.Items) != 2 {
		t.Fatalf("the grid offers %v", items)
	}
	items[0].ChildMenu.Items[1].Action()
	if g.sortedBy != 1 {
		t.Error("the menu did not sort")
	}
	g.TypedKey(&fyne.KeyEvent{Name: desktop.KeyMenu})
	if openMenu(window) == nil {
		t.Error("the menu key opened none")
	}
}

func TestRowsThatAreReadInPagesStayFiltered(t *testing.T) {
	g := newMachines(t)
	g.SetFilter(g.Contains("1"))
	g.Append([]machine{{"a", 1}, {"b", 2}})
	g.Append([]machine{{"c", 10}, {"d", 20}})
	if got := names(g); !slices.Equal(got, []string{"a", "c"}) {
		t.Errorf("shown are %v", got)
	}
	g.Sort("bytes", true)
	g.Append([]machine{{"e", 15}})
	if got := names(g); !slices.Equal(got, []string{"e", "c", "a"}) {
		t.Errorf("sorted, shown are %v", got)
	}
}

func TestFilteringAsksForMoreWhereFewRowsAreLeft(t *testing.T) {
	g := newMachines(t, many(200)...)
	asked := 0
	g.NearEnd = func() { asked++ }
	g.SetFilter(g.Contains("nothing has this"))
	if asked == 0 {
		t.Error("with no row left nobody asked for more")
	}
}

func TestColumnsYieldWhereThereIsNoRoomAndComeBack(t *testing.T) {
	g := newMachines(t, machine{"a", 1})
	g.columns[1].Yields = 1
	for _, step := range []struct {
		width float32
		want  []int
	}{{300, []int{0, 1}}, {150, []int{0}}, {300, []int{0, 1}}} {
		g.Resize(fyne.NewSize(step.width, 300))
		if got := g.visible(); !slices.Equal(got, step.want) {
			t.Errorf("at %v columns %v are shown", step.width, got)
		}
		if n := len(seen(g)[0].cells); n != len(step.want) {
			t.Errorf("at %v a row has %d cells", step.width, n)
		}
	}
}

func TestNumbersKeepTheirWidthWhereTextsCanGive(t *testing.T) {
	g := newMachines(t)
	g.Resize(fyne.NewSize(170, 300))
	if widths := g.layout(); widths[1] != 80 {
		t.Errorf("widths %v", widths)
	}
}

func TestBarsStandBeforeTheirTextAndOnlyWhereARowHasOne(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(colors{theme.DefaultTheme()})
	g := New(func(m machine) string { return m.name },
		Column[machine]{ID: "bytes", Title: "Bytes", Width: 300, Text: func(m machine) string { return fmt.Sprint(m.bytes) }, Bar: func(m machine) (chart.Level, bool) {
			return chart.Level{Parts: [3]chart.Part{{Share: float32(m.bytes) / 10, Color: theme.ColorNameSuccess}}}, m.bytes > 0
		}})
	test.NewTempWindow(t, g).Resize(fyne.NewSize(400, 300))
	g.SetRows([]machine{{"a", 5}, {"b", 0}})
	with, without := seen(g)[0].drawn, seen(g)[1].drawn
	bar := with.bars[0]
	if bar == nil || !bar.Visible() || with.texts[0].Position().X < bar.Position().X+bar.Size().Width {
		t.Errorf("the bar is %v, its text stands at %v", bar, with.texts[0].Position())
	}
	if without.bars[0] != nil || without.texts[0].Position().X != cellPadding {
		t.Errorf("a row without a bar has %v, its text stands at %v", without.bars[0], without.texts[0].Position())
	}
	g.SetRows([]machine{{"a", 0}, {"b", 3}})
	if bar.Visible() || without.bars[0] == nil || !without.bars[0].Visible() {
		t.Error("the bar did not go with its row")
	}
	seen(g)[1].Refresh() // another theme
	if again := without.bars[0]; again == nil || !again.Visible() {
		t.Error("drawn anew it has no bar")
	}
}

func TestTheGridLooksAsItShould(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(colors{theme.DefaultTheme()})
	g := New(func(m machine) string { return m.name },
		Column[machine]{ID: "name", Title: "Name", Width: 120, Flexible: true, Text: func(m machine) string { return m.name },
			Icon: func(machine) fyne.Resource { return theme.ComputerIcon() }},
		Column[machine]{ID: "bytes", Title: "Bytes", Width: 90, Align: fyne.TextAlignTrailing, Text: func(m machine) string { return fmt.Sprint(m.bytes) },
			Color: func(m machine) fyne.ThemeColorName {
				if m.bytes > 100 {
					return theme.ColorNameError
				}
				return ""
			}})
	window := test.NewTempWindow(t, g)
	window.Resize(fyne.NewSize(300, 180))
	g.SetRows([]machine{{"fileserver", 12}, {"a name that is too long for its column", 123456}, {"vault", 7}})
	g.Sort("bytes", true)
	g.Select("vault")
	test.AssertRendersToImage(t, "grid.png", window.Canvas())
}

// repainted is a grid in a window of the size of a console, as it is painted without a display.
func repainted(b *testing.B, update func(g *Grid[machine], rows []machine)) {
	g := newMachines(b)
	window := fyne.CurrentApp().Driver().AllWindows()[0]
	window.Resize(fyne.NewSize(1280, 800))
	g.Sort("bytes", true)
	rows := many(10_000)
	g.SetRows(rows)
	b.ReportAllocs()
	for b.Loop() {
		update(g, rows)
	}
}

func BenchmarkTenThousandRowsThatChange(b *testing.B) {
	repainted(b, func(g *Grid[machine], rows []machine) {
		for i := range rows {
			rows[i].bytes = rand.IntN(1_000_000)
		}
		g.SetRows(rows)
	})
}

func BenchmarkTenThousandRowsThatStay(b *testing.B) {
	repainted(b, func(g *Grid[machine], rows []machine) { g.SetRows(rows) })
}

func BenchmarkTenThousandRowsThatChangeArePainted(b *testing.B) {
	repainted(b, func(g *Grid[machine], rows []machine) {
		for i := range rows {
			rows[i].bytes = rand.IntN(1_000_000)
		}
		g.SetRows(rows)
		_ = software.RenderCanvas(fyne.CurrentApp().Driver().CanvasForObject(g), fyne.CurrentApp().Settings().Theme())
	})
}

func TestAFilterShowsTheFirstOfItsRows(t *testing.T) {
	g := newMachines(t)
	for i := range 200 {
		g.Append([]machine{{fmt.Sprintf("machine-%03d", i), 1}})
	}
	shown := test.NewWindow(g)
	defer shown.Close()
	shown.Resize(fyne.NewSize(400, 300))
	g.list.scroll.ScrollToOffset(fyne.NewPos(0, 2000))
	g.SetFilter(g.Contains("machine"))
	if at := g.list.scroll.Offset.Y; at != 0 {
		t.Errorf("it stays scrolled by %.0f", at)
	}
	if first := g.list.rows[0]; first.index != 0 || first.Position().Y != 0 {
		t.Errorf("in place of the first row there is row %d at %v", first.index, first.Position())
	}
}
