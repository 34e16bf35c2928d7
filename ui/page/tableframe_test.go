package page

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/uitest/screen"
)

// machines is a frame whose rows are the components of a state, by their names.
func machines(t *testing.T) *TableFrame[string] {
	t.Helper()
	window := screen.New(t, kit.Theme{Appearance: kit.Light})
	f := NewTableFrame(TableConfig[string]{
		Console: &Console{Preferences: fyne.CurrentApp().Preferences()}, Name: "machines", One: "machine", Many: "machines",
		ID:      func(name *string) engine.ID { return engine.ID("id of " + *name) },
		Columns: []grid.Column[*string]{{ID: "name", Title: "Name", Width: firstColumn, Text: func(name *string) string { return *name }}},
		Rows: func(state *model.State, words grid.Words) (rows []string, caption string) {
			for i := range state.Components {
				if name := state.Components[i].Name; words.In(name) {
					rows = append(rows, name)
				}
			}
			return rows, fmt.Sprintf("%d of %d", len(rows), len(state.Components))
		},
		Details: func(name *string) fyne.CanvasObject {
			if *name == "gone" {
				return nil
			}
			return widget.NewLabel("all about " + *name)
		},
		Sums: func(rows []*string) []kit.Detail {
			return []kit.Detail{{Name: "Names", Value: fmt.Sprint(len(rows))}}
		},
		None: "Choose one.",
	})
	window.SetContent(f.Content)
	return f
}

func stateOf(names ...string) *model.State {
	state := &model.State{Snapshot: engine.Snapshot{When: time.Unix(1, 0)}}
	for _, name := range names {
		state.Components = append(state.Components, engine.ComponentStatus{Component: engine.Component{Name: name}})
	}
	return state
}

func TestATableIsBusyThenFailedEmptyOrFull(t *testing.T) {
	f := machines(t)
	shows := func(what string, wanted ...string) {
		t.Helper()
		text := screen.Text(f.Content)
		for _, w := range wanted {
			if !strings.Contains(text, w) {
				t.Errorf("%s: %q is missing in %q", what, w, text)
			}
		}
	}
	shows("at first", "Reading the machines…")
	for _, step := range []struct {
		what   string
		state  *model.State
		empty  *kit.Placeholder
		full   bool
		wanted []string
	}{
		{"no answer yet", &model.State{}, nil, false, []string{"Reading the machines…"}},
		{"no broker", &model.State{Problem: "nobody listens"}, nil, false, []string{"The machines cannot be read", "nobody listens. It is tried again."}},
		{"none can be", stateOf(), kit.NewPlaceholder(nil, "Add the first", "", nil), false, []string{"Add the first"}},
		{"none", stateOf(), nil, true, []string{"No machine matches the filter.", "0 of 0", "No machine chosen", "Choose one."}},
		{"some", stateOf("a", "b"), nil, true, []string{"2 of 2", "all about a"}},
	} {
		if full := f.Update(step.state, step.empty); full != step.full {
			t.Errorf("%s: the table is shown: %t", step.what, full)
		}
		shows(step.what, step.wanted...)
	}
}

func TestATableSelectsItsFirstRowOnceAndKeepsWhatIsSelected(t *testing.T) {
	f := machines(t)
	f.Update(stateOf("a", "b", "c"), nil)
	chosen := func() string {
		if row := f.Chosen(); row != nil {
			return *row
		}
		return "none"
	}
	for _, step := range []struct {
		what string
		do   func()
		want string
		says string // in the details
	}{
		{"at first", func() {}, "a", "all about a"},
		{"another", func() { f.Table.Select("id of b") }, "b", "all about b"},
		{"more rows", func() { f.Update(stateOf("A0", "a", "b", "c"), nil) }, "b", "all about b"},
		{"none", func() { f.Table.Select("") }, "none", "Choose one."},
		{"still none", func() { f.Update(stateOf("a", "b"), nil) }, "none", "Choose one."},
		{"by its id", func() { f.Choose("id of a") }, "a", "all about a"},
		{"filtered out", func() { f.Filter.SetText("B") }, "none", "Choose one."},
		{"by its id, past the filter", func() { f.Choose("id of a") }, "a", "all about a"},
		{"its thing is gone", func() { f.Update(stateOf("gone"), nil); f.Choose("id of gone") }, "gone", "Choose one."},
	} {
		step.do()
		if got := chosen(); got != step.want {
			t.Errorf("%s: %s is selected, wanted %s", step.what, got, step.want)
		}
		if text := screen.Text(f.Content); !strings.Contains(text, step.says) {
			t.Errorf("%s: %q is missing in %q", step.what, step.says, text)
		}
	}
	if f.Filter.Text != "" {
		t.Errorf("the filter is left at %q", f.Filter.Text)
	}
}

func TestARowIsChosenBeforeTheFirstState(t *testing.T) {
	f := machines(t)
	f.Choose("id of c")
	f.Update(stateOf("a", "b", "c"), nil)
	if row := f.Chosen(); row == nil || *row != "c" {
		t.Errorf("%v is selected", row)
	}
}

func TestSeveralRowsAreAddedUp(t *testing.T) {
	f := machines(t)
	f.Update(stateOf("a", "b", "c"), nil)
	f.Table.TypedShortcut(&fyne.ShortcutSelectAll{})
	screen.MustContain(t, screen.Text(f.Content), "3 machines", "Names", "3 of 3, 3 selected")
	menu := f.RowMenu(func(*string) []*fyne.MenuItem { return []*fyne.MenuItem{fyne.NewMenuItem("Do it", nil)} })
	if menu(f.Table.Shown()[0]) != nil {
		t.Error("a menu for one row while several are selected")
	}
	f.Table.Select("id of b")
	if m := menu(f.Table.Shown()[1]); m == nil || len(m.Items) != 1 {
		t.Errorf("the menu of a row is %v", m)
	}
}

// TestATableBeginsAndIsFilteredFromItsFirstRow: the first row is selected before there is room for any, and must be in sight then;
// after a filter, where one had scrolled to says nothing any more.
func TestATableBeginsAndIsFilteredFromItsFirstRow(t *testing.T) {
	f := machines(t)
	var names []string
	for i := range 300 {
		names = append(names, fmt.Sprintf("m%03d", i))
	}
	f.Update(stateOf(names...), nil)
	if got := firstInSight(f.Table); got != "m000" {
		t.Errorf("it begins with %s", got)
	}
	f.Table.Select("id of m250")
	if got := firstInSight(f.Table); got < "m200" {
		t.Fatalf("scrolled to %s", got)
	}
	f.Filter.SetText("m1")
	if got := firstInSight(f.Table); got != "m100" {
		t.Errorf("filtered, it begins with %s", got)
	}
	g := machines(t)
	g.Choose("id of m250") // before there is room
	g.Update(stateOf(names...), nil)
	if got := firstInSight(g.Table); got < "m200" || got > "m250" {
		t.Errorf("with m250 chosen it begins with %s", got)
	}
}
