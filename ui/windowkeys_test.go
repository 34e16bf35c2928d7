package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/page"
	"lockwire/ui/rules"
	"lockwire/ui/sessions"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestHelpAndRefreshWorkWhateverHasTheKeyboard(t *testing.T) {
	s := uitest.NewStage(t)
	refreshed := 0
	s.Refresh = func() { refreshed++ }
	shell := NewShell(s.Console, Pages(s.Console)...)
	inputs := []fyne.Focusable{
		widget.NewEntry(), widget.NewButton("press", nil), widget.NewCheck("check", nil), widget.NewSelect([]string{"one"}, nil),
		widget.NewHyperlink("link", nil), kit.NewFormEntry(func() {}), newRailButton("rail", nil, func() {}), nil,
	}
	rows := container.NewVBox(shell.Content())
	for _, input := range inputs {
		if object, ok := input.(fyne.CanvasObject); ok {
			rows.Add(object)
		}
	}
	s.Window.SetContent(rows)
	shell.Update(s.State(t))
	check := func(what string) {
		t.Helper()
		before := refreshed
		s.Key(fyne.KeyF5)
		s.Key(fyne.KeyF1)
		if refreshed != before+1 || shell.help == nil {
			t.Errorf("%s: refreshed %d times, help %v", what, refreshed-before, shell.help != nil)
			return
		}
		shell.help.window.Close()
		// The newest window takes the place of the one that was closed, as the test driver has it.
	}
	for _, input := range inputs {
		s.Window.Canvas().Focus(input)
		check("an input")
	}
	dialog := kit.ShowForm(s.Window, "Ask", fyne.NewSize(300, 200), nil)
	field := dialog.Entry("", "", nil)
	dialog.Set(field, widget.NewButton("Close", dialog.Close))
	check("a dialog")
	s.Window.Canvas().Focus(field)
	check("a field of a dialog")
}

func TestAPageThatIsLeftTakesNoKeys(t *testing.T) {
	s := uitest.NewStage(t)
	s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	shell := NewShell(s.Console, rules.New(s.Console), sessions.New(s.Console))
	s.Window.SetContent(shell.Content())
	shell.Update(s.State(t))
	table := tableOf(t, shell.Shown())
	s.Window.Canvas().Focus(table)
	s.Key(fyne.KeyHome)
	shell.Show("sessions")
	s.Key(fyne.KeyDelete)
	if focused := s.Window.Canvas().Focused(); focused != nil || s.Window.Canvas().Overlays().Top() != nil {
		t.Errorf("%T has the keyboard of the page that was left", focused)
	}
}

// TestWhoJumpsToAThingHasTheKeyboardThere goes to one thing of each page, and to pages as a whole.
func TestWhoJumpsToAThingHasTheKeyboardThere(t *testing.T) {
	s, _, _ := uitest.Linked(t)
	rule := s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	ended := uitest.EndedSession(engine.Sealed, engine.SessionEnded, time.Now(), 5) // the history begins with the last days
	s.Record(t, ended)
	shell := NewShell(s.Console, Pages(s.Console)...)
	s.Window.SetContent(shell.Content())
	state := uitest.FullState(t, s)
	live := uitest.LiveSession(engine.Sealed)
	state.Sessions = []engine.Session{live}
	shell.Update(state)
	filterOf := func() (filter *widget.Entry) {
		screen.Walk(shell.Shown().Content(), func(o fyne.CanvasObject) {
			if entry, ok := o.(*widget.Entry); ok && entry.PlaceHolder == "filter" {
				filter = entry
			}
		})
		return filter
	}
	for _, to := range []struct{ page, thing string }{
		{"rules", string(rule.ID)}, {"sessions", string(live.ID)}, {"sessions", string(ended.ID)}, {"sessions", page.HistoryThing},
		{"components", string(state.Components[1].ID)}, {"headroom", string(state.Components[1].ID)}, {"routes", string(state.Routes[0].ID)},
		{"components", ""}, {"routes", ""}, {"activity", ""},
	} {
		shell.Show(to.page)
		if filter := filterOf(); filter != nil {
			filter.SetText("nothing that is there")
		}
		shell.Show("overview")
		s.Console.Go(to.page, to.thing)
		focused := s.Window.Canvas().Focused()
		table := shownTables(shell.Shown())
		if focused == nil || !slices.Contains(table, focused) {
			t.Errorf("%s %q: %T has the keyboard", to.page, to.thing, focused)
			continue
		}
		if selected := focused.(interface{ SelectionSize() int }).SelectionSize(); selected != 1 && to.thing != "" && to.thing != page.HistoryThing {
			t.Errorf("%s %q: %d rows are selected", to.page, to.thing, selected)
		}
	}
	s.Console.Go("simulator", "fileserver"+page.BetweenNames+"vault")
	if entry, ok := s.Window.Canvas().Focused().(*kit.PickEntry); !ok || entry.Text != "fileserver" {
		t.Errorf("simulator: %T has the keyboard", s.Window.Canvas().Focused())
	}
}

// shownTables are the tables that are seen of a page.
func shownTables(page page.Page) (tables []fyne.Focusable) {
	screen.Walk(page.Content(), func(o fyne.CanvasObject) {
		if rows, ok := o.(interface {
			fyne.Focusable
			SelectionSize() int
		}); ok {
			tables = append(tables, rows)
		}
	})
	return tables
}

func TestTabGoesThroughAPageAsOneReads(t *testing.T) {
	s := uitest.NewStage(t)
	s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	page := rules.New(s.Console)
	shell := NewShell(s.Console, page)
	s.Window.SetContent(shell.Content())
	shell.Update(s.State(t))
	var went []string
	for range 4 {
		s.Tab(false)
		switch o := s.Window.Canvas().Focused().(type) {
		case *widget.Button:
			went = append(went, o.Text)
		case *widget.Entry:
			went = append(went, o.PlaceHolder)
		case *railButton:
			went = append(went, o.title)
		default:
			went = append(went, "the table")
		}
	}
	if got := strings.Join(went, ", "); got != "Add…, filter, the table, Traffic rules" {
		t.Errorf("it goes to %s", got)
	}
}

func TestCommandsOfTheMenuLeaveWhatIsUnderADialogAlone(t *testing.T) {
	s := uitest.NewStage(t)
	shell := NewShell(s.Console, sessions.New(s.Console))
	ran := 0
	do := shell.unlessTyping(page.Command{Run: func() { ran++ }})
	do()
	kit.Confirm(s.Window, "Cut 3 sessions?", nil, "Cut", nil)
	do()
	if ran != 1 {
		t.Errorf("it ran %d times", ran)
	}
}

// tableOf is the table of a page.
func tableOf(t *testing.T, page page.Page) (table fyne.Focusable) {
	t.Helper()
	screen.Walk(page.Content(), func(o fyne.CanvasObject) {
		if rows, ok := o.(interface {
			fyne.Focusable
			fyne.Shortcutable
			SelectionSize() int
		}); ok {
			table = rows
		}
	})
	if table == nil {
		t.Fatalf("%s has no table", page.Name())
	}
	return table
}
