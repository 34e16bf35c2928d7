package ui

import (
	"runtime"
	"testing"
	"weak"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/estate"
)

// someEstate has more of everything than any page has room for.
var someEstate = estate.Size{Components: 120, Rules: 90, Routes: 200, Sessions: 400}

// largeShell is a window on an estate, whose record has it, too.
func largeShell(t *testing.T) (*Shell, *estate.Estate) {
	t.Helper()
	s, e := uitest.NewStage(t), estate.New(someEstate, uitest.Moment)
	if err := s.Local.Store.Write(t.Context(), func(tx engine.Transaction) error { return e.Keep(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
	shell := NewShell(s.Console, Pages(s.Console)...)
	s.Window.SetContent(shell.Content())
	s.Window.Resize(fyne.NewSize(1280, 800))
	return shell, e
}

func TestAPageThatIsNotShownKeepsNoLiveSessions(t *testing.T) {
	shell, e := largeShell(t)
	// The states must not be reachable from here.
	show := func(name string, changes uint64) weak.Pointer[engine.Session] {
		state := e.State(changes)
		shell.Show(name)
		shell.Update(state)
		return weak.Make(&state.Sessions[0])
	}
	kept := map[string]weak.Pointer[engine.Session]{}
	for i, page := range shell.pages {
		kept[page.Name()] = show(page.Name(), uint64(i))
	}
	for i := range 2 { // an empty page, so that none of the others has the newest
		show("tenants", uint64(100+i))
	}
	runtime.GC()
	runtime.GC()
	for name, session := range kept {
		// Sessions keeps its table, so that its rows are still selected when one comes back.
		if session.Value() != nil && name != "sessions" {
			t.Errorf("the sessions are still there that were live when the page %s was shown last", name)
		}
	}
}

// counted is a page that counts how often it is updated.
type counted struct {
	page.Page
	updates int
}

func (c *counted) Update(state *model.State) {
	c.updates++
	c.Page.Update(state)
}

func TestOnlyThePageThatIsShownIsUpdated(t *testing.T) {
	s := uitest.NewStage(t)
	var pages []page.Page
	for _, page := range Pages(s.Console) {
		pages = append(pages, &counted{Page: page})
	}
	shell := NewShell(s.Console, pages...)
	state := s.State(t)
	shell.Update(state)
	for _, shown := range pages {
		shell.Show(shown.Name())
		for _, other := range pages {
			other.(*counted).updates = 0
		}
		shell.Update(state)
		for _, other := range pages {
			want := 0
			if other == shown {
				want = 1
			}
			if got := other.(*counted).updates; got != want {
				t.Errorf("while %s is shown, %s is updated %d times", shown.Name(), other.Name(), got)
			}
		}
	}
}
