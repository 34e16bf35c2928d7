package grid

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

const (
	none      = fyne.KeyModifier(0)
	shift     = fyne.KeyModifierShift
	ctrl      = fyne.KeyModifierShortcutDefault
	ctrlShift = ctrl | shift
)

// letters is a grid of the rows a to j, and a way to hold keys.
func letters(t testing.TB) (g *Grid[machine], hold func(fyne.KeyModifier)) {
	var rows []machine
	for i := range 10 {
		rows = append(rows, machine{string(rune('a' + i)), i})
	}
	g = newMachines(t, rows...)
	return g, func(keys fyne.KeyModifier) { g.held = func() fyne.KeyModifier { return keys } }
}

func selected(g *Grid[machine]) string {
	text := ""
	for _, row := range g.Selection() {
		text += row.name
	}
	return text
}

// press types a key as the driver hands it over: with Ctrl as a shortcut.
func press(g *Grid[machine], key fyne.KeyName, keys fyne.KeyModifier) {
	g.held = func() fyne.KeyModifier { return keys }
	switch {
	case keys == ctrl && key == fyne.KeyA:
		g.TypedShortcut(&fyne.ShortcutSelectAll{})
	case keys&ctrl != 0:
		g.TypedShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: keys})
	default:
		g.TypedKey(&fyne.KeyEvent{Name: key})
	}
}

func TestClicksSelectOneSeveralAndRanges(t *testing.T) {
	type click struct {
		row  byte
		keys fyne.KeyModifier
	}
	for name, c := range map[string]struct {
		clicks []click
		want   string
	}{
		"a click selects one":                               {[]click{{'b', none}, {'d', none}}, "d"},
		"ctrl adds":                                         {[]click{{'b', none}, {'d', ctrl}, {'a', ctrl}}, "abd"},
		"ctrl takes out":                                    {[]click{{'b', none}, {'d', ctrl}, {'b', ctrl}}, "d"},
		"ctrl takes out the last one":                       {[]click{{'b', ctrl}, {'b', ctrl}}, ""},
		"shift selects a range":                             {[]click{{'b', none}, {'e', shift}}, "bcde"},
		"upward too":                                        {[]click{{'e', none}, {'b', shift}}, "bcde"},
		"the range turns round its anchor":                  {[]click{{'e', none}, {'b', shift}, {'g', shift}}, "efg"},
		"shift without an anchor goes from the first":       {[]click{{'c', shift}}, "abc"},
		"the anchor is what ctrl clicked last":              {[]click{{'a', none}, {'e', ctrl}, {'g', shift}}, "efg"},
		"ctrl and shift add a range":                        {[]click{{'a', none}, {'e', ctrl}, {'g', ctrlShift}}, "aefg"},
		"a click without keys forgets all others":           {[]click{{'a', none}, {'e', shift}, {'c', none}}, "c"},
		"a row beyond the range can be added and taken out": {[]click{{'a', none}, {'c', shift}, {'j', ctrl}, {'b', ctrl}}, "acj"},
	} {
		t.Run(name, func(t *testing.T) {
			g, hold := letters(t)
			r := newRow(g)
			for _, click := range c.clicks {
				hold(click.keys)
				g.fill(int(click.row-'a'), r)
				r.Tapped(nil)
			}
			if got := selected(g); got != c.want {
				t.Errorf("selected %q, wanted %q", got, c.want)
			}
		})
	}
}

func TestKeysExtendTheSelection(t *testing.T) {
	type key struct {
		name fyne.KeyName
		keys fyne.KeyModifier
	}
	for name, c := range map[string]struct {
		start  string
		typed  []key
		want   string
		cursor string
	}{
		"shift and down":                         {"c", []key{{fyne.KeyDown, shift}, {fyne.KeyDown, shift}}, "cde", "e"},
		"and back over the anchor":               {"c", []key{{fyne.KeyDown, shift}, {fyne.KeyUp, shift}, {fyne.KeyUp, shift}}, "bc", "b"},
		"shift and end":                          {"c", []key{{fyne.KeyEnd, shift}}, "cdefghij", "j"},
		"shift and home":                         {"c", []key{{fyne.KeyHome, shift}}, "abc", "a"},
		"shift and page down":                    {"a", []key{{fyne.KeyPageDown, shift}}, "abcdefghij", "j"},
		"shift and page up":                      {"c", []key{{fyne.KeyPageUp, shift}}, "abc", "a"},
		"an arrow forgets the others":            {"c", []key{{fyne.KeyEnd, shift}, {fyne.KeyUp, none}}, "i", "i"},
		"ctrl and a":                             {"c", []key{{fyne.KeyA, ctrl}}, "abcdefghij", "c"},
		"escape goes back to the cursor":         {"c", []key{{fyne.KeyDown, shift}, {fyne.KeyEscape, none}}, "d", "d"},
		"ctrl and an arrow moves only":           {"c", []key{{fyne.KeyDown, ctrl}, {fyne.KeyDown, ctrl}}, "c", "e"},
		"ctrl and space adds":                    {"c", []key{{fyne.KeyDown, ctrl}, {fyne.KeyDown, ctrl}, {fyne.KeySpace, ctrl}}, "ce", "e"},
		"ctrl and space takes out":               {"c", []key{{fyne.KeySpace, ctrl}}, "", "c"},
		"ctrl, shift and an arrow adds a range":  {"a", []key{{fyne.KeyDown, ctrl}, {fyne.KeyDown, ctrl}, {fyne.KeySpace, ctrl}, {fyne.KeyDown, ctrlShift}}, "acd", "d"},
		"shift and down from nothing":            {"", []key{{fyne.KeyDown, shift}}, "a", "a"},
		"shift and down at the end stays":        {"i", []key{{fyne.KeyDown, shift}, {fyne.KeyDown, shift}}, "ij", "j"},
		"ctrl and an arrow with nothing chosen":  {"", []key{{fyne.KeyDown, ctrl}, {fyne.KeySpace, ctrl}}, "a", "a"},
		"a key of no row leaves everything":      {"c", []key{{fyne.KeyDelete, none}}, "c", "c"},
		"ctrl and a letter leaves everything":    {"c", []key{{fyne.KeyB, ctrl}}, "c", "c"},
		"escape with one leaves it":              {"c", []key{{fyne.KeyEscape, none}}, "c", "c"},
		"ctrl and a, then shift from the cursor": {"c", []key{{fyne.KeyA, ctrl}, {fyne.KeyDown, shift}}, "cd", "d"},
	} {
		t.Run(name, func(t *testing.T) {
			g, _ := letters(t)
			g.Select(c.start)
			for _, key := range c.typed {
				press(g, key.name, key.keys)
			}
			if got := selected(g); got != c.want || g.cursor != c.cursor {
				t.Errorf("selected %q with the cursor at %q, wanted %q at %q", got, g.cursor, c.want, c.cursor)
			}
		})
	}
}

func TestSeveralStaySelectedWhereverTheirRowsGo(t *testing.T) {
	g, _ := letters(t)
	told := 0
	g.OnSelected = func(_ machine, one bool) {
		if told++; one != (g.SelectionSize() == 1) {
			t.Errorf("told of one row %v, of %d", one, g.SelectionSize())
		}
	}
	g.Select("b")
	press(g, fyne.KeyDown, shift)
	press(g, fyne.KeyDown, shift)
	told = 0
	g.Sort("bytes", true)
	if got := selected(g); got != "dcb" || told != 0 {
		t.Errorf("sorted: %q, told %d times", got, told)
	}
	g.SetRows([]machine{{"d", 0}, {"x", 1}, {"b", 2}, {"c", 3}})
	if got := selected(g); got != "cbd" || told != 0 {
		t.Errorf("other rows: %q, told %d times", got, told)
	}
	g.SetFilter(func(m machine) bool { return m.name != "c" })
	if got := selected(g); got != "bd" || told != 1 {
		t.Errorf("what the filter hides is selected: %q, told %d times", got, told)
	}
	g.SetFilter(nil)
	if got := selected(g); got != "bd" {
		t.Errorf("what was hidden came back: %q", got)
	}
	if _, one := g.Selected(); one {
		t.Error("one of two is the only one")
	}
	g.SetRows([]machine{{"d", 0}})
	if row, one := g.Selected(); !one || row.name != "d" {
		t.Errorf("the one that is left: %v, %v", row, one)
	}
}

func TestRowsShowWhatIsSelectedAndWhereTheCursorIs(t *testing.T) {
	g, _ := letters(t)
	shown := func() string {
		text := ""
		for _, r := range seen(g) {
			switch {
			case r.chosen && r.cursor:
				text += "X"
			case r.chosen:
				text += "x"
			case r.cursor:
				text += "."
			default:
				text += " "
			}
		}
		return text
	}
	for _, step := range []struct {
		key  fyne.KeyName
		keys fyne.KeyModifier
		want string
	}{
		{fyne.KeyDown, none, "x         "},
		{fyne.KeyDown, shift, "xX        "},
		{fyne.KeyDown, ctrl, "xx.       "},
		{fyne.KeySpace, ctrl, "xxX       "},
		{fyne.KeyEscape, none, "  x       "},
	} {
		press(g, step.key, step.keys)
		if got := shown(); got != step.want {
			t.Errorf("after %s with %v: %q, wanted %q", step.key, step.keys, got, step.want)
		}
	}
}

func TestARightClickKeepsTheSelectionItIsOn(t *testing.T) {
	g, _ := letters(t)
	g.Menu = func(machine) *fyne.Menu {
		return fyne.NewMenu("", fyne.NewMenuItem(fmt.Sprint(g.SelectionSize()), nil))
	}
	g.Select("b")
	press(g, fyne.KeyDown, shift)
	g.menuFor(1, 10, fyne.NewPos(10, 10))
	if got := selected(g); got != "bc" {
		t.Errorf("on a selected row: %q", got)
	}
	g.menuFor(4, 10, fyne.NewPos(10, 10))
	if got := selected(g); got != "e" {
		t.Errorf("on another row: %q", got)
	}
}

func TestAClickThatSelectsNeitherActivatesNorPressesACell(t *testing.T) {
	g, hold := letters(t)
	activated, pressed := 0, 0
	g.OnActivated = func(machine) { activated++ }
	g.OnTapped = func(machine, string) { pressed++ }
	hold(ctrl)
	g.clicked(1, 10)
	g.clicked(1, 10)
	hold(none)
	g.clicked(1, 10)
	if activated != 0 || pressed != 1 {
		t.Errorf("activated %d times, pressed %d", activated, pressed)
	}
}

func TestCopyHasTitlesAboveSeveralRows(t *testing.T) {
	g, _ := letters(t)
	g.SetRows([]machine{{"a", 1}, {"b\tc\nd", 2}})
	g.Select("a")
	g.Copy()
	if got := fyne.CurrentApp().Clipboard().Content(); got != "a\t1" {
		t.Errorf("one row: %q", got)
	}
	press(g, fyne.KeyA, ctrl)
	g.Copy()
	if got := fyne.CurrentApp().Clipboard().Content(); got != "Name\tBytes\na\t1\nb c d\t2" {
		t.Errorf("two rows: %q", got)
	}
	g.Select("")
	g.Copy()
	if got := fyne.CurrentApp().Clipboard().Content(); !strings.HasPrefix(got, "Name") {
		t.Errorf("nothing: %q", got)
	}
}

func TestOneOfTenThousandSelectedRowsThatGoesIsForgotten(t *testing.T) {
	g := newMachines(t, many(10_000)...)
	test.TapCanvas(fyne.CurrentApp().Driver().CanvasForObject(g), fyne.CurrentApp().Driver().AbsolutePositionForObject(g).AddXY(30, headerHeight+5))
	press(g, fyne.KeyA, ctrl)
	g.SetRows(many(10_001)[1:])
	if n := g.SelectionSize(); n != 9_999 {
		t.Errorf("%d rows are selected", n)
	}
}

// One tick of the sessions page: what is selected must cost little.
func BenchmarkAnUpdateOf10000Rows(b *testing.B) {
	for _, all := range []bool{false, true} {
		name := "one selected"
		if all {
			name = "all selected"
		}
		b.Run(name, func(b *testing.B) {
			g := newMachines(b, many(10_000)...)
			g.Sort("bytes", true)
			g.Select("05000")
			if all {
				g.selectAll()
			}
			rows := [2][]machine{many(10_000), many(10_000)}
			for i := 0; b.Loop(); i++ {
				g.SetRows(rows[i%2])
			}
		})
	}
}
