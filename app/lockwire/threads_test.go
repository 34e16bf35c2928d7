package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"lockwire/engine"
)

func TestNoPageOrDialogTouchesTheWindowFromAnotherGoroutine(t *testing.T) {
	need(t, "Xvfb", "openbox", "xdotool")
	s := open(t, build(t, checked), "--try", "--page", "overview")
	admin := s.engine()
	const try, vault = "Files to the vault", "Backup vault"
	// One that lives until the test has ended, however long that takes.
	running := func() {
		s.wait("a session of the database", func() bool {
			sessions, err := admin.Sessions(context.Background())
			return err == nil && slices.ContainsFunc(sessions, func(session engine.Session) bool {
				return session.SourceName == "Database" && session.Traffic.ToTarget > 0
			})
		})
	}
	running()
	for _, page := range []struct {
		key, title string
		// shown is what the page alone says.
		shown string
		// opens is what is clicked, and what then stands in front; Esc takes that away. Where nothing does, it is
		// selected.
		opens [][2]string
		first func() // what must be before; nil where nothing must
	}{
		{"ctrl+1", "Overview", "live sessions", nil, nil},
		{"ctrl+2", "Traffic rules", "Add…", [][2]string{{"Add…", "Add traffic rule"}, {try, ""}, {"Edit…", "Edit traffic rule"},
			{"Duplicate…", "Add traffic rule"}, {"Turn off", "Turn the rule"}, {"Remove…", "Remove the rule"}}, nil},
		{"ctrl+3", "Sessions", "Cut…", [][2]string{{"Database", ""}, {"Cut…", "Cut this session?"}, {"History", ""}}, running},
		{"ctrl+4", "Components", "Add component…", [][2]string{{"Add component…", "Add a component"}, {vault, ""}, {"Rename…", "Rename " + vault},
			{"Tags…", "Tags of " + vault}, {"Own limit…", "Own limit of " + vault}, {"Revoke…", "Revoke component " + vault + "?"}}, nil},
		{"ctrl+5", "Headroom", "Measure again", nil, nil},
		{"ctrl+6", "Routes", "Add route…", [][2]string{{"Add route…", "Add a route"}, {"Nightly files", ""}, {"Test…", "Test route Nightly files"},
			{"Edit…", "Edit route"}, {"Remove…", "Remove route"}}, nil},
		{"ctrl+7", "Simulator", "Both on one machine", nil, nil},
		{"ctrl+8", "Activity", "Of what", nil, nil},
		{"ctrl+9", "Settings", "Turn automatic encryption off", [][2]string{{"Back up now…", "Back up this installation"}, {"Add administrator…", "Add an administrator"}}, nil},
	} {
		s.do("key", page.key)
		s.see(page.shown)
		if page.first != nil {
			page.first()
		}
		for _, step := range page.opens {
			s.click(s.reveal(fmt.Sprintf("%q to click on", step[0]), pressing(step[0])))
			if step[1] == "" {
				continue
			}
			s.find(fmt.Sprintf("%q in front", step[1]), func(all []seen) (seen, bool) {
				dialog, there := saying(step[1])(all)
				_, page := saying(page.title)(all)
				return dialog, there && !page
			})
			s.do("key", "Escape")
			s.see(page.title)
		}
	}
	s.do("key", "ctrl+k")
	s.see("an action, a rule, component, route, session or page")
	s.do("type", "tape")
	s.see("    component Tape library")
	s.do("key", "Escape")
	s.see("Overview")
	s.do("key", "F1")
	help := func() bool {
		return s.command("xdotool", "search", "--onlyvisible", "--name", "^Lockwire help$").Run() == nil
	}
	s.wait("the help in a window of its own", help)
	s.do("search", "--onlyvisible", "--name", "^Lockwire help$", "windowfocus", "--sync", "key", "Escape")
	s.wait("the help is closed", func() bool { return !help() })
	s.close(os.Interrupt)
	if strings.Contains(s.said.String(), "call thread") {
		t.Errorf("it said:\n%s", s.said)
	}
}
