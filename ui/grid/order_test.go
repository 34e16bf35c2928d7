package grid

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// pagedMachines is a grid whose rows are given in order, by name only.
func pagedMachines(t *testing.T) (*Grid[machine], *int) {
	g := newMachines(t, machine{"b", 1}, machine{"a", 2})
	g.columns[1].Unordered = true
	asked := 0
	g.OnOrder = func() { asked++ }
	return g, &asked
}

func TestAGridWhoseRowsAreGivenInOrderAsksForThem(t *testing.T) {
	g, asked := pagedMachines(t)
	g.header.Tapped(&fyne.PointEvent{Position: fyne.NewPos(20, 10)})
	if column, downward := g.Order(); column != "name" || downward || *asked != 1 {
		t.Errorf("by %q, downward %v, asked %d times", column, downward, *asked)
	}
	if got := names(g); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("it sorted by itself: %v", got)
	}
	g.header.Tapped(&fyne.PointEvent{Position: fyne.NewPos(20, 10)})
	if _, downward := g.Order(); !downward || *asked != 2 {
		t.Errorf("the second click: downward %v, asked %d times", downward, *asked)
	}
	g.Append([]machine{{"0", 3}})
	if got := names(g); !slices.Equal(got, []string{"b", "a", "0"}) {
		t.Errorf("the next page: %v", got)
	}
}

func TestAColumnThatIsNotSortedByShowsNoArrowAndIsNotOffered(t *testing.T) {
	g, asked := pagedMachines(t)
	g.header.Tapped(&fyne.PointEvent{Position: fyne.NewPos(g.layout()[0]+20, 10)})
	g.Sort("bytes", true)
	for _, title := range g.titles() {
		if title.text == "Bytes" && title.arrow != 0 {
			t.Error("it has an arrow")
		}
	}
	if items := g.columnItems()[0].ChildMenu.Items; len(items) != 1 || items[0].Label != "Name" {
		t.Errorf("%d columns are offered", len(items))
	}
	if *asked > 1 {
		t.Errorf("asked %d times", *asked)
	}
	fyne.CurrentApp().Preferences().SetString("grid.machines.sort", "-bytes")
	g.Sort("name", true)
	g.Remember(fyne.CurrentApp().Preferences(), "machines")
	if column, downward := g.Order(); column != "name" || !downward {
		t.Errorf("what was remembered of it makes the order %q", column)
	}
}

func TestAColumnWithoutATextGivesItsRoomToTheOthers(t *testing.T) {
	name := func(m machine) string { return m.name }
	last := Column[machine]{ID: "last", Title: "Last", Width: 200, Flexible: true, Bare: 60, Text: func(m machine) string { return strings.Repeat("x", m.bytes) }}
	window := test.NewTempWindow(t, nil)
	g := New(name, Column[machine]{ID: "name", Title: "Name", Width: 100, Flexible: true, Text: name}, last)
	window.SetContent(g)
	window.Resize(fyne.NewSize(600, 300))
	g.SetRows([]machine{{"a", 0}, {"b", 0}})
	bare := g.layout()
	if bare[1] != 60 || bare[0] < 480 {
		t.Errorf("without a text: %v", bare)
	}
	g.SetRows([]machine{{"a", 0}, {"b", 3}})
	if full := g.layout(); full[1] < 200 {
		t.Errorf("with one: %v", full)
	}
	g.SetRows([]machine{{"a", 0}})
	g.Append([]machine{{"c", 1}})
	if full := g.layout(); full[1] < 200 {
		t.Errorf("with one that came later: %v", full)
	}
}
