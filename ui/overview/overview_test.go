package overview

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestOverviewShowsLinksWithTheirProtection(t *testing.T) {
	s := uitest.NewStage(t)
	source, target := uitest.NewComponent(t, "fileserver", "10.0.0.1"), uitest.NewComponent(t, "vault", "10.0.0.2")
	state := s.State(t)
	state.Components = []engine.ComponentStatus{{Component: source, Online: true}, {Component: target, Online: true}}
	session := uitest.LiveSession(engine.Sealed)
	session.Source, session.Target = source.ID, target.ID
	state.Sessions = []engine.Session{session}
	if m := networkOf(state, 8); len(m.nodes) != 2 || len(m.lines) != 1 || m.lines[0].Color != kit.ColorSealed || m.lines[0].Label != "1.0 Gbit/s" {
		t.Errorf("nodes %+v, lines %+v", m.nodes, m.lines)
	}
	page := New(s.Console)
	s.Window.SetContent(page.Content())
	page.Update(state)
	words := screen.Text(page.Content())
	for _, want := range []string{"1 sealed, 0 plain", "1.0 Gbit/s", "fileserver", "vault"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is not in %q", want, words)
		}
	}
}

func TestRevokedComponentsAreNotOnTheMap(t *testing.T) {
	state := estate(t, 3)
	for _, i := range []int{3, 4, 58} { // two servers with a session, and an agent
		state.Components[i].Revoked = uitest.Moment
	}
	m := networkOf(state, 100)
	if len(m.nodes) != 57 || len(m.lines) != 48 {
		t.Errorf("%d nodes and %d lines", len(m.nodes), len(m.lines))
	}
}

// TestManyThingsThatAreAlikeAreOneLineThatCanBeOpened has 60 components, most of which never attached, and one that was lost.
func TestManyThingsThatAreAlikeAreOneLineThatCanBeOpened(t *testing.T) {
	s := uitest.NewStage(t)
	state := s.State(t)
	for i := range 60 {
		c := engine.ComponentStatus{Component: uitest.NewComponent(t, fmt.Sprintf("branch-%02d", i), "10.0.0.1")}
		c.Report.Version, c.LastSeen = "", time.Time{}
		state.Components = append(state.Components, c)
	}
	lost := &state.Components[59]
	lost.Name, lost.Report.Version, lost.Sessions = "repository", "1", 1
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(state)
	rows := func() []string {
		var texts []string
		for _, row := range page.attention.Objects {
			texts = append(texts, screen.Text(row))
		}
		return texts
	}
	if got := rows(); len(got) != 2 || !strings.Contains(got[0], "repository is offline, and it carried 1 session") || !strings.Contains(got[1], "59 components have joined and never attached") {
		t.Fatalf("it shows %q", got)
	}
	screen.Press(t, s.Window, "Show")
	if got := rows(); len(got) != 2+maximumAlike+1 || !strings.Contains(got[2], "branch-00 is offline") || !strings.Contains(got[len(got)-1], "and 9 more") {
		t.Errorf("opened it shows %q", got)
	}
	page.Update(state)
	if got := rows(); len(got) != 2+maximumAlike+1 {
		t.Errorf("after a tick it shows %d rows", len(got))
	}
	screen.Press(t, s.Window, "Hide")
	if got := rows(); len(got) != 2 {
		t.Errorf("closed it shows %q", got)
	}
}

// TestTheKeyboardGoesOnFromWhatWasShown opens and closes a group by keys, while the list is made anew now and then.
func TestTheKeyboardGoesOnFromWhatWasShown(t *testing.T) {
	s := uitest.NewStage(t)
	state := s.State(t)
	for i := range 12 {
		c := engine.ComponentStatus{Component: uitest.NewComponent(t, fmt.Sprintf("branch-%02d", i), "10.0.0.1")}
		c.Report.Version, c.LastSeen = "", time.Time{}
		state.Components = append(state.Components, c)
	}
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(state)
	group := page.leads["group "+string(engine.ComponentNeverCame)]
	if group == nil {
		t.Fatalf("there is no group among %v", page.leads)
	}
	s.Window.Canvas().Focus(group)
	s.Key(fyne.KeySpace)
	first := "components " + string(state.Components[0].ID)
	if got := page.marked(); got != first {
		t.Fatalf("the keyboard is at %q, wanted %q", got, first)
	}
	state.Components[1].Name = "another" // the list is made anew
	page.Update(state)
	if got := page.marked(); got != first {
		t.Errorf("after a tick the keyboard is at %q", got)
	}
	s.Tab(true)
	s.Key(fyne.KeySpace)
	if got := page.marked(); got != "group "+string(engine.ComponentNeverCame) || len(page.attention.Objects) != 1 {
		t.Errorf("after Hide the keyboard is at %q, with %d rows", got, len(page.attention.Objects))
	}
	s.Key(fyne.KeySpace)
	state.Components = nil
	page.Update(state)
	if focused := s.Window.Canvas().Focused(); focused != nil {
		t.Errorf("%T has the keyboard, and is gone", focused)
	}
}

func TestAnEmptyMapSaysWhatItIsForAndWhereToBegin(t *testing.T) {
	s := uitest.NewStage(t)
	page := New(s.Console)
	s.Show(t, page)
	screen.MustContain(t, screen.Text(page.Content()), "No component yet")
	screen.Press(t, s.Window, "Go to the components")
	if len(s.Went) != 1 || s.Went[0] != "components " {
		t.Errorf("went to %q", s.Went)
	}
	s.Link(t)
	page.Update(s.State(t))
	if text := screen.Text(page.Content()); strings.Contains(text, "No component yet") {
		t.Errorf("with components it shows %q", text)
	}
}
