package overview

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
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
	nodes, lines, _ := networkOf(state)
	if len(nodes) != 2 || len(lines) != 1 || lines[0].Color != kit.ColorSealed || lines[0].Label != "1.0 Gbit/s" {
		t.Errorf("nodes %+v, lines %+v", nodes, lines)
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

func TestALineLeadsFromAComponentThatIsShownToAnother(t *testing.T) {
	tests := map[string]struct {
		sources int
		revoke  int // so many of the first sources
		want    int // lines
	}{
		"all are shown":                    {sources: 3, want: 3},
		"more than the map has room for":   {sources: maximumNodes + 4, want: maximumNodes - 1},
		"some were revoked, and have ends": {sources: 3, revoke: 2, want: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			state := &model.State{}
			target := uitest.NewComponent(t, "vault", "10.0.0.2")
			state.Components = []engine.ComponentStatus{{Component: target, Online: true, Sessions: test.sources}}
			for i := range test.sources {
				source := uitest.NewComponent(t, fmt.Sprintf("source-%d", i), "10.0.0.1")
				if i < test.revoke {
					source.Revoked = uitest.Moment
				}
				state.Components = append(state.Components, engine.ComponentStatus{Component: source, Online: true, Sessions: 1})
				session := uitest.LiveSession(engine.Sealed)
				session.Source, session.Target = source.ID, target.ID
				state.Sessions = append(state.Sessions, session)
			}
			nodes, lines, others := networkOf(state)
			if all := test.sources + 1 - test.revoke; len(nodes)+others != all {
				t.Errorf("%d nodes and %d others of %d", len(nodes), others, all)
			}
			shown := map[string]bool{}
			for _, node := range nodes {
				shown[node.ID] = true
			}
			if len(lines) != test.want {
				t.Errorf("%d lines, wanted %d", len(lines), test.want)
			}
			for _, line := range lines {
				if !shown[line.From] || !shown[line.To] {
					t.Errorf("the line %+v has an end that is not shown", line)
				}
			}
		})
	}
}

func TestTheMapKeepsTheTargetOfManyIdleSources(t *testing.T) {
	state := &model.State{}
	target := uitest.NewComponent(t, "vault", "10.0.0.2")
	for i := range 2 * maximumNodes {
		source := uitest.NewComponent(t, fmt.Sprintf("source-%d", i), "10.0.0.1")
		state.Components = append(state.Components, engine.ComponentStatus{Component: source})
		state.Routes = append(state.Routes, engine.RouteStatus{Route: engine.Route{Name: source.Name}, Target: target.ID, Listeners: []engine.Listener{{Component: source.ID}}})
	}
	state.Components = append(state.Components, engine.ComponentStatus{Component: target})
	if nodes, lines, _ := networkOf(state); nodes[0].Name != "vault" || len(lines) != maximumNodes-1 {
		t.Errorf("it shows %d lines and first %s", len(lines), nodes[0].Name)
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
